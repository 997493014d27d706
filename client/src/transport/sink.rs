//! The destination of a response: the terminal, or the answer to a line of a batch.

use std::path::Path;
use std::time::Instant;

use azq_proto::v1::{Kubeconfig, Progress};
use prost::bytes::Bytes;

use crate::encoding::Encoding;
use crate::show::{self, Answered, Closed};
use crate::spinner::Spinner;

/// A destination of a response, which it takes part by part.
pub(crate) trait Sink {
    /// Returns the encoding of the bytes that it takes for stdout.
    fn encoding(&self) -> Encoding {
        Encoding::of_stdout()
    }

    /// Takes the next bytes for stdout, encoded.
    fn stdout(&mut self, bytes: Bytes) -> Result<(), Closed>;

    /// Takes a line for stderr.
    fn line(&mut self, prefix: &str, text: &str);

    /// Takes a cluster's credentials, which go to stdout unless the command has another destination
    /// for them.
    fn kubeconfig(&mut self, kubeconfig: Kubeconfig) -> Result<(), Closed> {
        self.stdout(kubeconfig.content)
    }

    /// Takes the next bytes for the caller's file, if the command names one.
    fn data(&mut self, _bytes: Bytes) -> Result<(), Closed> {
        Err(Closed::Failed)
    }

    /// Takes a line of advice that is shown only to a user at a terminal.
    fn hint(&mut self, _text: &str) {}

    /// Takes the current progress of the command.
    fn progress(&mut self, _progress: Progress) {}

    /// Whether [`file`](Self::file) can be used.
    fn takes_files(&self) -> bool {
        false
    }

    /// Copies a file of the daemon to stdout; `None` if it cannot be read, in which case nothing
    /// was written.
    fn file(&mut self, _path: &Path, _length: u64) -> Option<Result<(), Closed>> {
        None
    }

    /// Returns the time at which [`tick`](Self::tick) is due.
    fn next_tick(&self) -> Option<Instant> {
        None
    }

    /// Shows that the command is still in progress.
    fn tick(&mut self) {}

    /// Asks the user a question. In a batch there is no answer, because standard input contains its
    /// lines.
    fn ask(&mut self, _question: &str) -> Answered {
        Answered::Nobody
    }
}

/// The process's own stdout and stderr, with a spinner.
#[derive(Debug, Default)]
pub(crate) struct Terminal {
    spinner: Spinner,
}

impl Sink for Terminal {
    fn stdout(&mut self, bytes: Bytes) -> Result<(), Closed> {
        self.spinner.clear();
        show::write(&bytes)
    }

    fn line(&mut self, prefix: &str, text: &str) {
        self.spinner.clear();
        show::line(prefix, text);
    }

    fn hint(&mut self, text: &str) {
        self.spinner.clear();
        show::hint(text);
    }

    fn progress(&mut self, progress: Progress) {
        self.spinner.say(progress);
    }

    fn takes_files(&self) -> bool {
        self.encoding().is_utf8()
    }

    fn file(&mut self, path: &Path, length: u64) -> Option<Result<(), Closed>> {
        self.spinner.clear();
        show::file(path, length)
    }

    fn next_tick(&self) -> Option<Instant> {
        self.spinner.is_shown().then(|| self.spinner.next_turn())
    }

    fn tick(&mut self) {
        self.spinner.turn();
    }

    fn ask(&mut self, question: &str) -> Answered {
        show::ask(question)
    }
}
