//! The table of sizes, laid out directly.
//!
//! A line consists of pieces that many lines share: those of the definition, and those of the
//! offer. The bytes equal those of the table that `azq_output` makes from [`super::Row`]'s lines,
//! which a test checks. Text that tabulate treats specially (control characters, surrounding white
//! space, non-ASCII characters) is left to that.

use std::collections::hash_map::Entry;
use std::ops::ControlFlow;
use std::sync::Arc;

use azq_document::Value;
use azq_output::{OutputError, Rendering};
use azq_vm_sizes::{Candidate, Definition, Offer, VmSize};
use foldhash::HashMap;

use super::table::{COLUMNS, cell};
use super::{definition_cells, offer_cells};

/// The minimum size of a chunk, in bytes.
const CHUNK: usize = 48 << 10;
/// The spaces between columns, and the minimum by which a column is wider than its title.
const GAP: usize = 2;
const TITLE_PADDING: usize = 2;

/// The number of columns, and the columns of the definition and of the offer.
const WIDTH: usize = 9;
const OF_DEFINITION: [usize; 6] = [0, 2, 3, 4, 5, 6];
const OF_OFFER: [usize; 3] = [1, 7, 8];

/// A table that is ready to be written.
pub(crate) struct PlainTable {
    header: Vec<u8>,
    definitions: Vec<Piece>,
    offers: Vec<Piece>,
    /// The indexes of each line's definition and offer.
    lines: Vec<(u32, u32)>,
}

/// The part of a definition or an offer in a line. It has two halves, because the columns of both
/// alternate.
struct Piece {
    first: Box<[u8]>,
    second: Box<[u8]>,
}

/// The texts of cells, by the index of their definition or offer.
struct Cells<const N: usize> {
    columns: [usize; N],
    texts: Vec<[String; N]>,
}

impl PlainTable {
    /// Lays out the table. Returns `None` if one of the texts is not plain, or there are no sizes.
    pub(super) fn of(sizes: &[Candidate]) -> Option<Self> {
        if sizes.is_empty() {
            return None;
        }
        let mut definitions: HashMap<*const Definition, u32> = HashMap::default();
        let mut offers: HashMap<*const Offer, u32> = HashMap::default();
        let mut of_definition = Cells::new(OF_DEFINITION);
        let mut of_offer = Cells::new(OF_OFFER);
        let mut lines = Vec::with_capacity(sizes.len());
        for candidate in sizes {
            let VmSize { definition, offer } = &candidate.size;
            let what = match definitions.entry(Arc::as_ptr(definition)) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(new) => *new.insert(of_definition.add(definition_cells(definition))?),
            };
            let place = match offers.entry(Arc::as_ptr(offer)) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(new) => *new.insert(of_offer.add(offer_cells(offer))?),
            };
            lines.push((what, place));
        }
        let titles = COLUMNS.map(|(title, _)| title);
        let titles = titles.get(..WIDTH)?;
        let mut widths = [0; WIDTH];
        for (width, title) in widths.iter_mut().zip(titles) {
            *width = title.len() + TITLE_PADDING;
        }
        of_definition.widen(&mut widths);
        of_offer.widen(&mut widths);
        Some(Self {
            header: header(titles, &widths),
            definitions: of_definition.pieces(&widths),
            offers: of_offer.pieces(&widths),
            lines,
        })
    }

    /// Returns the whole table.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut buffer = Vec::with_capacity(self.header.len() * (self.lines.len() / 2 + 1));
        buffer.extend_from_slice(&self.header);
        for line in &self.lines {
            self.write_line(*line, &mut buffer);
        }
        buffer
    }

    /// Writes the table in chunks.
    pub(super) fn render_into(
        &self,
        rendering: &Rendering<'_>,
        receiver: &mut dyn FnMut(Vec<u8>) -> ControlFlow<()>,
    ) -> Result<(), OutputError> {
        let room = CHUNK + CHUNK / 4;
        let mut buffer = Vec::with_capacity(room);
        buffer.extend_from_slice(&self.header);
        for line in &self.lines {
            if buffer.len() >= CHUNK {
                rendering.checkpoint.check(0)?;
                let chunk = std::mem::replace(&mut buffer, Vec::with_capacity(room));
                if receiver(chunk).is_break() {
                    return Err(OutputError::Closed);
                }
            }
            self.write_line(*line, &mut buffer);
        }
        match receiver(buffer) {
            ControlFlow::Break(()) => Err(OutputError::Closed),
            ControlFlow::Continue(()) => Ok(()),
        }
    }

    fn write_line(&self, (definition, offer): (u32, u32), buffer: &mut Vec<u8>) {
        let definition = piece(&self.definitions, definition);
        let offer = piece(&self.offers, offer);
        if let (Some(definition), Some(offer)) = (definition, offer) {
            for part in [
                &definition.first,
                &offer.first,
                &definition.second,
                &offer.second,
            ] {
                buffer.extend_from_slice(part);
            }
            buffer.push(b'\n');
        }
    }
}

fn piece(pieces: &[Piece], number: u32) -> Option<&Piece> {
    pieces.get(usize::try_from(number).ok()?)
}

impl<const N: usize> Cells<N> {
    fn new(columns: [usize; N]) -> Self {
        Self {
            columns,
            texts: Vec::new(),
        }
    }

    /// Adds the cells of one definition or offer. Returns its index, or `None` if a text is not
    /// plain.
    fn add(&mut self, entries: [super::Entry; N]) -> Option<u32> {
        let number = u32::try_from(self.texts.len()).ok()?;
        let texts = entries.map(|(key, value)| match cell(key, &value) {
            Value::String(text) => text.to_string(),
            value => azq_python::str(&value),
        });
        if !texts.iter().all(|text| is_plain(text)) {
            return None;
        }
        self.texts.push(texts);
        Some(number)
    }

    fn widen(&self, widths: &mut [usize; WIDTH]) {
        for texts in &self.texts {
            for (column, text) in self.columns.iter().zip(texts) {
                if let Some(width) = widths.get_mut(*column) {
                    *width = (*width).max(text.len());
                }
            }
        }
    }

    /// Pads the texts, with the first column separate from the others. The table's last column is
    /// not padded.
    fn pieces(&self, widths: &[usize; WIDTH]) -> Vec<Piece> {
        let piece = |texts: &[String; N]| {
            let mut padded = self.columns.iter().zip(texts).map(|(column, text)| {
                let width = widths.get(*column).copied().unwrap_or_default() + GAP;
                let is_last = *column + 1 == WIDTH;
                format!("{text:0$}", if is_last { 0 } else { width })
            });
            let first = padded.next().unwrap_or_default();
            Piece {
                first: first.into_bytes().into(),
                second: padded.collect::<String>().into_bytes().into(),
            }
        };
        self.texts.iter().map(piece).collect()
    }
}

/// Returns the titles, and the line below them.
fn header(titles: &[&str], widths: &[usize; WIDTH]) -> Vec<u8> {
    let padded = |fill: fn(&str, usize) -> String| {
        let cells = titles.iter().zip(widths);
        let cells: Vec<_> = cells.map(|(title, width)| fill(title, *width)).collect();
        cells.join(&" ".repeat(GAP)).trim_end().to_owned()
    };
    let titles = padded(|title, width| format!("{title:width$}"));
    let rule = padded(|_, width| "-".repeat(width));
    format!("{titles}\n{rule}\n").into_bytes()
}

fn is_plain(text: &str) -> bool {
    let is_printable = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    !text.is_empty() && text.bytes().all(is_printable) && text.trim() == text
}
