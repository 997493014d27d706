//! What a command line means depends on where it is typed: files, standard input, variables,
//! terminal.
//!
//! Everything in [`crate::cli`] sees the process only through [`Environment`], so that tests need
//! neither files nor a changed environment.

use azq_proto::environment::is_forwarded;
use azq_proto::v1::SeenFile;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::passthrough::Az;

/// The process around a command line.
pub trait Environment {
    /// A variable's value, if it is set.
    fn variable(&self, name: &str) -> Option<OsString>;
    /// All variables.
    fn variables(&self) -> Vec<(OsString, OsString)>;
    /// The current directory; empty if it cannot be told.
    fn current_directory(&self) -> PathBuf;
    /// Whether the path names a regular file, links followed.
    fn is_file(&self, path: &Path) -> bool;
    /// Whether the path names anything at all.
    fn exists(&self, path: &Path) -> bool;
    /// A file's content, at most [`LONGEST`] bytes of it.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// The names of what is in a directory, at most [`MOST_ENTRIES`]; none if it cannot be read.
    fn entries(&self, _: &Path) -> Vec<OsString> {
        Vec::new()
    }
    /// What is left of the standard input.
    fn read_standard_input(&self) -> io::Result<Vec<u8>>;
    /// Whether azq was called by the name of `az`: then none of azq's own commands hides one of
    /// az's.
    fn is_called_az(&self) -> bool;
    /// Whether both standard output and standard error are terminals.
    fn is_terminal(&self) -> bool;
    /// Whether the process's arguments are all ASCII.
    fn has_ascii_arguments(&self) -> bool {
        true
    }
    /// Device and inode of what a path names, links followed, if there is anything.
    fn identity(&self, _: &Path) -> Option<(u64, u64)> {
        None
    }

    /// What every request says of this process.
    fn caller(&self) -> Caller {
        Caller::of(self)
    }
}

/// What every request says of the process that it comes from.
#[derive(Clone, PartialEq, Eq)]
pub struct Caller {
    /// az's configuration directory, absolute.
    pub azure_config_dir: String,
    /// The variables that the daemon may see. One that is not UTF-8 means nothing to az either.
    pub variables: BTreeMap<String, String>,
    /// The working directory; empty if it is gone.
    pub working_directory: PathBuf,
    /// What is seen of files that the daemon is to read.
    pub seen: Vec<SeenFile>,
    /// The real az, as far as the PATH has one.
    pub az: Option<PathBuf>,
}

/// The file of az's that says who is logged in.
const PROFILE: &str = "azureProfile.json";

/// The variables that name files with the roots that a caller trusts.
const ROOTS: [&str; 2] = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

impl Caller {
    fn of<E: Environment + ?Sized>(environment: &E) -> Self {
        let variables = environment.variables().into_iter();
        let variables = variables.filter_map(|(name, value)| {
            let name = name.into_string().ok().filter(|name| is_forwarded(name))?;
            Some((name, value.into_string().ok()?))
        });
        let variables: BTreeMap<_, _> = variables.collect();
        let working_directory = environment.current_directory();
        let config_dir = azure_config_dir(environment);
        let roots = ROOTS.iter().filter_map(|name| variables.get(*name));
        let roots = roots.filter(|path| !path.is_empty());
        let paths = [config_dir.clone(), config_dir.join(PROFILE)].into_iter();
        let paths = paths.chain(roots.map(|path| working_directory.join(path)));
        Self {
            seen: paths.map(|path| seen(environment, &path)).collect(),
            azure_config_dir: config_dir.to_string_lossy().into_owned(),
            az: Az::find(environment).ok().map(Az::into_path),
            variables,
            working_directory,
        }
    }
}

pub(crate) fn seen<E: Environment + ?Sized>(environment: &E, path: &Path) -> SeenFile {
    let (device, inode) = environment.identity(path).unwrap_or_default();
    SeenFile {
        path: path.to_string_lossy().into_owned(),
        device,
        inode,
    }
}

/// azure-cli-core `_environment.py`, `get_config_dir`, made absolute.
pub(crate) fn azure_config_dir<E: Environment + ?Sized>(environment: &E) -> PathBuf {
    let set = environment
        .variable("AZURE_CONFIG_DIR")
        .filter(|directory| !directory.is_empty());
    let directory = set.map_or_else(
        || PathBuf::from(environment.variable("HOME").unwrap_or_default()).join(".azure"),
        PathBuf::from,
    );
    environment.current_directory().join(directory)
}

/// The most that is read from a file named on the command line: more than the daemon takes, and a
/// bound for `@/dev/zero`.
pub const LONGEST: u64 = 64 << 20;

/// More than any directory has that is looked into.
pub const MOST_ENTRIES: usize = 10_000;

/// The real process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Process;

