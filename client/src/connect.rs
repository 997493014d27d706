//! Finding the daemon, checking that it is this user's, and starting or stopping it.
//!
//! Invariants: connecting takes no lock, but for ending a daemon; starting happens under `start.lock`, held until the new daemon has answered;
//! every wait is part of one deadline and the error names the step that was waited for. Only a socket that is absent or
//! refuses means that nobody is there; a daemon that does not answer is shot only if the user asks for its end.

mod end;
mod kill;
mod private;
mod start;

use azq_proto::meeting::{ELSEWHERE, MeetingError, MeetingPlace, own_uid};
use azq_proto::protocol;
use azq_proto::v1::{self, daemon_client::DaemonClient};
use hyper_util::rt::TokioIo;
use std::error::Error as _;
use std::io;
use std::path::PathBuf;
use std::process::Child;
use std::sync::Mutex;
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::time::{Instant, timeout_at};
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status};

use crate::serving::Serving;
pub(crate) use end::end;
pub(crate) use kill::is_held;
pub(crate) use start::{daemon as daemon_command, daemon_binary};

/// How long finding, starting and greeting a daemon may take altogether. A start takes some 20 ms; the rest is
/// for a machine that swaps.
const START_DEADLINE: Duration = Duration::from_secs(15);
/// How long a daemon may take to say hello or to stop accepting a call.
pub(crate) const ANSWER_DEADLINE: Duration = Duration::from_secs(10);
/// How long a daemon may take to end: calls in flight of one that is replaced have a minute.
const LONGEST_END: Duration = Duration::from_secs(75);
/// How long to wait between looks at a lock or a full backlog.
const PAUSE: Duration = Duration::from_millis(5);

/// HTTP/2's largest window, in bytes.
const LARGEST_WINDOW: u32 = (1 << 31) - 1;

/// A connection on which every call carries this client's protocol numbers.
pub(crate) type Connection =
    InterceptedService<Channel, fn(Request<()>) -> Result<Request<()>, Status>>;

/// Why there is no daemon to talk to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error(transparent)]
    Meeting(#[from] MeetingError),
    #[error("{step} took longer than {} s; look at: azq daemon logs", limit.as_secs())]
    TooLong { step: &'static str, limit: Duration },
    #[error("the socket {} belongs to uid {uid}, not to you; remove it or set AZQ_RUNTIME_DIR", path.display())]
    Foreign { path: PathBuf, uid: u32 },
    #[error("the lock file {} cannot be used: {error}; {ELSEWHERE}", path.display())]
    Lock { path: PathBuf, error: io::Error },
    #[error("{step}: {error}")]
    System {
        step: &'static str,
        error: io::Error,
    },
    #[error("azqd did not start: {0}")]
    Failed(String),
    #[error("{} is missing; install azq again", .0.display())]
    NoDaemonBinary(PathBuf),
    #[error("azqd does not answer ({0}); if this goes on, run: azq daemon restart")]
    NoAnswer(Status),
    #[error("azqd does not answer within {} s; if this goes on, run: azq daemon restart", ANSWER_DEADLINE.as_secs())]
    Silent,
    #[error("azqd ({daemon}) and azq ({}) are of different versions; install the same of both", env!("CARGO_PKG_VERSION"))]
    OtherVersion { daemon: String },
    #[error("azqd {daemon} is newer than this azq ({}); install the same version of both", env!("CARGO_PKG_VERSION"))]
    NewerDaemon { daemon: String },
}

impl ConnectError {
    fn at(step: &'static str) -> impl Fn(io::Error) -> Self {
        move |error| Self::System { step, error }
    }

    /// Whether the daemon has hung up, as one that ends does.
    fn is_of_the_end(&self) -> bool {
        matches!(self, Self::NoAnswer(status) if is_gone(status))
    }
}

/// The daemon that serves a command.
pub(crate) enum Daemon {
    /// The user's, at the meeting place.
    Shared(MeetingPlace),
    /// The command's own; the processes that were started for it.
    Private(Mutex<Vec<Child>>),
}

impl Daemon {
    /// The one that a command asks for.
    pub(crate) fn of(serving: Serving) -> Self {
        match serving {
            Serving::Shared => Self::Shared(place()),
            Serving::Private => Self::Private(Mutex::default()),
        }
    }

    /// A connection to it; it is started if it does not run.
    pub(crate) async fn ready(&self) -> Result<Connection, ConnectError> {
        match self {
            Self::Shared(place) => ready(place).await,
            Self::Private(started) => {
                let deadline = Instant::now() + START_DEADLINE;
                let (connection, child) = private::start(deadline).await?;
                started
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner)
                    .push(child);
                Ok(connection)
            }
        }
    }

    /// A connection to it, instead of one that was lost: to a daemon that has said hello.
    pub(crate) async fn again(&self) -> Result<Connection, ConnectError> {
        match self {
            Self::Shared(place) => greeted(place).await,
            Self::Private(_) => self.ready().await,
        }
    }

    /// Replaces one that has refused a call of this client's, for want of a common protocol or of the call itself.
    pub(crate) async fn replace(
        &self,
        connection: Connection,
        refused: Code,
    ) -> Result<Connection, ConnectError> {
        match self {
            Self::Shared(place) => replace(place, connection, refused).await,
            Self::Private(_) => Err(ConnectError::OtherVersion {
                daemon: hello(&connection).await?.daemon_version,
            }),
        }
    }

    /// Waits until what was started for this command alone is gone. All connections must be dropped.
    pub(crate) async fn leave(self) {
        if let Self::Private(started) = self {
            let started = started
                .into_inner()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            private::gone(started).await;
        }
    }
}

