//! The sockets: TLS for Resource Manager, plain HTTP for the managed identity; HTTP/1.1 and HTTP/2
//! on both.
//!
//! A connection carries a `Wire`, so that a fault can cut it below HTTP.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::Response;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustix::net::sockopt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

use super::body::{self, Body};
use super::control;
use super::exchange::{Answer, Content, Request};
use super::fault::{Effect, Fault};
use super::routes;
use super::state::{State, lock};

/// Timeout of a TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(30);

/// Accepts connections until the runtime ends.
pub(super) async fn serve(
    listener: std::net::TcpListener,
    tls: Option<TlsAcceptor>,
    state: Arc<Mutex<State>>,
) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        return;
    };
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // No descriptors are left; wait until some are closed.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        tokio::spawn(connection(stream, tls.clone(), Arc::clone(&state)));
    }
}

async fn connection(stream: TcpStream, tls: Option<TlsAcceptor>, state: Arc<Mutex<State>>) {
    let _nagle = stream.set_nodelay(true);
    let wire = Arc::new(Wire::of(&stream));
    match tls {
        None => converse(stream, wire, state).await,
        Some(acceptor) => {
            if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                converse(stream, wire, state).await;
            }
        }
    }
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    wire: Arc<Wire>,
    state: Arc<Mutex<State>>,
) {
    let cut = Arc::clone(&wire);
    let mut parting = lock(&state).parting.subscribe();
    let service = service_fn(move |request| answer(request, Arc::clone(&wire), Arc::clone(&state)));
    let server = auto::Builder::new(TokioExecutor::new());
    let mut conversation = std::pin::pin!(server.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        _ = &mut conversation => {}
        () = cut.cut.notified() => {}
        Ok(()) = parting.changed() => {
            if *parting.borrow() == Parting::Silent {
                // The connection stays open, but is neither read nor written any more.
                std::future::pending::<()>().await;
            }
        }
    }
}

/// The way in which all connections end at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Parting {
    /// They are closed.
    #[default]
    Closed,
    /// They stay open, and nothing is sent over them any more, as if a gateway on the way to Azure
    /// had forgotten them.
    Silent,
}

/// A connection below HTTP.
struct Wire {
    /// A second descriptor of the socket; none if there are no more.
    socket: Option<OwnedFd>,
    cut: Notify,
}

impl Wire {
    fn of(stream: &TcpStream) -> Self {
        Self {
            socket: stream.as_fd().try_clone_to_owned().ok(),
            cut: Notify::new(),
        }
    }

    /// Closes the connection at once, by FIN or by RST.
    async fn cut(&self, reset: bool) -> Response<Body> {
        if let (true, Some(socket)) = (reset, &self.socket) {
            let _unsupported = sockopt::set_socket_linger(socket, Some(Duration::ZERO));
        }
        self.cut.notify_one();
        std::future::pending().await
    }
}

async fn answer(
    received: http::Request<Incoming>,
    wire: Arc<Wire>,
    state: Arc<Mutex<State>>,
) -> Result<Response<Body>, io::Error> {
    let request = read(received).await?;
    if let Some(answer) = control::answer(&state, &request) {
        return Ok(body::response(answer, &request, None));
    }
    let fault = {
        let mut state = lock(&state);
        state.requests.push(request.logged.clone());
        state.strike(&request.logged)
    };
    let effect = fault.as_ref().and_then(Fault::spoiling);
    if let Some(delay) = fault.as_ref().and_then(|fault| fault.delay) {
        tokio::time::sleep(Duration::try_from_secs_f64(delay).unwrap_or_default()).await;
    }
    match effect {
        Some(Effect::Drop) => return Ok(wire.cut(false).await),
        Some(Effect::Reset) => return Ok(wire.cut(true).await),
        Some(Effect::Silence) => return std::future::pending().await,
        _ => {}
    }
    let faulty = fault.as_ref().and_then(faulty);
    let answer = faulty.unwrap_or_else(|| routes::answer(&mut lock(&state), &request));
    Ok(body::response(answer, &request, effect))
}

/// Returns the response that a fault gives in place of the right one.
fn faulty(fault: &Fault) -> Option<Answer> {
    let status = http::StatusCode::from_u16(fault.status?).ok()?;
    let raw = fault.raw64.as_ref().and_then(|raw| BASE64.decode(raw).ok());
    let content = match (&fault.body, &fault.text, raw) {
        (_, _, Some(raw)) => Content::Raw(raw),
        (_, Some(text), None) => Content::Text(text.clone()),
        (Some(body), None, None) => Content::Document(body.clone()),
        (None, None, None) => Content::Empty,
    };
    let mut answer = Answer::new(status, content);
    answer.headers = fault.headers.clone().into_iter().collect();
    Some(answer)
}

async fn read(received: http::Request<Incoming>) -> Result<Request, io::Error> {
    let (head, body) = received.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let named = head.headers.get(http::header::HOST);
    let named = named.and_then(|host| host.to_str().ok());
    let authority = head.uri.authority().map(http::uri::Authority::as_str);
    let host = authority.or(named).unwrap_or("localhost");
    Ok(Request::new(&head, host, &body))
}
