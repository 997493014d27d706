//! What az prints on stdout: the answer's query, then one of az's formats, byte for byte (knack, `output.py`).
//!
//! A command hands over its document and a [`Rendering`]; what comes back are finished bytes, whole or in chunks. Nothing
//! is printed for `null`. Deliberately absent: the terminal itself (the caller knows whether there are colours), and any
//! knowledge of a command beyond its own [`Table`].

mod color;
mod copies;
mod entries;
#[cfg(test)]
mod goldens;
mod json;
mod python;
mod sink;
mod table;
#[cfg(test)]
mod tests;
mod tsv;
mod yaml;

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::str::FromStr;

use azq_document::{LazyObject, Value};
use azq_jmespath::{Checkpoint, Stop};
pub use python::LIMIT as LONGEST_TEXT;
pub use sink::LIMIT;
use sink::Sink;
pub use table::{MOST_CELLS, MOST_NESTED_TEXT};
use yaml::Anchors;

/// How deep a document may be. Azure's JSON is refused beyond 128; only a query can make more of it.
pub const DEPTH_LIMIT: usize = 512;

/// az's output formats, by the names of its `--output`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Format {
    /// `json`
    #[default]
    Json,
    /// `jsonc`: JSON, coloured on a terminal.
    Jsonc,
    /// `table`
    Table,
    /// `tsv`
    Tsv,
    /// `yaml`
    Yaml,
    /// `yamlc`: YAML, coloured on a terminal.
    Yamlc,
    /// `none`: prints nothing.
    None,
}

impl Format {
    /// All formats with their names, in az's order.
    pub const ALL: [(&'static str, Format); 7] = [
        ("json", Format::Json),
        ("jsonc", Format::Jsonc),
        ("yaml", Format::Yaml),
        ("yamlc", Format::Yamlc),
        ("table", Format::Table),
        ("tsv", Format::Tsv),
        ("none", Format::None),
    ];
}

/// The text names no format of az.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an output format")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let found = Self::ALL
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found
            .map(|&(_, format)| format)
            .ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

/// Where a command's table comes from when no query is given: az's `table_transformer`.
#[derive(Clone, Copy, Debug)]
pub enum Table {
    /// Columns from the document's own scalars, sorted by key.
    Automatic,
    /// From what this function makes of the document, in its order.
    Transform(fn(&Value) -> Value),
    /// The same, of a function that some documents do not suit.
    Attempt(fn(&Value) -> Option<Value>),
    /// From what this query, a constant of the command, makes of the document, in its order.
    Query(&'static str),
}

/// How an answer is to be printed.
#[derive(Clone, Copy)]
pub struct Rendering<'a> {
    /// The format.
    pub format: Format,
    /// `--query`, compiled.
    pub query: Option<&'a azq_jmespath::Expression>,
    /// Whether `jsonc` and `yamlc` are coloured; without, they are `json` and `yaml`.
    pub color: bool,
    /// The command's own table.
    pub table: Table,
    /// Says whether the evaluation and the rendering may go on.
    pub checkpoint: &'a dyn Checkpoint,
}

/// Why an answer could not be printed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutputError {
    /// The query failed on this document.
    #[error(transparent)]
    Query(#[from] azq_jmespath::RuntimeError),
    /// The command's own table does not fit this document.
    #[error(
        "Table output unavailable. Use the --query option to specify an appropriate query. \
         Use --debug for more info."
    )]
    Table,
    /// A query has nested its result deeper than can be printed.
    #[error("maximum recursion depth exceeded")]
    TooDeep,
    /// A query selects so much that nobody can want it.
    #[error("the output has more than {} MiB", LIMIT / 1024 / 1024)]
    TooLarge,
    /// The checkpoint has stopped the rendering.
    #[error(transparent)]
    Stopped(#[from] Stop),
    /// The receiver of the chunks wants no more.
    #[error("the output was closed")]
    Closed,
}

impl OutputError {
    /// Whether there was no memory for it beside what others do.
    pub fn is_for_want_of_memory(&self) -> bool {
        matches!(
            self,
            Self::Stopped(Stop::Memory)
                | Self::Query(azq_jmespath::RuntimeError::Stopped(Stop::Memory))
        )
    }
}

/// The exact bytes that az prints on stdout; may be none.
pub fn render(document: &Value, rendering: &Rendering<'_>) -> Result<Vec<u8>, OutputError> {
    let mut sink = Sink::whole(rendering.checkpoint);
    write(document, rendering, &mut sink)?;
    sink.finish()
}

/// The same bytes in chunks of 48 KiB or a little more, as soon as they are ready; `Break` ends it with
/// [`OutputError::Closed`]. Any other error comes before the first chunk, but for [`OutputError::TooDeep`].
pub fn render_into(
    document: &Value,
    rendering: &Rendering<'_>,
    receiver: &mut dyn FnMut(Vec<u8>) -> ControlFlow<()>,
) -> Result<(), OutputError> {
    into_chunks(receiver, rendering.checkpoint, |sink| {
        write(document, rendering, sink)
    })
}

