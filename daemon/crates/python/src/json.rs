//! JSON as Python's `json.loads` reads it and `json.dumps` writes it, with Python's error messages
//! and positions (`CPython` 3.11, `_json.c`).
//!
//! [`loads`] reads Azure's responses. [`parse_lenient`] reads a text of the user and, like az,
//! falls back to a Python literal if the text is not JSON (azure-cli-core, `util.py`,
//! `shell_safe_json_parse`); this is how az accepts single quotes and trailing commas. [`parse`]
//! builds values of any type.
//!
//! Deliberately different: nesting has a limit about where Python's recursion ends.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use serde_json::{Map, Value as Json};

use super::cursor::Cursor;
use super::number::{self, Parsed};
use super::write::{Notation, write};
use super::{literal, surrogate, text};

/// The depth to which the values of a user's text may nest; Python gives up at about a thousand
/// calls.
pub(crate) const DEPTH_LIMIT: usize = 300;

/// The depth to which a response may nest; `serde_json` has this limit and does not name it.
pub const ANSWER_DEPTH: usize = 127;

/// A type whose values the JSON reader can build.
pub trait Build: Sized {
    /// Builds `null`, `true` or `false`.
    fn constant(value: Option<bool>) -> Self;
    /// Builds an integer from its decimal digits.
    fn integer(digits: &str) -> Self;
    /// Builds a float.
    fn float(number: f64) -> Self;
    /// Builds a string.
    fn string(text: String) -> Self;
    /// Builds an array.
    fn array(items: Vec<Self>) -> Self;
    /// Builds an object. If a key occurs twice, the last value takes the place of the first one.
    fn object(entries: Vec<(String, Self)>) -> Self;
}

impl Build for Json {
    fn constant(value: Option<bool>) -> Self {
        value.map_or(Json::Null, Json::Bool)
    }

    fn integer(digits: &str) -> Self {
        number::from_digits(digits).map_or(Json::Null, Json::Number)
    }

    fn float(number: f64) -> Self {
        Json::Number(number::from_float(number))
    }

    fn string(text: String) -> Self {
        Json::String(text)
    }

    fn array(items: Vec<Self>) -> Self {
        Json::Array(items)
    }

    fn object(entries: Vec<(String, Self)>) -> Self {
        Json::Object(entries.into_iter().collect::<Map<_, _>>())
    }
}

/// Evaluates `json.loads(bytes.decode('utf-8-sig', errors='replace'))`.
pub fn loads(bytes: &[u8]) -> Result<Json, JsonError> {
    // Most responses are plain JSON, which `serde_json` reads several times faster.
    if let Ok(mut value) = serde_json::from_slice::<Json>(bytes)
        && normalize(&mut value)
    {
        return Ok(value);
    }
    let chars: Vec<char> = text::utf8_with_mark(bytes).chars().collect();
    document(&chars, ANSWER_DEPTH).map_err(|fault| fault.located(&chars))
}

/// Spells all numbers as Python does, and returns whether Python reads them all.
fn normalize(value: &mut Json) -> bool {
    match value {
        Json::Number(number) => {
            let spelt = match number::parsed(number) {
                Parsed::Int(digits) if digits.len() > number::MOST_DIGITS => return false,
                Parsed::Int("0") => number::from_digits("0"),
                Parsed::Int(_) => None,
                // The spelling of NaN, which as JSON is a zero.
                Parsed::Float(float) if float.is_nan() => Some(number::from_float(-0.0)),
                Parsed::Float(float) => Some(number::from_float(float)),
            };
            if let Some(spelt) = spelt {
                *number = spelt;
            }
            true
        }
        Json::Array(items) => items.iter_mut().all(normalize),
        Json::Object(map) => map.values_mut().all(normalize),
        Json::Null | Json::Bool(_) | Json::String(_) => true,
    }
}

/// Returns `json.dumps(value)`.
pub fn dumps(value: &Json) -> String {
    let mut text = String::new();
    match write(&Notation::JSON, value, &mut text) {
        Ok(()) => text,
    }
}

/// Reads JSON or, if that fails, a Python literal; the error is that of the JSON reader.
pub fn parse_lenient(text: &str) -> Result<Json, JsonError> {
    let chars: Vec<char> = text.chars().collect();
    document(&chars, DEPTH_LIMIT)
        .or_else(|fault| literal::parse(&chars).ok_or_else(|| fault.located(&chars)))
}

/// Evaluates `json.loads(text)` into values of any type, nested to at most this depth.
pub fn parse<B: Build>(chars: &[char], depth: usize) -> Result<B, JsonError> {
    document(chars, depth).map_err(|fault| fault.located(chars))
}

/// The reason why a text is not JSON, in Python's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}: line {line} column {column} (char {position})")]
pub struct JsonError {
    message: &'static str,
    line: usize,
    column: usize,
    position: usize,
}

