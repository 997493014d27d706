//! How Python 3.11 writes values as text, which az's output shows: `str`, `repr`, and what counts as
//! white space or ends a line.
//!
//! Deliberately absent: JSON and YAML, which have their own spelling of the same values.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::printable::is_printable;
use super::{DEPTH_LIMIT, OutputError};
use crate::document::{Object, Origin, Value};

/// How long the text of a list or object may be, in bytes.
pub(crate) const LIMIT: usize = 16 * 1024 * 1024;

/// `str(value)` of what is neither a list nor an object; those have no text here.
pub(super) fn scalar(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Null => Cow::Borrowed("None"),
        Value::Bool(true) => Cow::Borrowed("True"),
        Value::Bool(false) => Cow::Borrowed("False"),
        Value::Int(number) => Cow::Owned(number.to_string()),
        Value::Float(number) => Cow::Owned(float(*number)),
        Value::Array(_) | Value::Object(_) => Cow::Borrowed(""),
    }
}

/// `repr(number)`: the shortest digits that give the number back, with an exponent where Python has one.
pub(super) fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
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

/// A mantissa `d.ddd` with its point moved by a small exponent; at least one digit on either side.
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

/// The fewest digits that give the number back, as `d.ddde-dd`. Where two candidates are equally near, Rust takes the
/// greater and Python the even one, which rounding to as many digits finds.
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

/// `repr(value)`; no longer than a table can bear.
pub(super) fn repr(value: &Value) -> Result<String, OutputError> {
    let mut text = String::new();
    push_repr(value, 0, &mut text)?;
    Ok(text)
}

fn push_repr(value: &Value, depth: usize, text: &mut String) -> Result<(), OutputError> {
    if depth > DEPTH_LIMIT {
        return Err(OutputError::TooDeep);
    }
    if text.len() > LIMIT {
        return Err(OutputError::TooLarge);
    }
    match value {
        Value::String(string) => repr_string(string, text),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                push_comma(index, text);
                push_repr(item, depth + 1, text)?;
            }
            text.push(']');
        }
        Value::Object(object) => repr_object(object, depth, text)?,
        scalar => text.push_str(&self::scalar(scalar)),
    }
    Ok(())
}

fn repr_object(object: &Object, depth: usize, text: &mut String) -> Result<(), OutputError> {
    let [open, pair, colon, pair_end, close] = match object.origin {
        Origin::Data => ["{", "", ": ", "", "}"],
        Origin::Selection if object.entries.is_empty() => ["OrderedDict(", "", "", "", ")"],
        Origin::Selection => ["OrderedDict([", "(", ", ", ")", "])"],
    };
    text.push_str(open);
    for (index, (key, value)) in object.entries.iter().enumerate() {
        push_comma(index, text);
        text.push_str(pair);
        repr_string(key, text);
        text.push_str(colon);
        push_repr(value, depth + 1, text)?;
        text.push_str(pair_end);
    }
    text.push_str(close);
    Ok(())
}

fn push_comma(index: usize, text: &mut String) {
    if index > 0 {
        text.push_str(", ");
    }
}

fn repr_string(string: &str, text: &mut String) {
    let quote = if string.contains('\'') && !string.contains('"') {
        '"'
    } else {
        '\''
    };
    text.push(quote);
    for character in string.chars() {
        match character {
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\\' => text.push_str("\\\\"),
            _ if character == quote => text.extend(['\\', quote]),
            _ if is_printable(character) => text.push(character),
            _ => push_escape(character, text),
        }
    }
    text.push(quote);
}

fn push_escape(character: char, text: &mut String) {
    let code = u32::from(character);
    // Writing to a string cannot fail.
    let _ = match code {
        0..=0xff => write!(text, "\\x{code:02x}"),
        0x100..=0xffff => write!(text, "\\u{code:04x}"),
        _ => write!(text, "\\U{code:08x}"),
    };
}

/// `str.isspace` for one character: Unicode's white space and the four ASCII separators.
pub(super) fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\x1c'..='\x1f')
}

/// Whether `str.splitlines` ends a line at this character.
pub(super) fn ends_line(character: char) -> bool {
    matches!(character, '\n'..='\r' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// `str.splitlines(keepends=True)`.
pub(super) fn lines_with_ends(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut after_end = rest
            .char_indices()
            .skip_while(|&(_, character)| !ends_line(character));
        let end = match (after_end.next(), after_end.next()) {
            (Some((_, '\r')), Some((at, '\n'))) => at + 1,
            (Some(_), Some((at, _))) => at,
            _ => rest.len(),
        };
        let (line, tail) = rest.split_at(end);
        rest = tail;
        Some(line)
    })
}

/// `str.splitlines()`.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    lines_with_ends(text).map(|line| match line.strip_suffix("\r\n") {
        Some(line) => line,
        None => line.strip_suffix(ends_line).unwrap_or(line),
    })
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
            (-5_656_874_001_015_418.0 / 8.0, "-707109250126927.2"),
            (2.5, "2.5"),
            (-1234.5, "-1234.5"),
            (120.0, "120.0"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (0.0001, "0.0001"),
            (-0.000_123, "-0.000123"),
            (0.00001, "1e-05"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(float(number), expected);
        }
    }

    #[test]
    fn strings_choose_their_quote_and_escape_what_cannot_be_seen() {
        for (string, expected) in [
            ("plain", "'plain'"),
            ("it's", "\"it's\""),
            ("it's \"it\"", "'it\\'s \"it\"'"),
            ("a\\b\t\n\r", "'a\\\\b\\t\\n\\r'"),
            (
                "\u{0}\u{7f}\u{ad}\u{200b}\u{e0001}",
                "'\\x00\\x7f\\xad\\u200b\\U000e0001'",
            ),
            ("é😀", "'é😀'"),
        ] {
            assert_eq!(
                repr(&Value::from(vec![Value::from(string)])).unwrap(),
                format!("[{expected}]")
            );
        }
    }

    #[test]
    fn lines_end_where_python_ends_them() {
        let text = "a\r\nb\rc\n\nd\u{85}e\u{2028}f\u{1c}g";
        assert_eq!(
            lines(text).collect::<Vec<_>>(),
            ["a", "b", "c", "", "d", "e", "f", "g"]
        );
        assert_eq!(
            lines_with_ends("a\r\n\nb").collect::<Vec<_>>(),
            ["a\r\n", "\n", "b"]
        );
        assert_eq!(lines("").count(), 0);
    }
}
