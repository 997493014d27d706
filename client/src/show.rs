//! Copying a reply to the terminal: bytes to stdout, talk to stderr, and the exit code.
//!
//! Deliberately absent: any understanding of the bytes.

use crate::encoding::{self, Encoder, Encoding};
use crate::terminal::{self, LEVELS, RESET};
use azq_proto::runtime_dir::own_uid;
use azq_proto::v1::{self, log::Level};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::ExitCode;

/// What somebody answered to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    Yes,
    No,
    /// Standard input is no terminal.
    Nobody,
}

/// Whether there is a terminal at which to ask.
pub(crate) fn can_ask() -> bool {
    rustix::termios::isatty(std::io::stdin().as_fd())
}

/// Asks until it is answered with y or n (knack, `prompting.py`).
pub(crate) fn ask(question: &str) -> Answered {
    let input = std::io::stdin();
    if !can_ask() {
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

/// Writes text of azq's own to stdout.
pub(crate) fn stdout(utf8: &[u8]) -> Result<(), Closed> {
    let mut encoder = Encoder::new(Encoding::of_stdout());
    let (bytes, warned) = encoder.encode(utf8.to_vec().into());
    if let Some(text) = warned {
        warning(&text);
    }
    write(&bytes)
}

/// Writes bytes to stdout, in one system call where that is possible (`std`'s stdout would split
/// them at the last newline).
///
/// A reader that is gone (`| head`) is no error, as with any filter; anything else is said.
pub(crate) fn write(mut bytes: &[u8]) -> Result<(), Closed> {
    let out = std::io::stdout();
    if bytes.len() >= LONG {
        widen(out.as_fd());
    }
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

/// The exit code of a command whose output was written so. A reader that stops early is no failure.
pub(crate) fn exit_code(written: Result<(), Closed>) -> ExitCode {
    match written {
        Err(Closed::Failed) => ExitCode::FAILURE,
        Ok(()) | Err(Closed::Pipe) => ExitCode::SUCCESS,
    }
}

/// Copies a file of the daemon's to stdout, which must take UTF-8; `None` if it is not there, or
/// not that file, and nothing is written.
pub(crate) fn file(path: &Path, length: u64) -> Option<Result<(), Closed>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::open(path, flags, Mode::empty()).ok()?);
    let found = file.metadata().ok()?;
    let is_it = found.is_file() && found.uid() == own_uid() && found.len() == length;
    is_it.then(|| {
        #[cfg(target_os = "linux")]
        send(&file, length)?;
        // What the system has not copied by itself.
        let mut chunk = vec![0; 64 << 10];
        loop {
            match file.read(&mut chunk) {
                Ok(0) if file.stream_position().is_ok_and(|at| at == length) => return Ok(()),
                Ok(0) => {
                    error(&format!("{} is not whole", path.display()));
                    return Err(Closed::Failed);
                }
                Ok(read) => write(chunk.get(..read).unwrap_or_default())?,
                Err(error) => {
                    self::error(&format!("{} cannot be read: {error}", path.display()));
                    return Err(Closed::Failed);
                }
            }
        }
    })
}

/// Bytes that come in as large parts are part of a long answer.
const LONG: usize = 32 << 10;
/// What a pipe is made to hold for a long answer, in bytes.
#[cfg(target_os = "linux")]
const PIPE: usize = 256 << 10;

/// Makes room in a pipe for a long answer. A usual one holds so little that its two ends mostly
/// wake each other up: that is most of the time that `cat` takes. Where none may be larger, it
/// takes longer.
#[cfg(target_os = "linux")]
fn widen(out: BorrowedFd<'_>) {
    if rustix::pipe::fcntl_getpipe_size(out).is_ok_and(|size| size < PIPE) {
        let _unchanged = rustix::pipe::fcntl_setpipe_size(out, PIPE);
    }
}

#[cfg(not(target_os = "linux"))]
fn widen(_: BorrowedFd<'_>) {}

/// Has the system copy a file to stdout, without a way through this process, as far as it can do
/// that.
#[cfg(target_os = "linux")]
fn send(file: &File, mut left: u64) -> Result<(), Closed> {
    let out = std::io::stdout();
    widen(out.as_fd());
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(usize::MAX);
        match rustix::fs::sendfile(out.as_fd(), file, None, most) {
            Ok(0) => return Ok(()),
            Ok(sent) => left = left.saturating_sub(sent as u64),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => wait_until_writable(out.as_fd()),
            Err(Errno::PIPE) => return Err(Closed::Pipe),
            // To a file that is appended to, and to some devices. What is wrong with others,
            // writing tells.
            Err(_) => return Ok(()),
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

fn wait_until_writable(out: BorrowedFd<'_>) {
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

/// A `hint:` line on stderr, where that is a terminal.
pub(crate) fn hint(text: &str) {
    if rustix::termios::isatty(std::io::stderr().as_fd()) {
        // It may quote Azure, and keeps to its line.
        line("hint: ", &text.replace(char::is_control, " "));
    }
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

/// A line on stderr, in the colour of its level on a terminal; nobody can be told if stderr is
/// closed.
///
/// A usage error has its level in the text, whose other lines are advice.
pub(crate) fn line(prefix: &str, text: &str) {
    let begins =
        |level: &&&str| prefix == **level || prefix.is_empty() && text.starts_with(**level);
    let level = LEVELS.iter().find(begins).copied().unwrap_or_default();
    let written = match terminal::color(level) {
        None => format!("{prefix}{text}\n"),
        Some(color) if prefix.is_empty() => {
            let text = text.strip_prefix(level).unwrap_or(text);
            let end = text.find('\n').unwrap_or(text.len());
            let (message, advice) = text.split_at(end);
            format!("{color}{message}{RESET}{advice}\n")
        }
        Some(color) => format!("{color}{text}{RESET}\n"),
    };
    stderr(written.as_bytes());
}

/// Bytes on stderr; nobody can be told if stderr is closed.
pub(crate) fn stderr(bytes: &[u8]) {
    let _closed = std::io::stderr().write_all(&encoding::diagnostic(bytes));
}
