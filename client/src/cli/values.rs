//! Python's readings of a single argument: `int()`, `float()`, `repr()`, and argparse's negative numbers.
//!
//! Rust's own parsers are close but not equal: Python allows surrounding space, underscores between digits
//! and the digits of every script, and az's users see the difference as accepted or refused values.

use std::fmt::Write as _;

/// Why a text is no usable integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotAnInteger {
    /// Python's `int()` refuses it too.
    Invalid,
    /// Python has integers of any size, the request has 64 bits.
    TooLarge,
}

/// Python refuses longer texts (`sys.get_int_max_str_digits`).
const MOST_DIGITS: usize = 4300;

/// `int(text)`.
pub(crate) fn integer(text: &str) -> Result<i64, NotAnInteger> {
    let text = decimal(text).ok_or(NotAnInteger::Invalid)?;
    let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
    if digits.is_empty()
        || digits.len() > MOST_DIGITS
        || !digits.bytes().all(|b| b.is_ascii_digit())
    {
        return Err(NotAnInteger::Invalid);
    }
    text.parse().map_err(|_| NotAnInteger::TooLarge)
}

/// `float(text)`; [`None`] where Python raises `ValueError`.
pub(crate) fn float(text: &str) -> Option<f64> {
    decimal(text)?.parse().ok()
}

/// Whether argparse takes the argument for a negative number, hence for a value: `^-\d+$|^-\d*\.\d+$`.
pub(crate) fn is_negative_number(argument: &str) -> bool {
    let Some(rest) = argument.strip_prefix('-') else {
        return false;
    };
    // Nearly all are options.
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
            .all(|c| digit(c).is_some())
}

/// `repr(text)`.
pub(crate) fn repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c if is_printable(c) => out.push(c),
            c => escape(c, &mut out),
        }
    }
    out.push(quote);
    out
}

fn escape(c: char, out: &mut String) {
    let code = u32::from(c);
    // Writing to a string cannot fail.
    let _ = match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

/// `str.isprintable`, by way of Rust's own table for `Debug`: that one also escapes combining marks,
/// but only at the start of a string.
fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    let mut text = String::from("a");
    text.push(c);
    text.escape_debug().nth(1) == Some(c)
}

/// The text as Python's number parsers see it: without surrounding space, with ASCII digits, and without
/// the underscores that may stand between two digits.
fn decimal(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut previous_is_digit = false;
    let mut characters = text.trim_matches(char::is_whitespace).chars().peekable();
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

/// The ASCII digit of the same value, for every decimal digit of Unicode.
fn digit(c: char) -> Option<char> {
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

/// The zeros of all scripts (Unicode's `Nd`): nine more digits follow each.
static ZEROS: [u32; 65] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6,
    0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50,
    0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650,
    0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50,
    0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

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
            ("9223372036854775808", Err(NotAnInteger::TooLarge)),
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
