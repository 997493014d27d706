//! The one way in which the daemon ends.

use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Why the daemon ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// A signal asked for it.
    Signal(&'static str),
    /// A client asked for it, for the reason it gave.
    Asked(String),
    /// Nothing was in flight for the idle time.
    Idle,
    /// The socket's path no longer leads here.
    ListenerLost,
    /// The server failed.
    Failed(String),
}

impl std::fmt::Display for CloseReason {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Signal(name) => write!(out, "signal {name}"),
            Self::Asked(reason) => write!(out, "asked to: {reason}"),
            Self::Idle => out.write_str("idle"),
            Self::ListenerLost => out.write_str("the socket is no longer this daemon's"),
            Self::Failed(reason) => write!(out, "failed: {reason}"),
        }
    }
}

/// Tells everybody that the daemon ends, and why; the first reason counts.
#[derive(Clone, Debug, Default)]
pub struct Closing {
    token: CancellationToken,
    reason: Arc<OnceLock<CloseReason>>,
}

impl Closing {
    /// Nothing has asked for the end.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the daemon.
    pub fn close(&self, reason: CloseReason) {
        let _first = self.reason.set(reason);
        self.token.cancel();
    }

    /// Waits for the end.
    pub async fn closed(&self) -> CloseReason {
        self.token.cancelled().await;
        self.reason
            .get()
            .cloned()
            .unwrap_or(CloseReason::Failed("no reason given".into()))
    }

    /// Ends the daemon on SIGTERM, SIGINT or SIGHUP. Needs a tokio runtime.
    pub fn on_signals(&self) -> std::io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [
            ("SIGTERM", SignalKind::terminate()),
            ("SIGINT", SignalKind::interrupt()),
            ("SIGHUP", SignalKind::hangup()),
        ];
        for (name, kind) in kinds {
            let mut stream = signal(kind)?;
            let closing = self.clone();
            tokio::spawn(async move {
                stream.recv().await;
                closing.close(CloseReason::Signal(name));
            });
        }
        Ok(())
    }
}

/// Ends the process `after` this moment, whatever still hangs. A plain thread, for the runtime may be what hangs.
pub(crate) fn watch_the_end(after: Duration) {
    let watchdog = std::thread::Builder::new()
        .name("watchdog".into())
        .spawn(move || {
            let (_never, wait) = std::sync::mpsc::channel::<()>();
            let _ = wait.recv_timeout(after);
            tracing::error!("the shutdown took longer than {after:?}; ending the process");
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

    #[tokio::test]
    async fn the_first_reason_counts() {
        let closing = Closing::new();
        closing.close(CloseReason::Idle);
        closing.close(CloseReason::ListenerLost);
        assert_eq!(closing.closed().await, CloseReason::Idle);
    }
}
