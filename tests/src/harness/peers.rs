//! Many clients that connect and send nothing.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::os::unix::net::UnixStream;

use super::home::Home;

/// Connections to the daemon of a home, until they are dropped.
#[derive(Debug)]
pub struct Peers(Vec<UnixStream>);

impl Peers {
    /// Opens this number of connections.
    ///
    /// # Panics
    /// If one cannot be opened.
    #[track_caller]
    pub fn connect(home: &Home, count: usize) -> Self {
        Self(
            (0..count)
                .map(|_| UnixStream::connect(home.socket()).expect("a daemon listens"))
                .collect(),
        )
    }

    /// Returns the number of connections that the daemon has accepted: it sends the first bytes.
    pub fn taken(&self) -> usize {
        let is_taken = |connection: &&UnixStream| {
            rustix::io::ioctl_fionread(connection).unwrap_or_default() > 0
        };
        self.0.iter().filter(is_taken).count()
    }
}