/// The meeting place of this process's environment.
pub(crate) fn place() -> MeetingPlace {
    MeetingPlace::from_environment(|name| std::env::var_os(name))
}

/// Connects to the running daemon; `None` if there is none. Starts nothing.
pub(crate) async fn existing(place: &MeetingPlace) -> Result<Option<Connection>, ConnectError> {
    let deadline = Instant::now() + START_DEADLINE;
    match stream(place, deadline).await? {
        Some(stream) => match channel(stream).await {
            Ok(connection) => Ok(Some(connection)),
            // It died between taking the connection and greeting.
            Err(ConnectError::NoAnswer(_)) => Ok(None),
            Err(error) => Err(error),
        },
        None => Ok(None),
    }
}

/// Connects to the running daemon, starting one if there is none.
pub(crate) async fn ready(place: &MeetingPlace) -> Result<Connection, ConnectError> {
    match existing(place).await? {
        Some(connection) => Ok(connection),
        None => start::start(place, Instant::now() + START_DEADLINE).await,
    }
}

/// The same, to a daemon that has said hello. Who only finds a connection may have found a daemon that is about to end.
pub(crate) async fn greeted(place: &MeetingPlace) -> Result<Connection, ConnectError> {
    if let Some(connection) = existing(place).await? {
        match hello(&connection).await {
            Ok(_) => return Ok(connection),
            Err(error) if !error.is_of_the_end() => return Err(error),
            Err(_) => {}
        }
    }
    start::start(place, Instant::now() + START_DEADLINE).await
}

/// Replaces a daemon that is too old to understand this client; an error if it is too new, so that of two versions only the
/// newer ever ends the other.
async fn replace(
    place: &MeetingPlace,
    connection: Connection,
    refused: Code,
) -> Result<Connection, ConnectError> {
    let found = hello(&connection).await?;
    // What a daemon lacks without saying so by its protocol was added since, or taken away.
    let lacks = refused == Code::Unimplemented;
    let is_older = found.newest_protocol < protocol::OLDEST
        || lacks && version(&found.daemon_version) < version(env!("CARGO_PKG_VERSION"));
    if !is_older && (lacks || found.oldest_protocol > protocol::NEWEST) {
        return Err(ConnectError::NewerDaemon {
            daemon: found.daemon_version,
        });
    }
    if is_older {
        let request = v1::StopRequest {
            reason: "replaced by a newer version".to_owned(),
            replaced: true,
        };
        stop(place, connection, request).await?;
    }
    ready(place).await
}

/// A version's numbers, for comparing; a part that is no number counts as 0.
fn version(text: &str) -> Vec<u64> {
    let numbers = text.split(['.', '-', '+']).take(3);
    numbers
        .map(|number| number.parse().unwrap_or_default())
        .collect()
}

