//! The values of the configuration: durations, sizes, counts, paths, log filters. An error
//! describes the values that fit.

use crate::server::REPLACED_GRACE;
use azq_proto::quantity;
use azq_share::Address;
use std::path::PathBuf;
use std::time::Duration;

/// Ten years: longer than any timer here needs.
const LONGEST: Duration = Duration::from_secs(3650 * 86_400);

/// Parses a number with a unit of time: `500ms`, `90s`, `5m`, `3h`, `1d`; a bare number counts
/// seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let time = quantity::duration(text)
        .ok_or_else(|| "a duration such as 90s, 5m, 3h or 1d is needed".to_owned())?;
    if time > LONGEST {
        return Err("at most 3650d can be had".to_owned());
    }
    Ok(time)
}

pub(super) fn positive_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("a duration longer than nothing is needed".to_owned()),
        time => Ok(time),
    }
}

/// Parses a grace time, which is at most that of a replaced daemon. A longer one would have no
/// effect, because a client waits 75 s for an end and the systemd unit kills after 80 s.
pub(super) fn grace(text: &str) -> Result<Duration, String> {
    Some(duration(text)?)
        .filter(|time| *time <= REPLACED_GRACE)
        .ok_or_else(|| format!("at most {} s can be had", REPLACED_GRACE.as_secs()))
}

/// Parses a number with a unit of size: `64KB`, `4MB`, `1GB`; a bare number counts bytes.
pub(super) fn size(text: &str, least: u64, most: u64) -> Result<u64, String> {
    let units = [("KB", 1 << 10), ("MB", 1 << 20), ("GB", 1 << 30), ("B", 1)];
    let size = quantity::scaled(text, &units, 1)
        .ok_or_else(|| "a size such as 64KB, 4MB or 1GB is needed".to_owned())?;
    if size < least {
        return Err(format!("at least {} is needed", in_units(least)));
    }
    if size > most {
        return Err(format!("at most {} can be had", in_units(most)));
    }
    Ok(size)
}

/// Formats a size as it could be written in the file.
fn in_units(bytes: u64) -> String {
    let units = [(30, "GB"), (20, "MB"), (10, "KB")];
    let fits = |(shift, _): &&(u32, &str)| bytes > 0 && bytes.trailing_zeros() >= *shift;
    match units.iter().find(fits) {
        Some((shift, unit)) => format!("{}{unit}", bytes >> shift),
        None => format!("{bytes}B"),
    }
}

/// Parses a number of at least one.
pub(super) fn count(text: &str, most: u64) -> Result<u64, String> {
    text.parse()
        .ok()
        .filter(|value| (1..=most).contains(value))
        .ok_or_else(|| format!("a number from 1 to {most} is needed"))
}

pub(super) fn boolean(text: &str) -> Result<bool, String> {
    text.parse()
        .map_err(|_| "true or false is needed".to_owned())
}

/// Parses one of these words.
pub(super) fn one_of<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, String> {
    if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == text) {
        return Ok(*choice);
    }
    let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
    let words = words.join(", ");
    let (others, last) = words.rsplit_once(", ").unwrap_or_default();
    Err(format!("{others} or {last} is needed"))
}

pub(super) fn https(text: &str) -> Result<String, String> {
    let url = url::Url::parse(text).ok();
    let is_https = url.is_some_and(|url| url.scheme() == "https" && url.has_host());
    is_https
        .then(|| text.to_owned())
        .ok_or_else(|| "a URL that begins with https:// is needed".to_owned())
}

/// Parses the address of a shared store; an empty text means none.
pub(super) fn share(text: &str) -> Result<Option<Address>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let address = Address::parse(text);
    address.map(Some).map_err(|error| error.to_string())
}

/// Parses the store's timeout. It is at most 30 s, because no machine waits longer than a lease.
pub(super) fn share_timeout(text: &str) -> Result<Duration, String> {
    Some(positive_duration(text)?)
        .filter(|time| *time <= Duration::from_secs(30))
        .ok_or_else(|| "at most 30 s can be had".to_owned())
}

pub(super) fn absolute(text: &str) -> Result<PathBuf, String> {
    Some(PathBuf::from(text))
        .filter(|path| path.is_absolute())
        .ok_or_else(|| "an absolute path is needed".to_owned())
}

pub(super) fn filter(text: &str) -> Result<String, String> {
    tracing_subscriber::EnvFilter::try_new(text)
        .map(|_| text.to_owned())
        .map_err(|error| format!("a log filter such as info or azqd=debug is needed ({error})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_understood() {
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("1d"), Ok(Duration::from_secs(86400)));
        assert!(duration("-1s").is_err() && duration("").is_err() && duration("1y").is_err());
        assert_eq!(size("64kb", 0, 1 << 20), Ok(65536));
        assert!(size("99999999999999GB", 0, u64::MAX).is_err());
        assert!(positive_duration("0s").is_err());
        assert_eq!(grace("1m"), Ok(REPLACED_GRACE));
        assert!(grace("60001ms").is_err() && grace("soon").is_err());
    }

    #[test]
    fn one_of_some_words_is_taken() {
        let preflight = |text| one_of(text, &[("off", 0), ("warn", 1), ("strict", 2)]);
        assert_eq!(preflight("strict"), Ok(2));
        for text in ["on", ""] {
            assert_eq!(
                preflight(text).unwrap_err(),
                "off, warn or strict is needed"
            );
        }
        let two = one_of("", &[("cache", 0), ("az", 1)]);
        assert_eq!(two.unwrap_err(), "cache or az is needed");
    }

    #[test]
    fn a_url_is_of_https() {
        let url = "https://a.example";
        assert_eq!(https(url).as_deref(), Ok(url));
        for text in ["http://a.example", "a.example", "https://", ""] {
            assert!(https(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_number_has_bounds_and_the_error_says_them() {
        let error = |text, least| size(text, least, 1 << 30).unwrap_err();
        assert_eq!(error("0", 1 << 10), "at least 1KB is needed");
        assert_eq!(error("2GB", 0), "at most 1GB can be had");
        for text in ["0", "4097", "9223372036854775807", "-1", "many"] {
            let error = count(text, 4096).unwrap_err();
            assert_eq!(error, "a number from 1 to 4096 is needed", "{text}");
        }
        assert_eq!(count("4096", 4096), Ok(4096));
        assert_eq!(duration("4000d").unwrap_err(), "at most 3650d can be had");
    }
}
