//! Lays out the columns as tabulate 0.10's `simple` format without number parsing does, as knack
//! calls it.
//!
//! A column is as wide as its widest cell, and at least two wider than its header. A width is a
//! number of characters, because az does not ship the library for wide characters. Terminal escape
//! sequences have no width. A cell of several lines makes its row as high.

use std::borrow::Cow;
use std::sync::LazyLock;

use azq_python::lines;
use regex::Regex;

use super::Row;
use crate::OutputError;
use crate::sink::{LIMIT, Sink};

/// The number of spaces between columns.
const GAP: usize = 2;
/// The minimum difference between the width of a column and that of its header.
const HEADER_PADDING: usize = 2;
/// The text of a first or second cell for which tabulate draws a line instead of the row.
const SEPARATING_LINE: &str = "\u{1}";

/// The escape sequences that tabulate recognises: colours and similar ones, and hyperlinks, whose
/// text (4) is visible.
static ESCAPES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"\x1b\[[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]|\x1b\]8;(\w+=\w+:?)*;([^\x1b]+)\x1b\\(?<text>[^\x1b]+)\x1b\]8;;\x1b\\",
    )
    .ok()
});

/// Writes header, line and rows, without a newline after the last one; nothing if there are no
/// columns.
pub(super) fn write(
    headers: &[String],
    rows: Vec<Row<'_>>,
    sink: &mut Sink<'_>,
) -> Result<(), OutputError> {
    if headers.is_empty() {
        return Ok(());
    }
    let mut columns = columns(rows, headers.len());
    let layout = Layout::of(headers, &columns.cells);
    let mut widths = Vec::with_capacity(headers.len());
    for (header, column) in headers.iter().zip(&mut columns.cells) {
        widths.push(layout.align(column, layout.width(header) + HEADER_PADDING, sink)?);
    }
    let headers = headers.iter().zip(&widths);
    let headers = headers.map(|(header, &width)| layout.pad_header(header, width));
    let headers: Vec<String> = headers.collect();
    layout.push_row(headers.iter().map(String::as_str), &widths, sink)?;
    push_rule(&widths, sink)?;
    for row in columns.rows {
        let Some(row) = row else {
            push_rule(&widths, sink)?;
            continue;
        };
        let cells = columns.cells.iter();
        let cells = cells.map(|column| column.get(row).map_or("", |cell| &**cell));
        layout.push_row(cells, &widths, sink)?;
    }
    // Every line ends with a newline so far; the caller adds the last one. It is still in the
    // buffer, because the sink only spills before a line.
    sink.buffer.pop();
    Ok(())
}

/// The cells column by column.
struct Cells<'v> {
    cells: Vec<Vec<Cow<'v, str>>>,
    /// The position of each row's cells; `None` for a separating line.
    rows: Vec<Option<usize>>,
}