/// Shakes hands.
pub(crate) async fn hello(connection: &Connection) -> Result<v1::HelloReply, ConnectError> {
    let request = v1::HelloRequest {
        oldest_protocol: protocol::OLDEST,
        newest_protocol: protocol::NEWEST,
        client_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    answered(DaemonClient::new(connection.clone()).hello(within(request))).await
}

/// What a daemon answers within the deadline.
async fn answered<T>(
    call: impl Future<Output = Result<Response<T>, Status>>,
) -> Result<T, ConnectError> {
    let asked = Instant::now();
    match call.await {
        Ok(reply) => Ok(reply.into_inner()),
        // However gRPC puts it: a daemon that hangs up does so earlier.
        Err(_) if asked.elapsed() >= ANSWER_DEADLINE => Err(ConnectError::Silent),
        Err(status) => Err(ConnectError::NoAnswer(status)),
    }
}

/// Asks the daemon to stop and waits until its process is gone; its pid.
async fn stop(
    place: &MeetingPlace,
    connection: Connection,
    request: v1::StopRequest,
) -> Result<u32, ConnectError> {
    let mut daemon = DaemonClient::new(connection);
    let pid = answered(daemon.stop(within(request))).await?.pid;
    // The daemon's grace time is configurable; its watchdog keeps it honest.
    start::gone(place, pid, Instant::now() + LONGEST_END).await?;
    Ok(pid)
}

/// Whether the daemon went away, however HTTP/2 puts it, rather than answering with an error.
pub(crate) fn is_gone(status: &Status) -> bool {
    match status.code() {
        Code::Unavailable | Code::Unknown | Code::Cancelled => true,
        // To a call after a GOAWAY; a status of the daemon's own has no source.
        Code::Internal => status.source().is_some(),
        _ => false,
    }
}

/// A request with a deadline that the daemon and the client both keep.
pub(crate) fn within<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(ANSWER_DEADLINE);
    request
}

/// A checked connection to the socket, `None` if nobody listens.
async fn stream(
    place: &MeetingPlace,
    deadline: Instant,
) -> Result<Option<UnixStream>, ConnectError> {
    if !place.check()? {
        return Ok(None);
    }
    let path = place.socket();
    loop {
        match UnixStream::connect(&path).await {
            Ok(stream) => return checked(stream, path).map(Some),
            Err(error) => match error.kind() {
                // Reset: the daemon ended between the two halves of connecting.
                io::ErrorKind::NotFound
                | io::ErrorKind::ConnectionRefused
                | io::ErrorKind::ConnectionReset => return Ok(None),
                // The backlog is full: the daemon is there, and busy.
                io::ErrorKind::WouldBlock if Instant::now() < deadline => {
                    tokio::time::sleep(PAUSE).await;
                }
                io::ErrorKind::WouldBlock => {
                    return Err(ConnectError::TooLong {
                        step: "waiting for a busy azqd",
                        limit: START_DEADLINE,
                    });
                }
                _ => {
                    return Err(ConnectError::System {
                        step: "connecting to azqd",
                        error,
                    });
                }
            },
        }
    }
}

fn checked(stream: UnixStream, path: PathBuf) -> Result<UnixStream, ConnectError> {
    let peer = stream
        .peer_cred()
        .map_err(ConnectError::at("looking at azqd's user"))?;
    if peer.uid() == own_uid() {
        Ok(stream)
    } else {
        Err(ConnectError::Foreign {
            path,
            uid: peer.uid(),
        })
    }
}

async fn channel(stream: UnixStream) -> Result<Connection, ConnectError> {
    let mut stream = Some(stream);
    let connector = tower::service_fn(move |_| {
        let stream = stream
            .take()
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected));
        async move { stream.map(TokioIo::new) }
    });
    // The URI is never looked up; HTTP/2 wants an authority.
    let endpoint = Endpoint::from_static("http://azqd")
        .http2_keep_alive_interval(ANSWER_DEADLINE)
        .keep_alive_timeout(ANSWER_DEADLINE)
        // An answer still coming counts as idle for hyper once nobody holds the channel to ask more.
        .keep_alive_while_idle(true)
        // Without a limit: answers that wait for their turn, each within its own, must not hold up the one whose turn it is.
        .initial_connection_window_size(LARGEST_WINDOW);
    let channel = endpoint.connect_with_connector(connector);
    let deadline = Instant::now() + ANSWER_DEADLINE;
    let channel = timeout_at(deadline, channel)
        .await
        .map_err(|_| ConnectError::TooLong {
            step: "greeting azqd",
            limit: ANSWER_DEADLINE,
        })?
        .map_err(|error| ConnectError::NoAnswer(Status::unavailable(error.to_string())))?;
    Ok(InterceptedService::new(channel, with_protocol))
}

#[expect(clippy::unnecessary_wraps, reason = "an interceptor's signature")]
fn with_protocol(mut request: Request<()>) -> Result<Request<()>, Status> {
    // A constant of digits and a dash is always a valid value.
    if let Ok(range) = format!("{}-{}", protocol::OLDEST, protocol::NEWEST).parse() {
        request.metadata_mut().insert(protocol::METADATA_KEY, range);
    }
    Ok(request)
}
