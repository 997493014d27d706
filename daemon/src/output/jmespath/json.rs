//! JSON as Python's `json.loads` reads it, for the literals and quoted names of a query.
//!
//! Not `serde_json`: Python also takes `NaN` and `Infinity`, has its own words for a bad string, and refuses
//! integers of more than 4,300 digits, upon which jmespath takes the literal for a bare string. Where the two
//! languages part: an integer beyond 64 bits becomes a float, and a lone surrogate U+FFFD.

use std::sync::Arc;

use super::entries::Entries;
use super::python;
use crate::document::{Object, Origin, Value};

/// Why a text is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Invalid {
    /// A string, in Python's words.
    String(&'static str),
    /// Anything else.
    Value,
    /// Nested more than [`super::MAXIMUM_DEPTH`] levels deep, which Python does not survive.
    Deep,
}

impl Invalid {
    /// Python's message up to its first colon.
    pub(super) fn message(self) -> &'static str {
        match self {
            Invalid::String(message) => message,
            Invalid::Value | Invalid::Deep => "Expecting value",
        }
    }
}

/// The value that a text stands for.
pub(super) fn parse_text(text: &str) -> Result<Value, Invalid> {
    parse(&text.chars().collect::<Vec<_>>())
}

/// The value that characters stand for.
pub(super) fn parse(characters: &[char]) -> Result<Value, Invalid> {
    let mut reader = Reader {
        rest: characters,
        depth: 0,
    };
    reader.skip_space();
    let value = reader.value()?;
    reader.skip_space();
    if reader.rest.is_empty() {
        Ok(value)
    } else {
        Err(Invalid::Value)
    }
}

struct Reader<'a> {
    rest: &'a [char],
    depth: usize,
}

