//! A command that exchanges lines with a test while it runs.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use super::binaries::binaries;
use super::bounded::{Bounded, BoundedChild as _};
use super::home::Home;

/// A running azq whose input and output are open.
#[derive(Debug)]
pub struct Conversation {
    azq: Child,
    input: Option<Bounded<ChildStdin>>,
    output: Option<BufReader<Bounded<ChildStdout>>>,
}

impl Conversation {
    /// Runs azq with a line of arguments, split at its spaces.
    pub fn begin(home: &Home, arguments: &str) -> io::Result<Self> {
        let binaries = binaries().map_err(io::Error::other)?;
        let mut azq = home
            .command(&binaries.azq)
            .args(arguments.split(' '))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        Ok(Self {
            input: azq.stdin.take().map(Bounded),
            output: azq.stdout.take().map(|pipe| BufReader::new(Bounded(pipe))),
            azq,
        })
    }

    /// Returns its process id.
    pub fn id(&self) -> u32 {
        self.azq.id()
    }

    /// Writes to its input.
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        match &mut self.input {
            Some(input) => input.write_all(text.as_bytes()),
            None => Ok(()),
        }
    }

    /// Writes a line to its input.
    pub fn say(&mut self, line: &str) -> io::Result<()> {
        self.write(&format!("{line}\n"))
    }

    /// Reads the next line of its output; empty at the end of the output.
    pub fn hear(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if let Some(output) = &mut self.output {
            output.read_line(&mut line)?;
        }
        Ok(line)
    }

    /// Writes a line, and reads a line in return.
    pub fn ask(&mut self, line: &str) -> io::Result<String> {
        self.say(line)?;
        self.hear()
    }

    /// Closes its output.
    pub fn turn_away(&mut self) {
        self.output = None;
    }

    /// Closes its input and waits for its end; returns exit code, the rest of stdout, and stderr.
    pub fn end(mut self) -> io::Result<(Option<i32>, String, String)> {
        self.input = None;
        self.ended()
    }

    /// Waits for its end with its input open; returns the same.
    pub fn ended(mut self) -> io::Result<(Option<i32>, String, String)> {
        let (mut rest, mut stderr) = (String::new(), String::new());
        if let Some(output) = &mut self.output {
            output.read_to_string(&mut rest)?;
        }
        if let Some(pipe) = self.azq.stderr.take() {
            Bounded(pipe).read_to_string(&mut stderr)?;
        }
        Ok((self.azq.ends().code(), rest, stderr))
    }
}
