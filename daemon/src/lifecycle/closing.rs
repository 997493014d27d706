//! The one way in which the daemon ends.

use azq_proto::v1::StopRequest;
use rustix::process::Signal;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The reason why the daemon ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// A signal asked for the end.
    Signal(&'static str),
    /// A client asked for the end, for this reason.
    Asked(String),
    /// A newer client wants another daemon, for this reason.
    Replaced(String),
    /// Nothing was in flight for the idle time.
    Idle,
    /// The socket's path no longer leads to this daemon's socket.
    ListenerLost,
    /// The only client of a private daemon has disconnected.
    Deserted,
    /// The server failed.
    Failed(String),
}

impl From<StopRequest> for CloseReason {
    fn from(request: StopRequest) -> Self {
        let reason = shortened(&request.reason);
        if request.replaced {
            Self::Replaced(reason)
        } else {
            Self::Asked(reason)
        }
    }
}

/// The longest text from a client that is kept or logged, in characters.
const LONGEST_TEXT: usize = 200;

/// Shortens a text from a client and removes control characters, so that it cannot forge a line in
/// the log.
pub(crate) fn shortened(text: &str) -> String {
    let printable = text.chars().filter(|character| !character.is_control());
    printable.take(LONGEST_TEXT).collect()
}

impl std::fmt::Display for CloseReason {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Signal(name) => write!(out, "signal {name}"),
            Self::Asked(reason) | Self::Replaced(reason) => write!(out, "asked to: {reason}"),
            Self::Idle => out.write_str("idle"),
            Self::ListenerLost => out.write_str("the socket is no longer this daemon's"),
            Self::Deserted => out.write_str("the client has gone"),
            Self::Failed(reason) => write!(out, "failed: {reason}"),
        }
    }
}

/// A handle that ends the daemon and tells all tasks why; the first reason counts.
#[derive(Clone, Debug, Default)]
pub struct ShutdownHandle {
    token: CancellationToken,
    reason: Arc<OnceLock<CloseReason>>,
}

impl ShutdownHandle {
    /// Returns a handle of a daemon that has not been asked to end.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the daemon.
    pub fn close(&self, reason: CloseReason) {
        let _first = self.reason.set(reason);
        self.token.cancel();
    }

    /// Waits until the daemon is asked to end.
    pub async fn closed(&self) -> CloseReason {
        self.token.cancelled().await;
        self.reason
            .get()
            .cloned()
            .unwrap_or(CloseReason::Failed("no reason given".into()))
    }

    /// Ends the daemon on SIGTERM, SIGINT or SIGHUP. Needs a tokio runtime.
    pub fn on_signals(&self) -> std::io::Result<()> {
        self.on_termination()?;
        self.on("SIGINT", SignalKind::interrupt())
    }

    /// Ends a private daemon on SIGTERM or SIGHUP. A Ctrl-C at the terminal reaches the client too,
    /// which decides how the command ends; the private daemon ends with it. Needs a tokio runtime.
    pub fn on_signals_but_interrupt(&self) -> std::io::Result<()> {
        self.on_termination()?;
        // A handler, although its stream is dropped, keeps the signal from ending the process.
        signal(SignalKind::interrupt()).map(drop)
    }

    fn on_termination(&self) -> std::io::Result<()> {
        // With a handler, a limit on the size of files (`ulimit -f`, which the client passes on)
        // fails a write and does not end the process.
        signal(SignalKind::from_raw(Signal::XFSZ.as_raw())).map(drop)?;
        self.on("SIGTERM", SignalKind::terminate())?;
        self.on("SIGHUP", SignalKind::hangup())
    }

    fn on(&self, name: &'static str, kind: SignalKind) -> std::io::Result<()> {
        let mut stream = signal(kind)?;
        let closing = self.clone();
        tokio::spawn(async move {
            stream.recv().await;
            closing.close(CloseReason::Signal(name));
        });
        Ok(())
    }
}

/// How long the watchdog's log message may take, because the log may be on the disk that hangs.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Ends the process after the time `after`, even if something still hangs. It uses a plain thread,
/// because the runtime may be what hangs.
pub(crate) fn spawn_shutdown_watchdog(after: Duration) {
    let watchdog = std::thread::Builder::new()
        .name("watchdog".into())
        .spawn(move || {
            let (_never, wait) = std::sync::mpsc::channel::<()>();
            let _elapsed = wait.recv_timeout(after);
            let (said, wait) = std::sync::mpsc::channel();
            std::thread::spawn(move || {
                tracing::error!("the shutdown took longer than {after:?}; ending the process");
                said.send(())
            });
            let _said_or_not = wait.recv_timeout(LAST_WORDS);
            #[expect(
                clippy::exit,
                reason = "the last resort against a shutdown that never ends"
            )]
            std::process::exit(1);
        });
    if let Err(error) = watchdog {
        tracing::warn!("no watchdog for the shutdown: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::tests::in_another_process;

    #[test]
    fn a_clients_text_stays_within_a_line() {
        assert_eq!(shortened("a\n\u{1b}[31mb\r"), "a[31mb");
        assert_eq!(shortened(&"x".repeat(1 << 20)).len(), LONGEST_TEXT);
    }

    /// Runs the test itself as another process, which hangs.
    #[test]
    fn the_watchdog_ends_a_process_that_hangs() {
        const HANGS: &str = "AZQ_TEST_HANGS";
        if std::env::var_os(HANGS).is_some() {
            spawn_shutdown_watchdog(Duration::from_millis(10));
            loop {
                std::thread::park();
            }
        }
        let mut hanging = in_another_process("the_watchdog_ends_a_process_that_hangs");
        let ended = hanging.env(HANGS, "1").output().unwrap();
        assert_eq!(ended.status.code(), Some(1));
    }

    #[tokio::test]
    async fn the_first_reason_counts() {
        let closing = ShutdownHandle::new();
        closing.close(CloseReason::Idle);
        closing.close(CloseReason::ListenerLost);
        assert_eq!(closing.closed().await, CloseReason::Idle);
    }
}
