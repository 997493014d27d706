//! Ends the daemon on the user's request (`azq daemon stop` and `restart`).
//!
//! Invariant: afterwards no daemon is left that existed before, whether it was listening, starting,
//! already ending, or no longer responding. A daemon that starts in the meantime is not ended.

use super::{ANSWER_DEADLINE, ConnectError, Connection, LONGEST_END, existing, kill, start, stop};
use azq_proto::runtime_dir::RuntimeDir;
use azq_proto::v1;
use std::io;
use std::time::Instant;

/// Ends the daemon on the user's request: asks it to stop, and kills it if it does not respond.
/// Returns its pid and whether it had to be killed; `None` if there is no daemon.
pub(crate) fn end(place: &RuntimeDir, reason: &str) -> Result<Option<(u32, bool)>, ConnectError> {
    let request = v1::StopRequest {
        reason: reason.to_owned(),
        replaced: false,
    };
    let (found, holder) = existing_or_starting(place);
    let stopped = match found {
        Ok(Some(connection)) => stop(place, connection, &request),
        Ok(None) if kill::is_held(place) => ended(place, holder),
        Ok(None) => return Ok(None),
        Err(error) => Err(error),
    };
    let stopped = match stopped {
        Err(error) if error.is_of_the_end() => ended(place, holder),
        stopped => stopped,
    };
    match stopped {
        Ok(pid) => Ok(Some((pid, false))),
        // Unless a new daemon has since taken the lock, to which the error does not apply.
        Err(
            error @ (ConnectError::NoAnswer(_)
            | ConnectError::Silent
            | ConnectError::TooLong { .. }),
        ) if kill::written(place) == holder => {
            match kill::holder(place, Instant::now() + ANSWER_DEADLINE)? {
                Some(pid) => Ok(Some((pid, true))),
                None if kill::is_held(place) || matches!(error, ConnectError::TooLong { .. }) => {
                    Err(error)
                }
                None => Ok(None),
            }
        }
        Err(error) => Err(error),
    }
}

/// Connects to the running daemon, or to one that is starting, even if the client that started it
/// has ended; `None` if there is neither. Also returns the process that the lock file named just
/// before.
fn existing_or_starting(
    place: &RuntimeDir,
) -> (Result<Option<Connection>, ConnectError>, Option<u32>) {
    let holder = kill::written(place);
    match serving(place) {
        Ok(None) => {}
        found => return (found, holder),
    }
    let no_start_is_under_way = after_a_start(place);
    let holder = kill::written(place);
    match no_start_is_under_way {
        Ok(()) => (serving(place), holder),
        Err(error) => (Err(error), holder),
    }
}

/// Connects to the daemon that holds the lock. If there is none, it does not use a service
/// manager's socket, because connecting would start a daemon.
fn serving(place: &RuntimeDir) -> Result<Option<Connection>, ConnectError> {
    if kill::is_held(place) {
        existing(place)
    } else {
        Ok(None)
    }
}

fn after_a_start(place: &RuntimeDir) -> Result<(), ConnectError> {
    if place.check()? {
        start::starting(place, Instant::now() + LONGEST_END)?;
    }
    Ok(())
}

/// Waits until a daemon has ended that is already ending, and may no longer listen; returns its
/// pid, which the lock file named.
fn ended(place: &RuntimeDir, holder: Option<u32>) -> Result<u32, ConnectError> {
    let pid = holder.ok_or_else(|| ConnectError::Lock {
        path: place.life_lock(),
        error: io::Error::other("it names no process"),
    })?;
    start::gone(place, pid, Instant::now() + LONGEST_END)?;
    Ok(pid)
}
