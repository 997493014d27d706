//! The source of connections: the socket under the life lock, or the one connection of a private
//! daemon.
//!
//! Invariants: the socket is bound and unlinked only by the holder of the lock, and unlinked only
//! if it is still the one that was bound; a client that has connected before the end begins is
//! served; the connection of another uid's peer is dropped unread; there are at most
//! [`connection_limit`] connections at once, more wait; running out of descriptors slows accepting
//! down but never ends it.

use super::connection::Connection;
use azq_proto::runtime_dir::{ELSEWHERE, RuntimeDir, RuntimeDirError, own_uid};
use futures_util::{Stream, StreamExt as _, stream};
use std::convert::Infallible;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The most connections at once: more than is ever needed, because a client has one.
const CONNECTIONS: usize = 512;

/// How long accepting pauses when the system has no descriptor left: long enough for calls to end,
/// short enough not to be noticed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long a daemon that ends waits for the first bytes of connected clients, which send them at
/// once.
const FIRST_WORD: Duration = Duration::from_millis(100);

/// How long a daemon with a given socket waits for the lock: longer than another daemon takes to
/// find that its socket is lost.
const LOCK_WAIT: Duration = Duration::from_secs(90);
/// How long a client that connects to a given socket waits for the next daemon before its
/// connection is closed and it retries: a usual end takes less, and a client's limit (10 s) is
/// more.
const BEFORE_TURNING_AWAY: Duration = Duration::from_secs(2);
/// The pause between two attempts to take the lock.
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// The source of a daemon's connections.
#[derive(Debug)]
pub struct Socket(Kind);

#[derive(Debug)]
enum Kind {
    Bound(Bound),
    Private(Private),
}

/// A bound socket, and the lock that makes it the only one.
#[derive(Debug)]
struct Bound {
    listener: UnixListener,
    /// One permit for each connection, taken before it is accepted.
    places: Arc<Semaphore>,
    /// The connections from which no bytes have arrived yet.
    unheard: TaskTracker,
    path: PathBuf,
    identity: (u64, u64),
    /// Whether a service manager holds the socket too, and keeps it when this daemon has ended.
    is_given: bool,
    place: RuntimeDir,
    life_lock: File,
}

/// The connection of the client that this daemon serves alone.
#[derive(Debug)]
struct Private {
    only: Mutex<Option<Connection>>,
    closed: CancellationToken,
}

/// The reason why the socket could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Another daemon is running.
    #[error("another azqd already runs in {}", .0.display())]
    Taken(PathBuf),
    /// The runtime directory is not usable.
    #[error(transparent)]
    Meeting(#[from] RuntimeDirError),
    /// A file could not be made.
    #[error("{} cannot be used: {}; {ELSEWHERE}", .0.display(), .1)]
    File(PathBuf, io::Error),
    /// A service manager's socket is not at the path where clients look.
    #[error("the socket that was given is not {}; the socket unit must listen there", .0.display())]
    Elsewhere(PathBuf),
    /// Standard input is not a connection of this user.
    #[error("--private needs a connection as standard input: {0}")]
    NoConnection(io::Error),
}

impl SocketError {
    fn at(path: &Path) -> impl Fn(io::Error) -> Self {
        move |error| Self::File(path.to_owned(), error)
    }
}

impl Socket {
    /// Takes the life lock, removes what a dead daemon left, and binds. Needs a tokio runtime.
    pub fn bind(place: &RuntimeDir) -> Result<Self, SocketError> {
        place.prepare()?;
        let life_lock = take(place)?;
        let path = place.socket();
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
        .map_err(SocketError::at(&path))?;
        let listener = UnixListener::bind(&path).map_err(SocketError::at(&path))?;
        Self::listening(listener, place, life_lock, false)
    }

