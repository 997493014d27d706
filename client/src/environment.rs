//! The environment on which the meaning of a command line depends: files, standard input,
//! variables, terminal.
//!
//! The code in [`crate::cli`] accesses the process only through [`Environment`], so that tests need
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

/// The process in which a command line runs.
///
/// A method that an implementation lacks is answered by the environment below it; without one, as
/// for a process that has nothing.
pub trait Environment {
    /// Returns the environment of which this one is a view.
    fn below(&self) -> Option<&dyn Environment> {
        None
    }
    /// Returns a variable's value, if it is set.
    fn variable(&self, name: &str) -> Option<OsString> {
        self.below()?.variable(name)
    }
    /// Returns all variables.
    fn variables(&self) -> Vec<(OsString, OsString)> {
        self.below().map_or_else(Vec::new, Environment::variables)
    }
    /// Returns the current directory; empty if it is unknown.
    fn current_directory(&self) -> PathBuf {
        self.below()
            .map(Environment::current_directory)
            .unwrap_or_default()
    }
    /// Whether the path names a regular file, following links.
    fn is_file(&self, path: &Path) -> bool {
        self.below().is_some_and(|below| below.is_file(path))
    }
    /// Whether the path exists.
    fn exists(&self, path: &Path) -> bool {
        match self.below() {
            Some(below) => below.exists(path),
            None => self.is_file(path),
        }
    }
    /// Reads a file's content, at most [`LONGEST`] bytes of it.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Returns the names in a directory, at most [`MOST_ENTRIES`]; none if it cannot be read.
    fn entries(&self, path: &Path) -> Vec<OsString> {
        self.below()
            .map_or_else(Vec::new, |below| below.entries(path))
    }
    /// Reads the rest of the standard input.
    fn read_standard_input(&self) -> io::Result<Vec<u8>>;
    /// Whether azq was called by the name `az`; none of azq's own commands then hides one of az's.
    fn is_called_az(&self) -> bool {
        self.below().is_some_and(Environment::is_called_az)
    }
    /// Whether both standard output and standard error are terminals.
    fn is_terminal(&self) -> bool {
        self.below().is_some_and(Environment::is_terminal)
    }
    /// Whether the process's arguments are all ASCII.
    fn has_ascii_arguments(&self) -> bool {
        true
    }
    /// Returns device and inode of a path, following links, if it exists.
    fn identity(&self, path: &Path) -> Option<(u64, u64)> {
        self.below()?.identity(path)
    }

    /// Returns the description of this process that is sent with every request.
    fn caller(&self) -> Caller {
        match self.below() {
            Some(below) => below.caller(),
            None => Caller::of(self),
        }
    }
}

/// The description of the calling process that is sent with every request.
#[derive(Clone, PartialEq, Eq)]
pub struct Caller {
    /// az's configuration directory, absolute.
    pub azure_config_dir: String,
    /// The variables that the daemon may see. Those that are not UTF-8 are omitted, because az
    /// cannot use them either.
    pub variables: BTreeMap<String, String>,
    /// The working directory; empty if it no longer exists.
    pub working_directory: PathBuf,
    /// The files that the daemon will read, as this process sees them.
    pub seen: Vec<SeenFile>,
    /// The real az, if the PATH contains one.
    pub az: Option<PathBuf>,
}

/// az's file about the logged-in account.
const PROFILE: &str = "azureProfile.json";

/// The variables that name files with the root certificates that a caller trusts.
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

/// Returns az's configuration directory as an absolute path (azure-cli-core `_environment.py`,
/// `get_config_dir`).
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

/// The maximum number of bytes read from a file named on the command line: more than the daemon
/// accepts, and a bound for `@/dev/zero`.
pub const LONGEST: u64 = 64 << 20;

/// The maximum number of names read from a directory, which is more than the relevant directories
/// have.
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

/// A process whose standard input and pipes are not read, for a first parse of a command line,
/// because they may be for the real az.
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

    /// Whether there was input to read that was not read.
    pub(crate) fn has_withheld(&self) -> bool {
        self.withheld.get()
    }

    fn withhold(&self) -> io::Error {
        self.withheld.set(true);
        io::ErrorKind::WouldBlock.into()
    }
}

impl Environment for WithoutStreams<'_> {
    fn below(&self) -> Option<&dyn Environment> {
        Some(self.environment)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if self.exists(path) && !self.is_file(path) {
            return Err(self.withhold());
        }
        self.environment.read(path)
    }

    fn read_standard_input(&self) -> io::Result<Vec<u8>> {
        Err(self.withhold())
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
        /// Each path with its content; `None` for a directory.
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
