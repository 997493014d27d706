//! The encoding of stdout, determined as Python does for az: by `PYTHONIOENCODING`, else by the
//! locale.
//!
//! If the encoding lacks a character, or there is half of one, az prints a warning and then only
//! the ASCII characters (knack, `output.py`). Here that is decided for each part: in an answer
//! beyond 64 KiB, the parts before such a character stay complete.
//!
//! Deliberately absent: Python's other encodings, which are treated as UTF-8, and its handlers
//! `namereplace` and those that fail at its start, which are treated as `strict`.

use std::borrow::Cow;
use std::sync::OnceLock;

use azq_python::{escape, surrogate};
use prost::bytes::Bytes;

use crate::environment::{Environment, Process};
use crate::locale;

/// The mapping of characters to bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charset {
    Utf8,
    Latin1,
    /// Latin-1 with the euro sign.
    Latin9,
    Ascii,
}

/// The handling of characters that the charset lacks (Python's `errors`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errors {
    Strict,
    Ignore,
    Replace,
    Backslash,
    XmlReference,
    /// Half a character that represents a byte becomes that byte again.
    SurrogateEscape,
    /// Half a character is encoded by the scheme of UTF-8.
    SurrogatePass,
}

/// The encoding of stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Encoding {
    pub(crate) charset: Charset,
    pub(crate) errors: Errors,
}

/// Python's names of the charsets, without regard to case; `-`, `_` and spaces are equivalent.
const NAMES: [(&str, Charset); 17] = [
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
    ("iso_8859_15", Charset::Latin9),
    ("iso8859_15", Charset::Latin9),
    ("latin_9", Charset::Latin9),
    ("latin9", Charset::Latin9),
    ("l9", Charset::Latin9),
];

/// The characters in which ISO 8859-15 differs from Latin-1.
const LATIN9: [(u8, char); 8] = [
    (0xa4, '€'),
    (0xa6, 'Š'),
    (0xa8, 'š'),
    (0xb4, 'Ž'),
    (0xb8, 'ž'),
    (0xbc, 'Œ'),
    (0xbd, 'œ'),
    (0xbe, 'Ÿ'),
];

/// Returns the bytes for stderr of a UTF-8 text; Python escapes there the characters that the
/// encoding lacks.
pub(crate) fn diagnostic(utf8: &[u8]) -> Cow<'_, [u8]> {
    let errors = Errors::Backslash;
    let escaping = Encoding {
        errors,
        ..Encoding::of_stdout()
    };
    escaping.printed(utf8).unwrap_or_default()
}

/// An encoder of an answer, part by part.
#[derive(Debug)]
pub(crate) struct Encoder {
    encoding: Encoding,
    /// The first bytes of a character whose rest comes with the next part.
    begun: Vec<u8>,
    /// Whether there was a character that the encoding lacks.
    discards: bool,
}

impl Encoder {
    pub(crate) fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            begun: Vec::new(),
            discards: false,
        }
    }

    /// Returns the bytes that are printed for the next part, in UTF-8, and az's warning before
    /// them, which is given once.
    pub(crate) fn encode(&mut self, mut part: Bytes) -> (Bytes, Option<String>) {
        if !self.begun.is_empty() {
            self.begun.extend_from_slice(&part);
            part = std::mem::take(&mut self.begun).into();
        }
        self.begun = part.split_off(part.len() - unfinished(&part)).into();
        let warned = match self.encoding.printed(&part) {
            _ if self.discards => None,
            Some(Cow::Borrowed(_)) => return (part, None),
            Some(Cow::Owned(bytes)) => return (bytes.into(), None),
            None => Some(self.encoding.warning()),
        };
        self.discards = true;
        let ascii: Vec<u8> = part.iter().copied().filter(u8::is_ascii).collect();
        (ascii.into(), warned)
    }
}

/// Returns the number of bytes at the end of a UTF-8 text that are an incomplete character.
fn unfinished(utf8: &[u8]) -> usize {
    let mut end = (1..).zip(utf8.iter().rev().take(3));
    let begun = end.find(|(_, byte)| **byte & 0xc0 != 0x80);
    begun.map_or(0, |(length, byte)| {
        let whole = match byte {
            0xf0.. => 4,
            0xe0..=0xef => 3,
            0xc0..=0xdf => 2,
            _ => 0,
        };
        if whole > length { length } else { 0 }
    })
}

