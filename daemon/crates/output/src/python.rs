//! How az's output shows Python's values: `str` of scalars, and `repr` no longer than a table can bear.
//!
//! Python's rules themselves are in `azq_python`.

use std::borrow::Cow;

use azq_document::Value;
use azq_python::{Notation, Sink};

use super::{DEPTH_LIMIT, OutputError};

/// How long the text of a list or object may be, in bytes.
pub const LIMIT: usize = 16 * 1024 * 1024;

/// `str(value)` of what is neither a list nor an object; those have no text here.
pub(super) fn scalar(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Null => Cow::Borrowed("None"),
        Value::Bool(true) => Cow::Borrowed("True"),
        Value::Bool(false) => Cow::Borrowed("False"),
        Value::BigInt(digits) => Cow::Borrowed(digits),
        Value::Int(_) | Value::Float(_) | Value::Bytes(_) => Cow::Owned(azq_python::repr(value)),
        Value::Array(_) | Value::Object(_) => Cow::Borrowed(""),
    }
}

/// `repr(value)`; no longer than a table can bear.
pub(super) fn repr(value: &Value) -> Result<String, OutputError> {
    let mut text = Bounded(String::new());
    azq_python::write(&Notation::REPR, value, &mut text)?;
    Ok(text.0)
}

/// A text that grows and nests no further than it may.
struct Bounded(String);

impl Sink for Bounded {
    type Error = OutputError;

    fn push(&mut self, text: &str) -> Result<(), OutputError> {
        self.0.push_str(text);
        if self.0.len() > LIMIT {
            return Err(OutputError::TooLarge);
        }
        Ok(())
    }

    fn nested(&mut self, depth: usize) -> Result<(), OutputError> {
        if depth > DEPTH_LIMIT {
            return Err(OutputError::TooDeep);
        }
        Ok(())
    }
}
