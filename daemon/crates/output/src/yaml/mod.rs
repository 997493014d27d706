//! YAML as az prints it (knack, `output.py`).
//!
//! That is `yaml.safe_dump(…, default_flow_style=False, allow_unicode=True)` of `PyYAML` 6: block
//! style, keys sorted, lists not indented below their key, lines folded after 80 columns. The
//! writer is written by hand because no YAML crate writes `PyYAML`'s bytes: neither its choice of
//! quotes nor its folding.

mod anchors;
mod resolve;
mod scalar;
mod writer;

pub(super) use anchors::{Anchors, of_query};
pub use resolve::{ScalarType, scalar_type};

use super::entries::{Entry, sorted};
use super::sink::Sink;
use super::{DEPTH_LIMIT, OutputError};
use azq_document::{Object, Value};
use azq_jmespath::Unlimited;
use scalar::Style;
use writer::Writer;

/// The number of columns by which each level is indented.
const INDENT: usize = 2;

/// The characters that a scalar may contain unescaped. Double quotes escape the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Characters {
    /// All printable characters (`allow_unicode=True`).
    Unicode,
    /// The printable characters of ASCII (`PyYAML`'s default).
    Ascii,
}

/// Writes a document as az prints it.
pub(super) fn write(
    value: &Value,
    anchors: &Anchors,
    sink: &mut Sink<'_>,
) -> Result<(), OutputError> {
    emit(value, anchors, Characters::Unicode, sink)
}

/// Writes a document as az writes it to a file: `yaml.safe_dump(…, default_flow_style=False)`.
/// Every part is written in full, without anchors.
///
/// # Errors
/// The document is deeper than [`DEPTH_LIMIT`], or its text is longer than [`crate::LIMIT`].
pub fn dump(value: &Value) -> Result<Vec<u8>, OutputError> {
    let mut sink = Sink::whole(&Unlimited);
    emit(value, &Anchors::default(), Characters::Ascii, &mut sink)?;
    sink.finish()
}

fn emit(
    value: &Value,
    anchors: &Anchors,
    characters: Characters,
    sink: &mut Sink<'_>,
) -> Result<(), OutputError> {
    let mut emitter = Emitter {
        writer: Writer::new(characters, sink),
        characters,
        anchors,
        written: vec![false; anchors.count()],
        depth: 0,
    };
    let plain = emitter.node(value, None, NodePosition::Root)?;
    emitter.writer.indent(0);
    if plain {
        // Without a mark, a plain scalar at the root could continue on the next line.
        emitter.writer.indicator("...", true);
        emitter.writer.indent(0);
    }
    Ok(())
}

/// The position of a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NodePosition {
    Root,
    Sequence,
    Mapping,
    SimpleKey,
}

struct Emitter<'e, 's, 'r> {
    writer: Writer<'s, 'r>,
    characters: Characters,
    anchors: &'e Anchors,
    /// Whether each anchor has been written, by its number less one.
    written: Vec<bool>,
    depth: usize,
}

impl Emitter<'_, '_, '_> {
    /// Writes a node at an indentation, `None` at the root; returns whether it was a plain scalar.
    fn node(
        &mut self,
        value: &Value,
        indent: Option<usize>,
        place: NodePosition,
    ) -> Result<bool, OutputError> {
        match value {
            Value::String(text) => {
                let style = scalar::style(text, place == NodePosition::SimpleKey, self.characters);
                self.scalar(text, style, indent, place)?;
                return Ok(style == Style::Plain);
            }
            Value::Bytes(bytes) => {
                let indent = indent.map_or(INDENT, |indent| indent + INDENT);
                self.writer.binary(bytes, indent)?;
            }
            Value::Array(_) | Value::Object(_) if self.alias(value) => {}
            Value::Array(items) => self.deeper(|emitter| emitter.sequence(items, indent, place))?,
            Value::Object(object) => self.deeper(|emitter| emitter.mapping(object, indent))?,
            other => {
                self.scalar(&plain(other), Style::Plain, indent, place)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn scalar(
        &mut self,
        text: &str,
        style: Style,
        indent: Option<usize>,
        place: NodePosition,
    ) -> Result<(), OutputError> {
        let fold = indent.map_or(INDENT, |indent| indent + INDENT);
        self.writer.scalar(
            text,
            style,
            (place != NodePosition::SimpleKey).then_some(fold),
        )
    }

    /// Writes the anchor of a node that has one, or the alias if the node has been written; returns
    /// whether it was the alias.
    fn alias(&mut self, value: &Value) -> bool {
        let Some(number) = self.anchors.number(value) else {
            return false;
        };
        let written = self.written.get_mut(number as usize - 1);
        let again = written.is_some_and(|written| std::mem::replace(written, true));
        let sign = if again { '*' } else { '&' };
        self.writer.indicator(&format!("{sign}id{number:03}"), true);
        again
    }

    fn deeper(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), OutputError>,
    ) -> Result<(), OutputError> {
        if self.depth >= DEPTH_LIMIT {
            return Err(OutputError::TooDeep);
        }
        self.depth += 1;
        write(self)?;
        self.depth -= 1;
        Ok(())
    }

    fn sequence(
        &mut self,
        items: &[Value],
        indent: Option<usize>,
        place: NodePosition,
    ) -> Result<(), OutputError> {
        if items.is_empty() {
            self.writer.indicator("[]", true);
            return Ok(());
        }
        let own_line = place == NodePosition::Mapping && !self.writer.at_indention();
        let indent = match indent {
            None => 0,
            Some(indent) if own_line => indent,
            Some(indent) => indent + INDENT,
        };
        for item in items {
            self.writer.sink.spill()?;
            self.writer.indent(indent);
            self.writer.block_indicator("-");
            self.node(item, Some(indent), NodePosition::Sequence)?;
        }
        Ok(())
    }

    fn mapping(&mut self, object: &Object, indent: Option<usize>) -> Result<(), OutputError> {
        if object.entries.is_empty() {
            self.writer.indicator("{}", true);
            return Ok(());
        }
        let indent = indent.map_or(0, |indent| indent + INDENT);
        for entry in sorted(object) {
            self.writer.sink.spill()?;
            self.writer.indent(indent);
            self.entry(entry, indent)?;
        }
        Ok(())
    }

    fn entry(&mut self, (key, value): &Entry, indent: usize) -> Result<(), OutputError> {
        if scalar::is_simple_key(key) {
            let style = scalar::style(key, true, self.characters);
            self.scalar(key, style, Some(indent), NodePosition::SimpleKey)?;
            self.writer.indicator(":", false);
        } else {
            self.writer.block_indicator("?");
            let style = scalar::style(key, false, self.characters);
            self.scalar(key, style, Some(indent), NodePosition::Mapping)?;
            self.writer.indent(indent);
            self.writer.block_indicator(":");
        }
        self.node(value, Some(indent), NodePosition::Mapping)?;
        Ok(())
    }
}

/// Returns a scalar that is not a string (`PyYAML`, `representer.py`).
fn plain(value: &Value) -> String {
    match value {
        Value::Bool(true) => "true".to_owned(),
        Value::Bool(false) => "false".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::BigInt(digits) => digits.to_string(),
        Value::Float(number) => float(*number),
        _ => "null".to_owned(),
    }
}

fn float(number: f64) -> String {
    let text = azq_python::number::float_named(number, [".nan", ".inf", "-.inf"]);
    // Without a point YAML would not read a float.
    if text.contains('.') {
        text
    } else {
        text.replacen('e', ".0e", 1)
    }
}
