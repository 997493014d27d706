//! Service Fabric: an endpoint whose certificate is verified only by its thumbprint.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use sha1::{Digest as _, Sha1};

use super::endpoint::Endpoint;
use super::{THUMBPRINT, body, unreachable};
use crate::{CredentialError, Token};

/// Requests the token.
pub(super) async fn fetch(endpoint: &Endpoint) -> Result<Token, CredentialError> {
    if !endpoint.address.to_lowercase().starts_with("https://") {
        let message = "Service Fabric managed identity endpoint must use HTTPS.";
        return Err(CredentialError::unavailable(message));
    }
    // Building the transport's own client also installs the cryptography provider.
    endpoint.transport.direct()?;
    let client = client(thumbprint(&endpoint.thumbprint)?)?;
    let answer = endpoint.get(&client)?.send().await.map_err(unreachable)?;
    endpoint.read(&body(answer).await?)
}

/// Returns the bytes of a thumbprint, which may be written with colons and spaces.
fn thumbprint(text: &str) -> Result<[u8; 20], CredentialError> {
    let digits: String = text.chars().filter(|c| !" \t\r\n:".contains(*c)).collect();
    let byte = |index: usize| {
        let pair = digits.get(2 * index..2 * index + 2)?;
        let is_hex = pair.bytes().all(|digit| digit.is_ascii_hexdigit());
        u8::from_str_radix(pair, 16).ok().filter(|_| is_hex)
    };
    let bytes: Option<Vec<u8>> = (0..20).map(byte).collect();
    let bytes = bytes.filter(|_| digits.len() == 40);
    let wrong = || format!("{THUMBPRINT} must be a SHA-1 certificate thumbprint.");
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| CredentialError::unavailable(wrong()))
}

/// Creates a client that trusts this certificate and no other, and uses no proxy.
fn client(thumbprint: [u8; 20]) -> Result<reqwest::Client, CredentialError> {
    let failed = |error: &dyn std::fmt::Display| CredentialError::unavailable(error.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let known = provider.signature_verification_algorithms;
    let verifier = Pinned { thumbprint, known };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(config)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(|error| failed(&error))
}

/// A verifier that accepts only one certificate. The handshake proves that the server has its key.
#[derive(Debug)]
struct Pinned {
    thumbprint: [u8; 20],
    known: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if Sha1::digest(certificate).as_slice() == self.thumbprint {
            return Ok(ServerCertVerified::assertion());
        }
        Err(Error::InvalidCertificate(
            CertificateError::ApplicationVerificationFailure,
        ))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.known.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbprint_is_forty_digits() {
        let plain = "00112233445566778899aabbccddeeff01234567";
        let spaced = "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:01:23:45:67\n";
        let same = (thumbprint(plain), thumbprint(spaced));
        assert!(matches!(same, (Ok(plain), Ok(spaced)) if plain == spaced));
        for wrong in [
            "",
            "00",
            &plain[1..],
            &format!("{plain}00"),
            &plain.replace('0', "+"),
        ] {
            assert!(thumbprint(wrong).is_err(), "{wrong}");
        }
    }
}
