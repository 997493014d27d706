//! The process as a line sees it: as its command would, except for standard input, which belongs to
//! the batch.
//!
//! Facts that do not change while the batch runs are asked of the system once.

use crate::environment::{Caller, Environment};
use std::cell::Cell;
use std::io;
use std::path::Path;

/// The process, for the lines of a batch.
pub(super) struct BatchEnvironment<'a> {
    environment: &'a dyn Environment,
    caller: Caller,
    is_called_az: bool,
    is_terminal: bool,
    wants_input: Cell<bool>,
}

impl<'a> BatchEnvironment<'a> {
    /// Colours are for answers that go to a terminal as they are.
    pub(super) fn new(environment: &'a dyn Environment, is_shown: bool) -> Self {
        Self {
            environment,
            caller: environment.caller(),
            is_called_az: environment.is_called_az(),
            is_terminal: is_shown && environment.is_terminal(),
            wants_input: Cell::new(false),
        }
    }

    /// Whether a line has wanted to read standard input since the last call.
    pub(super) fn wanted_input(&self) -> bool {
        self.wants_input.take()
    }

    fn withhold(&self) -> io::Error {
        self.wants_input.set(true);
        io::ErrorKind::WouldBlock.into()
    }
}

impl Environment for BatchEnvironment<'_> {
    fn below(&self) -> Option<&dyn Environment> {
        Some(self.environment)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if !self.is_file(path) && is_standard_input(path) {
            return Err(self.withhold());
        }
        self.environment.read(path)
    }

    fn read_standard_input(&self) -> io::Result<Vec<u8>> {
        Err(self.withhold())
    }

    fn is_called_az(&self) -> bool {
        self.is_called_az
    }

    fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    fn caller(&self) -> Caller {
        self.caller.clone()
    }
}

/// Whether the path, such as `/dev/stdin`, names the standard input.
fn is_standard_input(path: &Path) -> bool {
    let input = rustix::fs::fstat(rustix::stdio::stdin());
    match (rustix::fs::stat(path), input) {
        (Ok(named), Ok(input)) => (named.st_dev, named.st_ino) == (input.st_dev, input.st_ino),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::fake::Fake;

    #[test]
    fn standard_input_is_withheld() {
        let process = Fake::default().file("q.txt", "[]").standard_input("typed");
        let environment = BatchEnvironment::new(&process, true);
        assert_eq!(environment.read(Path::new("q.txt")).unwrap(), b"[]");
        assert!(!environment.wanted_input());
        assert!(environment.read_standard_input().is_err());
        assert!(environment.wanted_input());
        assert!(!environment.wanted_input(), "it is asked once a line");
        assert_eq!(process.standard_input.take(), b"typed");
    }

    #[test]
    fn a_terminal_counts_only_for_what_it_shows() {
        let process = || Fake {
            terminal: true,
            ..Fake::default()
        };
        let process = process()
            .variable("AZURE_DEFAULTS_GROUP", "g")
            .variable("X", "");
        assert!(BatchEnvironment::new(&process, true).is_terminal());
        let collected = BatchEnvironment::new(&process, false);
        assert!(!collected.is_terminal());
        assert!(collected.caller() == process.caller());
        assert_eq!(collected.variable("X"), Some("".into()));
    }
}
