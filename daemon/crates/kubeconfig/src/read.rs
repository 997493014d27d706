//! Reads YAML as `PyYAML`'s `safe_load` does, as far as the result is certain.

use std::sync::Arc;

use azq_document::{Object, Value};
use azq_output::DEPTH_LIMIT;
use azq_output::yaml::{ScalarType, scalar_type};
use azq_python::number;
use saphyr_parser::{Event, Parser, ScalarStyle};

/// The reason why a text is not supported and is left to az.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// The text is no YAML.
    #[error("it is no YAML: {what}, line {line}")]
    Syntax {
        /// The parser's message.
        what: String,
        /// The number of the line, from one.
        line: usize,
    },
    /// The text uses a feature that YAML's versions and libraries understand differently.
    #[error("it has {0}")]
    Feature(&'static str),
    /// This part does not have the form that it has in a kubeconfig.
    #[error("its '{0}' has an unknown form")]
    Form(&'static str),
}

/// The beginning and end of the names that stand in a text for values which the caller has. A
/// number is between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names {
    /// The text with which a name begins.
    pub begin: &'static str,
    /// The text with which a name ends.
    pub end: &'static str,
}

impl Names {
    /// Whether the text is a name as a whole, or contains none.
    fn is_whole(self, text: &str) -> bool {
        let number = text.strip_prefix(self.begin);
        let number = number.and_then(|rest| rest.strip_suffix(self.end));
        let is_name = number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        is_name || !text.contains(self.begin)
    }
}

/// Reads a text with one document; an empty text is null. A name is an ordinary string. A name that
/// is a part of a string, or a key, is refused, because the value would be written in another form.
pub(crate) fn read(text: &str, names: Option<Names>) -> Result<Value, Unsupported> {
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        names,
        depth: 0,
    };
    let mut document = None;
    loop {
        match reader.next()? {
            Event::StreamEnd => return Ok(document.unwrap_or(Value::Null)),
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            _ if document.is_some() => return Err(Unsupported::Feature("several documents")),
            event => document = Some(reader.node(event)?),
        }
    }
}

struct Reader<'i> {
    parser: Parser<'i, saphyr_parser::StrInput<'i>>,
    names: Option<Names>,
    depth: usize,
}

impl<'i> Reader<'i> {
    fn next(&mut self) -> Result<Event<'i>, Unsupported> {
        match self.parser.next() {
            Some(Ok((event, _))) => Ok(event),
            Some(Err(error)) => Err(Unsupported::Syntax {
                what: error.info().to_owned(),
                line: error.marker().line(),
            }),
            None => Ok(Event::StreamEnd),
        }
    }

    fn node(&mut self, event: Event<'i>) -> Result<Value, Unsupported> {
        match event {
            Event::Scalar(.., anchor, _)
            | Event::SequenceStart(anchor, _)
            | Event::MappingStart(anchor, _)
                if anchor != 0 =>
            {
                Err(Unsupported::Feature("an anchor"))
            }
            Event::Scalar(.., Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => Err(Unsupported::Feature("a tag")),
            Event::Scalar(text, ..) if self.names.is_some_and(|names| !names.is_whole(&text)) => {
                Err(Unsupported::Feature("a long value within a text"))
            }
            Event::Scalar(text, ScalarStyle::Plain, ..) => plain(&text),
            Event::Scalar(text, ..) => Ok(Value::from(&*text)),
            Event::SequenceStart(..) => self.deeper(Self::sequence),
            Event::MappingStart(..) => self.deeper(Self::mapping),
            Event::Alias(_) => Err(Unsupported::Feature("an alias")),
            _ => Err(Unsupported::Feature("an incomplete document")),
        }
    }

    /// Reads a nested value, unless it is too deep to be written.
    fn deeper(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Value, Unsupported>,
    ) -> Result<Value, Unsupported> {
        if self.depth >= DEPTH_LIMIT / 4 {
            return Err(Unsupported::Feature("too many levels"));
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn sequence(&mut self) -> Result<Value, Unsupported> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok(items.into()),
                event => items.push(self.node(event)?),
            }
        }
    }

    /// Reads a mapping. The last entry of a key counts, as in Python.
    fn mapping(&mut self) -> Result<Value, Unsupported> {
        let mut object = Object::default();
        loop {
            let key = match self.next()? {
                Event::MappingEnd => return Ok(Value::Object(Arc::new(object))),
                event => self.node(event)?,
            };
            let Value::String(key) = key else {
                return Err(Unsupported::Feature("a key that is no string"));
            };
            let event = self.next()?;
            if self.names.is_some_and(|names| key.contains(names.begin)) {
                return Err(Unsupported::Feature("a long value as a key"));
            }
            object.set(key, self.node(event)?);
        }
    }
}

