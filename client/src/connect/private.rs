//! A daemon of one command's own: `azqd --private`, which talks over its standard input and ends with the connection.

use super::start::{Report, daemon, report};
use super::{ConnectError, Connection, PAUSE, START_DEADLINE, channel};
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::time::{Instant, timeout_at};

/// How long a private daemon may take to end: what it has fetched goes to the disk first.
const END: Duration = Duration::from_secs(8);

/// Starts one.
pub(super) async fn start(deadline: Instant) -> Result<(Connection, Child), ConnectError> {
    let failed = ConnectError::at("making a connection");
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(&failed)?;
    ours.set_nonblocking(true).map_err(&failed)?;
    let ours = UnixStream::from_std(ours).map_err(&failed)?;
    let mut child = daemon()?
        .arg("--private")
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .spawn()
        .map_err(ConnectError::at("running azqd"))?;
    let report = timeout_at(deadline, report(&mut child)).await;
    match report.map_err(|_| ConnectError::TooLong {
        step: "waiting for azqd to be ready",
        limit: START_DEADLINE,
    })?? {
        Report::Ready => Ok((channel(ours).await?, child)),
        Report::Taken => Err(ConnectError::Failed("it found another".to_owned())),
    }
}

/// Waits until all have ended; ends those that do not.
pub(super) async fn gone(started: Vec<Child>) {
    let deadline = Instant::now() + END;
    for mut child in started {
        while matches!(child.try_wait(), Ok(None)) {
            if Instant::now() >= deadline {
                // It is this process's own child, so its id is still its own.
                let _ended_meanwhile = child.kill();
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
