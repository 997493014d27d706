//! The token bucket by which Resource Manager limits reads.

use std::time::Instant;

use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::errors;
use super::exchange::Answer;

/// A limit of reads.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadLimit {
    /// The number of reads at once.
    pub burst: u32,
    /// The number of reads each second after that.
    pub per_second: u32,
}

/// The state of a limit.
#[derive(Debug)]
pub(super) struct Bucket {
    limit: ReadLimit,
    left: f64,
    filled: Instant,
}

impl Bucket {
    pub(super) fn full(limit: ReadLimit) -> Self {
        Self {
            limit,
            left: f64::from(limit.burst),
            filled: Instant::now(),
        }
    }

    /// Takes one token; returns the refusal if there is none.
    pub(super) fn take(&mut self) -> Option<Answer> {
        let now = Instant::now();
        let more = now.duration_since(self.filled).as_secs_f64() * f64::from(self.limit.per_second);
        self.left = (self.left + more).min(f64::from(self.limit.burst));
        self.filled = now;
        if self.left >= 1.0 {
            self.left -= 1.0;
            return None;
        }
        let refusal = errors::wrapped(
            StatusCode::TOO_MANY_REQUESTS,
            "SubscriptionRequestsThrottled",
            "Number of requests exceeded the limit. Please try again after '1' seconds.",
        );
        Some(refusal.header("Retry-After", "1"))
    }
}