/// Reads a plain scalar by its type.
fn plain(text: &str) -> Result<Value, Unsupported> {
    Ok(match scalar_type(text) {
        ScalarType::String => Value::from(text),
        ScalarType::Null => Value::Null,
        ScalarType::Boolean => {
            let is_true = ["yes", "true", "on"];
            Value::Bool(is_true.iter().any(|word| text.eq_ignore_ascii_case(word)))
        }
        ScalarType::Integer => integer(text).ok_or(Unsupported::Feature("an unusual number"))?,
        ScalarType::Float => float(text).ok_or(Unsupported::Feature("an unusual number"))?,
        ScalarType::Timestamp => return Err(Unsupported::Feature("a timestamp")),
        ScalarType::Merge => return Err(Unsupported::Feature("a merge key")),
        ScalarType::Value => return Err(Unsupported::Feature("a default value")),
    })
}

/// Reads an integer (`PyYAML`, `constructor.py`); `None` for base 60 and for more than 127 bits.
fn integer(text: &str) -> Option<Value> {
    let text = text.replace('_', "");
    let (is_negative, digits) = signed(&text);
    let (base, digits) = match digits.strip_prefix('0') {
        None | Some("") => (10, digits),
        Some(rest) => match rest.split_at_checked(1) {
            Some(("b", bits)) => (2, bits),
            Some(("x", digits)) => (16, digits),
            _ => (8, rest),
        },
    };
    let number = i128::from_str_radix(digits, base).ok()?;
    Some(Value::Int(if is_negative { -number } else { number }))
}

/// Reads a float; `None` for base 60.
fn float(text: &str) -> Option<Value> {
    let text = text.replace('_', "").to_lowercase();
    let (is_negative, digits) = signed(&text);
    let number = match digits {
        ".inf" => f64::INFINITY,
        ".nan" => f64::NAN,
        digits => number::parse_float(digits)?,
    };
    Some(Value::Float(if is_negative { -number } else { number }))
}

/// Whether a number is negative, and the number without its sign.
fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Value, Unsupported> {
        super::read(text, None)
    }

    #[test]
    fn scalars_have_the_types_of_yaml_1_1() {
        for (text, expected) in [
            ("a", Value::from("a")),
            ("'1'", "1".into()),
            ("\"yes\"", "yes".into()),
            ("yes", Value::Bool(true)),
            ("Off", Value::Bool(false)),
            ("~", Value::Null),
            ("", Value::Null),
            ("12_0", Value::Int(120)),
            ("-0x1F", Value::Int(-31)),
            ("017", Value::Int(15)),
            ("0b101", Value::Int(5)),
            ("0", Value::Int(0)),
            ("1e3", "1e3".into()),
            ("1.5", Value::Float(1.5)),
            ("-.inf", Value::Float(f64::NEG_INFINITY)),
            ("0o7", "0o7".into()),
            ("y", "y".into()),
        ] {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn collections_are_read_in_both_styles() {
        let expected = read(r#"{"a": [1, {"b": null}], "c": {}}"#).unwrap();
        assert_eq!(read("a:\n- 1\n- b:\nc: {}\n"), Ok(expected));
        assert_eq!(read("a: 1\nb: 2\na: 3"), read("{a: 3, b: 2}"));
    }

    #[test]
    fn what_az_may_read_otherwise_is_refused() {
        for text in [
            "a: &x 1",
            "a: *x",
            "a: !!str 1",
            "a: 2001-12-14",
            "1: a",
            "<<: {a: 1}",
            "a: 1:30",
            "a: =",
            "--- a\n--- b\n",
            "a: [",
            "a: b: c",
            "a: \"x",
            "? [a]\n: b",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        let too_deep = Err(Unsupported::Feature("too many levels"));
        assert_eq!(read(&("- ".repeat(200) + "a")), too_deep);
        assert!(read(&("[".repeat(200_000) + &"]".repeat(200_000))).is_err());
    }

    #[test]
    fn a_name_stands_for_a_whole_value_only() {
        let names = Some(Names {
            begin: "long-",
            end: "-end",
        });
        for text in ["a: long-1-end", "a: 'long-12-end'", "a: [b, long-0-end]"] {
            assert_eq!(super::read(text, names), read(text), "{text}");
        }
        for text in [
            "a: long-1-end\n  b",
            "a: |-\n  long-1-end\n  b",
            "long-1-end: a",
            "a: long-x-end",
        ] {
            assert!(super::read(text, names).is_err(), "{text}");
            assert!(read(text).is_ok(), "{text}");
        }
    }
}
