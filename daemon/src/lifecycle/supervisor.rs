//! The interface to a service manager: it gives a listening socket (`LISTEN_FDS`), and is notified
//! when the daemon is ready (`NOTIFY_SOCKET`).
//!
//! These are systemd's protocols; without a service manager nothing happens here.

use sd_notify::NotifyState;
use std::io;
use std::os::unix::net::UnixListener;

/// Returns the listening socket that systemd has opened for this process, if systemd has done so.
///
/// Must be called before anything is opened and before there is a second thread.
pub fn given_listener() -> io::Result<Option<UnixListener>> {
    let mut given = listenfd::ListenFd::from_env();
    match given.len() {
        0 => Ok(None),
        1 => given.take_unix_listener(0),
        _ => {
            let one = "more than one socket was given; a socket unit needs one ListenStream";
            Err(io::Error::new(io::ErrorKind::InvalidInput, one))
        }
    }
}

/// Notifies the service manager that the daemon now accepts calls.
pub fn announce_ready() {
    tell(&[NotifyState::Ready]);
}

/// Notifies the service manager that the end has begun.
pub(crate) fn announce_end() {
    tell(&[NotifyState::Stopping]);
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!("the service manager was not told: {error}");
    }
}
