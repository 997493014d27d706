//! Python's representations of values in az's output: `str` of scalars, and `repr` of bounded
//! length.
//!
//! Python's rules themselves are in `azq_python`.

use std::borrow::Cow;

use azq_document::Value;
use azq_python::{Notation, Sink};

use super::{DEPTH_LIMIT, OutputError};

/// The maximum length of the text of a list or object, in bytes.
pub const LIMIT: usize = 16 * 1024 * 1024;

/// Returns `str(value)` of a scalar; the text of a list or an object is empty here.
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

/// Returns `repr(value)`, or an error if it is longer than [`LIMIT`].
pub(super) fn repr(value: &Value) -> Result<String, OutputError> {
    let mut text = Bounded(String::new());
    azq_python::write(&Notation::REPR, value, &mut text)?;
    Ok(text.0)
}

/// A text of bounded length and depth.
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
