//! Finding the daemon, checking that it is this user's, and starting or stopping it.
//!
//! Invariants: connecting takes no lock, except to end a daemon; starting happens under
//! `start.lock`, which is held until the new daemon has responded; every wait is part of one
//! deadline, and the error names the step that was waited for. Only an absent or refusing socket
//! means that there is no daemon; a daemon that does not respond is killed only if the user asks
//! for its end.

mod end;
mod kill;
mod private;
mod start;

use azq_proto::protocol;
use azq_proto::runtime_dir::{ELSEWHERE, RuntimeDir, RuntimeDirError, own_uid};
use azq_proto::v1;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::serving::Serving;
use crate::transport::{Connection, UnaryError, unary};
pub(crate) use end::end;
pub(crate) use kill::is_held;
pub(crate) use start::{daemon as daemon_command, daemon_binary};

/// The timeout for finding, starting and greeting a daemon altogether. A start takes some 20 ms;
/// the rest is for a machine that swaps.
const START_DEADLINE: Duration = Duration::from_secs(15);
/// The timeout for a daemon to respond to `Hello` or to accept a call.
pub(crate) const ANSWER_DEADLINE: Duration = Duration::from_secs(10);
/// The timeout for a daemon to end; calls in flight of a daemon that is replaced have a minute.
const LONGEST_END: Duration = Duration::from_secs(75);
/// The interval between two checks of a lock or of a full backlog.
const PAUSE: Duration = Duration::from_millis(5);

/// The reason why there is no daemon that can be called.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error(transparent)]
    Meeting(#[from] RuntimeDirError),
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
    NoAnswer(UnaryError),
    #[error("azqd does not answer within {} s; if this goes on, run: azq daemon restart", ANSWER_DEADLINE.as_secs())]
    Silent,
    #[error("azqd ({daemon}) and azq ({}) are of different versions; install the same of both", env!("CARGO_PKG_VERSION"))]
    OtherVersion { daemon: String },
    #[error("azqd {daemon} is newer than this azq ({}); install the same version of both", env!("CARGO_PKG_VERSION"))]
    NewerDaemon { daemon: String },
}

impl ConnectError {
    pub(crate) fn at(step: &'static str) -> impl Fn(io::Error) -> Self {
        move |error| Self::System { step, error }
    }

    /// Whether the daemon closed the connection, as a daemon that ends does.
    fn is_of_the_end(&self) -> bool {
        matches!(self, Self::NoAnswer(UnaryError::Gone))
    }
}

impl From<UnaryError> for ConnectError {
    fn from(error: UnaryError) -> Self {
        match error {
            UnaryError::Silent => Self::Silent,
            error => Self::NoAnswer(error),
        }
    }
}

/// The daemon that serves a command.
#[derive(Debug)]
pub(crate) enum Daemon {
    /// The user's daemon, in the runtime directory.
    Shared(RuntimeDir),
    /// A daemon for this command only, with the processes that were started for it.
    Private(Mutex<Vec<Child>>),
}

impl Daemon {
    /// Returns the daemon that a command uses in this mode.
    pub(crate) fn of(serving: Serving) -> Self {
        match serving {
            Serving::Shared => Self::Shared(place()),
            Serving::Private => Self::Private(Mutex::default()),
        }
    }

    /// Returns a connection to the daemon, which is started if it is not running.
    pub(crate) fn ready(&self) -> Result<Connection, ConnectError> {
        match self {
            Self::Shared(place) => ready(place),
            Self::Private(started) => {
                let deadline = Instant::now() + START_DEADLINE;
                let (connection, child) = private::start(deadline)?;
                held(started).push(child);
                Ok(connection)
            }
        }
    }

    /// Returns a connection in place of a lost one, to a daemon that has responded to `Hello`.
    pub(crate) fn again(&self) -> Result<Connection, ConnectError> {
        match self {
            Self::Shared(place) => greeted(place),
            Self::Private(_) => self.ready(),
        }
    }

