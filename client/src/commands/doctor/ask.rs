//! Runs a program for its output, within a deadline.

use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::daemon;

/// The longest run of a program. az itself takes seconds on a cold machine.
const LIMIT: Duration = Duration::from_secs(30);
/// The most output that is read, in bytes.
const LONGEST: u64 = 256 << 10;
/// The longest wait for the end of a program that has closed its streams.
const LAST: Duration = Duration::from_secs(2);

/// The reasons why a program has not answered.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    #[error("it could not be run: {0}")]
    Run(#[from] io::Error),
    #[error("it did not answer within {} s", LIMIT.as_secs())]
    Slow,
    #[error("{0}")]
    Failed(String),
}

/// azq's own output for these arguments.
pub(super) fn azq(arguments: &[&str]) -> Result<String, AskError> {
    ask(Command::new(std::env::current_exe()?).args(arguments))
}

/// A program's output on stdout if it succeeds, else the first line of its stderr.
pub(super) fn ask(command: &mut Command) -> Result<String, AskError> {
    let deadline = Instant::now() + LIMIT;
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let streams = [
        child.stdout.take().map(reader),
        child.stderr.take().map(reader),
    ];
    let [stdout, stderr] = streams.map(|text| {
        let left = deadline.saturating_duration_since(Instant::now());
        text.and_then(|text| text.recv_timeout(left).ok())
    });
    let (Some(stdout), Some(stderr)) = (stdout, stderr) else {
        // The program may have ended meanwhile.
        let _ended = child.kill();
        child.wait()?;
        return Err(AskError::Slow);
    };
    let status = daemon::end_or_kill(&mut child, Instant::now() + LAST)?;
    if status.success() {
        return Ok(stdout);
    }
    let first = stderr.lines().find(|line| !line.trim().is_empty());
    let first = first.unwrap_or("it has failed without a word");
    let said = first.strip_prefix("ERROR: ").unwrap_or(first);
    Err(AskError::Failed(said.trim().to_owned()))
}

/// A stream's bytes up to its end.
fn reader(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // Output that cannot be read counts as none.
        let _broken = stream.take(LONGEST).read_to_end(&mut bytes);
        let _gone = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<String, AskError> {
        ask(Command::new("/bin/sh").args(["-c", script]))
    }

    #[test]
    fn a_program_is_asked() {
        assert_eq!(shell("echo answer").unwrap(), "answer\n");
        let failed = shell("echo 'ERROR: no' >&2; echo more >&2; exit 1").unwrap_err();
        assert_eq!(failed.to_string(), "no");
        let silent = shell("exit 1").unwrap_err().to_string();
        assert_eq!(silent, "it has failed without a word");
        assert!(matches!(
            ask(&mut Command::new("/no/such")),
            Err(AskError::Run(_))
        ));
    }
}
