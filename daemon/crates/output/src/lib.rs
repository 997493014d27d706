//! az's output: applies a document's query, then one of az's formats, byte for byte (knack,
//! `output.py`).
//!
//! A caller passes a document and a [`Rendering`], and gets the bytes for stdout, whole or in
//! chunks. Nothing is printed for `null`.
//!
//! Invariants: the depth of a document and the size of an answer are limited. The checkpoint is
//! checked before the memory for an answer grows. The formats write into one buffer, which holds a
//! chunk.
//!
//! Deliberately absent: the terminal (the caller knows whether it shows colours), and any knowledge
//! of a command other than its [`Table`].

mod color;
mod entries;
mod fragment_cache;
#[cfg(test)]
mod goldens;
mod json;
mod python;
mod sink;
mod table;
#[cfg(test)]
mod tests;
mod tsv;
pub mod yaml;

use std::ops::ControlFlow;
use std::str::FromStr;

use azq_document::{LazyObject, Value};
use azq_jmespath::{Checkpoint, StopReason};
pub use python::LIMIT as LONGEST_TEXT;
pub use sink::LIMIT;
use sink::Sink;
pub use table::{MOST_CELLS, MOST_NESTED_TEXT};
use yaml::Anchors;

/// The maximum depth of a document. Azure's JSON is refused beyond 128, so only a query can exceed
/// it.
pub const DEPTH_LIMIT: usize = 512;

/// az's output formats, by the names of its `--output`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Format {
    /// `json`.
    #[default]
    Json,
    /// `jsonc`: JSON, coloured on a terminal.
    Jsonc,
    /// `table`.
    Table,
    /// `tsv`.
    Tsv,
    /// `yaml`.
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

/// The error for a text that names no format of az.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an output format")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let mut formats = Self::ALL.into_iter();
        let found = formats.find(|(known, _)| known.eq_ignore_ascii_case(name));
        let (_, format) = found.ok_or_else(|| UnknownFormat(name.to_owned()))?;
        Ok(format)
    }
}

/// The source of a command's table when no query is given: az's `table_transformer`.
#[derive(Clone, Copy, Debug)]
pub enum Table {
    /// The columns are the document's own scalars, sorted by key.
    Automatic,
    /// The table is the result of this function on the document, in its order.
    Transform(fn(&Value) -> Value),
    /// The table is the result of this function on the document, if it can handle the document.
    Attempt(fn(&Value) -> Option<Value>),
    /// The table is the result of this query, a constant of the command, in its order.
    Query(&'static str),
}

/// The parameters for printing an answer.
#[derive(Clone, Copy)]
pub struct Rendering<'a> {
    /// The format.
    pub format: Format,
    /// The compiled `--query`.
    pub query: Option<&'a azq_jmespath::Expression>,
    /// Whether `jsonc` and `yamlc` are coloured; if not, they are `json` and `yaml`.
    pub color: bool,
    /// The command's own table.
    pub table: Table,
    /// The check whether the evaluation and the rendering may go on.
    pub checkpoint: &'a dyn Checkpoint,
}

/// The reason why an answer could not be printed.
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
    /// A query's result is nested deeper than can be printed.
    #[error("maximum recursion depth exceeded")]
    TooDeep,
    /// A query selects more than [`LIMIT`].
    #[error("the output has more than {} MiB", LIMIT / 1024 / 1024)]
    TooLarge,
    /// The checkpoint stopped the rendering.
    #[error(transparent)]
    Stopped(#[from] StopReason),
    /// The receiver takes no more chunks.
    #[error("the output was closed")]
    Closed,
}

impl OutputError {
    /// Whether the checkpoint refused memory; a later attempt may succeed.
    pub fn is_out_of_memory(&self) -> bool {
        matches!(
            self,
            Self::Stopped(StopReason::Memory)
                | Self::Query(azq_jmespath::RuntimeError::Stopped(StopReason::Memory))
        )
    }
}

