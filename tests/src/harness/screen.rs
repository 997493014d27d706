//! A command on a terminal, and all that the terminal is given to show.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, openpt, ptsname, unlockpt};

use super::bounded::{Bounded, BoundedChild as _};

/// A running command whose three streams are a terminal.
#[derive(Debug)]
pub struct Screen {
    child: Child,
    controller: Bounded<File>,
    shown: Vec<u8>,
}

impl Screen {
    /// Starts a command.
    pub fn begin(mut command: Command) -> io::Result<Self> {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        unlockpt(&controller)?;
        let name = ptsname(&controller, Vec::new())?;
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let terminal: OwnedFd = rustix::fs::open(name, flags, Mode::empty())?;
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

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether a text has been shown, of what was read so far.
    pub fn has_shown(&self, text: &str) -> bool {
        self.text().contains(text)
    }

    /// Waits until a text has been shown.
    pub fn until_shows(&mut self, text: &str) -> io::Result<()> {
        while !self.text().contains(text) {
            if !self.read()? {
                return Err(io::Error::other(format!("it has ended: {:?}", self.text())));
            }
        }
        Ok(())
    }

    /// Types a text.
    pub fn type_text(&mut self, text: &str) -> io::Result<()> {
        self.controller.write_all(text.as_bytes())
    }

    /// Waits for its end: its exit code, and all that it has shown.
    pub fn finish(mut self) -> io::Result<(Option<i32>, String)> {
        while self.read()? {}
        Ok((self.child.ends().code(), self.text()))
    }

    /// With ordinary newlines.
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.shown).replace("\r\n", "\n")
    }

    /// Waits for more; whether more can come.
    fn read(&mut self) -> io::Result<bool> {
        let mut chunk = [0; 4096];
        match self.controller.read(&mut chunk) {
            Ok(read) => {
                self.shown
                    .extend_from_slice(chunk.get(..read).unwrap_or_default());
                Ok(read > 0)
            }
            // Linux says so that no process has the terminal any more.
            Err(error) if Errno::from_io_error(&error) == Some(Errno::IO) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
