//! Points in time as az shows them: parsed by `isodate`, printed by Python's `datetime.isoformat`.

use time::{Date, Month, Time};

/// Returns Python's ISO format of an ISO 8601 time: microseconds only if there are any, cut off
/// after six digits, the offset as `+00:00`. The result is `None` for a text that az cannot parse
/// and therefore shows unchanged.
pub(super) fn iso_format(text: &str) -> Option<String> {
    let upper = text.to_ascii_uppercase();
    let (clock, rest) = (upper.get(..19)?, upper.get(19..)?);
    check(clock)?;
    let fraction = rest.strip_prefix(['.', ',']).unwrap_or_default();
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, zone) = match digits {
        0 => ("", rest),
        _ => fraction.split_at(digits),
    };
    let zone = offset(zone)?;
    // Python shows six digits, or none if all of them are zero.
    Some(match format!("{digits:0<6.6}").as_str() {
        "000000" => format!("{clock}{zone}"),
        micros => format!("{clock}.{micros}{zone}"),
    })
}

/// Returns `Some` if `YYYY-MM-DDTHH:MM:SS` is a valid point in time.
fn check(clock: &str) -> Option<()> {
    let shape = clock.bytes().zip("0000-00-00T00:00:00".bytes());
    let matches = shape.into_iter().all(|(byte, wanted)| match wanted {
        b'0' => byte.is_ascii_digit(),
        separator => byte == separator,
    });
    let number = |range: std::ops::Range<usize>| clock.get(range)?.parse::<u8>().ok();
    let year = clock.get(..4)?.parse().ok()?;
    let month = Month::try_from(number(5..7)?).ok()?;
    Date::from_calendar_date(year, month, number(8..10)?).ok()?;
    Time::from_hms(number(11..13)?, number(14..16)?, number(17..19)?).ok()?;
    (matches && year > 0).then_some(())
}

/// Converts a time zone: `Z`, `+01`, `+0100`, `+01:00` or nothing becomes `+01:00` or nothing.
fn offset(zone: &str) -> Option<String> {
    let sign = match zone.chars().next() {
        None => return Some(String::new()),
        Some(sign @ ('+' | '-')) => sign,
        Some(_) => return (zone == "Z").then(|| "+00:00".into()),
    };
    let mut digits = zone.get(1..)?.replacen(':', "", 1);
    if digits.len() == 2 {
        digits.push_str("00");
    }
    if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = digits.split_at(2);
    let sign = if digits == "0000" { '+' } else { sign };
    Some(format!("{sign}{hours}:{minutes}"))
}

#[cfg(test)]
mod tests {
    use super::iso_format;

    #[test]
    fn times_are_shown_as_python_shows_them() {
        for (wire, shown) in [
            ("T07:08:09Z", "T07:08:09+00:00"),
            ("T07:08:09.1234567Z", "T07:08:09.123456+00:00"),
            ("t07:08:09.5z", "T07:08:09.500000+00:00"),
            ("T07:08:09.0000000+00:00", "T07:08:09+00:00"),
            ("T07:08:09-0530", "T07:08:09-05:30"),
            ("T07:08:09+02", "T07:08:09+02:00"),
            ("T07:08:09", "T07:08:09"),
        ] {
            let [wire, shown] = [wire, shown].map(|time| format!("2024-05-06{time}"));
            assert_eq!(iso_format(&wire), Some(shown), "{wire}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for wire in [
            "",
            "2024",
            "2024-05-06",
            "2024-02-30T00:00:00Z",
            "2024-05-06T24:61:00Z",
            "2024-05-06T07:08:09 UTC",
            "2024-05-06T07:08:09.",
            "ä024-05-06T07:08:09Z",
            "0000-01-01T00:00:00Z",
        ] {
            assert_eq!(iso_format(wire), None, "{wire}");
        }
    }
}
