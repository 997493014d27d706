//! A command on a terminal, and all of the terminal's output.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::bounded::{Bounded, BoundedChild as _};
use super::home::Home;

/// A running command whose three streams are a terminal.
#[derive(Debug)]
pub struct Screen {
    child: Child,
    controller: Bounded<File>,
    shown: Vec<u8>,
}

impl Screen {
    /// Starts azq with a line of arguments, on a terminal of the usual size.
    ///
    /// # Panics
    /// If it cannot be started.
    #[track_caller]
    pub fn line(home: &Home, line: &str) -> Self {
        let mut azq = home.command(&home.binaries().azq);
        azq.args(line.split(' '));
        Self::begin(azq)
    }

    /// Starts a command on a terminal of the usual size.
    ///
    /// # Panics
    /// If it cannot be started.
    #[track_caller]
    pub fn begin(command: Command) -> Self {
        Self::of_width(command, 80)
    }

    /// Starts a command on a terminal of so many columns.
    ///
    /// # Panics
    /// If it cannot be started.
    #[track_caller]
    pub fn of_width(command: Command, columns: u16) -> Self {
        Self::start(command, columns).expect("a terminal and a command on it")
    }

    fn start(mut command: Command, columns: u16) -> io::Result<Self> {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        unlockpt(&controller)?;
        let name = ptsname(&controller, Vec::new())?;
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let terminal: OwnedFd = rustix::fs::open(name, flags, Mode::empty())?;
        let size = Winsize {
            ws_row: 24,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&terminal, size)?;
        command
            .stdin(terminal.try_clone()?)
            .stdout(terminal.try_clone()?)
            .stderr(terminal);
        Ok(Self {
            child: command.spawn()?,
            controller: Bounded(controller.into()),
            shown: Vec::new(),
        })
    }

    /// Returns its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether a text is in the output that was read so far.
    pub fn has_shown(&self, text: &str) -> bool {
        self.text().contains(text)
    }

    /// Waits until a text is in the output.
    ///
    /// # Panics
    /// If the output ends without it.
    #[track_caller]
    pub fn until_shows(&mut self, text: &str) {
        while !self.has_shown(text) {
            assert!(self.read(), "it has ended: {:?}", self.text());
        }
    }

    /// Types a text.
    ///
    /// # Panics
    /// If the terminal does not take it.
    #[track_caller]
    pub fn type_text(&mut self, text: &str) {
        let typed = self.controller.write_all(text.as_bytes());
        typed.expect("the terminal takes a text");
    }

    /// Waits for its end; returns its exit code and all of its output.
    ///
    /// # Panics
    /// If it does not end.
    #[track_caller]
    pub fn finish(mut self) -> (Option<i32>, String) {
        while self.read() {}
        (self.child.ends().code(), self.text())
    }

    /// Returns the terminal's lines at the end, with the cursor movements that azq uses: carriage
    /// returns and erased lines. Colours are left out.
    pub fn lines(shown: &str) -> Vec<String> {
        let shown = shown.replace('\n', "\r\n");
        let mut lines = vec![Vec::new()];
        let mut at = 0;
        let mut rest = shown.chars();
        while let Some(next) = rest.next() {
            let Some(line) = lines.last_mut() else { break };
            match next {
                '\r' => at = 0,
                '\n' => lines.push(Vec::new()),
                '\x1b' => {
                    let end = rest.by_ref().skip(1).find(char::is_ascii_alphabetic);
                    if end == Some('K') {
                        line.truncate(at);
                    }
                }
                letter => {
                    line.resize(line.len().max(at + 1), ' ');
                    line[at] = letter;
                    at += 1;
                }
            }
        }
        let text = |line: Vec<char>| line.into_iter().collect::<String>().trim_end().to_owned();
        lines.into_iter().map(text).collect()
    }

    /// Returns the output with ordinary newlines.
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.shown).replace("\r\n", "\n")
    }

    /// Waits for more output; returns whether more can come.
    #[track_caller]
    fn read(&mut self) -> bool {
        let mut chunk = [0; 4096];
        match self.controller.read(&mut chunk) {
            Ok(read) => {
                self.shown
                    .extend_from_slice(chunk.get(..read).unwrap_or_default());
                read > 0
            }
            // Linux reports by this error that no process has the terminal open any more.
            Err(error) if Errno::from_io_error(&error) == Some(Errno::IO) => false,
            Err(error) => panic!("the terminal cannot be read: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_erased_line_shows_nothing() {
        let lines = Screen::lines("\x1b[K - Starting ..\r\x1b[K\x1b[91mfailed\x1b[0m\n");
        assert_eq!(lines, ["failed", ""]);
        assert_eq!(Screen::lines("abc\rd"), ["dbc"]);
        assert_eq!(Screen::lines("abc\r"), ["abc"]);
    }
}
