//! `--output-file`: writes the body of an answer to a file.
//!
//! Invariants: the file is written as a whole or not at all, and an answer that is an error leaves
//! it unchanged. A path that is not a regular file, such as a pipe or a terminal, is written as the
//! bytes arrive.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use prost::bytes::Bytes;

use crate::cli::CommandCall;
use crate::show::{self, Answered, Closed};
use crate::transport::{FAILED, Outcome, Sink, Terminal, Transport};

/// Carries out a command whose answer is written to the file at a path.
pub(crate) fn write(transport: &mut Transport, call: &mut CommandCall, path: &Path) -> Outcome {
    let mut sink = FileSink {
        terminal: Terminal::default(),
        path,
        open: None,
    };
    let outcome = transport.run(call, &mut sink);
    if outcome != Outcome::Exit(0) {
        sink.give_up();
        return outcome;
    }
    match sink.finish() {
        Ok(()) => outcome,
        Err(error) => {
            fails(path, &error);
            sink.give_up();
            Outcome::Exit(FAILED)
        }
    }
}

fn fails(path: &Path, error: &io::Error) {
    let path = path.display();
    show::error(&format!(
        "{path} cannot be written: {error}; give another one with --output-file"
    ));
}

/// A sink that writes the bytes for the file, and passes the rest to the terminal.
struct FileSink<'p> {
    terminal: Terminal,
    path: &'p Path,
    open: Option<(File, Option<PathBuf>)>,
}

impl FileSink<'_> {
    /// Returns the file, and its temporary name until it is complete, if it has one.
    fn open(&mut self) -> io::Result<&mut (File, Option<PathBuf>)> {
        let open = match self.open.take() {
            Some(open) => open,
            None => begun(self.path)?,
        };
        Ok(self.open.insert(open))
    }

    fn finish(&mut self) -> io::Result<()> {
        // An answer without a body makes an empty file.
        let (file, beside) = self.open()?;
        file.flush()?;
        if let Some(beside) = beside.take() {
            fs::rename(beside, self.path)?;
        }
        Ok(())
    }

    fn give_up(&mut self) {
        if let Some((_, Some(beside))) = &self.open {
            let _gone = fs::remove_file(beside);
        }
    }
}

/// Creates a new file beside the path with the mode of the old one; or opens the path itself, if it
/// is not a regular file.
fn begun(path: &Path) -> io::Result<(File, Option<PathBuf>)> {
    let found = path.symlink_metadata();
    let is_new = matches!(&found, Err(error) if error.kind() == io::ErrorKind::NotFound);
    if !is_new && !found.as_ref().is_ok_and(fs::Metadata::is_file) {
        let file = OpenOptions::new().write(true).truncate(true).open(path)?;
        return Ok((file, None));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.azq-{}", std::process::id()));
    let file = File::create(&beside)?;
    if let Ok(found) = found {
        file.set_permissions(found.permissions())?;
    }
    Ok((file, Some(beside)))
}

impl Sink for FileSink<'_> {
    fn stdout(&mut self, bytes: Bytes) -> Result<(), Closed> {
        self.terminal.stdout(bytes)
    }

    fn line(&mut self, prefix: &str, text: &str) {
        self.terminal.line(prefix, text);
    }

    fn data(&mut self, bytes: Bytes) -> Result<(), Closed> {
        let written = self.open().and_then(|(file, _)| file.write_all(&bytes));
        written.map_err(|error| {
            fails(self.path, &error);
            Closed::Failed
        })
    }

    fn ask(&mut self, question: &str) -> Answered {
        self.terminal.ask(question)
    }
}