fn columns(rows: Vec<Row<'_>>, count: usize) -> Cells<'_> {
    let mut columns = Cells {
        cells: vec![Vec::with_capacity(rows.len()); count],
        rows: Vec::new(),
    };
    let mut next = 0;
    for row in rows {
        let separates = |cell: &Cow<'_, str>| cell.trim_matches(lines::is_space) == SEPARATING_LINE;
        if row.iter().take(2).any(separates) {
            columns.rows.push(None);
            continue;
        }
        let mut cells = row.into_iter();
        for column in &mut columns.cells {
            column.push(cells.next().unwrap_or_default());
        }
        columns.rows.push(Some(next));
        next += 1;
    }
    columns
}

/// The properties of the table's text that affect its layout.
struct Layout {
    /// Whether any cell or header has more than one line.
    multiline: bool,
    /// Whether any cell or header has an escape sequence.
    invisible: bool,
}

impl Layout {
    fn of(headers: &[String], columns: &[Vec<Cow<'_, str>>]) -> Self {
        let cells = || columns.iter().flatten().map(|cell| &**cell);
        let texts = || headers.iter().map(String::as_str).chain(cells());
        Self {
            multiline: texts().any(|text| text.contains(['\r', '\n'])),
            invisible: texts().any(|text| visible(text) != text),
        }
    }

    /// Returns the width of one line.
    fn line_width(&self, line: &str) -> usize {
        let line = if self.invisible {
            visible(line)
        } else {
            line.into()
        };
        line.chars().count()
    }

    /// Returns the width of a text: that of its widest line, if the table has several lines in a
    /// cell.
    fn width(&self, text: &str) -> usize {
        if !self.multiline {
            return self.line_width(text);
        }
        let widths = text.split(['\r', '\n']).map(|line| self.line_width(line));
        widths.max().unwrap_or(0)
    }

    /// Strips the cells of a column and pads those of several lines; returns the column's width.
    ///
    /// The padded cells are counted before they are made, because many lines in one cell and a long
    /// line in another need far more memory than both cells have.
    fn align(
        &self,
        column: &mut [Cow<'_, str>],
        least: usize,
        sink: &Sink<'_>,
    ) -> Result<usize, OutputError> {
        let mut width = least;
        for cell in column.iter_mut() {
            strip(cell);
            width = width.max(self.width(cell));
        }
        if !self.multiline {
            return Ok(width);
        }
        let lines: usize = column.iter().map(|cell| lines::lines(cell).count()).sum();
        let padded = lines.saturating_mul(width);
        if padded > LIMIT {
            return Err(OutputError::TooLarge);
        }
        sink.checkpoint.check(padded)?;
        let mut padded_width = least;
        for cell in column.iter_mut() {
            *cell = Cow::Owned(self.pad_lines(cell, width));
            padded_width = padded_width.max(self.width(cell));
        }
        Ok(padded_width)
    }

    /// Pads each line of a cell. If there are escape sequences, tabulate takes a line's invisible
    /// part from another way of splitting lines.
    fn pad_lines(&self, cell: &str, width: usize) -> String {
        let lines: Vec<String> = if self.invisible {
            let extra = |part: &str| part.chars().count() - self.line_width(part);
            lines::lines(cell)
                .zip(cell.split(['\r', '\n']))
                .map(|(line, part)| padded(line, width + extra(part)))
                .collect()
        } else {
            lines::lines(cell).map(|line| padded(line, width)).collect()
        };
        lines.join("\n")
    }

    fn pad_header(&self, header: &str, width: usize) -> String {
        let pad = |line: &str| {
            let invisible = line.chars().count().saturating_sub(self.width(line));
            padded(line, width + invisible)
        };
        if self.multiline {
            let lines: Vec<_> = header.split(['\r', '\n']).map(pad).collect();
            lines.join("\n")
        } else {
            pad(header)
        }
    }

    fn push_row<'c>(
        &self,
        cells: impl Iterator<Item = &'c str>,
        widths: &[usize],
        sink: &mut Sink<'_>,
    ) -> Result<(), OutputError> {
        if !self.multiline {
            let missing = |cell, width: usize| width.saturating_sub(self.line_width(cell));
            let cells = cells.zip(widths);
            let cells = cells.map(|(cell, &width)| (cell, missing(cell, width)));
            return push_line(cells, sink);
        }
        let lines: Vec<Vec<&str>> = cells.map(|cell| lines::lines(cell).collect()).collect();
        let height = lines.iter().map(Vec::len).max().unwrap_or(0);
        for index in 0..height {
            let cells = lines
                .iter()
                .zip(widths)
                .map(|(lines, &width)| lines.get(index).map_or(("", width), |line| (line, 0)));
            push_line(cells, sink)?;
        }
        Ok(())
    }
}

/// Writes one line of cells, each with the number of spaces that it still needs.
fn push_line<'c>(
    cells: impl Iterator<Item = (&'c str, usize)>,
    sink: &mut Sink<'_>,
) -> Result<(), OutputError> {
    sink.spill()?;
    let buffer = &mut sink.buffer;
    let start = buffer.len();
    // Spaces at the end of a line are never written, because they may be many.
    let mut spaces = 0;
    for (index, (cell, missing)) in cells.enumerate() {
        if index > 0 {
            spaces += GAP;
        }
        if !cell.is_empty() {
            buffer.resize(buffer.len() + spaces, b' ');
            buffer.extend_from_slice(cell.as_bytes());
            spaces = 0;
        }
        spaces += missing;
    }
    trim_end(buffer, start);
    buffer.push(b'\n');
    Ok(())
}

fn push_rule(widths: &[usize], sink: &mut Sink<'_>) -> Result<(), OutputError> {
    let dashes: Vec<String> = widths.iter().map(|&width| "-".repeat(width)).collect();
    push_line(dashes.iter().map(|dashes| (dashes.as_str(), 0)), sink)
}

/// Removes white space from the end of the line that begins at `start`.
fn trim_end(buffer: &mut Vec<u8>, start: usize) {
    if let Ok(line) = str::from_utf8(buffer.get(start..).unwrap_or_default()) {
        buffer.truncate(start + line.trim_end_matches(lines::is_space).len());
    }
}

fn strip(cell: &mut Cow<'_, str>) {
    match cell {
        Cow::Borrowed(text) => *text = text.trim_matches(lines::is_space),
        Cow::Owned(text) => {
            let stripped = text.trim_matches(lines::is_space);
            if stripped.len() < text.len() {
                *text = stripped.to_owned();
            }
        }
    }
}

fn padded(line: &str, width: usize) -> String {
    let missing = width.saturating_sub(line.chars().count());
    line.to_owned() + &" ".repeat(missing)
}

/// Returns the text without its escape sequences.
fn visible(text: &str) -> Cow<'_, str> {
    match &*ESCAPES {
        Some(escapes) if text.contains('\u{1b}') => escapes.replace_all(text, "$text"),
        _ => Cow::Borrowed(text),
    }
}