impl JsonError {
    /// Returns the message without the position.
    pub fn message(&self) -> &'static str {
        self.message
    }

    /// Whether the text is nested deeper than the reader's limit.
    pub fn is_depth(&self) -> bool {
        self.message == TOO_DEEP
    }
}

const TOO_DEEP: &str = "Too deeply nested";

/// Python's message up to the number of digits, which a fixed text cannot contain.
const TOO_LONG: &str = "Exceeds the limit (4300 digits) for integer string conversion";

/// An error message and its position, in code points from the start.
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

fn document<B: Build>(chars: &[char], limit: usize) -> Result<B, Fault> {
    let mut reader = Reader {
        cursor: Cursor::new(chars),
        limit,
        built: PhantomData,
    };
    if chars.first() == Some(&'\u{feff}') {
        return Err(Fault("Unexpected UTF-8 BOM (decode using utf-8-sig)", 0));
    }
    reader.skip_space();
    let value = reader.value(0)?;
    reader.skip_space();
    if reader.at < chars.len() {
        return Err(Fault("Extra data", reader.at));
    }
    Ok(value)
}

/// A cursor that builds values of type `B`, nested to at most `limit`.
struct Reader<'a, B> {
    cursor: Cursor<'a>,
    limit: usize,
    built: PhantomData<B>,
}

impl<'a, B> Deref for Reader<'a, B> {
    type Target = Cursor<'a>;

    fn deref(&self) -> &Cursor<'a> {
        &self.cursor
    }
}

impl<B> DerefMut for Reader<'_, B> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.cursor
    }
}

impl<B: Build> Reader<'_, B> {
    fn skip_space(&mut self) {
        self.take_while(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
    }

    fn value(&mut self, depth: usize) -> Result<B, Fault> {
        const WORDS: [(&str, Option<bool>); 3] =
            [("null", None), ("true", Some(true)), ("false", Some(false))];
        const NUMBERS: [(&str, f64); 3] = [
            ("NaN", f64::NAN),
            ("Infinity", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
        ];
        let start = self.at;
        match self.peek() {
            Some('{' | '[') if depth >= self.limit => return Err(Fault(TOO_DEEP, start)),
            Some('"') => return self.string().map(B::string),
            Some('{') => return self.object(depth),
            Some('[') => return self.array(depth),
            _ => {}
        }
        for (word, value) in WORDS {
            if self.eat_word(word) {
                return Ok(B::constant(value));
            }
        }
        for (word, number) in NUMBERS {
            if self.eat_word(word) {
                return Ok(B::float(number));
            }
        }
        match self.peek() {
            Some('-' | '0'..='9') => self.number(),
            _ => Err(Fault("Expecting value", start)),
        }
    }

    fn object(&mut self, depth: usize) -> Result<B, Fault> {
        let mut entries = Vec::new();
        self.next();
        self.skip_space();
        if self.eat('}') {
            return Ok(B::object(entries));
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
            entries.push((key, self.value(depth + 1)?));
            self.skip_space();
            if self.eat('}') {
                return Ok(B::object(entries));
            }
            if !self.eat(',') {
                return Err(Fault("Expecting ',' delimiter", self.at));
            }
            self.skip_space();
        }
    }

    fn array(&mut self, depth: usize) -> Result<B, Fault> {
        let mut items = Vec::new();
        self.next();
        self.skip_space();
        if self.eat(']') {
            return Ok(B::array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.skip_space();
            if self.eat(']') {
                return Ok(B::array(items));
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

    /// Returns the character of an escape sequence whose backslash has been read, or a stand-in for
    /// an unpaired surrogate.
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
                Ok(surrogate::stand_in(self.paired(unit)))
            }
            Some(_) => Err(Fault("Invalid \\escape", at - 1)),
        }
    }

    fn code_unit(&mut self, at: usize) -> Result<u32, Fault> {
        // Python also requires a character after the four digits.
        if self.at + 4 >= self.chars.len() {
            return Err(Fault("Invalid \\uXXXX escape", at));
        }
        self.hexadecimal(4)
            .ok_or(Fault("Invalid \\uXXXX escape", at))
    }

    /// Returns the code point of a high surrogate and the low one after it, otherwise the unit
    /// itself.
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

    fn number(&mut self) -> Result<B, Fault> {
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
        let digits = text.len();
        if self.peek() == Some('.') && self.peek_second().is_some_and(|c| c.is_ascii_digit()) {
            text.extend(self.next());
            text.push_str(&self.take_while(|c| c.is_ascii_digit()));
        }
        text.extend(self.exponent());
        if text.len() > digits {
            // Rust reads every JSON number.
            return Ok(B::float(text.parse().unwrap_or(f64::NAN)));
        }
        if text.trim_start_matches('-').len() > number::MOST_DIGITS {
            return Err(Fault(TOO_LONG, start));
        }
        Ok(B::integer(if text == "-0" { "0" } else { &text }))
    }

    /// Reads an exponent if digits follow its `e` and sign; otherwise consumes nothing.
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

#[cfg(test)]
mod tests;
