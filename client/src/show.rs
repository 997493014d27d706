//! Prints a reply on the terminal: bytes to stdout, messages to stderr; and determines the exit
//! code.
//!
//! Deliberately absent: any interpretation of the bytes.

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

/// The user's answer to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    Yes,
    No,
    /// Standard input is not a terminal.
    Nobody,
}

/// Whether there is a terminal at which the user can be asked.
pub(crate) fn can_ask() -> bool {
    rustix::termios::isatty(std::io::stdin().as_fd())
}

/// Asks until the user answers with y or n (knack, `prompting.py`).
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

/// Writes text of azq itself to stdout.
pub(crate) fn stdout(utf8: &[u8]) -> Result<(), Closed> {
    let mut encoder = Encoder::new(Encoding::of_stdout());
    let (bytes, warned) = encoder.encode(utf8.to_vec().into());
    if let Some(text) = warned {
        warning(&text);
    }
    write(&bytes)
}

/// Writes bytes to stdout, in one system call if possible (`std`'s stdout would split them at the
/// last newline).
///
/// A reader that closed the pipe (`| head`) is no error, as with any filter; other errors are
/// printed.
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

/// Returns the exit code of a command for the result of writing its output. A reader that stops
/// early is no failure.
pub(crate) fn exit_code(written: Result<(), Closed>) -> ExitCode {
    match written {
        Err(Closed::Failed) => ExitCode::FAILURE,
        Ok(()) | Err(Closed::Pipe) => ExitCode::SUCCESS,
    }
}

/// Copies a file of the daemon to stdout, which must take UTF-8. Returns `None` and writes nothing
/// if the file does not exist or is a different one.
pub(crate) fn file(path: &Path, length: u64) -> Option<Result<(), Closed>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::open(path, flags, Mode::empty()).ok()?);
    let found = file.metadata().ok()?;
    let is_it = found.is_file() && found.uid() == own_uid() && found.len() == length;
    is_it.then(|| {
        #[cfg(target_os = "linux")]
        send(&file, length)?;
        // The rest that the system did not copy by itself.
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

/// The length from which a part belongs to a long answer, in bytes.
const LONG: usize = 32 << 10;
/// The capacity of a pipe for a long answer, in bytes.
#[cfg(target_os = "linux")]
const PIPE: usize = 256 << 10;

/// Enlarges a pipe for a long answer. A pipe of the default size is so small that its two ends
/// mostly wake each other up, which is most of the time that `cat` takes. If the system does not
/// permit it, the copy takes longer.
#[cfg(target_os = "linux")]
fn widen(out: BorrowedFd<'_>) {
    if rustix::pipe::fcntl_getpipe_size(out).is_ok_and(|size| size < PIPE) {
        let _unchanged = rustix::pipe::fcntl_setpipe_size(out, PIPE);
    }
}

#[cfg(not(target_os = "linux"))]
fn widen(_: BorrowedFd<'_>) {}

/// Lets the system copy a file to stdout without passing through this process, as far as it can.
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
            // The system cannot copy to a file that is appended to, or to some devices. Writing
            // reports any other error.
            Err(_) => return Ok(()),
        }
    }
    Ok(())
}

/// The reason why stdout takes no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// The reader closed the pipe.
    Pipe,
    /// Writing failed; an error was printed.
    Failed,
}

fn wait_until_writable(out: BorrowedFd<'_>) {
    use rustix::event::{PollFd, PollFlags, poll};
    // The write is repeated, whether or not the wait was interrupted.
    let _interrupted = poll(&mut [PollFd::from_borrowed_fd(out, PollFlags::OUT)], None);
}

/// Prints an `ERROR:` line on stderr.
pub(crate) fn error(text: &str) {
    line("ERROR: ", text);
}

/// Prints a `WARNING:` line on stderr.
pub(crate) fn warning(text: &str) {
    line("WARNING: ", text);
}

/// Prints a `hint:` line on stderr, if that is a terminal.
pub(crate) fn hint(text: &str) {
    if rustix::termios::isatty(std::io::stderr().as_fd()) {
        // The text may quote Azure, and must stay on its line.
        line("hint: ", &text.replace(char::is_control, " "));
    }
}

/// Returns the prefix of a line that the daemon sends, by az's levels.
pub(crate) fn level(entry: &v1::Log) -> &'static str {
    match entry.level() {
        Level::Error => "ERROR: ",
        Level::Warning => "WARNING: ",
        Level::Info => "INFO: ",
        Level::Debug => "DEBUG: ",
        Level::Unspecified => "",
    }
}

/// Prints a line on stderr, in the colour of its level on a terminal. A failure is ignored, because
/// it cannot be reported if stderr is closed.
///
/// The text of a usage error begins with its level; its other lines are advice.
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

/// Writes bytes to stderr. A failure is ignored, because it cannot be reported if stderr is closed.
pub(crate) fn stderr(bytes: &[u8]) {
    let _closed = std::io::stderr().write_all(&encoding::diagnostic(bytes));
}
