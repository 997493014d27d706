//! The lines of standard input or of a file, as they come.
//!
//! Invariants: a line is handed on as soon as it has come; it takes at most [`LONGEST_LINE`] bytes
//! of memory.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::io::Errno;

use crate::cli::BatchOptions;

/// The longest line, in bytes: more than the system allows for an argument.
pub(super) const LONGEST_LINE: usize = 1 << 20;
/// The most that is read at once, in bytes.
const CHUNK: usize = 64 * 1024;

/// A line without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Whole(Vec<u8>),
    /// It was longer than [`LONGEST_LINE`] and is not kept.
    TooLong,
}

/// The lines that are still to come.
pub(super) struct Input {
    source: Box<dyn AsFd>,
    /// The source's name in errors.
    name: String,
    split: Splitter,
    end: Option<End>,
}

/// The state of the source's end.
enum End {
    /// All lines but the last, which need not have an end, were cut.
    Reached,
    Failed(Errno),
    /// Everything was handed on.
    Over,
}

impl Input {
    /// The input that the options name.
    pub(super) fn of(options: &BatchOptions) -> Result<Self, String> {
        let Some(path) = &options.file else {
            return Ok(Self::from(std::io::stdin(), "standard input".to_owned()));
        };
        let name = path.display().to_string();
        match File::open(path) {
            Ok(file) => Ok(Self::from(file, name)),
            Err(error) => Err(format!("{name} cannot be opened: {error}")),
        }
    }

    fn from(source: impl AsFd + 'static, name: String) -> Self {
        Self {
            source: Box::new(source),
            name,
            split: Splitter::default(),
            end: None,
        }
    }

    /// The descriptor that is readable when [`fill`](Self::fill) does not wait.
    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.source.as_fd()
    }

    /// Reads the bytes that have come.
    pub(super) fn fill(&mut self) {
        if self.end.is_some() {
            return;
        }
        let mut chunk = vec![0; CHUNK];
        match rustix::io::read(self.descriptor(), &mut chunk) {
            Ok(0) => self.end = Some(End::Reached),
            Ok(read) => self.split.add(chunk.get(..read).unwrap_or_default()),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(error) => self.end = Some(End::Failed(error)),
        }
    }

    /// The next line that has come whole; an error is the last that comes.
    pub(super) fn next(&mut self) -> Result<Option<Line>, String> {
        if let Some(line) = self.split.next() {
            return Ok(Some(line));
        }
        match self.end {
            Some(End::Reached) => {
                self.end = Some(End::Over);
                Ok(self.split.rest())
            }
            Some(End::Failed(error)) => {
                self.end = Some(End::Over);
                Err(format!("{} cannot be read: {error}", self.name))
            }
            Some(End::Over) | None => Ok(None),
        }
    }

    /// Whether there are no more lines.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.end, Some(End::Over))
    }

    /// Whether [`next`](Self::next) has something without a read.
    pub(super) fn has_line(&self) -> bool {
        self.split.has_line() || matches!(self.end, Some(End::Reached | End::Failed(_)))
    }
}

/// Cuts chunks into lines.
#[derive(Default)]
struct Splitter {
    pending: Vec<u8>,
    /// The place in `pending` where the next line begins.
    start: usize,
    /// The line that is being read has grown too long already.
    too_long: bool,
}

impl Splitter {
    fn has_line(&self) -> bool {
        let rest = self.pending.get(self.start..).unwrap_or_default();
        rest.contains(&b'\n')
    }

    fn add(&mut self, chunk: &[u8]) {
        self.pending.drain(..self.start);
        self.start = 0;
        self.pending.extend_from_slice(chunk);
    }

    fn next(&mut self) -> Option<Line> {
        let rest = self.pending.get(self.start..).unwrap_or_default();
        let Some(length) = rest.iter().position(|byte| *byte == b'\n') else {
            if rest.len() > LONGEST_LINE {
                self.too_long = true;
                self.start = self.pending.len();
            }
            return None;
        };
        let line = rest.get(..length).unwrap_or_default();
        let line = (!self.too_long && length <= LONGEST_LINE).then(|| line.to_vec());
        self.too_long = false;
        self.start += length + 1;
        Some(line.map_or(Line::TooLong, Line::Whole))
    }

    fn rest(&mut self) -> Option<Line> {
        let line = self.pending.split_off(self.start);
        self.pending.clear();
        self.start = 0;
        if std::mem::take(&mut self.too_long) {
            Some(Line::TooLong)
        } else {
            (!line.is_empty()).then_some(Line::Whole(line))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    /// The lines of a pipe into which these pieces are written, each after the one before it was
    /// read.
    fn lines(pieces: &[&[u8]]) -> Vec<Line> {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let mut input = Input::from(reader, "a pipe".to_owned());
        let mut lines = Vec::new();
        for piece in pieces {
            writer.write_all(piece).unwrap();
            input.fill();
            while let Some(line) = input.next().unwrap() {
                lines.push(line);
            }
        }
        drop(writer);
        input.fill();
        while let Some(line) = input.next().unwrap() {
            lines.push(line);
        }
        assert!(input.next().unwrap().is_none() && input.is_over());
        lines
    }

    fn whole(text: &str) -> Line {
        Line::Whole(text.into())
    }

    #[test]
    fn lines_are_cut_wherever_the_chunks_end() {
        assert_eq!(lines(&[]), []);
        assert_eq!(lines(&[b"\n\n"]), [whole(""), whole("")]);
        assert_eq!(
            lines(&[b"one\ntw", b"o\n", b"\nthr", b"ee"]),
            [whole("one"), whole("two"), whole(""), whole("three")]
        );
    }

    #[test]
    fn a_line_without_end_is_not_kept() {
        let much = vec![b'x'; CHUNK];
        let mut pieces: Vec<&[u8]> = vec![b"before\n"];
        pieces.extend(std::iter::repeat_n(&much[..], 2 * LONGEST_LINE / CHUNK));
        let endless = pieces.clone();
        pieces.push(b"\nafter\n");
        assert_eq!(
            lines(&pieces),
            [whole("before"), Line::TooLong, whole("after")]
        );
        assert_eq!(lines(&endless), [whole("before"), Line::TooLong]);
    }

    #[test]
    fn the_longest_line_is_whole() {
        let longest = "x".repeat(LONGEST_LINE);
        let mut pieces: Vec<&[u8]> = longest.as_bytes().chunks(CHUNK).collect();
        pieces.push(b"\n");
        assert_eq!(lines(&pieces), [whole(&longest)]);
        pieces.insert(0, b"x");
        assert_eq!(lines(&pieces), [Line::TooLong]);
    }

    #[test]
    fn an_error_is_the_end() {
        let directory = File::open("/").unwrap();
        let mut input = Input::from(directory, "/".to_owned());
        input.fill();
        assert!(input.next().unwrap_err().contains("/ cannot be read"));
        assert!(input.next().unwrap().is_none() && input.is_over());
    }
}
