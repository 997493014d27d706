//! Kills a daemon that no longer responds, which only the user may request (`azq daemon stop` and
//! `restart`).
//!
//! Invariant: only the holder of the lifetime lock is killed. Its pid is in the lock file, which
//! the holder wrote. A process of that pid is opened first (`pidfd`) and checked afterwards, so
//! that no other process is killed if the pid is reused in between.

use super::ConnectError;
use super::start::gone;
use azq_proto::runtime_dir::RuntimeDir;
use rustix::process::{Pid, Signal};
use std::fs::{File, TryLockError};
use std::time::Instant;

/// Kills the daemon and waits until it has ended; returns its pid, or `None` if no daemon could be
/// identified with certainty.
pub(super) fn holder(place: &RuntimeDir, deadline: Instant) -> Result<Option<u32>, ConnectError> {
    let holder = written(place);
    let Some((pid, killed)) = holder.and_then(|pid| Some((pid, kill(place, handle(pid)?)?))) else {
        return Ok(None);
    };
    killed.map_err(|error| ConnectError::at("killing azqd")(error.into()))?;
    gone(place, pid, deadline)?;
    Ok(Some(pid))
}

/// Returns the process id in the lock file.
pub(super) fn written(place: &RuntimeDir) -> Option<u32> {
    let text = std::fs::read_to_string(place.life_lock()).ok()?;
    text.trim().parse().ok()
}

fn handle(id: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(id).ok()?)
}

/// Whether the lock is held.
pub(crate) fn is_held(place: &RuntimeDir) -> bool {
    File::open(place.life_lock())
        .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

#[cfg(target_os = "linux")]
fn kill(place: &RuntimeDir, pid: Pid) -> Option<rustix::io::Result<()>> {
    use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};
    let process = pidfd_open(pid, PidfdFlags::empty()).ok()?;
    let name = std::fs::read_to_string(format!("/proc/{}/comm", pid.as_raw_nonzero())).ok()?;
    let is_the_holder =
        is_held(place) && written(place).and_then(handle) == Some(pid) && name.trim_end() == "azqd";
    is_the_holder.then(|| pidfd_send_signal(process, Signal::KILL))
}

#[cfg(not(target_os = "linux"))]
fn kill(place: &RuntimeDir, pid: Pid) -> Option<rustix::io::Result<()>> {
    let is_the_holder = is_held(place) && written(place).and_then(handle) == Some(pid);
    is_the_holder.then(|| rustix::process::kill_process(pid, Signal::KILL))
}
