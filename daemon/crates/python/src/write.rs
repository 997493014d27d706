//! The writer of `repr`, `str` and `json.dumps`, with a notation for each.

use std::convert::Infallible;
use std::fmt::Write as _;

use super::number::{float, json_float};
use super::printable::is_printable;
use super::surrogate;
use super::value::{Entries, Value, View};

/// A destination of text, which may refuse to take more.
pub trait Sink {
    /// The reason why the sink refuses more text.
    type Error;

    /// Takes the next piece of text.
    fn push(&mut self, text: &str) -> Result<(), Self::Error>;

    /// Takes the depth at which the following text is nested.
    fn nested(&mut self, _depth: usize) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl Sink for String {
    type Error = Infallible;

    fn push(&mut self, text: &str) -> Result<(), Infallible> {
        self.push_str(text);
        Ok(())
    }
}

/// The spelling of values.
pub struct Notation {
    null: &'static str,
    yes: &'static str,
    no: &'static str,
    comma: &'static str,
    colon: &'static str,
    float: fn(f64) -> String,
    string: fn(&str) -> String,
    bytes: fn(&[u8]) -> String,
    /// Whether an `OrderedDict` is written with its type.
    typed: bool,
}

impl Notation {
    /// The notation of `repr`.
    pub const REPR: Self = Self {
        null: "None",
        yes: "True",
        no: "False",
        comma: ", ",
        colon: ": ",
        float,
        string: quoted,
        bytes: quoted_bytes,
        typed: true,
    };

    /// The notation of `json.dumps`, ASCII only.
    pub const JSON: Self = Self {
        null: "null",
        yes: "true",
        no: "false",
        comma: ", ",
        colon: ": ",
        float: json_float,
        string: json_string,
        bytes: |bytes| json_string(&String::from_utf8_lossy(bytes)),
        typed: false,
    };

    /// The notation of `json.dumps` with `separators=(',', ':')`.
    pub const COMPACT_JSON: Self = Self {
        comma: ",",
        colon: ":",
        ..Self::JSON
    };
}

/// Returns `repr(value)`.
pub fn repr(value: &impl Value) -> String {
    written(&Notation::REPR, value)
}

/// Returns a value in a notation.
pub(crate) fn written(notation: &Notation, value: &impl Value) -> String {
    let mut text = String::new();
    match write(notation, value, &mut text) {
        Ok(()) => text,
    }
}

/// Returns `str(value)`: a string unchanged, any other value as its `repr`.
pub fn str(value: &impl Value) -> String {
    match value.view() {
        View::Str(text) => text.to_owned(),
        _ => repr(value),
    }
}

/// Writes a value. Recursion is as deep as the value; a sink can bound it.
pub fn write<S: Sink>(
    notation: &Notation,
    value: &impl Value,
    sink: &mut S,
) -> Result<(), S::Error> {
    Writer { notation, sink }.value(value, 0)
}

struct Writer<'a, S> {
    notation: &'a Notation,
    sink: &'a mut S,
}

impl<S: Sink> Writer<'_, S> {
    fn value<V: Value>(&mut self, value: &V, depth: usize) -> Result<(), S::Error> {
        let notation = self.notation;
        self.sink.nested(depth)?;
        match value.view() {
            View::None => self.sink.push(notation.null),
            View::Bool(true) => self.sink.push(notation.yes),
            View::Bool(false) => self.sink.push(notation.no),
            View::Int(digits) => self.sink.push(&digits),
            View::Float(number) => self.sink.push(&(notation.float)(number)),
            View::Str(text) => self.sink.push(&(notation.string)(text)),
            View::Bytes(bytes) => self.sink.push(&(notation.bytes)(bytes)),
            View::List(items) => self.items(["[", "]"], items.iter(), |writer, item| {
                writer.value(item, depth + 1)
            }),
            View::OrderedDict(entries) if notation.typed => self.ordered(entries, depth),
            View::Dict(entries) | View::OrderedDict(entries) => {
                self.items(["{", "}"], entries, |writer, (key, value)| {
                    writer.sink.push(&(notation.string)(key))?;
                    writer.sink.push(notation.colon)?;
                    writer.value(value, depth + 1)
                })
            }
        }
    }

    /// Writes `OrderedDict([('a', 1)])`, or `OrderedDict()`.
    fn ordered<V: Value>(&mut self, entries: Entries<'_, V>, depth: usize) -> Result<(), S::Error> {
        if entries.len() == 0 {
            return self.sink.push("OrderedDict()");
        }
        self.items(["OrderedDict([", "])"], entries, |writer, (key, value)| {
            writer.sink.push("(")?;
            writer.sink.push(&(writer.notation.string)(key))?;
            writer.sink.push(", ")?;
            writer.value(value, depth + 1)?;
            writer.sink.push(")")
        })
    }

    /// Writes the items with commas between them, within brackets.
    fn items<T>(
        &mut self,
        [open, close]: [&str; 2],
        items: impl Iterator<Item = T>,
        write: impl Fn(&mut Self, T) -> Result<(), S::Error>,
    ) -> Result<(), S::Error> {
        self.sink.push(open)?;
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.sink.push(self.notation.comma)?;
            }
            write(self, item)?;
        }
        self.sink.push(close)
    }
}

