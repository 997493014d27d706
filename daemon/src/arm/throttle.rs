//! One `Retry-After` for all: when Azure throttles one caller of a subscription, the others wait too.
//!
//! Azure counts requests by subscription and principal, so a request that another caller sends meanwhile is refused
//! as well and makes the wait longer.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The longest pause that is kept: then Azure is asked again, whatever it has said.
const LONGEST: Duration = Duration::from_secs(3600);

/// Until when nothing is sent for one subscription and principal.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    until: Mutex<Option<Instant>>,
}

impl Throttle {
    /// Azure has asked for a pause. A shorter one than is already kept changes nothing.
    pub(super) fn pause(&self, wait: Duration) {
        let end = Instant::now() + wait.min(LONGEST);
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        *until = until.map_or(Some(end), |now| Some(now.max(end)));
    }

    /// Waits for the end of the pause, or says how long that would take if it is after the deadline.
    pub(super) async fn ready(&self, deadline: Instant) -> Result<(), Duration> {
        loop {
            let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
            match until {
                Some(until) if until > deadline => return Err(until - Instant::now()),
                Some(until) if until > Instant::now() => tokio::time::sleep_until(until).await,
                _ => return Ok(()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everyone_waits_for_the_longest_pause() {
        let throttle = Throttle::default();
        let start = Instant::now();
        let deadline = start + Duration::from_secs(60);
        assert_eq!(throttle.ready(deadline).await, Ok(()));
        throttle.pause(Duration::from_millis(60));
        throttle.pause(Duration::from_millis(1));
        let (one, other) = tokio::join!(throttle.ready(deadline), throttle.ready(deadline));
        assert_eq!((one, other), (Ok(()), Ok(())));
        assert!(start.elapsed() >= Duration::from_millis(60));
    }

    #[tokio::test]
    async fn a_pause_beyond_the_deadline_is_not_waited_for() {
        let throttle = Throttle::default();
        throttle.pause(Duration::MAX);
        let refused = throttle
            .ready(Instant::now() + Duration::from_secs(1))
            .await;
        let rest = refused.expect_err("too long");
        assert!(rest > LONGEST / 2 && rest <= LONGEST, "{rest:?}");
    }
}
