//! Python's numbers: integers of any size and floats, as texts and in JSON documents.
//!
//! `serde_json` keeps a number's text (`arbitrary_precision`), which preserves an integer beyond
//! 128 bits. JSON has no infinity and no NaN, but Python reads and writes both. They are
//! represented as `INFINITY`, which any reader takes for infinite, and `NAN`, a spelling of zero
//! that [`from_float`] never produces for a zero.

use serde_json::Number;

/// The maximum number of digits of an integer that Python converts (`sys.get_int_max_str_digits`).
pub const MOST_DIGITS: usize = 4300;

/// The texts that represent infinity and negative infinity in a document.
const INFINITY: &str = "1e+999";
const NEGATIVE_INFINITY: &str = "-1e+999";

/// The text that represents NaN in a document.
const NAN: &str = "-0e+999";

/// A number of a document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Parsed<'a> {
    /// An integer, in decimal.
    Int(&'a str),
    /// A float.
    Float(f64),
}

/// Returns whether a number is an integer or a float, which depends on how it is written, as for
/// `json.loads`.
pub fn parsed(number: &Number) -> Parsed<'_> {
    let text = number.as_str();
    if text.contains(['.', 'e', 'E']) {
        // Rust reads every JSON number.
        let float = text.parse().unwrap_or(f64::NAN);
        Parsed::Float(if text == NAN { f64::NAN } else { float })
    } else if text == "-0" {
        Parsed::Int("0")
    } else {
        Parsed::Int(text)
    }
}

/// Returns the float as a document's number, in Python's spelling.
pub fn from_float(number: f64) -> Number {
    let text = float_named(number, [NAN, INFINITY, NEGATIVE_INFINITY]);
    // Python's spelling of a finite float is a JSON number, and so are the stand-ins.
    text.parse().unwrap_or_else(|_| Number::from(0))
}

/// Returns the integer of decimal digits, with or without a minus sign, as a document's number.
pub fn from_digits(digits: &str) -> Option<Number> {
    let negative = digits.starts_with('-');
    let digits = digits.trim_start_matches('-').trim_start_matches('0');
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match (digits, negative) {
        ("", _) => Some(Number::from(0)),
        (digits, false) => digits.parse().ok(),
        (digits, true) => format!("-{digits}").parse().ok(),
    }
}

/// Returns `float(…)` of a document's number.
pub fn to_float(number: &Number) -> f64 {
    match parsed(number) {
        Parsed::Int(digits) => digits.parse().unwrap_or(f64::NAN),
        Parsed::Float(float) => float,
    }
}

/// Returns `repr(number)`: the shortest digits that are read back as the number, with an exponent
/// where Python has one.
pub fn float(number: f64) -> String {
    float_named(number, ["nan", "inf", "-inf"])
}

/// Returns `json.dumps(number)`.
pub fn json_float(number: f64) -> String {
    float_named(number, ["NaN", "Infinity", "-Infinity"])
}