impl Environment for Process {
    fn variable(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name)
    }

    fn variables(&self) -> Vec<(OsString, OsString)> {
        std::env::vars_os().collect()
    }

    fn current_directory(&self) -> PathBuf {
        std::env::current_dir().unwrap_or_default()
    }

    fn is_file(&self, path: &Path) -> bool {
        path.is_file()
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        std::fs::File::open(path)?
            .take(LONGEST)
            .read_to_end(&mut content)?;
        Ok(content)
    }

    fn entries(&self, path: &Path) -> Vec<OsString> {
        let entries = std::fs::read_dir(path).into_iter().flatten();
        let names = entries.take(MOST_ENTRIES).flatten();
        names.map(|entry| entry.file_name()).collect()
    }

    fn read_standard_input(&self) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        io::stdin().lock().take(LONGEST).read_to_end(&mut content)?;
        Ok(content)
    }

    fn is_called_az(&self) -> bool {
        let name = std::env::args_os().next().unwrap_or_default();
        Path::new(&name)
            .file_stem()
            .is_some_and(|stem| stem == "az")
    }

    fn has_ascii_arguments(&self) -> bool {
        std::env::args_os().all(|argument| argument.as_encoded_bytes().is_ascii())
    }

    fn is_terminal(&self) -> bool {
        io::stdout().is_terminal() && io::stderr().is_terminal()
    }

    fn identity(&self, path: &Path) -> Option<(u64, u64)> {
        let found = path.metadata().ok()?;
        Some((found.dev(), found.ino()))
    }
}

/// A process whose standard input and pipes stay unread, for a first look at a command line: they
/// may be for the real az.
pub(crate) struct WithoutStreams<'a> {
    environment: &'a dyn Environment,
    withheld: Cell<bool>,
}

impl<'a> WithoutStreams<'a> {
    pub(crate) fn new(environment: &'a dyn Environment) -> Self {
        Self {
            environment,
            withheld: Cell::new(false),
        }
    }

    /// Whether there was something to read that was not read.
    pub(crate) fn has_withheld(&self) -> bool {
        self.withheld.get()
    }

    fn withhold(&self) -> io::Error {
        self.withheld.set(true);
        io::ErrorKind::WouldBlock.into()
    }
}

impl Environment for WithoutStreams<'_> {
    fn variable(&self, name: &str) -> Option<OsString> {
        self.environment.variable(name)
    }

    fn variables(&self) -> Vec<(OsString, OsString)> {
        self.environment.variables()
    }

    fn current_directory(&self) -> PathBuf {
        self.environment.current_directory()
    }

    fn is_file(&self, path: &Path) -> bool {
        self.environment.is_file(path)
    }

    fn exists(&self, path: &Path) -> bool {
        self.environment.exists(path)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if self.exists(path) && !self.is_file(path) {
            return Err(self.withhold());
        }
        self.environment.read(path)
    }

    fn entries(&self, path: &Path) -> Vec<OsString> {
        self.environment.entries(path)
    }

    fn read_standard_input(&self) -> io::Result<Vec<u8>> {
        Err(self.withhold())
    }

    fn is_called_az(&self) -> bool {
        self.environment.is_called_az()
    }

    fn is_terminal(&self) -> bool {
        self.environment.is_terminal()
    }

    fn identity(&self, path: &Path) -> Option<(u64, u64)> {
        self.environment.identity(path)
    }

    fn caller(&self) -> Caller {
        self.environment.caller()
    }
}

#[cfg(test)]
pub(crate) mod fake {
    //! A process made of tables.

    use std::collections::HashMap;

    use super::*;

    #[derive(Default)]
    pub(crate) struct Fake {
        pub(crate) variables: HashMap<String, String>,
        /// A path and its content; a directory has none.
        pub(crate) files: HashMap<PathBuf, Option<Vec<u8>>>,
        pub(crate) standard_input: Cell<Vec<u8>>,
        pub(crate) terminal: bool,
        pub(crate) called_az: bool,
        pub(crate) arguments: Vec<String>,
    }

    impl Fake {
        pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
            self.variables.insert(name.to_owned(), value.to_owned());
            self
        }

        pub(crate) fn file(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
            self.files.insert(path.into(), Some(content.into()));
            self
        }

        pub(crate) fn directory(mut self, path: &str) -> Self {
            self.files.insert(path.into(), None);
            self
        }

        pub(crate) fn standard_input(self, content: impl Into<Vec<u8>>) -> Self {
            self.standard_input.set(content.into());
            self
        }
    }

    impl Environment for Fake {
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
            self.files.get(path).is_some_and(Option::is_some)
        }

        fn exists(&self, path: &Path) -> bool {
            self.files.contains_key(path)
        }

        fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
            match self.files.get(path) {
                Some(Some(content)) => Ok(content.clone()),
                Some(None) => Err(io::ErrorKind::IsADirectory.into()),
                None => Err(io::ErrorKind::NotFound.into()),
            }
        }

        fn entries(&self, path: &Path) -> Vec<OsString> {
            let inside = self.files.keys().filter(|file| file.parent() == Some(path));
            inside
                .filter_map(|file| Some(file.file_name()?.to_owned()))
                .collect()
        }

        fn read_standard_input(&self) -> io::Result<Vec<u8>> {
            Ok(self.standard_input.take())
        }

        fn is_called_az(&self) -> bool {
            self.called_az
        }

        fn has_ascii_arguments(&self) -> bool {
            self.arguments.iter().all(|argument| argument.is_ascii())
        }

        fn is_terminal(&self) -> bool {
            self.terminal
        }
    }
}
