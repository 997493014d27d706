//! A server whose TLS connections end without a `close_notify`.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use tokio_rustls::TlsAcceptor;

use super::*;

/// Returns the configuration of a server, and the certificate authority that issued its
/// certificate.
fn identity() -> (Arc<ServerConfig>, String) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let authority = CertifiedIssuer::self_signed(authority, key).expect("an authority");
    let server = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    let key = KeyPair::generate().expect("a key");
    let certificate = server.signed_by(&key, &authority).expect("signed");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .expect("a certificate");
    (Arc::new(config), authority.pem())
}

/// Replies to each connection's request with these bytes and closes the socket below TLS.
async fn serve(listener: TcpListener, config: Arc<ServerConfig>, reply: String) {
    let acceptor = TlsAcceptor::from(config);
    while let Ok((connection, _)) = listener.accept().await {
        let mut connection = acceptor.accept(connection).await.expect("a handshake");
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            connection.read_buf(&mut request).await.expect("a request");
        }
        connection
            .write_all(reply.as_bytes())
            .await
            .expect("written");
        connection.flush().await.expect("written");
        let (mut socket, _) = connection.into_inner();
        socket.shutdown().await.expect("closed");
    }
}

/// Returns the result of a GET whose response has these headers.
async fn answered(headers: &str) -> Result<serde_json::Value, ArmError> {
    let (config, authority) = identity();
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), authority).expect("written");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let port = listener.local_addr().expect("an address").port();
    let reply = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{headers}\r\n{{\"a\": 1}}");
    let server = tokio::spawn(serve(listener, config, reply));

    let path = file.path().to_str().expect("a path").to_owned();
    let environment = [("REQUESTS_CA_BUNDLE".to_owned(), path)].into();
    let transports = Transports::new(DEADLINES);
    let transport = transports.get(&TransportSettings::of(&environment));
    let base = format!("https://localhost:{port}");
    let (tokens, throttle) = (TokenSource::new(Tokens::default()), Arc::default());
    let arm = Arm::new(&base, "s", &transport, tokens, throttle, DEADLINES).expect("an address");
    let answer = arm.get(PATH, "1", &Silent).await;
    server.abort();
    answer
}

#[tokio::test]
async fn a_body_that_ends_with_the_connection_needs_no_close_notify() {
    assert_eq!(answered("").await.expect("a document"), json!({"a": 1}));
}

#[tokio::test]
async fn a_body_that_is_shorter_than_announced_is_no_answer() {
    answered("Content-Length: 9\r\n").await.expect_err("cut");
    answered("Transfer-Encoding: chunked\r\n")
        .await
        .expect_err("cut");
}
