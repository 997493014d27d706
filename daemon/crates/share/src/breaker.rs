//! A circuit breaker: a store that has failed is not used for a while.
//!
//! One failure opens it, at first for a minute, and for longer each time that the next trial fails
//! too. The log gets one line when it opens, and one when it closes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// The time for which the first failure stops the use of the store.
const FIRST: Duration = Duration::from_secs(60);

/// The number of times that this time doubles, up to sixteen minutes.
const DOUBLINGS: u32 = 4;

/// The time for which a trial prevents other callers from beginning another.
const TRIAL: Duration = Duration::from_secs(30);

/// The reason why a store is not used, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The failure.
    pub why: String,
    /// The time of the first failure.
    pub since: SystemTime,
    /// The time of the next trial.
    pub until: SystemTime,
}

#[derive(Debug)]
pub(crate) struct Breaker {
    /// The use of the store, for the log: `read`, `written to`.
    use_: &'static str,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    trouble: Option<Trouble>,
}

impl Breaker {
    pub(crate) fn new(use_: &'static str) -> Self {
        let state = Mutex::default();
        Self { use_, state }
    }

    /// Whether the store may be used: it works, or a trial is due, which this caller then makes.
    pub(crate) fn allows(&self, now: SystemTime) -> bool {
        let mut state = self.state();
        let Some(trouble) = &mut state.trouble else {
            return true;
        };
        // An end further ahead than any pause means that the clock was set back.
        let is_waiting = now < trouble.until && trouble.until <= now + longest();
        if !is_waiting {
            trouble.until = now + TRIAL;
        }
        !is_waiting
    }

    /// Returns the current trouble, if any, without beginning a trial.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.state().trouble.clone()
    }

    /// Closes the breaker, because the store has carried out a request.
    pub(crate) fn succeeded(&self) {
        let mut state = self.state();
        if state.trouble.take().is_some() {
            tracing::info!("the share can be {} again", self.use_);
        }
        state.failures = 0;
    }

    /// Opens the breaker, because the store has failed.
    pub(crate) fn failed(&self, now: SystemTime, why: String) {
        let mut state = self.state();
        let pause = FIRST * 2_u32.pow(state.failures.min(DOUBLINGS));
        // Jitter keeps machines that failed together from trying again together.
        let pause = pause.mul_f64(1.0 + fastrand::f64() / 4.0);
        state.failures = state.failures.saturating_add(1);
        let until = now + pause;
        if let Some(trouble) = &mut state.trouble {
            trouble.until = until;
            trouble.why = why;
            return;
        }
        tracing::warn!(
            "the share cannot be {}: {why}; azq goes on without it and tries again in {} s",
            self.use_,
            pause.as_secs()
        );
        let since = now;
        state.trouble = Some(Trouble { why, since, until });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns a bound above the longest pause.
fn longest() -> Duration {
    FIRST * 2_u32.pow(DOUBLINGS) * 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_keeps_callers_away_for_longer_each_time() {
        let breaker = Breaker::new("read");
        let mut now = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 30);
        assert!(breaker.allows(now));
        let mut before = Duration::ZERO;
        for _ in 0..5 {
            breaker.failed(now, "down".to_owned());
            let until = breaker.trouble().unwrap().until;
            let pause = until.duration_since(now).unwrap();
            assert!(pause > before && !breaker.allows(now + pause / 2));
            before = pause;
            now += pause;
            assert!(breaker.allows(now), "a trial is due");
            assert!(!breaker.allows(now), "one trial at a time");
        }
        breaker.succeeded();
        assert!(breaker.allows(now) && breaker.trouble().is_none());
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_no_caller_away() {
        let breaker = Breaker::new("read");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 30);
        breaker.failed(now, "down".to_owned());
        assert!(breaker.allows(now - Duration::from_secs(86_400)));
    }
}