impl Encoding {
    /// Returns the encoding of this process's stdout.
    pub(crate) fn of_stdout() -> Self {
        static ENCODING: OnceLock<Encoding> = OnceLock::new();
        *ENCODING.get_or_init(|| Self::of(&Process))
    }

    /// Returns Python's encoding of stdout.
    fn of(environment: &dyn Environment) -> Self {
        let setting = locale::set(environment, "PYTHONIOENCODING").unwrap_or_default();
        let (name, errors) = setting.split_once(':').unwrap_or((&setting, ""));
        let encoding = if name.is_empty() {
            locale::encoding(environment)
        } else {
            let name = name.trim().to_ascii_lowercase().replace(['-', ' '], "_");
            let known = NAMES.iter().find(|(known, _)| *known == name);
            Self {
                charset: known.map_or(Charset::Utf8, |(_, charset)| *charset),
                errors: Errors::Strict,
            }
        };
        let errors = match errors {
            "" => encoding.errors,
            "ignore" => Errors::Ignore,
            "replace" => Errors::Replace,
            "backslashreplace" => Errors::Backslash,
            "xmlcharrefreplace" => Errors::XmlReference,
            "surrogateescape" => Errors::SurrogateEscape,
            "surrogatepass" => Errors::SurrogatePass,
            _ => Errors::Strict,
        };
        Self { errors, ..encoding }
    }

    /// Returns the encoding with UTF-8 as its charset.
    pub(crate) fn in_utf8(self) -> Self {
        let charset = Charset::Utf8;
        Self { charset, ..self }
    }

    /// Whether UTF-8 is printed unchanged.
    pub(crate) fn is_utf8(self) -> bool {
        self.charset == Charset::Utf8
    }

    /// Returns az's warning that the encoding lacks a character.
    fn warning(self) -> String {
        let name = match self.charset {
            Charset::Utf8 => "utf-8",
            Charset::Latin1 => "iso8859-1",
            Charset::Latin9 => "iso8859-15",
            Charset::Ascii => "ascii",
        };
        format!(
            "Unable to encode the output with {name} encoding. Unsupported characters are \
             discarded."
        )
    }

