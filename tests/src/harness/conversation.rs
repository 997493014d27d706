//! A command that exchanges lines with a test while it runs.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use super::bounded::{Bounded, BoundedChild as _};
use super::home::Home;

/// A running azq whose input and output are open.
#[derive(Debug)]
pub struct Conversation {
    azq: Child,
    input: Option<Bounded<ChildStdin>>,
    output: Option<BufReader<Bounded<ChildStdout>>>,
}

/// Each method panics if the command cannot be started, written to or read from.
#[expect(clippy::missing_panics_doc, reason = "all methods do, as stated above")]
impl Conversation {
    /// Runs azq with a line of arguments, split at its spaces.
    #[track_caller]
    pub fn begin(home: &Home, arguments: &str) -> Self {
        let mut azq = home
            .command(&home.binaries().azq)
            .args(arguments.split(' '))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("azq is started");
        Self {
            input: azq.stdin.take().map(Bounded),
            output: azq.stdout.take().map(|pipe| BufReader::new(Bounded(pipe))),
            azq,
        }
    }

    /// Returns its process id.
    pub fn id(&self) -> u32 {
        self.azq.id()
    }

    /// Writes to its input.
    #[track_caller]
    pub fn write(&mut self, text: &str) {
        let input = self.input.as_mut().expect("an open input");
        input.write_all(text.as_bytes()).expect("a text is written");
    }

    /// Writes a line to its input.
    #[track_caller]
    pub fn say(&mut self, line: &str) {
        self.write(&format!("{line}\n"));
    }

    /// Reads the next line of its output; empty at the end of the output.
    #[track_caller]
    pub fn hear(&mut self) -> String {
        let mut line = String::new();
        let output = self.output.as_mut().expect("an open output");
        output.read_line(&mut line).expect("a line is read");
        line
    }

    /// Writes a line, and reads a line in return.
    #[track_caller]
    pub fn ask(&mut self, line: &str) -> String {
        self.say(line);
        self.hear()
    }

    /// Closes its output.
    pub fn turn_away(&mut self) {
        self.output = None;
    }

    /// Closes its input and waits for its end; returns exit code, the rest of stdout, and stderr.
    #[track_caller]
    pub fn end(mut self) -> (Option<i32>, String, String) {
        self.input = None;
        self.ended()
    }

    /// Waits for its end with its input open; returns the same.
    #[track_caller]
    pub fn ended(mut self) -> (Option<i32>, String, String) {
        let (mut rest, mut stderr) = (String::new(), String::new());
        if let Some(output) = &mut self.output {
            output.read_to_string(&mut rest).expect("stdout is read");
        }
        if let Some(pipe) = self.azq.stderr.take() {
            let read = Bounded(pipe).read_to_string(&mut stderr);
            read.expect("stderr is read");
        }
        (self.azq.ends().code(), rest, stderr)
    }
}
