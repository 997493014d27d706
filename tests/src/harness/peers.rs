//! Many clients that connect and send nothing.

use std::io;
use std::os::unix::net::UnixStream;

use super::home::Home;

/// Connections to the daemon of a home, until they are dropped.
#[derive(Debug)]
pub struct Peers(Vec<UnixStream>);

impl Peers {
    /// Opens this number of connections.
    pub fn connect(home: &Home, count: usize) -> io::Result<Self> {
        let socket = home.runtime_dir().join("azqd.sock");
        let connections = (0..count).map(|_| UnixStream::connect(&socket));
        connections.collect::<io::Result<_>>().map(Self)
    }

    /// Returns the number of connections that the daemon has accepted: it sends the first bytes.
    pub fn taken(&self) -> usize {
        let is_taken = |connection: &&UnixStream| {
            rustix::io::ioctl_fionread(connection).unwrap_or_default() > 0
        };
        self.0.iter().filter(is_taken).count()
    }
}
