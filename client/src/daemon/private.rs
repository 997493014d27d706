//! A daemon of one command's own: `azqd --private`, which talks over its standard input and ends
//! with the connection.

use super::start::{Report, daemon, report};
use super::{ConnectError, Connection, PAUSE, connection, pause};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// How long a private daemon may take to end: what it has fetched goes to the disk first.
const END: Duration = Duration::from_secs(8);

/// Starts one.
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

/// Waits until all have ended; ends those that do not.
pub(super) fn gone(started: Vec<Child>) {
    let deadline = Instant::now() + END;
    for mut child in started {
        while matches!(child.try_wait(), Ok(None)) {
            if Instant::now() >= deadline {
                // It is this process's own child, so its id is still its own.
                let _ended_meanwhile = child.kill();
                break;
            }
            pause(PAUSE);
        }
    }
}
