//! Copying a reply to the terminal: bytes to stdout, talk to stderr, and the exit code.
//!
//! Deliberately absent: any understanding of the bytes.

use azq_proto::v1::{self, log::Level};
use rustix::io::Errno;
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::time::Duration;

/// What somebody answered to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    Yes,
    No,
    /// Standard input is no terminal.
    Nobody,
}

/// Asks until it is answered with y or n (knack, `prompting.py`).
pub(crate) fn ask(question: &str) -> Answered {
    let input = std::io::stdin();
    if !rustix::termios::isatty(input.as_fd()) {
        return Answered::Nobody;
    }
    loop {
        // Python's `input` prompts on stdout.
        let prompted = stdout(format!("{question} (y/n): ").as_bytes());
        let mut line = String::new();
        match input.read_line(&mut line) {
            _ if prompted.is_err() => return Answered::Nobody,
            Ok(0) | Err(_) => return Answered::Nobody,
            Ok(_) => {}
        }
        match line.trim_end_matches('\n').to_lowercase().as_str() {
            "y" => return Answered::Yes,
            "n" => return Answered::No,
            _ => {}
        }
    }
}

/// How often the spinner turns.
pub(crate) const SPIN: Duration = Duration::from_millis(100);

/// Writes bytes to stdout, in one system call where that is possible (`std`'s stdout would split them at the last newline).
///
/// A reader that is gone (`| head`) is no error, as with any filter; anything else is said.
pub(crate) fn stdout(mut bytes: &[u8]) -> Result<(), Closed> {
    let out = std::io::stdout();
    while !bytes.is_empty() {
        match rustix::io::write(out.as_fd(), bytes) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => wait_until_writable(out.as_fd()),
            Err(Errno::PIPE) => return Err(Closed::Pipe),
            Err(error) => {
                self::error(&format!("stdout cannot be written: {error}"));
                return Err(Closed::Failed);
            }
        }
    }
    Ok(())
}

/// Why stdout takes no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// The reader has seen enough.
    Pipe,
    /// It could not be written; an error was printed.
    Failed,
}

fn wait_until_writable(out: std::os::fd::BorrowedFd<'_>) {
    use rustix::event::{PollFd, PollFlags, poll};
    // Interrupted or not, the write is tried again.
    let _interrupted = poll(&mut [PollFd::from_borrowed_fd(out, PollFlags::OUT)], None);
}

/// An `ERROR:` line on stderr.
pub(crate) fn error(text: &str) {
    line("ERROR: ", text);
}

/// A `WARNING:` line on stderr.
pub(crate) fn warning(text: &str) {
    line("WARNING: ", text);
}

/// How a line that the daemon wants said begins, by az's levels.
pub(crate) fn level(entry: &v1::Log) -> &'static str {
    match entry.level() {
        Level::Error => "ERROR: ",
        Level::Warning => "WARNING: ",
        Level::Info => "INFO: ",
        Level::Debug => "DEBUG: ",
        Level::Unspecified => "",
    }
}

/// A line on stderr; nobody can be told if stderr is closed.
pub(crate) fn line(prefix: &str, text: &str) {
    let _closed = writeln!(std::io::stderr(), "{prefix}{text}");
}

/// Bytes on stderr; nobody can be told if stderr is closed.
pub(crate) fn stderr(bytes: &[u8]) {
    let _closed = std::io::stderr().write_all(bytes);
}

/// az's spinner, on a terminal only.
#[derive(Debug)]
pub(crate) struct Spinner {
    terminal: bool,
    text: Option<String>,
    turn: usize,
}

impl Spinner {
    /// A spinner that does not show yet.
    pub(crate) fn new() -> Self {
        Self {
            terminal: rustix::termios::isatty(std::io::stderr().as_fd()),
            text: None,
            turn: 0,
        }
    }

    /// Whether there is something to turn.
    pub(crate) fn is_shown(&self) -> bool {
        self.terminal && self.text.is_some()
    }

    /// Shows this text from now on.
    pub(crate) fn say(&mut self, text: String) {
        self.text = Some(text);
        self.turn();
    }

    /// Turns once (knack's frames).
    pub(crate) fn turn(&mut self) {
        const FRAMES: [char; 4] = ['-', '\\', '|', '/'];
        if let (true, Some(text)) = (self.terminal, &self.text) {
            let frame = FRAMES.get(self.turn % FRAMES.len()).unwrap_or(&'-');
            let _closed = write!(std::io::stderr(), "\r\x1b[K {frame} {text}");
            self.turn += 1;
        }
    }

    /// Clears its line.
    pub(crate) fn clear(&mut self) {
        if self.is_shown() {
            let _closed = write!(std::io::stderr(), "\r\x1b[K");
        }
        self.text = None;
    }
}
