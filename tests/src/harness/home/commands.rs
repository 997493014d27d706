//! The commands that a test runs in its home.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use serde_json::Value;

use super::Home;
use crate::harness::bounded::BoundedCommand as _;
use crate::harness::outcome::Outcome;
use crate::harness::waiting::LIMIT;

impl Home {
    /// Runs azq.
    pub fn azq<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
    ) -> io::Result<Outcome> {
        self.azq_reading(arguments, b"")
    }

    /// Runs azq with a line of arguments, split at its spaces.
    ///
    /// # Panics
    /// If it cannot be run.
    #[track_caller]
    pub fn line(&self, line: &str) -> Outcome {
        self.line_reading(line, b"")
    }

    /// Returns the number of calls in flight as the daemon counts them; none without a daemon.
    #[track_caller]
    pub fn in_flight(&self) -> u64 {
        let stdout = self.line("daemon status -o json").stdout;
        let status: Value = serde_json::from_slice(&stdout).unwrap_or_default();
        status["requests"]["inFlight"].as_u64().unwrap_or_default()
    }

    /// Returns a command that runs azqd at this home's runtime directory.
    pub fn azqd(&self) -> Command {
        let mut azqd = self.command(&self.binaries.azqd);
        azqd.arg("--runtime-dir").arg(self.runtime_dir());
        azqd
    }

    /// Runs azq with this standard input.
    pub fn azq_reading<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
        input: &[u8],
    ) -> io::Result<Outcome> {
        self.run_within(LIMIT, &self.binaries.azq, arguments, input)
    }

    /// Runs azq with a line of arguments and this standard input.
    ///
    /// # Panics
    /// If it cannot be run.
    #[track_caller]
    #[expect(clippy::panic, reason = "a test fails by panicking")]
    pub fn line_reading(&self, line: &str, input: &[u8]) -> Outcome {
        match self.azq_reading(line.split_whitespace(), input) {
            Ok(outcome) => outcome,
            Err(error) => panic!("azq {line}: {error}"),
        }
    }

    /// Runs a program in this home, for two minutes at most.
    ///
    /// # Panics
    /// If it cannot be run.
    #[track_caller]
    #[expect(clippy::expect_used, reason = "a test fails by panicking")]
    pub fn run<S: AsRef<OsStr>>(
        &self,
        program: impl AsRef<Path>,
        arguments: impl IntoIterator<Item = S>,
        input: &[u8],
    ) -> Outcome {
        let ran = self.run_within(2 * LIMIT, program.as_ref(), arguments, input);
        ran.expect("the program is run")
    }

    /// Runs a line of the shell in this home.
    ///
    /// # Panics
    /// If it cannot be run.
    #[track_caller]
    pub fn shell(&self, script: &str) -> Outcome {
        self.run("/bin/sh", ["-c", script], b"")
    }

    /// Returns the document of `daemon status`.
    ///
    /// # Panics
    /// If no daemon runs.
    #[track_caller]
    pub fn status(&self) -> Value {
        self.line("daemon status -o json").json()
    }

    /// Runs a program in this home within a time.
    pub fn run_within<S: AsRef<OsStr>>(
        &self,
        limit: Duration,
        program: &Path,
        arguments: impl IntoIterator<Item = S>,
        input: &[u8],
    ) -> io::Result<Outcome> {
        let mut command = self.command(program);
        command.args(arguments);
        Outcome::of(command, input, limit)
    }

    /// Starts azq with a line of arguments, in a process group of its own as a shell does, for
    /// tests that act while it runs.
    ///
    /// # Panics
    /// If it cannot be started.
    #[track_caller]
    pub fn begin(&self, line: &str) -> Child {
        let mut command = self.command(&self.binaries.azq);
        command.args(line.split_whitespace()).process_group(0);
        command.begin()
    }

    /// Returns a command of this home that is not started yet, for tests that do not just wait for
    /// its end.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(&self.environment)
            .current_dir(self.path());
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        command
    }
}
