//! The server for collectors of metrics.

use std::convert::Infallible;
use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response, StatusCode, header};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio_util::either::Either;

use super::{Metrics, MetricsAddress, moment};
use crate::service::DaemonState;

/// The maximum number of concurrent collectors.
const MOST: usize = 8;
/// The time limit of a connection, regardless of its traffic.
const LONGEST: Duration = Duration::from_secs(60);
/// The time limit for the head of a request.
const HEAD: Duration = Duration::from_secs(5);
/// The pause after a connection could not be accepted.
const PAUSE: Duration = Duration::from_secs(1);

const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Listener = Either<TcpListener, UnixListener>;

/// Serves collectors for as long as the daemon runs. If it cannot listen on the address, it logs a
/// warning, and the daemon runs without metrics.
pub(crate) async fn serve(
    daemon: Arc<DaemonState>,
    metrics: Arc<Metrics>,
    address: MetricsAddress,
) {
    let listener = match listen(&address).await {
        Ok(listener) => listener,
        Err(error) => {
            tracing::warn!("metrics cannot be collected at {address:?}: {error}");
            return;
        }
    };
    let collectors = Arc::new(Semaphore::new(MOST));
    loop {
        let Ok(permit) = Arc::clone(&collectors).acquire_owned().await else {
            return;
        };
        let (daemon, metrics) = (Arc::clone(&daemon), Arc::clone(&metrics));
        let accepted = match &listener {
            Either::Left(port) => port.accept().await.map(|(stream, _)| Either::Left(stream)),
            Either::Right(socket) => socket
                .accept()
                .await
                .map(|(stream, _)| Either::Right(stream)),
        };
        let Ok(stream) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        drop(tokio::spawn(async move {
            let _one_of_few = permit;
            // A collector that is too slow or disconnects loses only its own response.
            drop(tokio::time::timeout(LONGEST, answer(stream, daemon, metrics)).await);
        }));
    }
}

async fn listen(address: &MetricsAddress) -> io::Result<Listener> {
    match address {
        MetricsAddress::Port(address) => TcpListener::bind(address).await.map(Either::Left),
        MetricsAddress::Socket(path) => {
            azq_files::check(path.parent().unwrap_or(Path::new("/")))?;
            // An earlier daemon has left this socket.
            if fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
                fs::remove_file(path)?;
            }
            let listener = UnixListener::bind(path)?;
            fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
            Ok(Either::Right(listener))
        }
    }
}

async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    daemon: Arc<DaemonState>,
    metrics: Arc<Metrics>,
) {
    let service = service_fn(|request: http::Request<hyper::body::Incoming>| {
        let (daemon, metrics) = (Arc::clone(&daemon), Arc::clone(&metrics));
        async move {
            let is_for_metrics = request.uri().path() == "/metrics";
            Ok::<_, Infallible>(match *request.method() {
                Method::GET if is_for_metrics => collected(&daemon, &metrics).await,
                _ => plain(StatusCode::NOT_FOUND),
            })
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(16 << 10)
        .serve_connection(TokioIo::new(stream), service);
    drop(connection.await);
}

async fn collected(daemon: &DaemonState, metrics: &Metrics) -> Response<Full<Bytes>> {
    let Ok(text) = moment::text(daemon, metrics).await else {
        return plain(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    let value = http::HeaderValue::from_static(TYPE);
    response.headers_mut().insert(header::CONTENT_TYPE, value);
    response
}

fn plain(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