    /// Returns the bytes for a UTF-8 text; `None` if that is not possible.
    fn printed(self, utf8: &[u8]) -> Option<Cow<'_, [u8]>> {
        let plain = match self.charset {
            Charset::Utf8 => !surrogate::is_in(utf8),
            Charset::Latin1 | Charset::Latin9 | Charset::Ascii => utf8.is_ascii(),
        };
        if plain {
            return Some(Cow::Borrowed(utf8));
        }
        let text = String::from_utf8_lossy(utf8);
        let mut bytes = Vec::with_capacity(utf8.len());
        let mut characters = text.chars();
        let whole = characters.all(|character| self.push(character, &mut bytes));
        whole.then_some(Cow::Owned(bytes))
    }

    /// Returns the byte of a character.
    fn byte(self, character: char) -> Option<u8> {
        let byte = u8::try_from(u32::from(character)).ok();
        match self.charset {
            Charset::Ascii => byte.filter(u8::is_ascii),
            Charset::Latin1 => byte,
            Charset::Latin9 => {
                let moved = LATIN9.iter().find(|(_, moved)| *moved == character);
                let is_taken = |byte: &u8| LATIN9.iter().any(|(place, _)| place == byte);
                moved
                    .map(|(byte, _)| *byte)
                    .or(byte.filter(|byte| !is_taken(byte)))
            }
            Charset::Utf8 => None,
        }
    }

    /// Appends a character; returns whether that was possible.
    fn push(self, character: char, bytes: &mut Vec<u8>) -> bool {
        let half = surrogate::of(character);
        let code = half.unwrap_or(u32::from(character));
        let is_utf8 = self.charset == Charset::Utf8;
        if is_utf8 && half.is_none() {
            bytes.extend(character.encode_utf8(&mut [0; 4]).as_bytes());
            return true;
        }
        if let (Some(byte), None) = (self.byte(character), half) {
            bytes.push(byte);
            return true;
        }
        match (self.errors, half) {
            (Errors::Ignore, _) => {}
            (Errors::Replace, _) => bytes.push(b'?'),
            (Errors::Backslash, _) => bytes.extend(escape(code).bytes()),
            (Errors::XmlReference, _) => bytes.extend(format!("&#{code};").bytes()),
            (Errors::SurrogateEscape, Some(0xdc80..=0xdcff)) => {
                bytes.extend(code.to_le_bytes().first());
            }
            (Errors::SurrogatePass, Some(half)) if is_utf8 => {
                // The three bytes of a code point in this range, by the scheme of UTF-8.
                let six = |bits: u32| u8::try_from(bits & 0x3f).unwrap_or_default() | 0x80;
                bytes.extend([0xed, six(half >> 6), six(half)]);
            }
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::fake::Fake;

    fn encoding(setting: &str) -> Encoding {
        Encoding::of(&Fake::default().variable("PYTHONIOENCODING", setting))
    }

    fn printed(setting: &str, text: &str) -> (Vec<u8>, bool) {
        let mut encoder = Encoder::new(encoding(setting));
        let (bytes, warning) = encoder.encode(text.to_owned().into());
        (bytes.into(), warning.is_some())
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
            ("latin-1:xmlcharrefreplace", b"\xfc&#8364;"),
            ("iso-8859-15", b"\xfc\xa4"),
        ] {
            assert_eq!(printed(setting, "ü€"), (bytes.to_vec(), false), "{setting}");
        }
        assert_eq!(printed("ISO-8859-1", "ü"), (b"\xfc".to_vec(), false));
    }

    #[test]
    fn what_the_encoding_lacks_is_left_out_with_all_that_is_not_ascii() {
        for setting in [
            "latin-1",
            "iso8859-1:strict",
            "ascii",
            "ascii:surrogatepass",
        ] {
            assert_eq!(
                printed(setting, "aü€b"),
                (b"ab".to_vec(), true),
                "{setting}"
            );
        }
        assert_eq!(printed("latin9", "ü¤"), (b"".to_vec(), true));
    }

    #[test]
    fn half_a_character_is_printed_as_the_setting_says() {
        let half = |unit| format!("aü{}b", surrogate::stand_in(unit));
        for (setting, unit, bytes) in [
            ("utf-8", 0xdc80, &b"ab"[..]),
            // The default without a locale.
            ("", 0xd800, b"ab"),
            ("", 0xdc80, b"a\xc3\xbc\x80b"),
            ("latin-1:surrogateescape", 0xdcff, b"a\xfc\xffb"),
            ("utf-8:replace", 0xd800, "aü?b".as_bytes()),
            ("utf-8:surrogatepass", 0xd83d, b"a\xc3\xbc\xed\xa0\xbdb"),
            ("utf-8:surrogatepass", 0xdfff, b"a\xc3\xbc\xed\xbf\xbfb"),
        ] {
            let warned = bytes == b"ab";
            assert_eq!(
                printed(setting, &half(unit)),
                (bytes.to_vec(), warned),
                "{setting} {unit:x}"
            );
        }
    }

    #[test]
    fn characters_may_be_split_between_parts_and_az_warns_once() {
        let text = format!("aü€😀{0}b€{0}", surrogate::stand_in(0xd800));
        let parts = |setting: &str| {
            let mut encoder = Encoder::new(encoding(setting));
            let (mut whole, mut warnings) = (Vec::new(), 0);
            for byte in text.bytes() {
                let (bytes, warning) = encoder.encode(Bytes::from(vec![byte]));
                whole.extend(bytes);
                warnings += usize::from(warning.is_some());
            }
            (whole, warnings)
        };
        assert_eq!(parts("utf-8"), ("aü€😀b".into(), 1));
        assert_eq!(parts("ascii:replace"), (b"a????b??".to_vec(), 0));
    }
}
