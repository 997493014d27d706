//! Sizes and durations for people: `12.3 MB`, `3h 12m`. Documents have bare numbers instead.

use std::time::Duration;

/// The units of a number of bytes; each is 1024 times the one before, as in `config.toml`.
const BYTES: [&str; 5] = ["bytes", "KB", "MB", "GB", "TB"];

/// The units of a time, in seconds.
const SECONDS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];

/// Returns a number of bytes as text, with one decimal below one hundred unless it is zero.
#[allow(
    clippy::cast_precision_loss,
    reason = "three digits of the number are shown"
)]
pub fn bytes(number: u64) -> String {
    let mut scaled = number as f64;
    let mut units = BYTES.iter();
    let mut unit = units.next().unwrap_or(&"");
    // A number that would be rounded up to the next unit is shown in that unit.
    while scaled >= 1023.5 {
        let Some(next) = units.next() else { break };
        scaled /= 1024.0;
        unit = next;
    }
    let decimals = usize::from(number >= 1024 && scaled < 99.95);
    let digits = format!("{scaled:.decimals$}");
    let digits = digits.strip_suffix(".0").unwrap_or(&digits);
    format!("{digits} {unit}")
}

/// Returns a duration as text in its two greatest units, in whole seconds.
pub fn time(duration: Duration) -> String {
    let mut left = duration.as_secs();
    let greatest = SECONDS.iter().position(|(unit, _)| left >= *unit);
    let mut parts = Vec::new();
    for (unit, name) in SECONDS
        .iter()
        .skip(greatest.unwrap_or(SECONDS.len() - 1))
        .take(2)
    {
        if left >= *unit || parts.is_empty() {
            parts.push(format!("{}{name}", left / unit));
        }
        left %= unit;
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_the_unit_in_which_they_are_short() {
        for (number, text) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (1024, "1 KB"),
            (1536, "1.5 KB"),
            (12_897_485, "12.3 MB"),
            (256 << 20, "256 MB"),
            ((1 << 20) - 1, "1 MB"),
            (150 << 10, "150 KB"),
            (1 << 40, "1 TB"),
            (u64::MAX, "16777216 TB"),
        ] {
            assert_eq!(bytes(number), text, "{number}");
        }
    }

    #[test]
    fn a_time_has_its_two_greatest_units() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (75, "1m 15s"),
            (3600, "1h"),
            (3601, "1h"),
            (10_800 + 720, "3h 12m"),
            (86_400 * 2 + 3600 * 4 + 60, "2d 4h"),
        ] {
            assert_eq!(time(Duration::from_secs(seconds)), text, "{seconds}");
        }
    }
}
