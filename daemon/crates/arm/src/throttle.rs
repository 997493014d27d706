//! A shared `Retry-After`: when Azure throttles one caller of a subscription, the other callers
//! wait too.
//!
//! Azure counts requests by subscription and principal, and within them by resource provider and
//! kind. A refused read of Microsoft.Compute does not affect Microsoft.ContainerService, nor a
//! deletion. A request of the same bucket that another caller sends meanwhile is refused as well
//! and extends the wait; other requests are not affected.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Method;
use tokio::time::Instant;

/// The longest pause that is kept. After it azq sends a request regardless of Azure's wish.
const LONGEST: Duration = Duration::from_secs(3600);
/// The maximum number of pauses kept for one subscription and principal. azq uses fewer providers
/// than that.
const KEPT: usize = 32;

/// The number of pauses that Azure has asked this process for.
static PAUSES: AtomicU64 = AtomicU64::new(0);

/// Returns the number of pauses that Azure has asked for, for metrics.
pub fn pauses() -> u64 {
    PAUSES.load(Ordering::Relaxed)
}

/// A bucket of requests that Azure counts together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Bucket {
    /// The provider in lower case; empty for Resource Manager itself.
    provider: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Reads,
    Writes,
    Deletions,
}

impl Bucket {
    /// Returns the bucket of a request.
    pub(super) fn of(method: &Method, path: &str) -> Self {
        let path = path.to_ascii_lowercase();
        let provider = path.split_once("/providers/").map(|(_, rest)| rest);
        let provider = provider.and_then(|rest| rest.split('/').next());
        let kind = match *method {
            Method::GET | Method::HEAD => Kind::Reads,
            Method::DELETE => Kind::Deletions,
            _ => Kind::Writes,
        };
        Self {
            provider: provider.unwrap_or_default().to_owned(),
            kind,
        }
    }
}

/// The pauses of one subscription and principal, with their ends.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    until: Mutex<HashMap<Bucket, Instant>>,
}

impl Throttle {
    /// Records a pause that Azure has asked for. It never shortens a pause that is already kept.
    pub(super) fn pause(&self, bucket: &Bucket, wait: Duration) {
        PAUSES.fetch_add(1, Ordering::Relaxed);
        let now = Instant::now();
        let end = now + wait.min(LONGEST);
        let mut until = self.until();
        until.retain(|_, end| *end > now);
        if until.len() < KEPT {
            let kept = until.entry(bucket.clone()).or_insert(end);
            *kept = end.max(*kept);
        }
    }

    /// Returns the remaining time of the pause, if there is one.
    pub(super) fn rest(&self, bucket: &Bucket) -> Option<Duration> {
        let until = *self.until().get(bucket)?;
        let rest = until.saturating_duration_since(Instant::now());
        (!rest.is_zero()).then_some(rest)
    }

    /// Waits for the end of the pause, or returns its remaining time if it ends after the deadline.
    pub(super) async fn ready(&self, bucket: &Bucket, deadline: Instant) -> Result<(), Duration> {
        while let Some(rest) = self.rest(bucket) {
            let end = Instant::now() + rest;
            if end > deadline {
                return Err(rest);
            }
            tokio::time::sleep_until(end).await;
        }
        Ok(())
    }

    fn until(&self) -> MutexGuard<'_, HashMap<Bucket, Instant>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pools() -> Bucket {
        Bucket::of(&Method::GET, "/s/providers/Microsoft.ContainerService/x")
    }

    #[tokio::test]
    async fn everyone_waits_for_the_longest_pause() {
        let (throttle, pools) = (Throttle::default(), pools());
        let start = Instant::now();
        let deadline = start + Duration::from_secs(60);
        assert_eq!(throttle.ready(&pools, deadline).await, Ok(()));
        throttle.pause(&pools, Duration::from_millis(60));
        throttle.pause(&pools, Duration::from_millis(1));
        let (one, other) = tokio::join!(
            throttle.ready(&pools, deadline),
            throttle.ready(&pools, deadline)
        );
        assert_eq!((one, other), (Ok(()), Ok(())));
        assert!(start.elapsed() >= Duration::from_millis(60));
    }

    #[tokio::test]
    async fn a_pause_beyond_the_deadline_is_not_waited_for() {
        let (throttle, pools) = (Throttle::default(), pools());
        throttle.pause(&pools, Duration::MAX);
        let refused = throttle
            .ready(&pools, Instant::now() + Duration::from_secs(1))
            .await;
        let rest = refused.expect_err("too long");
        assert!(rest > LONGEST / 2 && rest <= LONGEST, "{rest:?}");
    }

    #[test]
    fn a_pause_is_of_one_provider_and_kind() {
        let throttle = Throttle::default();
        let of = |method, path| Bucket::of(&method, path);
        let skus = "/subscriptions/s/providers/Microsoft.Compute/skus";
        throttle.pause(&of(Method::GET, skus), Duration::from_secs(60));
        let same = "/subscriptions/s/providers/microsoft.compute/locations/x/usages";
        assert!(throttle.rest(&of(Method::GET, same)).is_some());
        assert_eq!(throttle.rest(&pools()), None);
        assert_eq!(throttle.rest(&of(Method::PUT, skus)), None);
        assert_eq!(throttle.rest(&of(Method::DELETE, skus)), None);
        assert_eq!(
            throttle.rest(&of(Method::GET, "/subscriptions/s/locations")),
            None
        );
    }
}
