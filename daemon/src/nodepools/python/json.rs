//! JSON as Python's `json.loads` reads it, with its error messages and positions (`CPython` 3.11, `_json.c`),
//! and az's second chance: a text that is no JSON may be a Python literal (azure-cli-core, `util.py`,
//! `shell_safe_json_parse`), which is how az accepts single quotes and trailing commas.
//!
//! Deliberately different: `NaN` and infinities, which az would send on and Azure could not read, are errors
//! here, and so is nesting that would exceed Python's recursion limit.

use std::ops::{Deref, DerefMut};

use serde_json::{Map, Number, Value as Json};

use super::literal;
use super::text::Cursor;

/// How deep values may nest; Python gives up at about a thousand calls.
pub(super) const DEPTH_LIMIT: usize = 300;

/// Why a text is not JSON, in Python's words.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}: line {line} column {column} (char {position})")]
pub(in crate::nodepools) struct JsonError {
    message: &'static str,
    line: usize,
    column: usize,
    position: usize,
}

/// Reads JSON or, failing that, a Python literal; the error is that of the JSON reader.
pub(in crate::nodepools) fn parse(text: &str) -> Result<Json, JsonError> {
    let chars: Vec<char> = text.chars().collect();
    document(&chars).or_else(|fault| literal::parse(&chars).ok_or_else(|| fault.located(&chars)))
}

/// What is wrong and where, in code points from the start.
struct Fault(&'static str, usize);

impl Fault {
    fn located(&self, chars: &[char]) -> JsonError {
        let before = chars.get(..self.1).unwrap_or(chars);
        let line = 1 + before.iter().filter(|c| **c == '\n').count();
        let column = 1 + before.iter().rev().take_while(|c| **c != '\n').count();
        JsonError {
            message: self.0,
            line,
            column,
            position: self.1,
        }
    }
}

fn document(chars: &[char]) -> Result<Json, Fault> {
    let mut reader = Reader {
        cursor: Cursor::new(chars),
        unsendable: None,
    };
    reader.skip_space();
    let value = reader.value(0)?;
    reader.skip_space();
    if reader.at < chars.len() {
        return Err(Fault("Extra data", reader.at));
    }
    match reader.unsendable {
        Some(at) => Err(Fault(
            "Out of range float values are not JSON compliant",
            at,
        )),
        None => Ok(value),
    }
}

/// A cursor that remembers where the first number stood that Python reads but JSON cannot hold.
struct Reader<'a> {
    cursor: Cursor<'a>,
    unsendable: Option<usize>,
}

impl<'a> Deref for Reader<'a> {
    type Target = Cursor<'a>;

    fn deref(&self) -> &Cursor<'a> {
        &self.cursor
    }
}

impl DerefMut for Reader<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.cursor
    }
}

