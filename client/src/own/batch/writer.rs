//! Writes the answers in the order of their lines.
//!
//! Invariants: what has been answered is written before anything is waited for; the answer whose turn it is goes through as it
//! comes (as text) or is kept whole (as a JSON object); small answers that are ready share a system call.

use super::answer::{Answer, Part};
use crate::cli::{BatchForm, BatchOptions};
use crate::show::{self, Closed};
use prost::bytes::Bytes;
use serde::Serialize;
use tokio::sync::mpsc::{self, error::TryRecvError};

/// From here on output is written even if there is more.
const ENOUGH: usize = 64 * 1024;
/// The exit code of a line that has none, and of a batch that cannot be written.
const FAILED: u8 = 1;

/// Writes answers until there are no more, or nobody reads them, or one has failed that is to be
/// the last; the exit code of the first that failed.
///
/// No line that waits for all before it has begun by then: it gets their places only after this has
/// returned.
pub(super) async fn write(
    mut answers: mpsc::UnboundedReceiver<Answer>,
    options: &BatchOptions,
) -> u8 {
    let mut writer = Writer::new(&options.form);
    let mut first_failure = 0;
    let written = async {
        while let Some(answer) = next(&mut answers, &mut writer.pending).await? {
            let code = writer.answer(answer).await?;
            if first_failure == 0 {
                first_failure = code;
            }
            if code != 0 && options.stop_at_first_error {
                return writer.pending.flush();
            }
        }
        Ok(())
    };
    match written.await {
        Ok(()) | Err(Closed::Pipe) => first_failure,
        Err(Closed::Failed) => FAILED,
    }
}

/// What is not written yet.
#[derive(Default)]
struct Pending(Vec<u8>);

impl Pending {
    fn add(&mut self, bytes: &[u8]) -> Result<(), Closed> {
        if bytes.len() >= ENOUGH {
            self.flush()?;
            return show::stdout(bytes);
        }
        self.0.extend_from_slice(bytes);
        if self.0.len() >= ENOUGH {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Closed> {
        let written = show::stdout(&self.0);
        self.0.clear();
        self.0.shrink_to(2 * ENOUGH);
        written
    }
}

/// A way to receive without waiting, and with.
trait Queue<T> {
    fn ready(&mut self) -> Result<T, TryRecvError>;
    async fn wait(&mut self) -> Option<T>;
}

impl Queue<Answer> for mpsc::UnboundedReceiver<Answer> {
    fn ready(&mut self) -> Result<Answer, TryRecvError> {
        self.try_recv()
    }

    async fn wait(&mut self) -> Option<Answer> {
        self.recv().await
    }
}

impl Queue<Part> for mpsc::Receiver<Part> {
    fn ready(&mut self) -> Result<Part, TryRecvError> {
        self.try_recv()
    }

    async fn wait(&mut self) -> Option<Part> {
        self.recv().await
    }
}

/// The next of a queue; before it is waited for, everything is written.
async fn next<T>(queue: &mut impl Queue<T>, pending: &mut Pending) -> Result<Option<T>, Closed> {
    match queue.ready() {
        Ok(next) => Ok(Some(next)),
        Err(TryRecvError::Disconnected) => {
            pending.flush()?;
            Ok(None)
        }
        Err(TryRecvError::Empty) => {
            pending.flush()?;
            Ok(queue.wait().await)
        }
    }
}

struct Writer<'a> {
    form: &'a BatchForm,
    pending: Pending,
}

impl<'a> Writer<'a> {
    fn new(form: &'a BatchForm) -> Self {
        Self {
            form,
            pending: Pending::default(),
        }
    }

    async fn answer(&mut self, mut answer: Answer) -> Result<u8, Closed> {
        let mut record = Record::default();
        let line = answer.line;
        loop {
            match next(&mut answer.parts, &mut self.pending).await? {
                Some(Part::End(code)) => {
                    self.end(code, line, &record)?;
                    return Ok(code);
                }
                Some(part) => self.part(part, &mut record)?,
                None => {
                    let lost = "ERROR: azq lost the answer; this is a mistake of azq's.\n";
                    self.part(
                        Part::Stderr(Bytes::from_static(lost.as_bytes())),
                        &mut record,
                    )?;
                    self.end(FAILED, line, &record)?;
                    return Ok(FAILED);
                }
            }
        }
    }

    fn part(&mut self, part: Part, record: &mut Record) -> Result<(), Closed> {
        match (part, self.form) {
            (Part::Stdout(bytes), BatchForm::Text { .. }) => self.pending.add(&bytes)?,
            (Part::Stderr(bytes), BatchForm::Text { .. }) => {
                // On a terminal the two are one.
                self.pending.flush()?;
                show::stderr(&bytes);
            }
            (Part::Stdout(bytes), BatchForm::JsonLines) => record.stdout.extend_from_slice(&bytes),
            (Part::Stderr(bytes), BatchForm::JsonLines) => record.stderr.extend_from_slice(&bytes),
            (Part::End(_), _) => {}
        }
        Ok(())
    }

    fn end(&mut self, code: u8, line: u64, record: &Record) -> Result<(), Closed> {
        match self.form {
            BatchForm::Text { delimiter } => {
                if code != 0 {
                    self.pending.flush()?;
                    let told = format!("azq batch: line {line} has failed with exit code {code}\n");
                    show::stderr(told.as_bytes());
                }
                self.pending.add(delimiter)
            }
            BatchForm::JsonLines => self.pending.add(&record.line(code, line)),
        }
    }
}

/// All that a command did.
#[derive(Default)]
struct Record {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// The same as JSON has it: what is not UTF-8 is replaced by U+FFFD.
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
