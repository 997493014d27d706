//! The emulator's own certificate authority and its server certificate, both created at start and
//! kept in memory.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// The host names of the server certificate.
const NAMES: [&str; 2] = ["localhost", "127.0.0.1"];

/// A server's TLS configuration, and the certificate by which clients trust it.
pub(super) struct Identity {
    pub(super) authority_pem: String,
    /// The server's certificate, in DER.
    pub(super) certificate: Vec<u8>,
    pub(super) server: Arc<ServerConfig>,
}

/// Creates a certificate authority and a server certificate signed by it.
pub(super) fn make() -> Result<Identity, CertificateError> {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority
        .distinguished_name
        .push(DnType::CommonName, "azq emulator CA");
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

    let mut server = CertificateParams::new(NAMES.map(str::to_owned))?;
    server
        .distinguished_name
        .push(DnType::CommonName, "localhost");
    server.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = server.signed_by(&key, &authority)?;

    let mut config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Identity {
        authority_pem: authority.pem(),
        certificate: certificate.der().to_vec(),
        server: Arc::new(config),
    })
}

/// The reason why the certificates could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A key or certificate could not be made.
    #[error("cannot make a certificate")]
    Certificate(#[from] rcgen::Error),
    /// The certificate does not suit TLS.
    #[error("cannot serve TLS with the certificate made")]
    Tls(#[from] rustls::Error),
}