impl Reader<'_> {
    fn skip_space(&mut self) {
        self.take_while(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
    }

    fn unsendable(&mut self, at: usize) -> Json {
        self.unsendable.get_or_insert(at);
        Json::Null
    }

    fn value(&mut self, depth: usize) -> Result<Json, Fault> {
        let start = self.at;
        if depth > DEPTH_LIMIT {
            return Err(Fault("Too deeply nested", start));
        }
        match self.peek() {
            Some('"') => self.string().map(Json::String),
            Some('{') => self.object(depth),
            Some('[') => self.array(depth),
            Some('n') if self.eat_word("null") => Ok(Json::Null),
            Some('t') if self.eat_word("true") => Ok(Json::Bool(true)),
            Some('f') if self.eat_word("false") => Ok(Json::Bool(false)),
            Some('N' | 'I' | '-')
                if ["NaN", "Infinity", "-Infinity"]
                    .iter()
                    .any(|word| self.eat_word(word)) =>
            {
                Ok(self.unsendable(start))
            }
            Some('-' | '0'..='9') => self.number(),
            _ => Err(Fault("Expecting value", start)),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, Fault> {
        let mut entries = Map::new();
        self.next();
        self.skip_space();
        if self.eat('}') {
            return Ok(Json::Object(entries));
        }
        loop {
            if self.peek() != Some('"') {
                return Err(Fault(
                    "Expecting property name enclosed in double quotes",
                    self.at,
                ));
            }
            let key = self.string()?;
            self.skip_space();
            if !self.eat(':') {
                return Err(Fault("Expecting ':' delimiter", self.at));
            }
            self.skip_space();
            entries.insert(key, self.value(depth + 1)?);
            self.skip_space();
            if self.eat('}') {
                return Ok(Json::Object(entries));
            }
            if !self.eat(',') {
                return Err(Fault("Expecting ',' delimiter", self.at));
            }
            self.skip_space();
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json, Fault> {
        let mut items = Vec::new();
        self.next();
        self.skip_space();
        if self.eat(']') {
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.skip_space();
            if self.eat(']') {
                return Ok(Json::Array(items));
            }
            if !self.eat(',') {
                return Err(Fault("Expecting ',' delimiter", self.at));
            }
            self.skip_space();
        }
    }

    fn string(&mut self) -> Result<String, Fault> {
        let begin = self.at;
        self.next();
        let mut text = String::new();
        loop {
            match self.next() {
                Some('"') => return Ok(text),
                Some('\\') => text.push(self.escape(begin)?),
                Some(c) if c < ' ' => {
                    return Err(Fault("Invalid control character at", self.at - 1));
                }
                Some(c) => text.push(c),
                None => return Err(Fault("Unterminated string starting at", begin)),
            }
        }
    }

    /// The character of an escape sequence whose backslash has been read; an unpaired surrogate, which Rust's
    /// strings cannot hold, becomes U+FFFD.
    fn escape(&mut self, begin: usize) -> Result<char, Fault> {
        let at = self.at;
        match self.next() {
            None => Err(Fault("Unterminated string starting at", begin)),
            Some(c @ ('"' | '\\' | '/')) => Ok(c),
            Some('b') => Ok('\u{8}'),
            Some('f') => Ok('\u{c}'),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some('u') => {
                let unit = self.code_unit(at)?;
                Ok(char::from_u32(self.paired(unit)).unwrap_or(char::REPLACEMENT_CHARACTER))
            }
            Some(_) => Err(Fault("Invalid \\escape", at - 1)),
        }
    }

    fn code_unit(&mut self, at: usize) -> Result<u32, Fault> {
        // Python wants a character behind the four digits, too.
        if self.at + 4 >= self.chars.len() {
            return Err(Fault("Invalid \\uXXXX escape", at));
        }
        self.hexadecimal(4)
            .ok_or(Fault("Invalid \\uXXXX escape", at))
    }

    /// The code point of a high surrogate and the low one behind it; otherwise the unit itself.
    fn paired(&mut self, unit: u32) -> u32 {
        let start = self.at;
        if (0xD800..0xDC00).contains(&unit)
            && self.eat_word("\\u")
            && let Some(low @ 0xDC00..0xE000) = self.hexadecimal(4)
        {
            return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        }
        self.at = start;
        unit
    }

    fn number(&mut self) -> Result<Json, Fault> {
        let start = self.at;
        let mut text = if self.eat('-') {
            String::from("-")
        } else {
            String::new()
        };
        match self.peek() {
            Some('0') => text.extend(self.next()),
            Some('1'..='9') => text.push_str(&self.take_while(|c| c.is_ascii_digit())),
            _ => return Err(Fault("Expecting value", start)),
        }
        let mut float = false;
        if self.peek() == Some('.') && self.peek_second().is_some_and(|c| c.is_ascii_digit()) {
            text.extend(self.next());
            text.push_str(&self.take_while(|c| c.is_ascii_digit()));
            float = true;
        }
        if let Some(exponent) = self.exponent() {
            text.push_str(&exponent);
            float = true;
        }
        match to_number(&text, float) {
            Some(number) => Ok(Json::Number(number)),
            None => Ok(self.unsendable(start)),
        }
    }

    /// An exponent, if digits follow its `e` and sign; otherwise nothing is consumed.
    fn exponent(&mut self) -> Option<String> {
        let start = self.at;
        let mut text: String = self.peek().filter(|c| matches!(c, 'e' | 'E'))?.into();
        self.next();
        text.extend(self.peek().filter(|c| matches!(c, '+' | '-')));
        self.at += text.len() - 1;
        let digits = self.take_while(|c| c.is_ascii_digit());
        if digits.is_empty() {
            self.at = start;
            return None;
        }
        Some(text + &digits)
    }
}

/// A number; an integer beyond 64 bits becomes a float, none if that is infinite.
pub(super) fn to_number(text: &str, float: bool) -> Option<Number> {
    let integer = || {
        let signed = text.parse::<i64>().map(Number::from);
        signed
            .or_else(|_| text.parse::<u64>().map(Number::from))
            .ok()
    };
    let whole = if float { None } else { integer() };
    whole.or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn errors_have_pythons_words_and_positions() {
        for (text, error) in [
            ("", "Expecting value: line 1 column 1 (char 0)"),
            (
                "{nope\n",
                "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
            ),
            (
                "{\"a\" 1}",
                "Expecting ':' delimiter: line 1 column 6 (char 5)",
            ),
            (
                "{\n \"a\": tru\n}",
                "Expecting value: line 2 column 7 (char 8)",
            ),
            (
                "{\"a\": 1 \"b\": 2}",
                "Expecting ',' delimiter: line 1 column 9 (char 8)",
            ),
            ("{\"a\": 1} x", "Extra data: line 1 column 10 (char 9)"),
            (
                "[1, \"a",
                "Unterminated string starting at: line 1 column 5 (char 4)",
            ),
            (
                "[\"a\nb\"]",
                "Invalid control character at: line 1 column 4 (char 3)",
            ),
            (
                "[\"\\q\", true]",
                "Invalid \\escape: line 1 column 3 (char 2)",
            ),
            (
                "[\"\\u12\"]",
                "Invalid \\uXXXX escape: line 1 column 4 (char 3)",
            ),
            ("[01]", "Expecting ',' delimiter: line 1 column 3 (char 2)"),
            ("é {", "Expecting value: line 1 column 1 (char 0)"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), error, "{text:?}");
        }
    }

    #[test]
    fn json_comes_first_and_python_literals_second() {
        for (text, value) in [
            (
                " {\"a\": [1, -2.5e1, null], \"a\": \"\\u00e9\\ud83d\\ude00\"} ",
                json!({"a": "é😀"}),
            ),
            (
                "{'a': True, 'b': (1, 'x' \"y\"), }",
                json!({"a": true, "b": [1, "xy"]}),
            ),
            ("{\"a\": 1,}", json!({"a": 1})),
            ("9223372036854775808", json!(9_223_372_036_854_775_808_u64)),
        ] {
            assert_eq!(parse(text).unwrap(), value, "{text:?}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = "[".repeat(100_000);
        assert!(parse(&deep).is_err());
        assert!(parse(&"(".repeat(100_000)).is_err());
    }
}
