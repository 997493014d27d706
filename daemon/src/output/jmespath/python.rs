//! Python's texts: `repr` and `str` of values, `json.dumps`, floats, and the names of types.
//!
//! They show up in error messages and in `to_string`. Lists that a query shares many times over are long when
//! written, so writing draws on the query's [`Budget`].

use std::fmt::Write as _;

use super::budget::{Budget, Exhausted, PART};
use crate::document::{Object, Origin, Value};

/// Python converts no integers with more digits (`sys.get_int_max_str_digits`).
pub(super) const MAXIMUM_DIGITS: usize = 4300;

/// Python's name for a value's type.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Float(_) => "float",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(object) => match object.origin {
            Origin::Data => "dict",
            Origin::Selection => "OrderedDict",
        },
    }
}

/// The name by which Python's own exceptions call a value's type.
pub(super) fn full_type_name(value: &Value) -> &'static str {
    match type_name(value) {
        "OrderedDict" => "collections.OrderedDict",
        name => name,
    }
}

/// The query language's name for a value's type.
pub(super) fn jmespath_type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Int(_) | Value::Float(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// `str.isspace` of one character.
pub(super) fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\x1c'..='\x1f')
}

/// `str(value)`.
pub(super) fn display(value: &Value, budget: &Budget) -> Result<String, Exhausted> {
    match value {
        Value::String(text) => Ok(text.to_string()),
        _ => write_whole(&REPR, value, budget),
    }
}

/// `repr(value)`.
#[cfg(test)]
pub(super) fn repr(value: &Value) -> String {
    write_whole(&REPR, value, &Budget::default()).unwrap()
}

/// `json.dumps(value, separators=(',', ':'))`.
pub(super) fn dumps(value: &Value, budget: &Budget) -> Result<String, Exhausted> {
    write_whole(&JSON, value, budget)
}

/// `repr(text)`.
pub(super) fn quoted(text: &str) -> String {
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
            _ if is_printable(character) => quoted.push(character),
            _ => push_escaped(&mut quoted, character),
        }
    }
    quoted.push(quote);
    quoted
}

/// `repr` of a list of names.
pub(super) fn quoted_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().map(quoted).collect();
    format!("[{}]", names.join(", "))
}

fn push_escaped(text: &mut String, character: char) {
    let point = u32::from(character);
    // Writing to a string cannot fail.
    let _ = match point {
        0..=0xff => write!(text, "\\x{point:02x}"),
        0x100..=0xffff => write!(text, "\\u{point:04x}"),
        _ => write!(text, "\\U{point:08x}"),
    };
}

/// `str.isprintable`. Rust's own escapes go by the same Unicode categories, save that at the beginning of a
/// text they also hide characters that combine with the one before.
fn is_printable(character: char) -> bool {
    let text: String = ['a', character].into_iter().collect();
    matches!(character, '"' | '\'' | '\\') || text.escape_debug().nth(1) == Some(character)
}

/// `repr` of a float.
fn float(value: f64) -> String {
    if value.is_nan() || value.is_infinite() {
        return value.to_string().to_lowercase();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>().unwrap_or(0) {
        -4..=15 => format!("{value:?}"),
        exponent => format!("{mantissa}e{exponent:+03}"),
    }
}

/// The two notations share their structure.
struct Notation {
    null: &'static str,
    yes: &'static str,
    no: &'static str,
    comma: &'static str,
    colon: &'static str,
    float: fn(f64) -> String,
    string: fn(&str) -> String,
    /// Whether a selection shows that it is an `OrderedDict`.
    typed: bool,
}

const REPR: Notation = Notation {
    null: "None",
    yes: "True",
    no: "False",
    comma: ", ",
    colon: ": ",
    float,
    string: quoted,
    typed: true,
};

const JSON: Notation = Notation {
    null: "null",
    yes: "true",
    no: "false",
    comma: ",",
    colon: ":",
    float: json_float,
    string: json_string,
    typed: false,
};

fn json_float(value: f64) -> String {
    match value {
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        _ if value.is_nan() => "NaN".to_owned(),
        _ => float(value),
    }
}

fn json_string(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\x08' => json.push_str("\\b"),
            '\x0c' => json.push_str("\\f"),
            ' '..='~' => json.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(json, "\\u{unit:04x}");
                }
            }
        }
    }
    json.push('"');
    json
}

fn write_whole(notation: &Notation, value: &Value, budget: &Budget) -> Result<String, Exhausted> {
    let mut writer = Writer {
        notation,
        budget,
        text: String::new(),
    };
    writer.value(value)?;
    Ok(writer.text)
}

struct Writer<'a> {
    notation: &'a Notation,
    budget: &'a Budget,
    text: String,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value) -> Result<(), Exhausted> {
        let notation = self.notation;
        match value {
            Value::Null => self.push(notation.null),
            Value::Bool(true) => self.push(notation.yes),
            Value::Bool(false) => self.push(notation.no),
            Value::Int(integer) => self.push(&integer.to_string()),
            Value::Float(value) => self.push(&(notation.float)(*value)),
            Value::String(text) => self.push(&(notation.string)(text)),
            Value::Array(items) => self.array(items),
            Value::Object(object) => self.object(object),
        }
    }

    fn array(&mut self, items: &[Value]) -> Result<(), Exhausted> {
        self.push("[")?;
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                self.push(self.notation.comma)?;
            }
            self.value(item)?;
        }
        self.push("]")
    }

    fn object(&mut self, object: &Object) -> Result<(), Exhausted> {
        let typed = self.notation.typed && object.origin == Origin::Selection;
        let (open, colon, pair_end, close) = match (typed, object.entries.is_empty()) {
            (false, _) => ("{", self.notation.colon, "", "}"),
            (true, false) => ("OrderedDict([", ", ", ")", "])"),
            (true, true) => ("OrderedDict(", ", ", ")", ")"),
        };
        self.push(open)?;
        for (place, (key, value)) in object.entries.iter().enumerate() {
            if place > 0 {
                self.push(self.notation.comma)?;
            }
            if typed {
                self.push("(")?;
            }
            self.push(&(self.notation.string)(key))?;
            self.push(colon)?;
            self.value(value)?;
            self.push(pair_end)?;
        }
        self.push(close)
    }

    fn push(&mut self, text: &str) -> Result<(), Exhausted> {
        self.budget.spend(text.len() + PART)?;
        if self.text.len() + text.len() > self.text.capacity() {
            self.budget.allocate_at_once(2 * self.text.capacity())?;
        }
        self.text.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_python_writes_them() {
        for (value, expected) in [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e-5, "1.5e-05"),
            (0.0001, "0.0001"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(float(value), expected);
        }
    }

    #[test]
    fn strings_are_quoted_as_python_quotes_them() {
        for (text, expected) in [
            ("a", "'a'"),
            ("it's", "\"it's\""),
            ("'\"", "'\\'\"'"),
            ("\\\n\u{1b}\u{7f}", r"'\\\n\x1b\x7f'"),
            ("é\u{301}\u{1f600}", "'é\u{301}\u{1f600}'"),
            (
                "\u{a0}\u{200b}\u{e000}\u{e0001}",
                r"'\xa0\u200b\ue000\U000e0001'",
            ),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }
}