    /// Takes the life lock and the socket that a service manager has opened. A daemon that a client
    /// has started may still hold the lock: it ends when it finds that the socket is not its own.
    /// Needs a tokio runtime.
    pub async fn given(
        place: &RuntimeDir,
        listener: std::os::unix::net::UnixListener,
    ) -> Result<Self, SocketError> {
        place.prepare()?;
        let path = place.socket();
        let address = listener.local_addr().ok();
        if address.as_ref().and_then(|address| address.as_pathname()) != Some(&path) {
            return Err(SocketError::Elsewhere(path));
        }
        let deadline = Instant::now() + LOCK_WAIT;
        let life_lock = loop {
            match take(place) {
                Err(SocketError::Taken(_)) if Instant::now() < deadline => {
                    tokio::time::sleep(LOCK_PAUSE).await;
                }
                taken => break taken?,
            }
        };
        let listener = listener
            .set_nonblocking(true)
            .and_then(|()| UnixListener::from_std(listener))
            .map_err(SocketError::at(&path))?;
        Self::listening(listener, place, life_lock, true)
    }

    fn listening(
        listener: UnixListener,
        place: &RuntimeDir,
        life_lock: File,
        is_given: bool,
    ) -> Result<Self, SocketError> {
        let path = place.socket();
        let private = std::fs::Permissions::from_mode(0o600);
        let identity = std::fs::set_permissions(&path, private)
            .and_then(|()| identity(&path))
            .map_err(SocketError::at(&path))?;
        Ok(Self(Kind::Bound(Bound {
            listener,
            places: Arc::new(Semaphore::new(connection_limit())),
            unheard: TaskTracker::new(),
            path,
            identity,
            is_given,
            place: place.clone(),
            life_lock,
        })))
    }

    /// Whether a client has started the daemon, for all clients to use.
    pub(crate) fn is_by_a_client(&self) -> bool {
        // systemd sets this variable for what it starts; a client does not pass it on.
        let by_systemd = std::env::var_os("INVOCATION_ID").is_some();
        matches!(&self.0, Kind::Bound(bound) if !bound.is_given) && !by_systemd
    }

    /// Returns a source with only the connection that a client gave as standard input. Needs a
    /// tokio runtime.
    pub fn private() -> Result<Self, SocketError> {
        let stream = io::stdin().as_fd().try_clone_to_owned();
        stream
            .map(std::os::unix::net::UnixStream::from)
            .and_then(Self::serving)
            .map_err(SocketError::NoConnection)
    }

    fn serving(stream: std::os::unix::net::UnixStream) -> io::Result<Self> {
        // Only a UNIX socket has a peer address here.
        stream.peer_addr()?;
        stream.set_nonblocking(true)?;
        let stream = UnixStream::from_std(stream)?;
        if stream.peer_cred()?.uid() != own_uid() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let closed = CancellationToken::new();
        let only = Connection::watched(stream, closed.clone());
        Ok(Self(Kind::Private(Private {
            only: Mutex::new(Some(only)),
            closed,
        })))
    }

