//! Directories that a target writes to, in memory where the system has such a file system.

use std::path::Path;

use azq_account::{AccountError, Caller, Environment, Profile};

use tempfile::TempDir;

/// Creates a directory that is removed when it is dropped.
pub fn directory() -> TempDir {
    let memory = Some(Path::new("/dev/shm")).filter(|memory| memory.is_dir());
    let place = memory.map_or_else(std::env::temp_dir, Path::to_owned);
    let made = tempfile::Builder::new()
        .prefix("azq-fuzz-")
        .tempdir_in(place);
    made.expect("a place for temporary files")
}

/// az's configuration directory, with some files.
#[derive(Debug)]
pub struct Files(TempDir);

impl Files {
    /// Creates a directory with these files, by name and content.
    pub fn with(files: &[(&str, &[u8])]) -> Self {
        let folder = directory();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).expect("written");
        }
        Self(folder)
    }

    /// Returns its path.
    pub fn directory(&self) -> &Path {
        self.0.path()
    }

    /// Returns a caller whose az configuration directory it is.
    pub fn caller(&self, environment: Environment) -> Caller {
        Caller {
            environment,
            ..Caller::without_variables(self.directory())
        }
    }

    /// Loads its profile for a caller without variables.
    pub fn profile(&self) -> Result<Profile, AccountError> {
        Profile::load(&self.caller(Environment::new()))
    }
}
