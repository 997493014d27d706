//! Standard input, line by line, as the lines come.
//!
//! A thread reads, because a terminal or a file cannot be waited for in any other way without changing how others see it.
//! Invariants: what has come is handed on at once; a line is at most [`LONGEST_LINE`] bytes in memory, whatever is written.

use std::io::{self, ErrorKind, Read};
use tokio::sync::mpsc;

/// The longest line, in bytes: more than the system allows for an argument.
pub(super) const LONGEST_LINE: usize = 1 << 20;
/// The most that is read at once.
const CHUNK: usize = 64 * 1024;
/// How far reading may be ahead.
const CHUNKS_AHEAD: usize = 2;

/// A line without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Whole(Vec<u8>),
    /// It was longer than [`LONGEST_LINE`] and is not kept.
    TooLong,
}

/// The lines that are still to come.
pub(super) struct Input {
    chunks: mpsc::Receiver<io::Result<Vec<u8>>>,
    split: Splitter,
}

impl Input {
    /// Begins to read.
    pub(super) fn of(source: impl Read + Send + 'static) -> io::Result<Self> {
        let (sender, chunks) = mpsc::channel(CHUNKS_AHEAD);
        std::thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || read(source, &sender))?;
        Ok(Self {
            chunks,
            split: Splitter::default(),
        })
    }

    /// The next line; none after the last, which need not have an end.
    pub(super) async fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            if let Some(line) = self.split.next() {
                return Ok(Some(line));
            }
            match self.chunks.recv().await {
                Some(chunk) => self.split.add(&chunk?),
                None => return Ok(self.split.rest()),
            }
        }
    }
}

fn read(mut source: impl Read, sender: &mpsc::Sender<io::Result<Vec<u8>>>) {
    loop {
        let mut chunk = vec![0; CHUNK];
        let read = match source.read(&mut chunk) {
            Ok(0) => return,
            Ok(length) => {
                chunk.truncate(length);
                Ok(chunk)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let is_over = read.is_err();
        if sender.blocking_send(read).is_err() || is_over {
            return;
        }
    }
}

/// Cuts chunks into lines.
#[derive(Default)]
struct Splitter {
    pending: Vec<u8>,
    /// Where in `pending` the next line begins.
    start: usize,
    /// The line that is being read has grown too long already.
    too_long: bool,
}

impl Splitter {
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

    /// Reads as given, piece by piece.
    struct Pieces(Vec<Vec<u8>>);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            let piece = self.0.remove(0);
            buffer[..piece.len()].copy_from_slice(&piece);
            Ok(piece.len())
        }
    }

    fn lines(pieces: &[&[u8]]) -> Vec<Line> {
        let pieces = pieces.iter().map(|piece| piece.to_vec()).collect();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut input = Input::of(Pieces(pieces)).unwrap();
            let mut lines = Vec::new();
            while let Some(line) = input.next().await.unwrap() {
                lines.push(line);
            }
            lines
        })
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
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(ErrorKind::IsADirectory.into())
            }
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut input = Input::of(Broken).unwrap();
            assert!(input.next().await.is_err());
            assert_eq!(input.next().await.unwrap(), None);
        });
    }
}
