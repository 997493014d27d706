//! A line that another process answers: the real az, or azq itself where a command is not the
//! daemon's.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use zeroize::Zeroizing;

use super::writer::{LineSink, Stream};

/// The most that is read of an answer at once, in bytes.
const CHUNK: usize = 64 * 1024;

/// Runs the command with nothing on its standard input; its exit code.
pub(super) fn run(mut command: Command, sink: &mut LineSink<'_, '_>) -> io::Result<u8> {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut child = KillOnDrop(child);
    let (stdout, stderr) = (child.0.stdout.take(), child.0.stderr.take());
    let mut pipes: Vec<(OwnedFd, Stream)> = Vec::new();
    pipes.extend(stdout.map(|pipe| (pipe.into(), Stream::Stdout)));
    pipes.extend(stderr.map(|pipe| (pipe.into(), Stream::Stderr)));
    // The answer may be a token.
    let mut chunk = Zeroizing::new(vec![0; CHUNK]);
    while !pipes.is_empty() {
        let mut polled: Vec<_> = pipes
            .iter()
            .map(|(pipe, _)| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN))
            .collect();
        match poll(&mut polled, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ready: Vec<_> = polled.iter().map(|fd| !fd.revents().is_empty()).collect();
        let mut ready = ready.into_iter();
        let mut failure = None;
        pipes.retain(|(pipe, stream)| {
            if !ready.next().unwrap_or_default() {
                return true;
            }
            match rustix::io::read(pipe, &mut *chunk) {
                Ok(0) => return false,
                Ok(read) => {
                    if sink.part(*stream, &chunk[..read]).is_err() {
                        failure = Some(io::ErrorKind::BrokenPipe.into());
                    }
                }
                Err(Errno::INTR) => {}
                Err(error) => failure = Some(error.into()),
            }
            true
        });
        if let Some(failure) = failure {
            return Err(failure);
        }
    }
    Ok(code(child.0.wait()?))
}

/// Ends the child when the batch can no longer take its answer.
struct KillOnDrop(Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            // The child may end by itself meanwhile.
            let _ended = self.0.kill().and_then(|()| self.0.wait());
        }
    }
}

/// The exit code as shells have it.
fn code(status: ExitStatus) -> u8 {
    let code = status.code().or(status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
