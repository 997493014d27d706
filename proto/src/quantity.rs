//! Numbers with a unit, as in azq's configuration and options.

use std::time::Duration;

const TIMES: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// Parses a number with a unit of time: `500ms`, `90s`, `5m`, `3h`, `1d`; a bare number counts
/// seconds.
pub fn duration(text: &str) -> Option<Duration> {
    scaled(text, &TIMES, 1000).map(Duration::from_millis)
}

/// Parses a whole number and multiplies it by the factor of its unit, or by `bare` if it has none.
pub fn scaled(text: &str, units: &[(&str, u64)], bare: u64) -> Option<u64> {
    let digits = text.trim_end_matches(|symbol: char| !symbol.is_ascii_digit());
    let unit = text.strip_prefix(digits)?;
    let factor = match unit.trim() {
        "" => bare,
        unit => {
            units
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(unit))?
                .1
        }
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        for (text, milliseconds) in [
            ("90", Some(90_000)),
            ("250ms", Some(250)),
            ("1d", Some(86_400_000)),
            ("2 H", Some(7_200_000)),
            ("-1s", None),
            ("1.5h", None),
            ("", None),
            ("h", None),
            ("1y", None),
            ("99999999999999999d", None),
        ] {
            assert_eq!(
                duration(text),
                milliseconds.map(Duration::from_millis),
                "{text}"
            );
        }
    }
}
