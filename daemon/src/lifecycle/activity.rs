//! The calls in flight, which decide when the daemon is idle and when a stop has drained.
//! Idle means that nothing was in flight for the whole of the idle time, counted from the end of
//! the last call.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// A counter of the calls in flight. Clones share the count.
#[derive(Clone, Debug)]
pub struct Activity {
    in_flight: Arc<watch::Sender<u64>>,
    served: Arc<AtomicU64>,
    /// When the last call ended, or this counter was made.
    last_end: Arc<Mutex<Instant>>,
}

/// A call in flight, until it is dropped.
#[derive(Debug)]
pub struct InFlightGuard(Activity);

impl Activity {
    /// Counts a call until the guard is dropped.
    pub fn begin(&self) -> InFlightGuard {
        self.served.fetch_add(1, Ordering::Relaxed);
        self.in_flight.send_modify(|count| *count += 1);
        InFlightGuard(self.clone())
    }

    /// Returns how many calls are in flight.
    pub fn in_flight(&self) -> u64 {
        *self.in_flight.borrow()
    }

    /// Returns how many calls have begun since the start.
    pub fn served(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }

    /// Waits until nothing is in flight.
    pub async fn drained(&self) {
        // The sender is a member of `self`, so the channel cannot be closed.
        let mut in_flight = self.in_flight.subscribe();
        drop(in_flight.wait_for(|count| *count == 0).await);
    }

    /// Waits until nothing has been in flight for `timeout`; for ever if that is zero. It wakes up
    /// about once per timeout, not with each call.
    pub async fn idle(&self, timeout: Duration) {
        if timeout.is_zero() {
            return std::future::pending().await;
        }
        loop {
            self.drained().await;
            let last_end = *self.last_end();
            // `sleep`, not `sleep_until`, because a configured time may reach beyond the last
            // instant.
            tokio::time::sleep(timeout.saturating_sub(last_end.elapsed())).await;
            if self.in_flight() == 0 && *self.last_end() == last_end {
                return;
            }
        }
    }

    fn last_end(&self) -> MutexGuard<'_, Instant> {
        self.last_end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Activity {
    /// Returns a counter with nothing in flight and nothing served.
    fn default() -> Self {
        Self {
            in_flight: Arc::default(),
            served: Arc::default(),
            last_end: Arc::new(Mutex::new(Instant::now())),
        }
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        *self.0.last_end() = Instant::now();
        let one_less = |count: &mut u64| *count = count.saturating_sub(1);
        self.0.in_flight.send_modify(one_less);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn idle_time_counts_from_the_end_of_the_last_call() {
        let activity = Activity::default();
        let busy = activity.begin();
        let started = Instant::now();
        let idle = tokio::spawn({
            let activity = activity.clone();
            async move { activity.idle(Duration::from_secs(60)).await }
        });
        tokio::time::advance(Duration::from_secs(600)).await;
        assert!(!idle.is_finished());
        drop(busy);
        idle.await.unwrap();
        assert!(started.elapsed() >= Duration::from_secs(660));
        assert_eq!((activity.served(), activity.in_flight()), (1, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_time_beyond_all_clocks_is_as_none() {
        let activity = Activity::default();
        let idle = activity.idle(Duration::MAX);
        let waited = tokio::time::timeout(Duration::from_secs(86_400), idle).await;
        assert!(waited.is_err());
    }
}
