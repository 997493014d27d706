//! Tables as az prints them: the rows and columns (knack, `output.py`, `_TableOutput`).
//!
//! Each element of a list is a row, any other value is the only row. The columns of an object are
//! its scalars, without `id`, `type` and `etag`; those of a list are its elements, named `Column1`,
//! `Column2` and so on; a scalar is in the column `Result`. Columns come in the order in which rows
//! first have them. That is the order of keys, unless a query or the command's own transformation
//! determines it.

mod layout;

use std::borrow::Cow;

use azq_document::Value;
use azq_python::is_printable;
use foldhash::HashMap;

use super::entries::{Entry, sorted};
use super::sink::Sink;
use super::{OutputError, python};

/// Keys that are never columns.
const SKIPPED: [&str; 3] = ["id", "type", "etag"];

/// A row: the text of each column up to the last one that the row has.
type Row<'v> = Vec<Cow<'v, str>>;

/// The maximum number of cells of a table.
///
/// The limit is necessary because a row of many columns makes all rows as wide, so a query can ask
/// for more cells than any memory holds.
pub const MOST_CELLS: usize = 8 * 1024 * 1024;
/// The maximum total size of a table's texts of lists and objects, in bytes.
pub const MOST_NESTED_TEXT: usize = 64 * 1024 * 1024;

/// The number of cells that are filled between two checks of the checkpoint.
const CELLS_BETWEEN_CHECKS: usize = 1 << 15;

/// Writes the whole table, or an empty line if there is nothing to show.
pub(super) fn write(value: &Value, sort: bool, sink: &mut Sink<'_>) -> Result<(), OutputError> {
    let items = value.as_array().unwrap_or(std::slice::from_ref(value));
    let mut columns = Columns {
        sort,
        ..Columns::default()
    };
    let mut rows = Vec::with_capacity(items.len());
    let mut next_check = CELLS_BETWEEN_CHECKS;
    for item in items {
        rows.push(columns.row(item)?);
        let cells = rows.len() * columns.headers.len();
        if cells > MOST_CELLS {
            return Err(OutputError::TooLarge);
        }
        if cells >= next_check {
            sink.checkpoint.check(0)?;
            next_check = cells + CELLS_BETWEEN_CHECKS;
        }
    }
    columns.decode_bytes(&mut rows);
    // The layout stores the cells once more, by column.
    sink.checkpoint
        .check(rows.len() * columns.headers.len() * size_of::<Cow<'_, str>>())?;
    layout::write(&columns.headers, rows, sink)?;
    sink.buffer.push(b'\n');
    Ok(())
}

/// The columns found so far.
#[derive(Default)]
struct Columns<'v> {
    sort: bool,
    headers: Vec<String>,
    by_header: HashMap<String, usize>,
    /// The columns by the object's keys as they are, so that a header is spelt once and not for
    /// each row.
    by_key: HashMap<&'v str, usize>,
    /// The number of bytes of text of lists and objects.
    nested_text: usize,
    /// For each column, whether it has cells other than bytes and empty ones.
    has_text: Vec<bool>,
    /// Cells of ASCII bytes, by row and column, with their text.
    ascii: Vec<(usize, usize, &'v str)>,
    row_count: usize,
}

impl<'v> Columns<'v> {
    fn row(&mut self, item: &'v Value) -> Result<Row<'v>, OutputError> {
        let mut row = Row::new();
        self.row_count += 1;
        match item {
            Value::Object(object) if self.sort => {
                sorted(object).for_each(|entry| self.add(entry, &mut row));
            }
            Value::Object(object) => {
                let entries = object.entries.iter();
                entries.for_each(|entry| self.add(entry, &mut row));
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let column = self.column(format!("Column{}", index + 1));
                    let text = self.element(item)?;
                    self.set(&mut row, column, item, text);
                }
            }
            scalar => {
                let column = self.column("Result".to_owned());
                self.set(&mut row, column, scalar, cell(scalar));
            }
        }
        Ok(row)
    }

    fn add(&mut self, (key, value): &'v Entry, row: &mut Row<'v>) {
        let nothing = matches!(value, Value::Null | Value::Array(_) | Value::Object(_));
        if nothing || SKIPPED.contains(&&**key) {
            return;
        }
        let known = self.by_key.get(&**key).copied();
        let column = known.unwrap_or_else(|| self.column(capitalized(key)));
        if known.is_none() {
            self.by_key.insert(key, column);
        }
        self.set(row, column, value, cell(value));
    }

    /// Sets the text of a cell, and records its kind in its column for the decoding of bytes.
    fn set(&mut self, row: &mut Row<'v>, column: usize, value: &'v Value, text: Cow<'v, str>) {
        if row.len() <= column {
            row.resize(column + 1, Cow::Borrowed(""));
        }
        if let Some(cell) = row.get_mut(column) {
            *cell = text;
        }
        match value {
            Value::Null => {}
            Value::Bytes(bytes) => {
                if let Some(text) = str::from_utf8(bytes).ok().filter(|text| text.is_ascii()) {
                    self.ascii.push((self.row_count - 1, column, text));
                }
            }
            _ => {
                if let Some(has_text) = self.has_text.get_mut(column) {
                    *has_text = true;
                }
            }
        }
    }

    /// Decodes the bytes of a column that has no other values, as tabulate does.
    fn decode_bytes(&self, rows: &mut [Row<'v>]) {
        for &(row, column, text) in &self.ascii {
            let cell = rows.get_mut(row).and_then(|row| row.get_mut(column));
            if let (Some(cell), Some(false)) = (cell, self.has_text.get(column)) {
                *cell = Cow::Borrowed(text);
            }
        }
    }

    /// Returns the text of an element of a row that is a list. Unlike an object's value, it is
    /// shown even if it is nested.
    fn element(&mut self, item: &'v Value) -> Result<Cow<'v, str>, OutputError> {
        if !matches!(item, Value::Array(_) | Value::Object(_)) {
            return Ok(cell(item));
        }
        let text = python::repr(item)?;
        self.nested_text += text.len();
        if self.nested_text > MOST_NESTED_TEXT {
            return Err(OutputError::TooLarge);
        }
        Ok(Cow::Owned(text))
    }

    fn column(&mut self, header: String) -> usize {
        *self.by_header.entry(header).or_insert_with_key(|header| {
            self.headers.push(header.clone());
            self.has_text.push(false);
            self.headers.len() - 1
        })
    }
}

/// Returns the text of a scalar; the text of `None` is empty.
fn cell(value: &Value) -> Cow<'_, str> {
    if *value == Value::Null {
        Cow::Borrowed("")
    } else {
        python::scalar(value)
    }
}

/// Returns the key with its first character in upper case, if Python's Unicode has one.
fn capitalized(key: &str) -> String {
    let mut rest = key.chars();
    match rest.next() {
        Some(first) if first.to_uppercase().all(is_printable) => {
            first.to_uppercase().chain(rest).collect()
        }
        _ => key.to_owned(),
    }
}