/// Returns `repr(text)`.
pub fn quoted(text: &str) -> String {
    in_quotes(text, is_printable)
}

/// Returns a text in the quotes of `repr`, with escapes for all characters that are not shown.
fn in_quotes(text: &str, is_shown: fn(char) -> bool) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(quote);
    for character in text.chars() {
        match character {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\\' => quoted.push_str("\\\\"),
            _ if character == quote => quoted.extend(['\\', character]),
            _ if is_shown(character) => quoted.push(character),
            _ => {
                let point = surrogate::of(character).unwrap_or(u32::from(character));
                quoted.push_str(&escape(point));
            }
        }
    }
    quoted.push(quote);
    quoted
}

/// The control characters that have an escape of one letter in Python and in YAML, and the letters.
fn letters() -> impl Iterator<Item = (char, char)> {
    ('\x07'..='\r').zip("abtnvfr".chars())
}

/// Returns the letter that represents a control character after a backslash.
pub fn control_letter(character: char) -> Option<char> {
    let mut letters = letters();
    letters.find_map(|(control, letter)| (control == character).then_some(letter))
}

/// Returns the control character that a letter represents after a backslash.
pub(crate) fn control(letter: char) -> Option<char> {
    letters().find_map(|(control, known)| (known == letter).then_some(control))
}

/// Returns the escape of a code point in `repr`, and in a stream with `errors='backslashreplace'`.
pub fn escape(point: u32) -> String {
    match point {
        0..=0xff => format!("\\x{point:02x}"),
        0x100..=0xffff => format!("\\u{point:04x}"),
        _ => format!("\\U{point:08x}"),
    }
}

/// Returns `repr` of a list of names.
pub fn quoted_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().map(quoted).collect();
    format!("[{}]", names.join(", "))
}

/// Returns `repr` of bytes.
fn quoted_bytes(bytes: &[u8]) -> String {
    let text: String = bytes.iter().copied().map(char::from).collect();
    format!(
        "b{}",
        in_quotes(&text, |character| matches!(character, ' '..='~'))
    )
}

fn json_string(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            '\x08' | '\t' | '\n' | '\x0c' | '\r' => {
                json.push('\\');
                json.extend(control_letter(character));
            }
            ' '..='~' => json.push(character),
            _ => push_json_escapes(&mut json, character),
        }
    }
    json.push('"');
    json
}

/// Appends a non-ASCII character as `json.dumps` escapes it.
pub fn push_json_escapes(json: &mut String, character: char) {
    // Writing to a string cannot fail.
    if let Some(unit) = surrogate::of(character) {
        let _ = write!(json, "\\u{unit:04x}");
        return;
    }
    for unit in character.encode_utf16(&mut [0; 2]) {
        let _ = write!(json, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_as_python_writes_them() {
        for (value, written) in [
            (json!(null), "None"),
            (json!([true, 1, 1.0, "it's"]), "[True, 1, 1.0, \"it's\"]"),
            (json!({"a": {"b": []}}), "{'a': {'b': []}}"),
            (json!("a'\"\n\u{7f}é"), r#"'a\'"\n\x7fé'"#),
        ] {
            assert_eq!(repr(&value), written);
        }
        assert_eq!(str(&json!("plain")), "plain");
    }

    #[test]
    fn strings_are_quoted_as_python_quotes_them() {
        for (text, expected) in [
            ("plain", "'plain'"),
            ("it's", "\"it's\""),
            ("it's \"it\"", "'it\\'s \"it\"'"),
            ("a\\b\t\n\r", "'a\\\\b\\t\\n\\r'"),
            (
                "\u{0}\u{7f}\u{ad}\u{200b}\u{e0001}",
                "'\\x00\\x7f\\xad\\u200b\\U000e0001'",
            ),
            // A character newer than Python 3.11's Unicode 14, a combining character, white space,
            // and a private character.
            ("\u{1fae8}", r"'\U0001fae8'"),
            ("é\u{301}😀", "'é\u{301}😀'"),
            ("\u{a0}\u{3000}\u{e000}", r"'\xa0\u3000\ue000'"),
        ] {
            assert_eq!(quoted(text), expected);
        }
        assert_eq!(
            quoted(&surrogate::stand_in(0xD800).to_string()),
            r"'\ud800'"
        );
    }

    #[test]
    fn bytes_are_quoted_as_python_quotes_them() {
        for (bytes, expected) in [
            (&b"hello"[..], "b'hello'"),
            (b"it's\n", "b\"it's\\n\""),
            (b"\x00\xff\\'\"", "b'\\x00\\xff\\\\\\'\"'"),
        ] {
            assert_eq!(quoted_bytes(bytes), expected);
        }
    }
}