/// The same of a list of objects, which are put together only if the format or the query wants that.
pub fn render_list_into<C: LazyObject>(
    objects: &[C],
    rendering: &Rendering<'_>,
    receiver: &mut dyn FnMut(Vec<u8>) -> ControlFlow<()>,
) -> Result<(), OutputError> {
    let checkpoint = rendering.checkpoint;
    match (rendering.query, rendering.format) {
        (None, Format::Json) => {
            into_chunks(receiver, checkpoint, |sink| json::write_list(objects, sink))
        }
        // What YAML shows as the same depends on what the document has twice.
        (None, _) | (_, Format::Yaml | Format::Yamlc) => {
            render_into(&put_together(objects, checkpoint)?, rendering, receiver)
        }
        (Some(query), _) => {
            let selected = query.search_list(objects, checkpoint)?;
            into_chunks(receiver, checkpoint, |sink| {
                write_result(&selected, &Anchors::default(), rendering, sink)
            })
        }
    }
}

/// How many objects are put together without asking whether the work may go on.
const BETWEEN_CHECKS: usize = 1 << 10;

/// A list of objects, which may be long.
fn put_together<C: LazyObject>(
    objects: &[C],
    checkpoint: &dyn Checkpoint,
) -> Result<Value, OutputError> {
    let mut documents = Vec::with_capacity(objects.len());
    for some in objects.chunks(BETWEEN_CHECKS) {
        checkpoint.check(0)?;
        documents.extend(some.iter().map(LazyObject::document));
    }
    Ok(documents.into())
}

fn into_chunks(
    receiver: &mut dyn FnMut(Vec<u8>) -> ControlFlow<()>,
    checkpoint: &dyn Checkpoint,
    write: impl FnOnce(&mut Sink<'_>) -> Result<(), OutputError>,
) -> Result<(), OutputError> {
    let mut receive = |chunk| receiver(chunk);
    let mut sink = Sink::chunked(&mut receive, checkpoint);
    write(&mut sink)?;
    sink.finish().map(drop)
}

fn write(
    document: &Value,
    rendering: &Rendering<'_>,
    sink: &mut Sink<'_>,
) -> Result<(), OutputError> {
    let is_yaml = matches!(rendering.format, Format::Yaml | Format::Yamlc);
    let (result, anchors) = match rendering.query {
        None => (Cow::Borrowed(document), Anchors::default()),
        Some(query) => {
            let selected = query.search(document, rendering.checkpoint)?;
            let (selected, anchors) = if is_yaml {
                yaml::of_query(query, document, selected, rendering.checkpoint)?
            } else {
                (selected, Anchors::default())
            };
            (Cow::Owned(selected), anchors)
        }
    };
    write_result(&result, &anchors, rendering, sink)
}

fn write_result(
    result: &Value,
    anchors: &Anchors,
    rendering: &Rendering<'_>,
    sink: &mut Sink<'_>,
) -> Result<(), OutputError> {
    if *result == Value::Null {
        return Ok(());
    }
    match rendering.format {
        Format::None => Ok(()),
        Format::Jsonc if rendering.color => paint(
            sink,
            |plain| json::write(result, plain),
            color::json::write_line,
        ),
        Format::Json | Format::Jsonc => json::write(result, sink),
        Format::Yamlc if rendering.color => {
            let mut lexer = color::yaml::Lexer::default();
            let paint_line = |line: &str, buffer: &mut Vec<u8>| lexer.write_line(line, buffer);
            paint(
                sink,
                |plain| yaml::write(result, anchors, plain),
                paint_line,
            )
        }
        Format::Yaml | Format::Yamlc => yaml::write(result, anchors, sink),
        Format::Tsv => tsv::write(result, sink),
        Format::Table => write_table(result, rendering, sink),
    }
}

/// Adds colours to what `write` renders without, line by line.
fn paint(
    sink: &mut Sink<'_>,
    write: impl FnOnce(&mut Sink<'_>) -> Result<(), OutputError>,
    mut paint_line: impl FnMut(&str, &mut Vec<u8>),
) -> Result<(), OutputError> {
    let mut pending = Vec::new();
    let checkpoint = sink.checkpoint;
    let mut outcome = Ok(());
    let mut receive = |chunk: Vec<u8>| {
        pending.extend(chunk);
        let end = pending
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |at| at + 1);
        let lines: Vec<u8> = pending.drain(..end).collect();
        for line in String::from_utf8_lossy(&lines).split_inclusive('\n') {
            paint_line(line, &mut sink.buffer);
        }
        outcome = sink.spill();
        if outcome.is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    let mut plain = Sink::chunked(&mut receive, checkpoint);
    let written = write(&mut plain).and_then(|()| plain.finish());
    outcome?;
    written.map(drop)
}

/// A query takes the place of the command's own table, and its order is kept.
fn write_table(
    result: &Value,
    rendering: &Rendering<'_>,
    sink: &mut Sink<'_>,
) -> Result<(), OutputError> {
    match rendering.table {
        _ if rendering.query.is_some() => table::write(result, false, sink),
        Table::Automatic => table::write(result, true, sink),
        Table::Transform(transform) => table::write(&transform(result), false, sink),
        Table::Attempt(transform) => {
            let rows = transform(result).ok_or(OutputError::Table)?;
            table::write(&rows, false, sink)
        }
        Table::Query(text) => {
            let query = azq_jmespath::compile(text).map_err(|_| OutputError::Table)?;
            let rows = query.search(result, rendering.checkpoint);
            let rows = rows.map_err(|_| OutputError::Table)?;
            table::write(&rows, false, sink)
        }
    }
}
