//! The outcome of a command.

use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Output, Stdio};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// The outcome of a command.
#[must_use = "a command that nobody looks at proves nothing"]
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Its exit code; none if a signal or the time limit ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Its stdout.
    pub stdout: Vec<u8>,
    /// Its stderr.
    pub stderr: String,
    /// Whether it had to be killed.
    pub timed_out: bool,
}

impl Outcome {
    /// Runs a command within this time; it is killed if it does not end.
    pub(super) fn of(
        command: std::process::Command,
        input: &[u8],
        limit: Duration,
    ) -> io::Result<Self> {
        let mut command = Command::from(command);
        command
            .kill_on_drop(true)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // This runs on a thread of its own, because the caller may be inside a runtime.
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?;
                runtime.block_on(finish(command, input, limit))
            });
            waiter
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("waiting for the command panicked")))
        })
    }

    /// Returns stdout as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Returns stdout of a command that succeeded and wrote nothing to stderr.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn success(&self) -> String {
        assert!(self.code == Some(0) && self.stderr.is_empty(), "{self}");
        self.text()
    }

    /// Returns stdout of a command that ended with this exit code, with anything on stderr.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn printed(&self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self}");
        self.text()
    }

    /// Returns stderr of a command that ended with this exit code, with anything on stdout.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn said(&self, code: i32) -> &str {
        assert_eq!(self.code, Some(code), "{self}");
        &self.stderr
    }

    /// Returns stdout and stderr.
    pub fn all_text(&self) -> String {
        self.text() + &self.stderr
    }

    /// Returns the JSON document of a command that succeeded and wrote nothing to stderr.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    #[expect(clippy::expect_used, reason = "a test fails by panicking")]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.success()).expect("stdout is JSON")
    }

    /// Returns the JSON documents in the lines of stdout, whatever the exit code.
    ///
    /// # Panics
    /// If a line is none.
    #[track_caller]
    #[expect(clippy::expect_used, reason = "a test fails by panicking")]
    pub fn json_lines(&self) -> Vec<Value> {
        let text = self.text();
        let documents: Result<_, _> = text.lines().map(serde_json::from_str).collect();
        documents.expect("each line is JSON")
    }

    /// Returns stderr of a command that ended with this exit code and wrote nothing to stdout.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn failure(&self, code: i32) -> &str {
        assert!(self.code == Some(code) && self.stdout.is_empty(), "{self}");
        &self.stderr
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:?}, signal {:?}, timed out: {}, stdout: {}, stderr: {}",
            self.code,
            self.signal,
            self.timed_out,
            self.text(),
            self.stderr
        )
    }
}

async fn finish(mut command: Command, input: &[u8], limit: Duration) -> io::Result<Outcome> {
    let mut child = command.spawn()?;
    let stdin = child.stdin.take();
    let feed = async {
        if let Some(mut stdin) = stdin {
            // A program need not read its input.
            let _unread = stdin.write_all(input).await;
        }
    };
    let ended = async { tokio::join!(feed, child.wait_with_output()).1 };
    match tokio::time::timeout(limit, ended).await {
        Ok(output) => output.map(Outcome::from),
        Err(_) => Ok(Outcome {
            timed_out: true,
            ..Outcome::default()
        }),
    }
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            signal: output.status.signal(),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            timed_out: false,
        }
    }
}