/// Returns `repr(number)`, but with these names for NaN, infinity and negative infinity.
pub fn float_named(number: f64, [nan, infinity, negative]: [&str; 3]) -> String {
    if number.is_nan() {
        return nan.to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { infinity } else { negative }.to_owned();
    }
    let scientific = shortest(number);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        return positional(mantissa, exponent);
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

/// Moves the point of a mantissa `d.ddd` by a small exponent, with at least one digit on either
/// side.
fn positional(mantissa: &str, exponent: i32) -> String {
    let sign = if mantissa.starts_with('-') { "-" } else { "" };
    let digits = mantissa.replace(['-', '.'], "");
    let Ok(whole) = usize::try_from(exponent + 1) else {
        let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
        return format!("{sign}0.{zeros}{digits}");
    };
    if whole == 0 {
        return format!("{sign}0.{digits}");
    }
    let digits = format!("{digits:0<width$}", width = whole + 1);
    let (whole, fraction) = digits.split_at(whole);
    format!("{sign}{whole}.{fraction}")
}

/// Returns the fewest digits that are read back as the number, as `d.ddde-dd`. If two candidates
/// are equally near, Rust takes the greater one and Python the even one, which rounding to as many
/// digits finds.
fn shortest(number: f64) -> String {
    let shortest = format!("{number:e}");
    let mantissa = shortest.split('e').next().unwrap_or_default();
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
    let even = format!("{number:.*e}", digits.saturating_sub(1));
    if even.parse() == Ok(number) {
        even
    } else {
        shortest
    }
}

/// Evaluates `int(text)` to its decimal digits, with a minus sign if it is negative, without
/// leading zeros.
pub fn parse_int(text: &str) -> Option<String> {
    let text = decimal(text)?;
    let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
    let valid = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !valid || digits.len() > MOST_DIGITS {
        return None;
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    match digits.trim_start_matches('0') {
        "" => Some("0".to_owned()),
        digits => Some(format!("{sign}{digits}")),
    }
}

/// Evaluates `float(text)`.
pub fn parse_float(text: &str) -> Option<f64> {
    decimal(text)?.parse().ok()
}

/// Normalizes a text as Python's number parsers do: without surrounding space, with ASCII digits,
/// and without the underscores that may stand between two digits.
fn decimal(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut previous_is_digit = false;
    let mut characters = text.trim_matches(super::lines::is_space).chars().peekable();
    while let Some(c) = characters.next() {
        if c == '_' {
            let next_is_digit = characters.peek().is_some_and(|&next| digit(next).is_some());
            if !previous_is_digit || !next_is_digit {
                return None;
            }
            continue;
        }
        let digit = digit(c);
        previous_is_digit = digit.is_some();
        out.push(digit.unwrap_or(c));
    }
    Some(out)
}

/// Returns the ASCII digit of the same value, for every decimal digit of Unicode.
pub fn digit(c: char) -> Option<char> {
    if c.is_ascii() {
        return c.is_ascii_digit().then_some(c);
    }
    let code = u32::from(c);
    let value = match ZEROS.binary_search(&code) {
        Ok(_) => 0,
        Err(place) => code.checked_sub(*ZEROS.get(place.checked_sub(1)?)?)?,
    };
    char::from_digit(value, 10)
}

/// The zero digits of all scripts (Unicode's `Nd`); the nine other digits follow each of them.
static ZEROS: [u32; 65] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6,
    0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50,
    0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650,
    0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50,
    0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

/// Returns all decimal digits of `int(number)`; `None` unless the float is finite.
pub fn truncated(number: f64) -> Option<String> {
    if !number.is_finite() {
        return None;
    }
    // Without the sign of a negative zero.
    Some(format!("{:.0}", number.trunc() + 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_python_writes_them() {
        for (number, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (0.1 + 0.2, "0.30000000000000004"),
            (-5_656_874_001_015_418.0 / 8.0, "-707109250126927.2"),
            (-1234.5, "-1234.5"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (0.0001, "0.0001"),
            (-0.000_123, "-0.000123"),
            (0.00001, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            // Two shortest candidates are equally near: Python takes the even digit.
            (9_007_199_254_740_993.0 * 2.0, "1.8014398509481984e+16"),
            (5e-324 * 3.0, "1.5e-323"),
            (2.0_f64.powi(-44), "5.684341886080802e-14"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(float(number), expected);
        }
    }

    #[test]
    fn every_float_is_read_back_from_its_text() {
        let mut random = fastrand::Rng::with_seed(29);
        for _ in 0..20_000 {
            let number = f64::from_bits(random.u64(..));
            if number.is_finite() {
                assert_eq!(float(number).parse(), Ok(number));
                assert_eq!(to_float(&from_float(number)).to_bits(), number.to_bits());
            }
        }
    }

    #[test]
    fn infinity_and_nan_survive_in_a_document() {
        for number in [f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0, 1e16] {
            let held = from_float(number);
            assert_eq!(to_float(&held).to_bits(), number.to_bits(), "{held}");
        }
        assert!(to_float(&from_float(f64::NAN)).is_nan());
    }

    #[test]
    fn integers_are_read_as_python_reads_them() {
        for (text, digits) in [
            ("5", Some("5")),
            (" +1_000\u{1f}", Some("1000")),
            ("-0", Some("0")),
            ("-007", Some("-7")),
            ("99999999999999999999", Some("99999999999999999999")),
            ("\u{661}\u{662}", Some("12")),
            ("1__0", None),
            ("_1", None),
            ("", None),
            ("-", None),
            ("3.0", None),
        ] {
            assert_eq!(parse_int(text).as_deref(), digits, "{text:?}");
        }
        assert_eq!(parse_int(&"1".repeat(MOST_DIGITS + 1)), None);
    }

    #[test]
    fn floats_are_read_as_python_reads_them() {
        for (text, number) in [
            ("1.", Some(1.0)),
            (" .5e1_0\n", Some(5e9)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("1e999", Some(f64::INFINITY)),
            ("1__0", None),
            ("e5", None),
            ("0x10", None),
        ] {
            assert_eq!(parse_float(text), number, "{text:?}");
        }
    }

    #[test]
    fn floats_are_cut_off_exactly() {
        for (number, digits) in [
            (3.7, Some("3")),
            (-0.5, Some("0")),
            (1e22, Some("10000000000000000000000")),
            (f64::INFINITY, None),
        ] {
            assert_eq!(truncated(number).as_deref(), digits);
        }
    }
}