impl Reader<'_> {
    fn value(&mut self) -> Result<Value, Invalid> {
        match self.rest.first() {
            Some('"') => Ok(self.string()?.into()),
            Some('[') => self.nested(Self::array),
            Some('{') => self.nested(Self::object),
            Some('-' | '0'..='9') if !self.rest.starts_with(&['-', 'I']) => self.number(),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<Value, Invalid> {
        const WORDS: [(&str, Value); 6] = [
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Float(f64::NAN)),
            ("Infinity", Value::Float(f64::INFINITY)),
            ("-Infinity", Value::Float(f64::NEG_INFINITY)),
        ];
        let found = WORDS
            .into_iter()
            .find(|(word, _)| word.chars().eq(self.rest.iter().copied().take(word.len())));
        let (word, value) = found.ok_or(Invalid::Value)?;
        self.advance(word.len());
        Ok(value)
    }

    fn nested(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Value, Invalid>,
    ) -> Result<Value, Invalid> {
        self.depth += 1;
        if self.depth > super::MAXIMUM_DEPTH {
            return Err(Invalid::Deep);
        }
        self.advance(1);
        self.skip_space();
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn array(&mut self) -> Result<Value, Invalid> {
        let mut items = Vec::new();
        if self.take(']') {
            return Ok(items.into());
        }
        loop {
            items.push(self.value()?);
            self.skip_space();
            if self.take(']') {
                return Ok(items.into());
            }
            self.expect(',')?;
            self.skip_space();
        }
    }

    fn object(&mut self) -> Result<Value, Invalid> {
        let mut entries = Entries::default();
        while !self.take('}') {
            if !entries.is_empty() {
                self.expect(',')?;
                self.skip_space();
            }
            if self.rest.first() != Some(&'"') {
                return Err(Invalid::Value);
            }
            let key = self.string()?;
            self.skip_space();
            self.expect(':')?;
            self.skip_space();
            let value = self.value()?;
            entries.set(key.into(), value);
            self.skip_space();
        }
        let entries = entries.into_vec();
        Ok(Value::Object(Arc::new(Object {
            entries,
            origin: Origin::Data,
        })))
    }

    fn number(&mut self) -> Result<Value, Invalid> {
        let all = self.rest;
        self.take('-');
        if !self.take('0') && self.digits() == 0 {
            return Err(Invalid::Value);
        }
        let integer_length = all.len() - self.rest.len();
        if let ['.', '0'..='9', ..] = self.rest {
            self.advance(1);
            self.digits();
        }
        if let ['e' | 'E', '0'..='9', ..] | ['e' | 'E', '+' | '-', '0'..='9', ..] = self.rest {
            self.advance(2);
            self.digits();
        }
        let length = all.len() - self.rest.len();
        let text: String = all.iter().take(length).collect();
        if length == integer_length {
            let digits = text.trim_start_matches('-').len();
            if digits > python::MAXIMUM_DIGITS {
                return Err(Invalid::Value);
            }
            if let Ok(integer) = text.parse() {
                return Ok(Value::Int(integer));
            }
        }
        text.parse().map(Value::Float).map_err(|_| Invalid::Value)
    }

    fn digits(&mut self) -> usize {
        let count = self
            .rest
            .iter()
            .take_while(|character| character.is_ascii_digit())
            .count();
        self.advance(count);
        count
    }

    fn string(&mut self) -> Result<String, Invalid> {
        const UNTERMINATED: Invalid = Invalid::String("Unterminated string starting at");
        let mut text = String::new();
        self.advance(1);
        loop {
            let (&character, rest) = self.rest.split_first().ok_or(UNTERMINATED)?;
            self.rest = rest;
            match character {
                '"' => return Ok(text),
                '\\' => text.push(self.escape()?),
                '\0'..='\x1f' => return Err(Invalid::String("Invalid control character at")),
                _ => text.push(character),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Invalid> {
        let (&character, rest) = self
            .rest
            .split_first()
            .ok_or(Invalid::String("Unterminated string starting at"))?;
        self.rest = rest;
        Ok(match character {
            '"' | '\\' | '/' => character,
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => self.code_point()?,
            _ => return Err(Invalid::String("Invalid \\escape")),
        })
    }

    fn code_point(&mut self) -> Result<char, Invalid> {
        let unit = hexadecimal(self.rest).ok_or(Invalid::String("Invalid \\uXXXX escape"))?;
        self.advance(4);
        if let (0xd800..=0xdbff, ['\\', 'u', rest @ ..]) = (unit, self.rest)
            && let Some(low @ 0xdc00..=0xdfff) = hexadecimal(rest)
        {
            self.advance(6);
            let point = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
            return Ok(char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        Ok(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn skip_space(&mut self) {
        let is_space = |character: &&char| matches!(character, ' ' | '\t' | '\n' | '\r');
        self.advance(self.rest.iter().take_while(is_space).count());
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.rest.first() == Some(&wanted);
        if found {
            self.advance(1);
        }
        found
    }

    fn expect(&mut self, wanted: char) -> Result<(), Invalid> {
        if self.take(wanted) {
            Ok(())
        } else {
            Err(Invalid::Value)
        }
    }

    fn advance(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }
}

fn hexadecimal(characters: &[char]) -> Option<u32> {
    let digits = characters.get(..4)?;
    digits
        .iter()
        .try_fold(0, |value, digit| Some(value * 16 + digit.to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_python_takes() {
        for (text, expected) in [
            (" -0 ", Value::Int(0)),
            ("1E2", Value::Float(100.0)),
            ("1e400", Value::Float(f64::INFINITY)),
            ("-Infinity", Value::Float(f64::NEG_INFINITY)),
            (r#""\ud83d\ude00\/""#, "\u{1f600}/".into()),
            (r#""\ud83dx""#, "\u{fffd}x".into()),
            ("[]", Vec::new().into()),
            (
                r#"{"a":1,"b":2,"a":3}"#,
                Value::object([("a", 3.into()), ("b", 2.into())]),
            ),
        ] {
            assert_eq!(parse_text(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_python_refuses() {
        for text in [
            "",
            "01",
            "1.",
            ".5",
            "+1",
            "[1,]",
            "{\"a\":1,}",
            "{,}",
            "nul",
            "1 2",
            "\u{a0}1",
        ] {
            assert_eq!(parse_text(text), Err(Invalid::Value), "{text}");
        }
        for (text, message) in [
            ("\"a", "Unterminated string starting at"),
            ("\"\t\"", "Invalid control character at"),
            (r#""\x""#, "Invalid \\escape"),
            (r#""\u12""#, "Invalid \\uXXXX escape"),
        ] {
            assert_eq!(parse_text(text), Err(Invalid::String(message)), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        assert_eq!(parse_text(&"[".repeat(100_000)), Err(Invalid::Deep));
    }
}
