//! An environment of the client that tests make up.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use azq::environment::Environment;

/// An environment with these variables and files, and nothing else.
#[derive(Default)]
pub(crate) struct Recorded {
    pub(crate) variables: HashMap<String, String>,
    pub(crate) files: HashMap<PathBuf, Vec<u8>>,
    pub(crate) standard_input: Vec<u8>,
}

impl Environment for Recorded {
    fn variable(&self, name: &str) -> Option<OsString> {
        self.variables.get(name).map(OsString::from)
    }

    fn variables(&self) -> Vec<(OsString, OsString)> {
        let pairs = self.variables.iter();
        pairs
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    }

    fn current_directory(&self) -> PathBuf {
        "/work".into()
    }

    fn is_file(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    fn exists(&self, path: &Path) -> bool {
        self.is_file(path)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let content = self.files.get(path).cloned();
        content.ok_or(io::ErrorKind::NotFound.into())
    }

    fn read_standard_input(&self) -> io::Result<Vec<u8>> {
        Ok(self.standard_input.clone())
    }

    fn is_called_az(&self) -> bool {
        false
    }

    fn is_terminal(&self) -> bool {
        false
    }
}
