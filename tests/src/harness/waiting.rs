//! Waiting until a condition holds, which is the only waiting that tests do.

use std::time::{Duration, Instant};

/// Timeout far above the time that any condition needs, because the machine may be busy.
pub(super) const LIMIT: Duration = Duration::from_secs(60);
/// Pause between two checks.
pub(super) const PAUSE: Duration = Duration::from_millis(5);

/// Waits until a condition holds.
///
/// # Panics
/// If it does not within a minute; the message then contains `what`.
#[track_caller]
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !holds() {
        assert!(Instant::now() < deadline, "in vain waited for: {what}");
        std::thread::park_timeout(PAUSE);
    }
}
