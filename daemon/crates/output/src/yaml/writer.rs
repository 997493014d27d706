//! Writes scalars on the emitter's line and folds them (`PyYAML`, `emitter.py`, the writers).

use azq_python::control_letter;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::Characters;
use super::scalar::{Style, is_break};
use crate::OutputError;
use crate::sink::Sink;

/// The column beyond which lines are folded, where possible.
const WIDTH: usize = 80;

/// The line being written.
pub(super) struct Writer<'s, 'r> {
    pub(super) sink: &'s mut Sink<'r>,
    characters: Characters,
    /// The number of characters on the line.
    column: usize,
    /// Whether the last character was white space, or a line has just begun.
    whitespace: bool,
    /// Whether the line contains only indentation, `-`, `?` and `:`.
    indention: bool,
}

impl<'s, 'r> Writer<'s, 'r> {
    pub(super) fn new(characters: Characters, sink: &'s mut Sink<'r>) -> Self {
        Self {
            sink,
            characters,
            column: 0,
            whitespace: true,
            indention: true,
        }
    }

    /// Whether the line contains only indentation and indicators.
    pub(super) fn at_indention(&self) -> bool {
        self.indention
    }

    /// Writes an indicator that may end a word.
    pub(super) fn indicator(&mut self, indicator: &str, needs_space: bool) {
        if needs_space && !self.whitespace {
            self.push(" ");
        }
        self.push(indicator);
        self.begin_text();
    }

    fn begin_text(&mut self) {
        self.whitespace = false;
        self.indention = false;
    }

    /// Writes `-`, `?` or `:`, which keep the line at its indentation.
    pub(super) fn block_indicator(&mut self, indicator: &str) {
        let indention = self.indention;
        self.indicator(indicator, true);
        self.indention = indention;
    }

