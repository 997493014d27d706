//! JSON as Python's `json.loads` reads it and `json.dumps` writes it, with Python's error messages
//! and positions (`CPython` 3.11, `_json.c`).
//!
//! [`loads`] reads Azure's responses. [`parse_lenient`] reads a text of the user and, like az,
//! falls back to a Python literal if the text is not JSON (azure-cli-core, `util.py`,
//! `shell_safe_json_parse`); this is how az accepts single quotes and trailing commas. [`parse`]
//! builds values of any type.
//!
//! Deliberately different: nesting has a limit about where Python's recursion ends.

use serde_json::Value as Json;

use super::cursor::Cursor;
use super::number::{self, Parsed};
use super::write::{Notation, control, written};
use super::{literal, surrogate, text};

/// The depth to which the values of a user's text may nest; Python gives up at about a thousand
/// calls.
pub(crate) const DEPTH_LIMIT: usize = 300;

/// The depth to which a response may nest; `serde_json` has this limit and does not name it.
pub const ANSWER_DEPTH: usize = 127;

/// A type whose values the JSON reader can build: `null`, `true` or `false`, a string, an array,
/// and the others by functions of their own.
pub trait Build: From<Option<bool>> + From<String> + From<Vec<Self>> {
    /// Builds an integer from its decimal digits.
    fn integer(digits: &str) -> Self;
    /// Builds a float.
    fn float(number: f64) -> Self;
    /// Builds an object. If a key occurs twice, the last value takes the place of the first one.
    fn object(entries: Vec<(String, Self)>) -> Self;
}

impl Build for Json {
    fn integer(digits: &str) -> Self {
        number::from_digits(digits).map_or(Json::Null, Json::Number)
    }

    fn float(number: f64) -> Self {
        Json::Number(number::from_float(number))
    }

    fn object(entries: Vec<(String, Self)>) -> Self {
        entries.into_iter().collect()
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
    written(&Notation::JSON, value)
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
    if chars.first() == Some(&'\u{feff}') {
        return Err(Fault("Unexpected UTF-8 BOM (decode using utf-8-sig)", 0));
    }
    let mut cursor = Cursor::new(chars);
    cursor.skip_space();
    let value = cursor.value(limit)?;
    cursor.skip_space();
    if cursor.at < chars.len() {
        return Err(Fault("Extra data", cursor.at));
    }
    Ok(value)
}

/// The grammar of JSON.
impl Cursor<'_> {
    fn skip_space(&mut self) {
        self.take_while(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
    }

    /// Reads a value in which arrays and objects nest to at most this depth.
    fn value<B: Build>(&mut self, depth: usize) -> Result<B, Fault> {
        const WORDS: [(&str, Option<bool>); 3] =
            [("null", None), ("true", Some(true)), ("false", Some(false))];
        const NUMBERS: [(&str, f64); 3] = [
            ("NaN", f64::NAN),
            ("Infinity", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
        ];
        match self.peek() {
            Some('{' | '[') if depth == 0 => return Err(Fault(TOO_DEEP, self.at)),
            Some('"') => return self.string().map(B::from),
            Some('{') => {
                let entries = self.items('}', |cursor| cursor.entry(depth - 1))?;
                return Ok(B::object(entries));
            }
            Some('[') => {
                let items: Vec<B> = self.items(']', |cursor| cursor.value(depth - 1))?;
                return Ok(B::from(items));
            }
            _ => {}
        }
        if let Some((_, value)) = WORDS.into_iter().find(|(word, _)| self.eat_word(word)) {
            return Ok(B::from(value));
        }
        let mut numbers = NUMBERS.into_iter();
        match numbers.find(|(word, _)| self.eat_word(word)) {
            Some((_, number)) => Ok(B::float(number)),
            None => self.number(),
        }
    }

    /// Reads the items of an array or an object up to the closing bracket.
    fn items<T>(
        &mut self,
        close: char,
        mut item: impl FnMut(&mut Self) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let mut items = Vec::new();
        self.next();
        self.skip_space();
        if self.eat(close) {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            self.skip_space();
            if self.eat(close) {
                return Ok(items);
            }
            self.expect(',', "Expecting ',' delimiter")?;
        }
    }

    fn entry<B: Build>(&mut self, depth: usize) -> Result<(String, B), Fault> {
        if self.peek() != Some('"') {
            let message = "Expecting property name enclosed in double quotes";
            return Err(Fault(message, self.at));
        }
        let key = self.string()?;
        self.skip_space();
        self.expect(':', "Expecting ':' delimiter")?;
        Ok((key, self.value(depth)?))
    }

    /// Consumes a delimiter and the white space after it.
    fn expect(&mut self, delimiter: char, message: &'static str) -> Result<(), Fault> {
        if !self.eat(delimiter) {
            return Err(Fault(message, self.at));
        }
        self.skip_space();
        Ok(())
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
            Some('u') => {
                let unit = self.code_unit(at)?;
                Ok(surrogate::stand_in(self.paired(unit)))
            }
            Some(letter) => control(letter)
                .filter(|_| !matches!(letter, 'a' | 'v'))
                .ok_or(Fault("Invalid \\escape", at - 1)),
        }
    }

    fn code_unit(&mut self, at: usize) -> Result<u32, Fault> {
        // Python also requires a character after the four digits.
        let unit = (self.at + 4 < self.chars.len()).then(|| self.hexadecimal(4));
        unit.flatten().ok_or(Fault("Invalid \\uXXXX escape", at))
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

    fn number<B: Build>(&mut self) -> Result<B, Fault> {
        let start = self.at;
        self.eat('-');
        if !self.eat('0') && self.digits() == 0 {
            return Err(Fault("Expecting value", start));
        }
        let whole = self.at;
        if self.peek() == Some('.') && self.peek_second().is_some_and(|c| c.is_ascii_digit()) {
            self.next();
            self.digits();
        }
        self.exponent();
        let text = self.since(start);
        if self.at > whole {
            // Rust reads every JSON number.
            return Ok(B::float(text.parse().unwrap_or(f64::NAN)));
        }
        if text.trim_start_matches('-').len() > number::MOST_DIGITS {
            return Err(Fault(TOO_LONG, start));
        }
        Ok(B::integer(if text == "-0" { "0" } else { &text }))
    }

    /// Consumes an exponent if digits follow its `e` and sign.
    fn exponent(&mut self) {
        let start = self.at;
        if self.eat('e') || self.eat('E') {
            let _sign = self.eat('+') || self.eat('-');
            if self.digits() == 0 {
                self.at = start;
            }
        }
    }

    /// Consumes digits and returns their number.
    fn digits(&mut self) -> usize {
        self.take_while(|c| c.is_ascii_digit()).len()
    }
}

#[cfg(test)]
mod tests;
