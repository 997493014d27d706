//! Writes the answers in the order of their lines.
//!
//! Invariants: the current line's answer goes through as it comes (as text) or is kept whole (as a
//! JSON object); small answers that are ready share a system call, and the caller flushes before it
//! waits.

use prost::bytes::Bytes;
use serde::Serialize;
use zeroize::Zeroize as _;

use crate::cli::{BatchForm, BatchOptions};
use crate::encoding::Encoding;
use crate::show::{self, Closed};
use crate::transport::Sink;

/// Output of so many bytes is written even if more is at hand.
const ENOUGH: usize = 64 * 1024;

/// A part of an answer, encoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part(pub(super) Stream, pub(super) Bytes);

/// The stream to which a part of an answer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Stdout,
    Stderr,
}

/// Writes answers one after the other.
pub(super) struct Writer<'a> {
    options: &'a BatchOptions,
    /// The bytes that are not written yet.
    pending: Vec<u8>,
    /// The current line's output, for a JSON object.
    record: Record,
    /// Whether the bytes may hold a token, and are wiped when they are written.
    holds_secret: bool,
    first_failure: u8,
}

impl<'a> Writer<'a> {
    pub(super) fn new(options: &'a BatchOptions) -> Self {
        Self {
            options,
            pending: Vec::new(),
            record: Record::default(),
            holds_secret: false,
            first_failure: 0,
        }
    }

    /// Wipes the answer that follows from memory when it is written. There is room for it, so that
    /// nothing is moved and left behind.
    fn expect_secret(&mut self) {
        self.holds_secret = true;
        self.pending.reserve(2 * ENOUGH);
        self.record.stdout.reserve(ENOUGH);
    }

    /// The encoding of a line's output. JSON objects are UTF-8 also where stdout is not.
    pub(super) fn encoding(&self) -> Encoding {
        match self.options.form {
            BatchForm::Text { .. } => Encoding::of_stdout(),
            BatchForm::JsonLines => Encoding::of_stdout().in_utf8(),
        }
    }

    /// The exit code of the first line that failed.
    pub(super) fn exit_code(&self) -> u8 {
        self.first_failure
    }

    /// Writes all that is at hand.
    pub(super) fn flush(&mut self) -> Result<(), Closed> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let written = show::write(&self.pending);
        if std::mem::take(&mut self.holds_secret) {
            self.pending.zeroize();
        }
        self.pending.clear();
        self.pending.shrink_to(2 * ENOUGH);
        written
    }

    /// Writes all that is at hand, and the output of a line that does not come to its end.
    pub(super) fn abandon(&mut self) -> Result<(), Closed> {
        self.flush()?;
        show::stderr(&std::mem::take(&mut self.record).stderr);
        Ok(())
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), Closed> {
        if bytes.len() >= ENOUGH {
            self.flush()?;
            return show::write(bytes);
        }
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= ENOUGH {
            self.flush()?;
        }
        Ok(())
    }

    fn part(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Closed> {
        match stream {
            Stream::Stdout => self.stdout(bytes),
            Stream::Stderr => self.stderr(bytes),
        }
    }

    fn stdout(&mut self, bytes: &[u8]) -> Result<(), Closed> {
        match &self.options.form {
            BatchForm::Text { .. } => self.add(bytes),
            BatchForm::JsonLines => {
                self.record.stdout.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    fn stderr(&mut self, bytes: &[u8]) -> Result<(), Closed> {
        match &self.options.form {
            BatchForm::Text { .. } => {
                // On a terminal the two are one.
                self.flush()?;
                show::stderr(bytes);
            }
            BatchForm::JsonLines => self.record.stderr.extend_from_slice(bytes),
        }
        Ok(())
    }

    /// Ends a line's answer; whether the batch is to stop.
    fn end(&mut self, number: u64, code: u8) -> Result<bool, Closed> {
        match &self.options.form {
            BatchForm::Text { delimiter } => {
                if code != 0 {
                    self.flush()?;
                    let text =
                        format!("azq batch: line {number} has failed with exit code {code}\n");
                    show::stderr(text.as_bytes());
                }
                self.add(&delimiter.clone())?;
            }
            BatchForm::JsonLines => {
                let mut record = std::mem::take(&mut self.record);
                let mut line = record.line(code, number);
                let written = self.add(&line);
                if self.holds_secret {
                    line.zeroize();
                    record.stdout.zeroize();
                }
                written?;
            }
        }
        if self.first_failure == 0 {
            self.first_failure = code;
        }
        Ok(code != 0 && self.options.stop_at_first_error)
    }
}

/// Takes the answer to the current line.
pub(super) struct LineSink<'w, 'a> {
    writer: &'w mut Writer<'a>,
    /// The reason why stdout takes no more, once that is known.
    closed: Option<Closed>,
}

impl<'w, 'a> LineSink<'w, 'a> {
    pub(super) fn of(writer: &'w mut Writer<'a>) -> Self {
        let closed = None;
        Self { writer, closed }
    }

    /// The next bytes of a stream of the answer.
    pub(super) fn part(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Closed> {
        let written = self.writer.part(stream, bytes);
        self.closed = self.closed.or(written.err());
        written
    }

    /// Wipes the answer from memory when it is written.
    pub(super) fn expect_secret(&mut self) {
        self.writer.expect_secret();
    }

    /// Ends the answer; whether the batch is to stop.
    pub(super) fn end(self, number: u64, code: u8) -> Result<bool, Closed> {
        match self.closed {
            Some(closed) => Err(closed),
            None => self.writer.end(number, code),
        }
    }
}

impl Sink for LineSink<'_, '_> {
    fn encoding(&self) -> Encoding {
        self.writer.encoding()
    }

    fn stdout(&mut self, bytes: Bytes) -> Result<(), Closed> {
        self.part(Stream::Stdout, &bytes)
    }

    fn line(&mut self, prefix: &str, text: &str) {
        // An error of stderr itself can be reported nowhere.
        let _closed = self.part(Stream::Stderr, format!("{prefix}{text}\n").as_bytes());
    }
}

/// A line's whole output.
#[derive(Default)]
struct Record {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// The same in JSON: bytes that are not UTF-8 are replaced by U+FFFD.
#[derive(Serialize)]
struct Object<'a> {
    exit_code: u8,
    stdout: &'a str,
    stderr: &'a str,
    line: u64,
}

impl Record {
    fn line(&self, exit_code: u8, number: u64) -> Vec<u8> {
        let object = Object {
            exit_code,
            stdout: &String::from_utf8_lossy(&self.stdout),
            stderr: &String::from_utf8_lossy(&self.stderr),
            line: number,
        };
        let mut line = Vec::with_capacity(self.stdout.len() + self.stderr.len() + 64);
        // Strings and numbers can always be written, and a vector takes them all.
        drop(serde_json::to_writer(&mut line, &object));
        line.push(b'\n');
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_one_line_whatever_is_in_it() {
        let record = Record {
            stdout: b"a\n\"b\"\\\t\x00\xff\xe2\x82".to_vec(),
            stderr: "é\u{2028}\x1b".into(),
        };
        let line = record.line(3, 7);
        let text = std::str::from_utf8(&line).unwrap();
        assert!(
            text.starts_with(r#"{"exit_code":3,"stdout":"a\n\"b\"\\\t\u0000"#),
            "{text}"
        );
        assert_eq!(text.find('\n'), Some(text.len() - 1));
        let object: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(object["stdout"], "a\n\"b\"\\\t\0\u{fffd}\u{fffd}");
        assert_eq!(object["stderr"], "é\u{2028}\x1b");
        assert_eq!(object["line"], 7);
    }
}