    /// Replaces a daemon that refused a call of this client, because they have no common protocol
    /// or the daemon does not have the call.
    pub(crate) fn replace(
        &self,
        mut connection: Connection,
        lacks_call: bool,
    ) -> Result<Connection, ConnectError> {
        match self {
            Self::Shared(place) => replace(place, connection, lacks_call),
            Self::Private(_) => Err(ConnectError::OtherVersion {
                daemon: hello(&mut connection)?.daemon_version,
            }),
        }
    }

    /// Waits until the processes that were started for this command alone have ended. All
    /// connections must be dropped before.
    pub(crate) fn leave(&self) {
        if let Self::Private(started) = self {
            private::gone(std::mem::take(&mut *held(started)));
        }
    }
}

fn held(started: &Mutex<Vec<Child>>) -> MutexGuard<'_, Vec<Child>> {
    started.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits a moment before the next check.
#[expect(
    clippy::disallowed_methods,
    reason = "a lock, a backlog and a child offer nothing to wait for within a deadline"
)]
pub(crate) fn pause(time: Duration) {
    thread::sleep(time);
}

/// Waits until a child has ended; `None` if it has not at the deadline.
pub(crate) fn end_of(child: &mut Child, deadline: Instant) -> io::Result<Option<ExitStatus>> {
    loop {
        let ended = child.try_wait()?;
        if ended.is_some() || Instant::now() >= deadline {
            return Ok(ended);
        }
        pause(PAUSE);
    }
}

/// Waits until a child has ended, and kills it at the deadline.
pub(crate) fn end_or_kill(child: &mut Child, deadline: Instant) -> io::Result<ExitStatus> {
    if let Some(ended) = end_of(child, deadline)? {
        return Ok(ended);
    }
    child.kill()?;
    child.wait()
}

/// Returns the runtime directory of this process's environment.
pub(crate) fn place() -> RuntimeDir {
    RuntimeDir::from_environment(|name| std::env::var_os(name))
}

/// Connects to the running daemon; `None` if there is none. It starts no daemon.
pub(crate) fn existing(place: &RuntimeDir) -> Result<Option<Connection>, ConnectError> {
    existing_until(place, Instant::now() + START_DEADLINE)
}

/// Connects to the running daemon until a deadline, which a busy daemon may exceed.
pub(crate) fn existing_until(
    place: &RuntimeDir,
    deadline: Instant,
) -> Result<Option<Connection>, ConnectError> {
    stream(place, deadline)?.map(connection).transpose()
}

/// Creates a connection on a socket.
fn connection(socket: UnixStream) -> Result<Connection, ConnectError> {
    Connection::new(socket).map_err(ConnectError::at("connecting to azqd"))
}

/// Connects to the running daemon, starting one if there is none.
pub(crate) fn ready(place: &RuntimeDir) -> Result<Connection, ConnectError> {
    match existing(place)? {
        Some(connection) => Ok(connection),
        None => start::start(place, Instant::now() + START_DEADLINE),
    }
}

/// Connects to a daemon that has responded to `Hello`, starting one if there is none, because a
/// daemon that merely accepts a connection may be about to end.
pub(crate) fn greeted(place: &RuntimeDir) -> Result<Connection, ConnectError> {
    if let Some(mut connection) = existing(place)? {
        match hello(&mut connection) {
            Ok(_) => return Ok(connection),
            Err(error) if !error.is_of_the_end() => return Err(error),
            Err(_) => {}
        }
    }
    start::start(place, Instant::now() + START_DEADLINE)
}

/// Replaces a daemon that is too old for this client. It is an error if the daemon is too new, so
/// that of two versions only the newer one ever ends the other.
fn replace(
    place: &RuntimeDir,
    mut connection: Connection,
    lacks: bool,
) -> Result<Connection, ConnectError> {
    // A call that the daemon lacks although both have a common protocol was added in a newer
    // version, or removed.
    let found = hello(&mut connection)?;
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
        stop(place, connection, &request)?;
    }
    ready(place)
}

