//! What stdout can show, as Python decides it for az: `PYTHONIOENCODING`, else UTF-8.
//!
//! A character that the encoding lacks, or half of one, makes az print a warning and then only what is ASCII (knack,
//! `output.py`). Here that is decided for each part of an answer, which only matters beyond 64 KiB.
//!
//! Deliberately absent: the locale. Python 3.11 takes `C` and `POSIX` for UTF-8, as are all others on today's systems.

use std::borrow::Cow;
use std::sync::OnceLock;

use azq_python::{escape, surrogate};

/// How characters become bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Charset {
    Utf8,
    Latin1,
    Ascii,
}

/// What becomes of characters that the charset lacks (Python's `errors`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Errors {
    Strict,
    Ignore,
    Replace,
    Backslash,
}

/// The encoding of stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Encoding {
    charset: Charset,
    errors: Errors,
}

/// The names that Python knows the charsets by, without regard to case, with `-`, `_` and spaces alike.
const NAMES: [(&str, Charset); 12] = [
    ("ascii", Charset::Ascii),
    ("us_ascii", Charset::Ascii),
    ("646", Charset::Ascii),
    ("latin_1", Charset::Latin1),
    ("latin1", Charset::Latin1),
    ("latin", Charset::Latin1),
    ("l1", Charset::Latin1),
    ("iso_8859_1", Charset::Latin1),
    ("iso8859_1", Charset::Latin1),
    ("8859", Charset::Latin1),
    ("cp819", Charset::Latin1),
    ("iso_ir_100", Charset::Latin1),
];

/// The bytes that are printed for UTF-8, and what az warns of.
pub(crate) fn printed(utf8: &[u8]) -> (Cow<'_, [u8]>, Option<String>) {
    encoding().printed(utf8)
}

/// The bytes that stand on stderr for UTF-8: Python escapes there what the encoding lacks.
pub(crate) fn diagnostic(utf8: &[u8]) -> Cow<'_, [u8]> {
    let errors = Errors::Backslash;
    let escaping = Encoding {
        errors,
        ..*encoding()
    };
    escaping.printed(utf8).0
}

/// Whether UTF-8 is printed as it is.
pub(crate) fn is_utf8() -> bool {
    encoding().charset == Charset::Utf8
}

fn encoding() -> &'static Encoding {
    static ENCODING: OnceLock<Encoding> = OnceLock::new();
    ENCODING.get_or_init(|| {
        let setting = std::env::var("PYTHONIOENCODING").unwrap_or_default();
        Encoding::of(&setting)
    })
}

impl Encoding {
    /// `encoding:errors`, either of which may be missing. What is unknown is taken for UTF-8.
    fn of(setting: &str) -> Self {
        let (name, errors) = setting.split_once(':').unwrap_or((setting, ""));
        let name = name.trim().to_ascii_lowercase().replace(['-', ' '], "_");
        let known = NAMES.iter().find(|(known, _)| *known == name);
        Self {
            charset: known.map_or(Charset::Utf8, |(_, charset)| *charset),
            errors: match errors {
                "ignore" => Errors::Ignore,
                "replace" => Errors::Replace,
                "backslashreplace" => Errors::Backslash,
                _ => Errors::Strict,
            },
        }
    }

    fn printed(self, utf8: &[u8]) -> (Cow<'_, [u8]>, Option<String>) {
        let plain = match self.charset {
            Charset::Utf8 => !surrogate::is_in(utf8),
            Charset::Latin1 | Charset::Ascii => utf8.is_ascii(),
        };
        if plain {
            return (Cow::Borrowed(utf8), None);
        }
        let text = String::from_utf8_lossy(utf8);
        let mut bytes = Vec::with_capacity(utf8.len());
        for character in text.chars() {
            if !self.push(character, &mut bytes) {
                let name = match self.charset {
                    Charset::Utf8 => "utf-8",
                    Charset::Latin1 => "iso8859-1",
                    Charset::Ascii => "ascii",
                };
                let warning = format!(
                    "Unable to encode the output with {name} encoding. Unsupported characters are \
                     discarded."
                );
                let ascii = utf8.iter().copied().filter(u8::is_ascii).collect();
                return (Cow::Owned(ascii), Some(warning));
            }
        }
        (Cow::Owned(bytes), None)
    }

    /// Appends a character; tells whether that was possible.
    fn push(self, character: char, bytes: &mut Vec<u8>) -> bool {
        let half = surrogate::of(character);
        let code = half.unwrap_or(u32::from(character));
        match (self.charset, u8::try_from(code)) {
            (Charset::Utf8, _) if half.is_none() => {
                bytes.extend(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            (Charset::Latin1, Ok(byte)) | (Charset::Ascii, Ok(byte @ 0..=0x7f)) => {
                bytes.push(byte);
            }
            _ => match self.errors {
                Errors::Strict => return false,
                Errors::Ignore => {}
                Errors::Replace => bytes.push(b'?'),
                Errors::Backslash => bytes.extend(escape(code).bytes()),
            },
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(setting: &str, text: &str) -> (Vec<u8>, bool) {
        let (bytes, warning) = Encoding::of(setting).printed(text.as_bytes());
        (bytes.into_owned(), warning.is_some())
    }

    #[test]
    fn what_the_encoding_has_is_printed_in_it() {
        for (setting, bytes) in [
            ("", "ü€".as_bytes()),
            ("utf-8:strict", "ü€".as_bytes()),
            ("nonsense", "ü€".as_bytes()),
            ("ascii:replace", b"??"),
            ("ASCII:ignore", b""),
            ("latin-1:backslashreplace", b"\xfc\\u20ac"),
        ] {
            assert_eq!(printed(setting, "ü€"), (bytes.to_vec(), false), "{setting}");
        }
        assert_eq!(printed("ISO-8859-1", "ü"), (b"\xfc".to_vec(), false));
    }

    #[test]
    fn what_the_encoding_lacks_is_left_out_with_all_that_is_not_ascii() {
        for setting in ["latin-1", "iso8859-1:strict", "ascii"] {
            assert_eq!(
                printed(setting, "aü€b"),
                (b"ab".to_vec(), true),
                "{setting}"
            );
        }
        let half = format!("aü{}b", surrogate::stand_in(0xD800));
        assert_eq!(printed("", &half), (b"ab".to_vec(), true));
        assert_eq!(printed("utf-8:replace", &half), ("aü?b".into(), false));
    }
}
