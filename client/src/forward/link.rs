//! The connection to the daemon: made for the first call, shared by all that follow, made anew when it is lost.
//!
//! Invariant: of many calls that lose a connection at once, one makes the next.

use crate::connect::{self, ConnectError, Connection, Daemon};
use tokio::sync::Mutex;

/// The daemon, and the connection to it while there is one.
pub(crate) struct Link {
    daemon: Daemon,
    line: Mutex<Option<Line>>,
}

/// A connection, and how many there were before it.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) connection: Connection,
    number: u32,
}

impl Link {
    /// A link without a connection.
    pub(crate) fn to(daemon: Daemon) -> Self {
        let line = Mutex::new(None);
        Self { daemon, line }
    }

    /// The connection.
    pub(super) async fn line(&self) -> Result<Line, ConnectError> {
        self.other_than(None).await
    }

    /// The connection, after a look whether its daemon still answers: for a call that cannot be sent again.
    pub(super) async fn live_line(&self) -> Result<Line, ConnectError> {
        let held = self.line.lock().await.clone();
        match held {
            Some(line) if connect::hello(&line.connection).await.is_ok() => Ok(line),
            lost => self.other_than(lost.as_ref()).await,
        }
    }

    /// A connection that is not the one that was lost.
    pub(super) async fn other_than(&self, lost: Option<&Line>) -> Result<Line, ConnectError> {
        let mut held = self.line.lock().await;
        let lost = lost.map(|line| line.number);
        let number = match &*held {
            Some(line) if Some(line.number) != lost => return Ok(line.clone()),
            Some(line) => line.number + 1,
            None => 0,
        };
        let connection = self.daemon.ready().await?;
        Ok(held.insert(Line { connection, number }).clone())
    }

    /// A connection to a daemon that understands this client, instead of the one at the other end of this.
    pub(super) async fn replace(&self, line: Line) -> Result<Line, ConnectError> {
        let mut held = self.line.lock().await;
        if let Some(other) = held.as_ref().filter(|other| other.number != line.number) {
            return Ok(other.clone());
        }
        let number = line.number + 1;
        let connection = self.daemon.replace(line.connection).await?;
        Ok(held.insert(Line { connection, number }).clone())
    }

    /// Waits until what was started for this process alone is gone. No call may be under way.
    pub(crate) async fn leave(self) {
        drop(self.line);
        self.daemon.leave().await;
    }
}