/// Renders the exact bytes that az prints on stdout, which may be none.
///
/// # Errors
/// See [`OutputError`].
pub fn render(document: &Value, rendering: &Rendering<'_>) -> Result<Vec<u8>, OutputError> {
    let mut sink = Sink::whole(rendering.checkpoint);
    write(document, rendering, &mut sink)?;
    sink.finish()
}

/// Renders the same bytes in chunks of 48 KiB or a little more, each as soon as it is ready.
///
/// # Errors
/// `Break` ends the rendering with [`OutputError::Closed`]. See [`OutputError`] for the others.
pub fn render_into(
    document: &Value,
    rendering: &Rendering<'_>,
    receiver: &mut dyn FnMut(Vec<u8>) -> ControlFlow<()>,
) -> Result<(), OutputError> {
    into_chunks(receiver, rendering.checkpoint, |sink| {
        write(document, rendering, sink)
    })
}

/// Renders a list of lazy objects, which are built only if the format or the query needs it.
///
/// The same as those of [`render_into`].
/// As of [`render_into`].
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
        // YAML's anchors depend on which parts the document contains twice.
        (None, _) | (_, Format::Yaml | Format::Yamlc) => {
            render_into(&build_list(objects, checkpoint)?, rendering, receiver)
        }
        (Some(query), _) => {
            let selected = query.search_list(objects, checkpoint)?;
            into_chunks(receiver, checkpoint, |sink| {
                write_result(&selected, &Anchors::default(), rendering, sink)
            })
        }
    }
}

/// The number of objects that are built between two checks of the checkpoint.
const BETWEEN_CHECKS: usize = 1 << 10;

/// Builds the document of a list, which may be long.
fn build_list<C: LazyObject>(
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
    let Some(query) = rendering.query else {
        return write_result(document, &Anchors::default(), rendering, sink);
    };
    let mut selected = query.search(document, rendering.checkpoint)?;
    let mut anchors = Anchors::default();
    if matches!(rendering.format, Format::Yaml | Format::Yamlc) {
        (selected, anchors) = yaml::of_query(query, document, selected, rendering.checkpoint)?;
    }
    write_result(&selected, &anchors, rendering, sink)
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
        Format::Jsonc if rendering.color => {
            let write = |plain: &mut Sink<'_>| json::write(result, plain);
            paint(sink, write, color::json::write_line)
        }
        Format::Json | Format::Jsonc => json::write(result, sink),
        Format::Yamlc if rendering.color => {
            let mut lexer = color::yaml::Lexer::default();
            let write = |plain: &mut Sink<'_>| yaml::write(result, anchors, plain);
            paint(sink, write, |line, buffer| lexer.write_line(line, buffer))
        }
        Format::Yaml | Format::Yamlc => yaml::write(result, anchors, sink),
        Format::Tsv => tsv::write(result, sink),
        Format::Table => write_table(result, rendering, sink),
    }
}

/// Adds colours, line by line, to the text that `write` renders without them.
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
        let last = pending.iter().rposition(|&byte| byte == b'\n');
        let end = last.map_or(0, |at| at + 1);
        let lines: Vec<u8> = pending.drain(..end).collect();
        for line in String::from_utf8_lossy(&lines).split_inclusive('\n') {
            paint_line(line, &mut sink.buffer);
        }
        outcome = sink.spill();
        match &outcome {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    };
    let mut plain = Sink::chunked(&mut receive, checkpoint);
    let written = write(&mut plain).and_then(|()| plain.finish());
    outcome?;
    written.map(drop)
}

/// Writes a table. A query replaces the command's own table, and its order is kept.
fn write_table(
    result: &Value,
    rendering: &Rendering<'_>,
    sink: &mut Sink<'_>,
) -> Result<(), OutputError> {
    let rows = match rendering.table {
        _ if rendering.query.is_some() => return table::write(result, false, sink),
        Table::Automatic => return table::write(result, true, sink),
        Table::Transform(transform) => Some(transform(result)),
        Table::Attempt(transform) => transform(result),
        Table::Query(text) => azq_jmespath::compile(text)
            .ok()
            .and_then(|query| query.search(result, rendering.checkpoint).ok()),
    };
    table::write(&rows.ok_or(OutputError::Table)?, false, sink)
}
