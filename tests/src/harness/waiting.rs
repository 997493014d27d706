//! Waiting until something holds, which is all the waiting that a test does.

use std::time::{Duration, Instant};

/// Far above what anything takes, because the machine may be busy.
pub(super) const LIMIT: Duration = Duration::from_secs(60);
/// Between two looks.
pub(super) const PAUSE: Duration = Duration::from_millis(5);

/// Waits until a condition holds.
///
/// # Panics
/// If it does not within a minute; `what` then says what was waited for.
#[track_caller]
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !holds() {
        assert!(Instant::now() < deadline, "in vain waited for: {what}");
        std::thread::park_timeout(PAUSE);
    }
}
