//! Certificates and keys in base64, which are nearly all of a kubeconfig.
//!
//! They are taken out of the texts before these are parsed, and put into the merged text when that
//! is written. A YAML library looks at each of their characters several times and changes none, so
//! that a merge into 200 contexts took four times as long.
//!
//! Invariants: a value is taken out only where YAML reads a plain scalar, or a part of a string. It
//! is long, has base64's characters only, and some that no number has. A string that has more than
//! one such value is put together again before anything is compared or written. Equal values have
//! the same name, so that comparisons hold.
//!
//! Deliberately absent: names and other short texts, which a merge compares and reports.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use memchr::memmem;

/// What the name of a value begins with; the value's number and [`END`] follow.
const MARK: &str = "azq-long-value-";
const END: &str = "-end";
/// How the key of a value ends, and what follows it.
const KEY_END: &str = "-data: ";
/// A shorter value is not worth the work.
const LONG: usize = 100;

/// The values that were taken out of some texts.
#[derive(Default)]
pub(crate) struct LongValues<'t> {
    values: Vec<&'t str>,
    numbers: BTreeMap<&'t str, usize>,
}

impl<'t> LongValues<'t> {
    /// Takes the values out of texts that are read together. Where one of them has something like a
    /// name of theirs, all stay as they are.
    pub(crate) fn take_out<const N: usize>(texts: [&'t str; N]) -> (Self, [Cow<'t, str>; N]) {
        let mut taken = Self::default();
        if texts.iter().any(|text| text.contains(MARK)) {
            return (taken, texts.map(Cow::Borrowed));
        }
        let short = texts.map(|text| taken.take_out_of(text));
        (taken, short)
    }

    fn take_out_of(&mut self, text: &'t str) -> Cow<'t, str> {
        let mut short = String::new();
        let mut kept = 0;
        for at in memmem::find_iter(text.as_bytes(), KEY_END) {
            let (before, after) = text.split_at(at);
            let Some(after) = after.strip_prefix(KEY_END) else {
                continue;
            };
            let value = after.split('\n').next().unwrap_or_default();
            if !begins_line(before) || !is_long_base64(value) {
                continue;
            }
            let begin = at + KEY_END.len();
            short.push_str(&text[kept..begin]);
            self.write_name(value, &mut short);
            kept = begin + value.len();
        }
        if kept == 0 {
            return Cow::Borrowed(text);
        }
        short.push_str(&text[kept..]);
        Cow::Owned(short)
    }

    fn write_name(&mut self, value: &'t str, text: &mut String) {
        let number = *self.numbers.entry(value).or_insert_with(|| {
            self.values.push(value);
            self.values.len() - 1
        });
        let _infallible = write!(text, "{MARK}{number}{END}");
    }

    /// A string as it was read, with its values unless it is nothing but the name of one.
    pub(crate) fn complete<'s>(&self, read: &'s str) -> Cow<'s, str> {
        let is_name = || {
            let number = read.strip_prefix(MARK)?.strip_suffix(END)?;
            Some(number.bytes().all(|digit| digit.is_ascii_digit()))
        };
        if is_name() == Some(true) {
            return Cow::Borrowed(read);
        }
        self.put_into(read)
    }

    /// A text with all values in their places.
    pub(crate) fn put_into<'s>(&self, text: &'s str) -> Cow<'s, str> {
        if self.values.is_empty() || !text.contains(MARK) {
            return Cow::Borrowed(text);
        }
        let size: usize = self.values.iter().map(|value| value.len()).sum();
        let mut whole = String::with_capacity(text.len() + size);
        let mut parts = text.split(MARK);
        whole.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let named = part.split_once(END).and_then(|(number, rest)| {
                let number: usize = number.parse().ok()?;
                Some((*self.values.get(number)?, rest))
            });
            let (value, rest) = named.unwrap_or((MARK, part));
            whole.push_str(value);
            whole.push_str(rest);
        }
        Cow::Owned(whole)
    }
}

/// Whether a text ends within the first key of a line.
fn begins_line(text: &str) -> bool {
    let line = text.rsplit('\n').next().unwrap_or_default();
    line.trim_start_matches([' ', '-'])
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// Whether a value is base64, and no number by a letter that none has.
fn is_long_base64(value: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() | matches!(byte, b'+' | b'/' | b'=');
    value.len() >= LONG
        && value.starts_with(|first: char| first.is_ascii_alphanumeric())
        && value.bytes().any(|byte| matches!(byte, b'G'..=b'Z'))
        // Without an early end the compiler looks at many bytes at once.
        && value.bytes().fold(true, |all, byte| all & is_base64(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(letter: &str) -> String {
        letter.repeat(LONG)
    }

    #[test]
    fn a_long_value_is_taken_out_and_put_back() {
        let (value, other) = (long("Q"), long("R"));
        let text = format!("- a-data: {value}\n  b-data: {other}\n  c: d\n- a-data: {value}\n");
        let (values, [short]) = LongValues::take_out([&text]);
        let named = |number| format!("{MARK}{number}{END}");
        let expected = format!(
            "- a-data: {one}\n  b-data: {two}\n  c: d\n- a-data: {one}\n",
            one = named(0),
            two = named(1)
        );
        assert_eq!(short, expected);
        assert_eq!(values.put_into(&short), text);
        assert_eq!(values.complete(&named(1)), named(1));
        assert_eq!(
            values.complete(&format!("x {}", named(1))),
            format!("x {other}")
        );
    }

    #[test]
    fn what_yaml_may_read_otherwise_stays() {
        for text in [
            format!("a-data: {}", "Q".repeat(LONG - 1)),
            format!("a: {}", long("Q")),
            format!("a-data: '{}'", long("Q")),
            format!("a-data: {} ", long("Q")),
            format!("a-data: {}\r\n", long("Q")),
            format!("a-data: {}: b", long("Q")),
            format!("a-data: {}", long("1")),
            format!("a-data: ={}", long("Q")),
            format!("\"a-data: {}\n\"", long("Q")),
            format!("a: {{b-data: {}}}", long("Q")),
            format!("# a-data: {}", long("Q")),
            format!("a-data: {}\nb: {MARK}", long("Q")),
        ] {
            let (values, [short]) = LongValues::take_out([&text]);
            assert_eq!(short, text);
            assert!(values.values.is_empty(), "{text}");
        }
    }
}
