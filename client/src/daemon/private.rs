//! A daemon for one command only: `azqd --private`, which serves the connection on its standard
//! input and ends with it.

use super::start::{Report, daemon, report};
use super::{ConnectError, Connection, connection, end_of};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// The timeout for a private daemon to end, because it first writes the fetched data to the disk.
const END: Duration = Duration::from_secs(8);

/// Starts a private daemon.
pub(super) fn start(deadline: Instant) -> Result<(Connection, Child), ConnectError> {
    let failed = ConnectError::at("making a connection");
    let (ours, theirs) = UnixStream::pair().map_err(&failed)?;
    let mut child = daemon()?
        .arg("--private")
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .spawn()
        .map_err(ConnectError::at("running azqd"))?;
    match report(&mut child, deadline)? {
        Report::Ready => Ok((connection(ours)?, child)),
        Report::Taken => Err(ConnectError::Failed("it found another".to_owned())),
    }
}

/// Waits until all have ended, and kills those that do not.
pub(super) fn gone(started: Vec<Child>) {
    let deadline = Instant::now() + END;
    for mut child in started {
        if let Ok(None) = end_of(&mut child, deadline) {
            // It is this process's own child, so its pid cannot have been reused.
            let _ended_meanwhile = child.kill();
        }
    }
}