/// Returns a version's numbers for comparison; a part that is not a number counts as 0.
fn version(text: &str) -> Vec<u64> {
    let numbers = text.split(['.', '-', '+']).take(3);
    numbers
        .map(|number| number.parse().unwrap_or_default())
        .collect()
}

/// Exchanges `Hello` with the daemon.
pub(crate) fn hello(connection: &mut Connection) -> Result<v1::HelloReply, ConnectError> {
    let request = v1::HelloRequest {
        oldest_protocol: protocol::OLDEST,
        newest_protocol: protocol::NEWEST,
        client_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    Ok(unary(connection, "Hello", &request)?)
}

/// Asks the daemon to stop and waits until its process has ended; returns its pid.
fn stop(
    place: &RuntimeDir,
    mut connection: Connection,
    request: &v1::StopRequest,
) -> Result<u32, ConnectError> {
    let reply: v1::StopReply = unary(&mut connection, "Stop", request)?;
    let pid = reply.pid;
    // The daemon ends sooner without a connection.
    drop(connection);
    // The daemon's grace time is configurable; its watchdog enforces it.
    start::gone(place, pid, Instant::now() + LONGEST_END)?;
    Ok(pid)
}

/// Returns a checked connection to the socket; `None` if there is no listener.
fn stream(place: &RuntimeDir, deadline: Instant) -> Result<Option<UnixStream>, ConnectError> {
    if !place.check()? {
        return Ok(None);
    }
    let path = place.socket();
    let failed = ConnectError::at("connecting to azqd");
    let address = SocketAddrUnix::new(&path).map_err(|error| failed(error.into()))?;
    loop {
        let socket = new_socket().map_err(|error| failed(error.into()))?;
        match connect(&socket, &address) {
            Ok(()) => return checked(socket, path).map(Some),
            // Reset: the daemon ended between the two steps of connecting.
            Err(Errno::NOENT | Errno::CONNREFUSED | Errno::CONNRESET) => return Ok(None),
            // The backlog is full: the daemon is running, but busy.
            Err(Errno::AGAIN) if Instant::now() < deadline => pause(PAUSE),
            Err(Errno::AGAIN) => {
                return Err(ConnectError::TooLong {
                    step: "waiting for a busy azqd",
                    limit: START_DEADLINE,
                });
            }
            Err(error) => return Err(failed(error.into())),
        }
    }
}

/// Returns a socket that does not wait while the daemon's backlog is full.
fn new_socket() -> rustix::io::Result<OwnedFd> {
    #[cfg(target_os = "linux")]
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    #[cfg(not(target_os = "linux"))]
    let flags = SocketFlags::empty();
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    #[cfg(not(target_os = "linux"))]
    {
        rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
        rustix::io::ioctl_fionbio(&socket, true)?;
    }
    Ok(socket)
}

/// The user of the process at the other end.
#[cfg(target_os = "linux")]
fn peer_uid(socket: &OwnedFd) -> io::Result<u32> {
    let peer = rustix::net::sockopt::socket_peercred(socket)?;
    Ok(peer.uid.as_raw())
}

/// The user of the process at the other end.
#[cfg(not(target_os = "linux"))]
fn peer_uid(socket: &OwnedFd) -> io::Result<u32> {
    let (uid, _group) = nix::unistd::getpeereid(socket)?;
    Ok(uid.as_raw())
}

/// Checks that the daemon at the other end belongs to this user.
fn checked(socket: OwnedFd, path: PathBuf) -> Result<UnixStream, ConnectError> {
    let uid = peer_uid(&socket).map_err(ConnectError::at("looking at azqd's user"))?;
    if uid == own_uid() {
        Ok(socket.into())
    } else {
        Err(ConnectError::Foreign { path, uid })
    }
}
