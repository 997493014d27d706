//! Certificates and keys in base64, which are nearly all of a kubeconfig.
//!
//! The client takes them out of the texts that the daemon merges, and puts them into the merged
//! text. They are not sent, the daemon does not see the keys of other clusters, and a merge into
//! 200 contexts takes a third of the time, because YAML would examine each of their characters
//! several times without changing one.
//!
//! Invariants: a value is taken out only where a line of YAML ends in a plain scalar or in a part
//! of a string. It is long, and consists of base64's characters, some of which do not occur in
//! numbers. Equal values have the same name, so that comparisons hold.
//!
//! Deliberately absent: names and other short texts, which a merge compares and reports.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The beginning of a value's name; its number and [`END`] follow.
pub const BEGIN: &str = "azq-long-value-";
/// The end of a value's name.
pub const END: &str = "-end";
/// The end of a value's key, with the text before the value.
const KEY_END: &str = "-data: ";
/// The minimum length of a value; shorter ones are not worth the work.
const LONG: usize = 100;
/// The number of bytes at the start of a line within which its key must end.
const KEY: usize = 60;

/// The values that were taken out of some texts.
#[derive(Default)]
pub struct LongValues<'t> {
    values: Vec<&'t str>,
    numbers: BTreeMap<&'t str, usize>,
}

impl<'t> LongValues<'t> {
    /// Takes the values out of texts that are read together. If one of the texts contains the
    /// beginning of a name, all texts are returned unchanged.
    pub fn take_out<const N: usize>(texts: [&'t str; N]) -> (Self, [Cow<'t, str>; N]) {
        let mut taken = Self::default();
        if texts.iter().any(|text| text.contains(BEGIN)) {
            return (taken, texts.map(Cow::Borrowed));
        }
        let short = texts.map(|text| taken.take_out_of(text));
        (taken, short)
    }

    /// Whether no value was taken out.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    fn take_out_of(&mut self, text: &'t str) -> Cow<'t, str> {
        let mut short = String::new();
        for line in text.split_inclusive('\n') {
            let Some((key, value)) = long_value(line) else {
                short.push_str(line);
                continue;
            };
            short.push_str(key);
            self.write_name(value, &mut short);
            short.push_str(&line[key.len() + value.len()..]);
        }
        Cow::Owned(short)
    }

    fn write_name(&mut self, value: &'t str, text: &mut String) {
        let number = *self.numbers.entry(value).or_insert_with(|| {
            self.values.push(value);
            self.values.len() - 1
        });
        let _infallible = write!(text, "{BEGIN}{number}{END}");
    }

    /// Returns a text with all values in their places.
    pub fn put_into<'s>(&self, text: &'s str) -> Cow<'s, str> {
        if self.is_empty() {
            return Cow::Borrowed(text);
        }
        let size: usize = self.values.iter().map(|value| value.len()).sum();
        let mut whole = String::with_capacity(text.len() + size);
        let mut parts = text.split(BEGIN);
        whole.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let named = part.split_once(END).and_then(|(number, rest)| {
                let number: usize = number.parse().ok()?;
                Some((*self.values.get(number)?, rest))
            });
            let (value, rest) = named.unwrap_or((BEGIN, part));
            whole.push_str(value);
            whole.push_str(rest);
        }
        Cow::Owned(whole)
    }
}

/// Splits a line into its beginning up to the end of the key, and the long value after it.
fn long_value(line: &str) -> Option<(&str, &str)> {
    let begin = line.get(..KEY)?;
    let (key, _) = line.split_at(begin.find(KEY_END)? + KEY_END.len());
    let is_key = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    let name = key.trim_end_matches(": ").trim_start_matches([' ', '-']);
    let value = line.get(key.len()..)?.trim_end_matches('\n');
    (name.bytes().all(is_key) && is_long_base64(value)).then_some((key, value))
}

/// Whether a value is base64 and, because of one of its letters, not a number.
fn is_long_base64(value: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() | matches!(byte, b'+' | b'/' | b'=');
    value.len() >= LONG
        && value.starts_with(|first: char| first.is_ascii_alphanumeric())
        && value.bytes().any(|byte| matches!(byte, b'G'..=b'Z'))
        // Without an early exit the compiler can process many bytes at once.
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
        let text = format!("- a-data: {value}\n  b-data: {other}\n  c: d\n- a-data: {value}");
        let (values, [short]) = LongValues::take_out([text.as_str()]);
        let named = |number| format!("{BEGIN}{number}{END}");
        let expected = format!(
            "- a-data: {one}\n  b-data: {two}\n  c: d\n- a-data: {one}",
            one = named(0),
            two = named(1)
        );
        assert_eq!(short, expected);
        assert_eq!(values.put_into(&short), text);
    }

    #[test]
    fn equal_values_of_several_texts_have_one_name() {
        let text = format!("a-data: {}\n", long("Q"));
        let (values, [one, two]) = LongValues::take_out([text.as_str(), text.as_str()]);
        assert_eq!(one, two);
        assert_eq!(values.values.len(), 1);
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
            format!("a-data: {}\nb: {BEGIN}", long("Q")),
            format!("ä-data: {}", long("Q")),
        ] {
            let (values, [short]) = LongValues::take_out([text.as_str()]);
            assert_eq!(short, text);
            assert!(values.is_empty(), "{text}");
        }
    }
}
