//! Leases, which decide which machine renews an object, and until when.
//!
//! A lease is an object beside the object that it belongs to. Its holder extends it while it asks
//! the origin. Clocks differ between machines, so an end that has just passed is not sufficient. A
//! lease is over when its end lies further back than clocks may differ, or when it was seen
//! unchanged for as long as a lease lasts, because a holder that is alive would have extended it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::backend::Tag;

/// The maximum size of a lease in bytes.
pub(crate) const LONGEST: u64 = 256;

/// The first words of a lease, with the format's number.
const HEAD: &str = "azq-lease 1";

/// The content of a lease's object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    /// A random number that distinguishes holders and reveals nothing about them.
    pub(crate) holder: u64,
    /// The end of the lease, which is 1970 if it was released.
    pub(crate) end: SystemTime,
}

/// Another machine's lease, and the time since when it has been seen unchanged.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    pub(crate) tag: Tag,
    pub(crate) since: SystemTime,
}

impl Lease {
    pub(crate) fn encode(&self) -> String {
        let since = self.end.duration_since(UNIX_EPOCH).unwrap_or_default();
        format!("{HEAD} {:016x} {}\n", self.holder, since.as_millis())
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?.strip_prefix(HEAD)?;
        let (holder, end) = text.trim().split_once(' ')?;
        let end = Duration::from_millis(end.parse().ok()?);
        Some(Self {
            holder: u64::from_str_radix(holder, 16).ok()?,
            end: UNIX_EPOCH.checked_add(end)?,
        })
    }

    /// Whether another machine may take it over.
    pub(crate) fn is_over(
        &self,
        watched: &Watched,
        now: SystemTime,
        length: Duration,
        skew: Duration,
    ) -> bool {
        let is_long_past = self.end.checked_add(skew).is_none_or(|end| end < now);
        // No machine takes such a long lease, so the holder's clock or the store's content is
        // wrong.
        let is_too_far = self.end > now + length + skew;
        let seen = now.duration_since(watched.since).unwrap_or_default();
        is_long_past || is_too_far || seen >= length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_survives_and_nothing_else_is_one() {
        let end = UNIX_EPOCH + Duration::from_millis(1_800_000_000_123);
        let lease = Lease { holder: 7, end };
        let text = lease.encode();
        assert!(text.len() as u64 <= LONGEST);
        assert_eq!(Lease::decode(text.as_bytes()), Some(lease));
        for text in [
            "",
            "azq-lease 1",
            "azq-lease 2 7 1",
            "azq-lease 1 x y",
            "azq-lease 1 7 99999999999999999999999",
        ] {
            assert_eq!(Lease::decode(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_lease_is_over_when_it_is_long_past_impossible_or_was_seen_unchanged() {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let (length, skew) = (Duration::from_secs(10), Duration::from_secs(60));
        let over = |end: SystemTime, since: SystemTime| {
            let tag = Tag::of("tag");
            Lease { holder: 7, end }.is_over(&Watched { tag, since }, now, length, skew)
        };
        let seconds = Duration::from_secs;
        assert!(!over(now + seconds(5), now));
        assert!(!over(now - seconds(5), now), "the clocks may differ");
        assert!(over(now - seconds(61), now));
        assert!(over(now + seconds(71), now));
        assert!(over(now + seconds(5), now - seconds(10)));
        assert!(over(UNIX_EPOCH, now), "it was released");
    }
}