    /// Returns the path on which the daemon listens; `None` for a private daemon.
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            Kind::Bound(bound) => Some(&bound.path),
            Kind::Private(_) => None,
        }
    }

    /// Whether the paths still lead clients to this socket, and other daemons to this lock.
    pub fn is_ours(&self) -> bool {
        match &self.0 {
            Kind::Bound(bound) => bound.is_ours() && bound.locks(),
            Kind::Private(_) => true,
        }
    }

    /// Waits until the only client has gone; for ever if there may be others.
    pub async fn deserted(&self) {
        match &self.0 {
            Kind::Bound(_) => std::future::pending().await,
            Kind::Private(private) => private.closed.cancelled().await,
        }
    }

    /// Makes the socket unreachable for new clients, unless the path leads to another socket by now
    /// or a service manager holds the socket.
    pub fn unlink(&self) {
        match &self.0 {
            Kind::Bound(bound) if !bound.is_given && bound.is_ours() => {
                let path = &bound.path;
                if let Err(error) = std::fs::remove_file(path) {
                    tracing::warn!("the socket {} was not removed: {error}", path.display());
                }
            }
            _ => {}
        }
    }

    /// Returns the connections of this user's clients. After `ended` the stream still yields those
    /// that were there already, and then ends, because a connection that is not accepted would wait
    /// for as long as this process lives. Connections to a given socket wait for the next daemon.
    pub fn connections<'a>(
        &'a self,
        ended: &'a CancellationToken,
    ) -> impl Stream<Item = io::Result<Connection>> + 'a {
        match &self.0 {
            Kind::Bound(bound) => stream::unfold(bound, move |bound| async move {
                Some((Ok(bound.next_connection(ended).await?), bound))
            })
            .left_stream(),
            Kind::Private(private) => {
                let only = private.only.lock().ok().and_then(|mut only| only.take());
                stream::iter(only.map(Ok))
                    .chain(stream::pending().take_until(ended.cancelled()))
                    .right_stream()
            }
        }
    }

    /// Closes new connections to a given socket, while this daemon takes its time to end: their
    /// clients retry, and find the next daemon. Otherwise they would give up waiting in the socket.
    pub(crate) async fn turn_away(&self) -> Infallible {
        let listener = match &self.0 {
            Kind::Bound(bound) if bound.is_given => &bound.listener,
            _ => return std::future::pending().await,
        };
        tokio::time::sleep(BEFORE_TURNING_AWAY).await;
        loop {
            if listener.accept().await.is_err() {
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

impl Bound {
    fn is_ours(&self) -> bool {
        identity(&self.path).is_ok_and(|found| found == self.identity)
    }

    fn locks(&self) -> bool {
        let ours = self.life_lock.metadata().ok();
        let ours = ours.as_ref().map(azq_files::identity);
        ours.is_some() && ours == identity(&self.place.life_lock()).ok()
    }

    async fn next_connection(&self, ended: &CancellationToken) -> Option<Connection> {
        // The semaphore is never closed, so there is always a permit in the end. The last
        // connections need none.
        let place = Arc::clone(&self.places).acquire_owned();
        let place = ended.run_until_cancelled(place).await.and_then(Result::ok);
        loop {
            let accepted = tokio::select! {
                biased;
                accepted = self.listener.accept() => accepted.map(|(stream, _)| stream),
                () = ended.cancelled() => match self.last_connection() {
                    Some(accepted) => accepted,
                    None => return self.hear_all().await,
                },
            };
            match accepted.and_then(|stream| Ok((stream.peer_cred()?.uid(), stream))) {
                Ok((uid, stream)) if uid == own_uid() => {
                    return Some(Connection::counted(stream, place, &self.unheard));
                }
                Ok((uid, _)) => tracing::warn!("refused a connection of uid {uid}"),
                Err(error) => {
                    tracing::warn!("accepting failed: {error}");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Ends the stream of connections. The server then closes those that have sent nothing yet, so
    /// they get a moment.
    async fn hear_all(&self) -> Option<Connection> {
        self.unheard.close();
        // A client that sends nothing in this time has made no request, and retries.
        let _unheard = tokio::time::timeout(FIRST_WORD, self.unheard.wait()).await;
        None
    }

    /// Returns a connection that was there before the end began. It asks the system directly,
    /// because the runtime may not know of the connection yet.
    fn last_connection(&self) -> Option<io::Result<UnixStream>> {
        if self.is_given {
            return None;
        }
        let accept = || {
            let listener = self.listener.as_fd().try_clone_to_owned()?;
            let (stream, _) = std::os::unix::net::UnixListener::from(listener).accept()?;
            stream.set_nonblocking(true)?;
            UnixStream::from_std(stream)
        };
        match accept() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            accepted => Some(accepted),
        }
    }
}

/// Returns the limit of connections: half of this process's limit of descriptors, so that as many
/// again are left for Azure and the files; 512 at most.
pub fn connection_limit() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let half = limit.and_then(|limit| usize::try_from(limit / 2).ok());
    half.map_or(CONNECTIONS, |half| half.clamp(1, CONNECTIONS))
}

fn take(place: &RuntimeDir) -> Result<File, SocketError> {
    let path = place.life_lock();
    let failed = SocketError::at(&path);
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(&failed)?;
    let owner = file.metadata().map_err(&failed)?.uid();
    if owner != own_uid() {
        let words = format!("it belongs to uid {owner}, not to you; remove it");
        return Err(failed(io::Error::other(words)));
    }
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(SocketError::Taken(place.directory().to_owned()));
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    file.set_len(0)
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(&failed)?;
    Ok(file)
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    Ok(azq_files::identity(&path.symlink_metadata()?))
}

#[cfg(test)]
mod tests;
