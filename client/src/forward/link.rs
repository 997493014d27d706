//! The connection to the daemon: made for the first call, shared by all that follow, made anew when it is lost.
//!
//! Invariants: of many calls that lose a connection at once, one makes the next; a client that sees
//! other files than the user's daemon, as one in another container does, is served by a daemon of
//! its own from then on.

use crate::connect::{self, ConnectError, Connection, Daemon};
use crate::serving::Serving;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Mutex;
use tonic::Code;

/// The daemon, and the connection to it while there is one.
pub(crate) struct Link {
    daemon: Daemon,
    /// In place of the other, for a client in another container.
    own: Daemon,
    is_private: AtomicBool,
    held: Mutex<Option<Connected>>,
}

/// A connection, and how many there were before it.
#[derive(Clone)]
pub(super) struct Connected {
    pub(super) connection: Connection,
    number: u32,
    is_private: bool,
}

impl Link {
    /// A link without a connection.
    pub(crate) fn to(daemon: Daemon) -> Self {
        Self {
            is_private: AtomicBool::new(matches!(daemon, Daemon::Private(_))),
            daemon,
            own: Daemon::of(Serving::Private),
            held: Mutex::new(None),
        }
    }

    /// Goes to a daemon of this client's own from now on, instead of the one at the other end of
    /// this; whether that is another.
    pub(super) async fn becomes_private(&self, found: &Connected) -> bool {
        let mut held = self.held.lock().await;
        self.is_private.store(true, Ordering::Relaxed);
        if held.as_ref().is_some_and(|held| !held.is_private) {
            *held = None;
        }
        !found.is_private
    }

    fn daemon(&self) -> &Daemon {
        let is_private = self.is_private.load(Ordering::Relaxed);
        match &self.daemon {
            Daemon::Shared(_) if is_private => &self.own,
            daemon => daemon,
        }
    }

    /// The connection.
    pub(super) async fn connected(&self) -> Result<Connected, ConnectError> {
        self.other_than(None).await
    }

    /// The connection, after a look whether its daemon still answers: for a call that cannot be sent again.
    pub(super) async fn answering(&self) -> Result<Connected, ConnectError> {
        let connected = self.connected().await?;
        match connect::hello(&connected.connection).await {
            Ok(_) => Ok(connected),
            Err(ConnectError::NoAnswer(_)) => self.other_than(Some(&connected)).await,
            Err(error) => Err(error),
        }
    }

    /// A connection that is not the one that was lost.
    pub(super) async fn other_than(
        &self,
        lost: Option<&Connected>,
    ) -> Result<Connected, ConnectError> {
        let mut held = self.held.lock().await;
        let lost = lost.map(|connected| connected.number);
        let number = match &*held {
            Some(connected) if Some(connected.number) != lost => return Ok(connected.clone()),
            Some(connected) => connected.number + 1,
            None => 0,
        };
        let connection = match lost {
            None => self.daemon().ready().await?,
            Some(_) => self.daemon().again().await?,
        };
        Ok(held.insert(self.made(connection, number)).clone())
    }

    /// A connection to a daemon that understands this client, instead of the one at the other end of this.
    pub(super) async fn replace(
        &self,
        lost: Connected,
        refused: Code,
    ) -> Result<Connected, ConnectError> {
        let mut held = self.held.lock().await;
        if let Some(other) = held.as_ref().filter(|other| other.number != lost.number) {
            return Ok(other.clone());
        }
        let number = lost.number + 1;
        let connection = self.daemon().replace(lost.connection, refused).await?;
        Ok(held.insert(self.made(connection, number)).clone())
    }

    fn made(&self, connection: Connection, number: u32) -> Connected {
        Connected {
            connection,
            number,
            is_private: self.is_private.load(Ordering::Relaxed),
        }
    }

    /// Waits until what was started for this process alone is gone. No call may be under way.
    pub(crate) async fn leave(self) {
        drop(self.held);
        self.own.leave().await;
        self.daemon.leave().await;
    }
}
