//! Python's representations of values in a query's results and errors.
//!
//! Writing draws on the query's [`Budget`], because a list that a query shares many times over is
//! long when written.

use azq_document::Value;
use azq_python::{Notation, Sink};
pub(super) use azq_python::{quoted_list, type_name};

use super::budget::{Budget, Exhausted, PART};

/// Returns the name of a value's type in Python's own exceptions.
pub(super) fn full_type_name(value: &Value) -> &'static str {
    match type_name(value) {
        "OrderedDict" => "collections.OrderedDict",
        name => name,
    }
}

/// Returns the query language's name for a value's type.
pub(super) fn jmespath_type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Int(_) | Value::BigInt(_) | Value::Float(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::Bytes(_) => "unknown",
    }
}

/// Returns `str(value)`.
pub(super) fn display(value: &Value, budget: &Budget<'_>) -> Result<String, Exhausted> {
    match value {
        Value::String(text) => Ok(text.to_string()),
        _ => write(&Notation::REPR, value, budget),
    }
}

/// Returns `repr(value)`.
#[cfg(test)]
pub(super) fn repr(value: &Value) -> String {
    write(&Notation::REPR, value, &Budget::default()).unwrap()
}

/// Returns `json.dumps(value, separators=(',', ':'))`.
pub(super) fn dumps(value: &Value, budget: &Budget<'_>) -> Result<String, Exhausted> {
    write(&Notation::COMPACT_JSON, value, budget)
}

fn write(notation: &Notation, value: &Value, budget: &Budget<'_>) -> Result<String, Exhausted> {
    let mut text = MeteredText {
        text: String::new(),
        budget,
    };
    azq_python::write(notation, value, &mut text)?;
    Ok(text.text)
}

/// A text whose bytes are paid for as it grows.
struct MeteredText<'a> {
    text: String,
    budget: &'a Budget<'a>,
}

impl Sink for MeteredText<'_> {
    type Error = Exhausted;

    fn push(&mut self, text: &str) -> Result<(), Exhausted> {
        self.budget.spend(text.len() + PART)?;
        if self.text.len() + text.len() > self.text.capacity() {
            self.budget.allocate_at_once(2 * self.text.capacity())?;
        }
        self.text.push_str(text);
        Ok(())
    }
}
