//! Points in time in azq's own documents: UTC, whole seconds, `2026-01-31T08:05:09Z`.

use crate::Value;
use std::time::{Duration, SystemTime};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Returns a point in time as text, or null beyond the year 9999.
pub fn timestamp(moment: SystemTime) -> Value {
    let text = OffsetDateTime::from(moment)
        .replace_nanosecond(0)
        .ok()
        .and_then(|moment| moment.format(&Rfc3339).ok());
    text.map_or(Value::Null, Value::from)
}

/// Returns the text of a number of seconds since 1970, or null beyond the year 9999.
pub fn timestamp_of(seconds: u64) -> Value {
    let moment = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    match moment {
        Some(moment) if seconds <= LAST => timestamp(moment),
        _ => Value::Null,
    }
}

/// The last second of the year 9999.
const LAST: u64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_one_form() {
        let at = |seconds, nanoseconds| {
            timestamp(SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds))
        };
        for nanoseconds in [0, 1, 120_000_000, 999_999_999] {
            assert_eq!(
                at(1_769_846_709, nanoseconds),
                "2026-01-31T08:05:09Z".into()
            );
        }
        assert_eq!(timestamp_of(0), "1970-01-01T00:00:00Z".into());
        assert_eq!(timestamp_of(LAST), "9999-12-31T23:59:59Z".into());
        assert_eq!(timestamp_of(LAST + 1), Value::Null);
        assert_eq!(timestamp_of(u64::MAX), Value::Null);
    }
}
