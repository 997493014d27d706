//! An environment made of tables, for tests of the library from outside.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use azq::environment::Environment;

/// The environment of the process in which a case was recorded.
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
        self.variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    }

    fn current_directory(&self) -> PathBuf {
        "/work".into()
    }

    fn is_file(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files
            .get(path)
            .cloned()
            .ok_or(io::ErrorKind::NotFound.into())
    }

    fn read_standard_input(&self) -> io::Result<Vec<u8>> {
        Ok(self.standard_input.clone())
    }
}
