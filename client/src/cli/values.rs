//! Python's conversions of a single argument: `int()`, `float()`, `repr()`, and argparse's negative
//! numbers.
//!
//! Python's rules themselves are in `azq_python`.

use azq_python::number;
pub(crate) use azq_python::number::parse_float as float;
pub(crate) use azq_python::quoted as repr;

/// The reason why a text is not a usable integer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotAnInteger {
    /// Python's `int()` refuses it too.
    Invalid,
    /// Python has integers of any size, but the request only 64 bits. The text is the decimal form.
    TooLarge(String),
}

/// Evaluates `int(text)`.
pub(crate) fn integer(text: &str) -> Result<i64, NotAnInteger> {
    let digits = number::parse_int(text).ok_or(NotAnInteger::Invalid)?;
    digits.parse().map_err(|_| NotAnInteger::TooLarge(digits))
}

/// Whether argparse takes the argument for a negative number, and therefore for a value:
/// `^-\d+$|^-\d*\.\d+$`.
pub(crate) fn is_negative_number(argument: &str) -> bool {
    let Some(rest) = argument.strip_prefix('-') else {
        return false;
    };
    // Nearly all such arguments are options.
    if rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '-') {
        return false;
    }
    // Python's `$` also matches before a final newline.
    let rest = rest.strip_suffix('\n').unwrap_or(rest);
    let (whole, fraction) = match rest.split_once('.') {
        Some((whole, fraction)) => (whole, fraction),
        None => ("", rest),
    };
    !fraction.is_empty()
        && whole
            .chars()
            .chain(fraction.chars())
            .all(|c| number::digit(c).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_pythons() {
        for (text, expected) in [
            ("5", Ok(5)),
            (" 5\n", Ok(5)),
            ("+5", Ok(5)),
            ("-0", Ok(0)),
            ("1_000", Ok(1000)),
            ("007", Ok(7)),
            ("٤٢", Ok(42)),
            ("\u{2003}5", Ok(5)),
            ("9223372036854775807", Ok(i64::MAX)),
            (
                "9_223372036854775808",
                Err(NotAnInteger::TooLarge("9223372036854775808".to_owned())),
            ),
            ("", Err(NotAnInteger::Invalid)),
            ("five", Err(NotAnInteger::Invalid)),
            ("5.0", Err(NotAnInteger::Invalid)),
            ("0x5", Err(NotAnInteger::Invalid)),
            ("_5", Err(NotAnInteger::Invalid)),
            ("5_", Err(NotAnInteger::Invalid)),
            ("5__0", Err(NotAnInteger::Invalid)),
            ("+ 5", Err(NotAnInteger::Invalid)),
            ("--5", Err(NotAnInteger::Invalid)),
        ] {
            assert_eq!(integer(text), expected, "{text:?}");
        }
        assert_eq!(integer(&"1".repeat(4301)), Err(NotAnInteger::Invalid));
    }

    #[test]
    fn floats_are_pythons() {
        for (text, expected) in [
            ("-1", Some(-1.0)),
            (" .5 ", Some(0.5)),
            ("1.", Some(1.0)),
            ("1e3", Some(1000.0)),
            ("1_0.5", Some(10.5)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("abc", None),
            ("", None),
            (".", None),
            ("1_.5", None),
            ("0x1p3", None),
        ] {
            assert_eq!(float(text), expected, "{text:?}");
        }
        assert!(float("nan").is_some_and(f64::is_nan));
    }

    #[test]
    fn negative_numbers_are_values() {
        for yes in ["-1", "-1.5", "-.5", "-٤", "-1\n"] {
            assert!(is_negative_number(yes), "{yes:?}");
        }
        for no in ["1", "-", "-1.", "-1e5", "-1a", "--1", "-1.2.3", ""] {
            assert!(!is_negative_number(no), "{no:?}");
        }
    }

    #[test]
    fn texts_are_shown_as_python_shows_them() {
        for (text, expected) in [
            ("five", "'five'"),
            ("it's", "\"it's\""),
            ("it's \"x\"", "'it\\'s \"x\"'"),
            ("a\tb\n\\", "'a\\tb\\n\\\\'"),
            ("\u{1}\u{7f}\u{a0}é", "'\\x01\\x7f\\xa0é'"),
            ("\u{200b}\u{e000}日\u{301}", "'\\u200b\\ue000日\u{301}'"),
            ("\u{1f600}\u{e0001}", "'\u{1f600}\\U000e0001'"),
        ] {
            assert_eq!(repr(text), expected);
        }
    }
}