    /// Begins a line at this indentation, unless the current line is still at it.
    pub(super) fn indent(&mut self, indent: usize) {
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.line_break("\n");
        }
        if self.column < indent {
            let missing = indent - self.column;
            self.sink
                .buffer
                .resize(self.sink.buffer.len() + missing, b' ');
            self.column = indent;
            self.whitespace = true;
        }
    }

    /// Writes a scalar; where it may be split, lines are folded to `indent`.
    ///
    /// Each line of a scalar is indented to its depth, so a text of short lines can grow a
    /// thousandfold. The sink is therefore spilled at every line.
    pub(super) fn scalar(
        &mut self,
        text: &str,
        style: Style,
        fold: Option<usize>,
    ) -> Result<(), OutputError> {
        match style {
            Style::Plain => self.plain(text, fold),
            Style::SingleQuoted => self.single_quoted(text, fold),
            Style::DoubleQuoted => self.double_quoted(text, fold),
        }
    }

    /// Writes bytes in base64: a block of lines that begin at this indentation
    /// (`base64.encodebytes`).
    pub(super) fn binary(&mut self, bytes: &[u8], indent: usize) -> Result<(), OutputError> {
        /// The number of characters of base64 in a line.
        const LINE: usize = 76;
        self.indicator("!!binary", true);
        if bytes.is_empty() {
            return self.double_quoted("", None);
        }
        self.indicator("|", true);
        let encoded = BASE64_STANDARD.encode(bytes);
        let mut rest = encoded.as_str();
        while !rest.is_empty() {
            self.sink.spill()?;
            let (line, more) = rest.split_at(LINE.min(rest.len()));
            self.indent(indent);
            self.push(line);
            self.indention = false;
            rest = more;
        }
        self.line_break("\n");
        Ok(())
    }

    fn push(&mut self, text: &str) {
        self.sink.buffer.extend_from_slice(text.as_bytes());
        self.column += text.chars().count();
    }

    fn line_break(&mut self, text: &str) {
        self.sink.buffer.extend_from_slice(text.as_bytes());
        self.column = 0;
        self.whitespace = true;
        self.indention = true;
    }

    fn plain(&mut self, text: &str, fold: Option<usize>) -> Result<(), OutputError> {
        if text.is_empty() {
            return Ok(());
        }
        if !self.whitespace {
            self.push(" ");
        }
        self.begin_text();
        for run in runs(text) {
            match (fold, run) {
                (Some(indent), " ") if self.column > WIDTH => {
                    self.sink.spill()?;
                    self.indent(indent);
                    self.begin_text();
                }
                _ => self.push(run),
            }
        }
        Ok(())
    }

    fn single_quoted(&mut self, text: &str, fold: Option<usize>) -> Result<(), OutputError> {
        self.indicator("'", true);
        let mut written = 0;
        for run in runs(text) {
            self.sink.spill()?;
            let inside = written > 0 && written + run.len() < text.len();
            written += run.len();
            match (run.chars().next(), fold) {
                (Some(' '), Some(indent)) if run == " " && self.column > WIDTH && inside => {
                    self.indent(indent);
                }
                (Some(first), _) if is_break(first) => self.breaks(run, fold.unwrap_or(0)),
                _ => self.push(&run.replace('\'', "''")),
            }
        }
        self.indicator("'", false);
        Ok(())
    }

    /// Writes line breaks within single quotes. The first newline is written twice, because one
    /// would be read as a space.
    fn breaks(&mut self, run: &str, indent: usize) {
        if run.starts_with('\n') {
            self.line_break("\n");
        }
        let mut buffer = [0; 4];
        for character in run.chars() {
            self.line_break(character.encode_utf8(&mut buffer));
        }
        self.indent(indent);
    }

    fn double_quoted(&mut self, text: &str, fold: Option<usize>) -> Result<(), OutputError> {
        self.indicator("\"", true);
        let last = text
            .char_indices()
            .next_back()
            .map_or(0, |(offset, _)| offset);
        // The start of the part that is not written yet, and the number of its characters.
        let (mut start, mut waiting) = (0, 0);
        for (offset, character) in text.char_indices() {
            let mut may_fold = character == ' ' || waiting == 0;
            let mut column = self.column + waiting;
            if needs_escape(character, self.characters) {
                self.push(text.get(start..offset).unwrap_or_default());
                self.push(&escape(character));
                (start, waiting) = (offset + character.len_utf8(), 0);
                // `PyYAML` counts the length of the pending part after an escape as -1.
                (may_fold, column) = (true, self.column - 1);
            }
            let inside = 0 < offset && offset < last;
            if let Some(indent) = fold
                && may_fold
                && inside
                && column > WIDTH
            {
                self.sink.spill()?;
                self.push(text.get(start..offset).unwrap_or_default());
                (start, waiting) = (start.max(offset), 0);
                let rest = text.get(start..).unwrap_or_default();
                self.continue_double_quoted(indent, rest.starts_with(' '));
            }
            if start <= offset {
                waiting += 1;
            }
        }
        self.push(text.get(start..).unwrap_or_default());
        self.indicator("\"", false);
        Ok(())
    }

    /// Breaks a line within double quotes. A space at the start of the next line would be lost
    /// without a backslash.
    fn continue_double_quoted(&mut self, indent: usize, before_space: bool) {
        self.push("\\");
        self.indent(indent);
        self.begin_text();
        if before_space {
            self.push("\\");
        }
    }
}

/// Splits the text into runs of spaces, runs of line breaks, and the texts between them.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    fn kind(character: char) -> u8 {
        match character {
            ' ' => 1,
            _ if is_break(character) => 2,
            _ => 0,
        }
    }
    let mut rest = text;
    // Most texts are one run, and some of them are long.
    let is_one = text.bytes().all(|byte| byte.is_ascii_graphic());
    std::iter::from_fn(move || {
        let first = kind(rest.chars().next()?);
        let end = if is_one {
            rest.len()
        } else {
            let end = rest.find(|character| kind(character) != first);
            end.unwrap_or(rest.len())
        };
        let (run, tail) = rest.split_at(end);
        rest = tail;
        Some(run)
    })
}

/// Whether double quotes need an escape for the character.
fn needs_escape(character: char, characters: Characters) -> bool {
    let is_shown = match characters {
        Characters::Unicode => matches!(character, ' '..='~' | '\u{a0}'..='\u{fffd}'),
        Characters::Ascii => matches!(character, ' '..='~'),
    };
    !is_shown || matches!(character, '"' | '\\' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

fn escape(character: char) -> String {
    let letter = match character {
        '\0' => '0',
        '\x1b' => 'e',
        '"' | '\\' => character,
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            let code = u32::from(character);
            return match (control_letter(character), code) {
                (Some(letter), _) => format!("\\{letter}"),
                (None, 0..=0xff) => format!("\\x{code:02X}"),
                (None, 0x100..=0xffff) => format!("\\u{code:04X}"),
                (None, _) => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{letter}")
}
