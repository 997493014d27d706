//! Certificates and keys in base64, which are nearly all of a kubeconfig.
//!
//! The client takes them out of the texts that the daemon merges, and puts them into the merged
//! text. They need not travel, the daemon need not see the keys of other clusters, and YAML, which
//! would look at each of their characters several times, changes none: into 200 contexts, a merge
//! takes a third of the time.
//!
//! Invariants: a value is taken out only where a line of YAML ends in a plain scalar or in a part
//! of a string. It is long, and it has base64's characters only, with some that no number has.
//! Equal values have the same name, so that comparisons hold.
//!
//! Deliberately absent: names and other short texts, which a merge compares and reports.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What the name of a value begins with; its number and [`END`] follow.
pub const BEGIN: &str = "azq-long-value-";
/// What the name of a value ends with.
pub const END: &str = "-end";
/// How the key of a value ends, and what follows it.
const KEY_END: &str = "-data: ";
/// A shorter value is not worth the work.
const LONG: usize = 100;
/// In so many bytes at its beginning a line has its key.
const KEY: usize = 60;

/// The values that were taken out of some texts.
#[derive(Default)]
pub struct LongValues<'t> {
    values: Vec<&'t str>,
    numbers: BTreeMap<&'t str, usize>,
}

impl<'t> LongValues<'t> {
    /// Takes the values out of texts that are read together. Where one of them has something like a
    /// name of theirs, all stay as they are.
    pub fn take_out<const N: usize>(texts: [&'t str; N]) -> (Self, [Cow<'t, str>; N]) {
        let mut taken = Self::default();
        if texts.iter().any(|text| text.contains(BEGIN)) {
            return (taken, texts.map(Cow::Borrowed));
        }
        let short = texts.map(|text| taken.take_out_of(text));
        (taken, short)
    }

    /// Whether there was none.
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

    /// A text with all values in their places.
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

/// The beginning of a line to the end of its key, and the long value that follows.
fn long_value(line: &str) -> Option<(&str, &str)> {
    let begin = line.get(..KEY)?;
    let (key, _) = line.split_at(begin.find(KEY_END)? + KEY_END.len());
    let is_key = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    let name = key.trim_end_matches(": ").trim_start_matches([' ', '-']);
    let value = line.get(key.len()..)?.trim_end_matches('\n');
    (name.bytes().all(is_key) && is_long_base64(value)).then_some((key, value))
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
