//! The waits of a test: for a process, a pipe, a socket or a reply. Each has a timeout.
//!
//! A test that waits for ever does not show what is wrong, and keeps the tests after it from
//! running.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::outcome::Outcome;
use super::waiting::{LIMIT, PAUSE};

/// The most bytes that a writable pipe surely takes without blocking (`PIPE_BUF`).
const PIECE: usize = 512;

/// A child process whose end is waited for, for a minute at most.
pub trait BoundedChild {
    /// Closes its input and waits for its end.
    ///
    /// # Panics
    /// If it does not end; it is killed then.
    fn ends(&mut self) -> ExitStatus;

    /// Kills it and waits for its end.
    ///
    /// # Panics
    /// If it cannot be killed.
    fn end_by_force(&mut self);

    /// Closes its input and waits for its end, and for all its output.
    ///
    /// # Panics
    /// If it does not end, or writes nothing for a minute before its pipes end; it is killed then.
    fn finish(self) -> Outcome;
}

impl BoundedChild for Child {
    #[track_caller]
    fn ends(&mut self) -> ExitStatus {
        drop(self.stdin.take());
        end_within(self, LIMIT)
    }

    #[track_caller]
    #[expect(clippy::expect_used, reason = "a test fails by panicking")]
    fn end_by_force(&mut self) {
        self.kill().expect("the process is killed");
        self.ends();
    }

    #[track_caller]
    fn finish(mut self) -> Outcome {
        drop(self.stdin.take());
        let (stdout, stderr) = (self.stdout.take(), self.stderr.take());
        let read = thread::scope(|scope| {
            let errors = scope.spawn(|| all(stderr));
            let stdout = all(stdout);
            (stdout, errors.join().unwrap_or_else(|_| Ok(Vec::new())))
        });
        let (stdout, stderr) = match read {
            (Ok(stdout), Ok(stderr)) => (stdout, stderr),
            (Err(error), _) | (_, Err(error)) => {
                give_up(&mut self, &format!("its pipes did not end: {error}"))
            }
        };
        let status = self.ends();
        let output = Output {
            status,
            stdout,
            stderr,
        };
        output.into()
    }
}

/// A command whose end is waited for, for a minute at most.
pub trait BoundedCommand {
    /// Runs it to its end, with nothing on its standard input.
    ///
    /// # Panics
    /// If it cannot be started, or does not end.
    fn finish(&mut self) -> Outcome;

    /// Starts it with nothing on its standard input, and with its output in pipes.
    ///
    /// # Panics
    /// If it cannot be started.
    fn begin(&mut self) -> Child;
}

impl BoundedCommand for Command {
    #[track_caller]
    fn finish(&mut self) -> Outcome {
        self.begin().finish()
    }

    #[track_caller]
    #[expect(clippy::expect_used, reason = "a test fails by panicking")]
    fn begin(&mut self) -> Child {
        self.stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        self.spawn().expect("the program is started")
    }
}

#[track_caller]
fn end_within(child: &mut Child, limit: Duration) -> ExitStatus {
    let deadline = Instant::now() + limit;
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return status;
        }
        if Instant::now() >= deadline {
            give_up(child, "it did not end");
        }
        thread::park_timeout(PAUSE);
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "a test fails by panicking")]
fn give_up(child: &mut Child, why: &str) -> ! {
    // An error means that it has just ended.
    let _ended = child.kill();
    panic!("process {} was killed: {why}", child.id());
}

fn all(pipe: Option<impl Read + AsFd>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match pipe {
        Some(pipe) => Bounded(pipe).read_to_end(&mut bytes).map(|_| bytes),
        None => Ok(bytes),
    }
}

/// A pipe or a socket whose reads and writes fail if nothing happens for a minute.
#[derive(Debug)]
pub struct Bounded<T>(pub T);

impl<T: Read + AsFd> Read for Bounded<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        wait(self.0.as_fd(), PollFlags::IN, LIMIT)?;
        self.0.read(buffer)
    }
}

impl<T: Write + AsFd> Write for Bounded<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        wait(self.0.as_fd(), PollFlags::OUT, LIMIT)?;
        self.0.write(bytes.get(..PIECE).unwrap_or(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Waits until a read, or an accept, does not block.
pub fn until_readable(source: &impl AsFd) -> io::Result<()> {
    wait(source.as_fd(), PollFlags::IN, LIMIT)
}

fn wait(file: BorrowedFd<'_>, events: PollFlags, limit: Duration) -> io::Result<()> {
    let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
    loop {
        match poll(&mut [PollFd::from_borrowed_fd(file, events)], Some(&limit)) {
            Ok(0) => return Err(ErrorKind::TimedOut.into()),
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Waits for a future's result, for a minute at most.
///
/// # Panics
/// If it takes longer.
#[expect(clippy::expect_used, reason = "a test fails by panicking")]
pub async fn within_limit<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, work)
        .await
        .expect("the wait ends")
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    const SHORT: Duration = Duration::from_millis(50);

    #[test]
    fn a_process_that_does_not_end_is_killed() {
        let mut child = Command::new("sleep").arg("1000").spawn().expect("started");
        let waited = catch_unwind(AssertUnwindSafe(|| end_within(&mut child, SHORT)));
        assert!(waited.is_err());
        assert!(!end_within(&mut child, LIMIT).success());
    }

    #[test]
    fn a_silent_peer_is_an_error() {
        let (silent, _other) = UnixStream::pair().expect("a socket");
        let waited = wait(silent.as_fd(), PollFlags::IN, SHORT);
        assert_eq!(
            waited.map_err(|error| error.kind()),
            Err(ErrorKind::TimedOut)
        );
    }
}
