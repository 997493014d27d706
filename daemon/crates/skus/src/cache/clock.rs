//! The time of day, which tests can set.
//!
//! Ages are measured by the wall clock, because it advances while the machine sleeps, and because
//! it means the same to the next daemon that reads a snapshot.

use std::time::{Duration, SystemTime};

pub use azq_share::Clock;

/// The machine's wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// Returns the distance of two times. A time in the future, after the clock was set back, is as old
/// as it is ahead, so that it is neither trusted for ever nor thrown away.
pub(crate) fn distance(one: SystemTime, two: SystemTime) -> Duration {
    one.duration_since(two)
        .unwrap_or_else(|error| error.duration())
}

/// Returns a length of time in words.
pub(crate) fn in_words(time: Duration) -> String {
    let seconds = time.as_secs();
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_read_naturally() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (119, "119 seconds"),
            (120, "2 minutes"),
            (90_000, "25 hours"),
            (172_800, "2 days"),
        ] {
            assert_eq!(in_words(Duration::from_secs(seconds)), words);
        }
    }
}
