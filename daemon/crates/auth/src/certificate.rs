//! A client assertion signed with a service principal's certificate.
//!
//! `ClientCertificateCredential` of `azure_identity` needs OpenSSL and PKCS #12, but az stores the
//! path of a PEM file. The assertion has Microsoft's documented format (Entra, "certificate
//! credentials"): a JWT signed with PS256 that contains the certificate's SHA-256 thumbprint and is
//! valid for ten minutes. rustls signs it, as in TLS.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use sha2::Digest;
use zeroize::Zeroizing;

use super::CredentialError;

/// The life of an assertion, in seconds.
const LIFE: i64 = 600;

/// Returns an application's assertion for a token endpoint. With `chain` it contains the
/// certificate itself, for applications that trust its issuer and subject (`use_cert_sn_issuer`).
pub(super) fn assertion(
    pem: &[u8],
    client_id: &str,
    audience: &str,
    chain: bool,
) -> Result<Zeroizing<String>, CredentialError> {
    let invalid = |detail: &dyn std::fmt::Display| {
        CredentialError::unavailable(format!(
            "Invalid certificate, please use a valid PEM file. Error detail: {detail}"
        ))
    };
    let certificate = CertificateDer::from_pem_slice(pem).map_err(|error| invalid(&error))?;
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(|error| invalid(&error))?;
    let key = any_supported_type(&key).map_err(|error| invalid(&error))?;
    let signer = key
        .choose_scheme(&[SignatureScheme::RSA_PSS_SHA256])
        .ok_or_else(|| invalid(&"its key is not an RSA key"))?;
    let content = signed_part(&certificate, client_id, audience, chain);
    let signature = signer.sign(content.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(signature.map_err(|error| invalid(&error))?);
    Ok(Zeroizing::new(format!("{content}.{signature}")))
}

fn signed_part(
    certificate: &CertificateDer<'_>,
    client_id: &str,
    audience: &str,
    chain: bool,
) -> String {
    let thumbprint = URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(certificate));
    let mut header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint});
    if chain {
        header["x5c"] = json!([STANDARD.encode(certificate)]);
    }
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let claims = json!({
        "aud": audience, "iss": client_id, "sub": client_id, "jti": uuid::Uuid::new_v4().to_string(),
        "iat": now, "nbf": now, "exp": now + LIFE,
    });
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(&header), part(&claims))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key and a certificate that are used only in this test.
    const PEM: &[u8] = include_bytes!("certificate_test.pem");

    #[test]
    fn an_assertion_names_the_application_and_its_certificate() {
        let assertion = assertion(PEM, "app", "https://login/t/oauth2/v2.0/token", true);
        let assertion = assertion.expect("an assertion");
        let parts: Vec<_> = assertion.split('.').collect();
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).expect("base64url");
        let json = |part| serde_json::from_slice::<serde_json::Value>(&decode(part)).expect("JSON");
        let (header, claims) = (json(parts[0]), json(parts[1]));
        assert_eq!(header["x5c"].as_array().map(Vec::len), Some(1));
        assert_eq!(header["alg"], "PS256");
        assert!(claims["iss"] == "app" && claims["sub"] == "app");
        assert_eq!(claims["aud"], "https://login/t/oauth2/v2.0/token");
        assert_eq!(decode(parts[2]).len(), 256);
    }

    #[test]
    fn a_file_without_key_or_certificate_is_an_error() {
        for pem in [
            &b""[..],
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ] {
            let error = assertion(pem, "app", "https://login", false).expect_err("invalid");
            let words = "Invalid certificate, please use a valid PEM file.";
            assert!(error.to_string().starts_with(words));
        }
    }
}
