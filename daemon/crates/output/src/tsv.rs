//! TSV as az prints it (knack, `output.py`, `_TsvOutput`).
//!
//! Each element of a list is a line; any other value is the only line. A list within a column is
//! shown as its length, an object is not shown. As in az, tabs and line breaks in strings are not
//! escaped.

use azq_document::{Origin, Value};

use super::entries::sorted;
use super::sink::{CHUNK, Sink};
use super::{OutputError, python};

/// Writes all lines.
pub(super) fn write(value: &Value, sink: &mut Sink<'_>) -> Result<(), OutputError> {
    let rows = value.as_array().unwrap_or(std::slice::from_ref(value));
    for row in rows {
        push_row(row, sink)?;
        sink.spill()?;
    }
    Ok(())
}

fn push_row(row: &Value, sink: &mut Sink<'_>) -> Result<(), OutputError> {
    match row {
        Value::Array(items) => push_cells(items.iter(), sink)?,
        Value::Object(object) if object.origin == Origin::Selection => {
            push_cells(object.entries.iter().map(|(_, value)| value), sink)?;
        }
        Value::Object(object) => {
            push_cells(sorted(object).map(|(_, value)| value), sink)?;
        }
        Value::Bool(true) => sink.buffer.extend_from_slice(b"true"),
        Value::Bool(false) => sink.buffer.extend_from_slice(b"false"),
        scalar => push_cell(scalar, sink)?,
    }
    sink.buffer.push(b'\n');
    Ok(())
}

fn push_cells<'v>(
    cells: impl Iterator<Item = &'v Value>,
    sink: &mut Sink<'_>,
) -> Result<(), OutputError> {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            sink.buffer.push(b'\t');
        }
        push_cell(cell, sink)?;
    }
    Ok(())
}

fn push_cell(cell: &Value, sink: &mut Sink<'_>) -> Result<(), OutputError> {
    let buffer = &mut sink.buffer;
    match cell {
        Value::Array(items) => buffer.extend_from_slice(items.len().to_string().as_bytes()),
        Value::Object(_) => {}
        // A query can make a string of any length.
        Value::String(text) => {
            for part in text.as_bytes().chunks(CHUNK) {
                sink.buffer.extend_from_slice(part);
                sink.spill()?;
            }
        }
        scalar => buffer.extend_from_slice(python::scalar(scalar).as_bytes()),
    }
    Ok(())
}
