//! A home for one test: its own configuration, cache and runtime directories, and thereby its own
//! daemon.
//!
//! The environment is cleared, no `az` is on PATH, and a command that does not end is killed. When
//! the home is dropped, the daemon is stopped, and a process that is left over fails the test.

mod commands;

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use azq_proto::environment::is_forwarded;
use azq_proto::v1;
use rustix::process::Signal;
use tempfile::TempDir;

use super::binaries::{Binaries, BinariesError, binaries};
use super::processes::{self, ends, says};
use super::signals::signal;
use super::stranger::give;
use super::waiting::eventually;
use crate::emulator::Emulator;
use crate::program::Ready;

/// Timeout for stopping the daemon.
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// The home of one test.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
    environment: BTreeMap<String, String>,
    binaries: Binaries,
    /// The user whose home it is, if not this user.
    user: Option<u32>,
    watched: bool,
}

impl Home {
    /// Creates a home whose az configuration is logged in to the emulator.
    pub fn new(emulator: &Emulator) -> Result<Self, HomeError> {
        Self::with(emulator, &BTreeMap::new())
    }

    /// Creates the same, with settings of az's `config` file by dotted name.
    pub fn with(emulator: &Emulator, config: &BTreeMap<String, String>) -> Result<Self, HomeError> {
        let folder = folder()?;
        let azure = folder.path().join("azure");
        let certificate = folder.path().join("emulator-ca.pem");
        emulator.write_az_config(&azure, config)?;
        std::fs::write(&certificate, emulator.ca_pem())?;
        let identity = [emulator.identity_endpoint(), emulator.identity_secret()];
        Self::made(folder, &azure, &certificate, identity, &emulator.endpoint())
    }

    /// Creates a home that is logged in to an emulator which runs as a process and has written a
    /// configuration directory.
    pub fn beside(emulator: &Ready) -> Result<Self, HomeError> {
        let azure = emulator.config_dir.as_deref().ok_or(HomeError::NoAccount)?;
        let identity = [&emulator.identity_endpoint, &emulator.identity_header].map(Clone::clone);
        Self::made(
            folder()?,
            azure,
            &emulator.certificate,
            identity,
            &emulator.endpoint,
        )
    }

    fn made(
        folder: TempDir,
        azure: &Path,
        certificate: &Path,
        [endpoint, secret]: [String; 2],
        resource_manager: &str,
    ) -> Result<Self, HomeError> {
        let path = folder.path();
        let mut environment: BTreeMap<String, String> = [
            ("PATH", "/usr/bin:/bin".to_owned()),
            ("HOME", path.display().to_string()),
            ("COLUMNS", "200".to_owned()),
            ("AZURE_CONFIG_DIR", azure.display().to_string()),
            ("REQUESTS_CA_BUNDLE", certificate.display().to_string()),
            ("IDENTITY_ENDPOINT", endpoint),
            ("IDENTITY_HEADER", secret),
            ("AZQ_PRICES_URL", resource_manager.to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        for kind in [
            "RUNTIME_DIR",
            "CACHE_HOME",
            "CONFIG_HOME",
            "STATE_HOME",
            "DATA_HOME",
        ] {
            let path = path.join(kind.to_lowercase());
            std::fs::DirBuilder::new().mode(0o700).create(&path)?;
            environment.insert(format!("XDG_{kind}"), path.display().to_string());
        }
        Ok(Self {
            folder,
            environment,
            binaries: binaries()?.clone(),
            user: None,
            watched: true,
        })
    }

    /// Installs binaries of its own: copies, as `install.sh` makes them.
    pub fn install(&mut self) -> io::Result<()> {
        let programs = self.path().join("programs");
        std::fs::create_dir(&programs)?;
        for program in [&mut self.binaries.azq, &mut self.binaries.azqd] {
            let copy = programs.join(program.file_name().unwrap_or_default());
            std::fs::copy(&*program, &copy)?;
            *program = copy;
        }
        Ok(())
    }

    /// Makes it another user's home, and runs everything in it as that user from now on; this needs
    /// root. The home gets binaries of its own, because the user may have no access to the build's.
    pub fn give_to(&mut self, user: u32) -> io::Result<()> {
        self.install()?;
        give(self.path(), user)?;
        self.user = Some(user);
        Ok(())
    }

    /// Returns the binaries that it runs.
    pub fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// Returns its path; commands run there.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Sets a variable of its environment.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// Sets variables of its environment.
    pub fn set_all<N: AsRef<str>, V: AsRef<str>>(
        &mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) {
        for (name, value) in variables {
            self.set(name.as_ref(), value.as_ref());
        }
    }

    /// Creates a folder in this home and puts it first on the PATH.
    ///
    /// # Panics
    /// If it cannot be created.
    #[expect(clippy::expect_used, reason = "a test fails by panicking")]
    pub fn folder_on_path(&mut self, name: &str) -> PathBuf {
        let folder = self.path().join(name);
        std::fs::create_dir(&folder).expect("a new folder");
        let path = format!("{}:{}", folder.display(), self.environment["PATH"]);
        self.set("PATH", &path);
        folder
    }

    /// Removes a variable of its environment.
    pub fn unset(&mut self, name: &str) {
        self.environment.remove(name);
    }

    /// Returns its environment.
    pub fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    /// Returns the context of a request that a client in this home sends.
    pub fn context(&self) -> v1::Context {
        let forwarded = self.environment.iter();
        let forwarded = forwarded.filter(|(name, _)| is_forwarded(name));
        let forwarded = forwarded.map(|(name, value)| (name.clone(), value.clone()));
        let azure = self.environment.get("AZURE_CONFIG_DIR");
        v1::Context {
            azure_config_dir: azure.cloned().unwrap_or_default(),
            environment: forwarded.collect(),
            ..v1::Context::default()
        }
    }

    /// Returns the runtime directory of this home's daemon.
    pub fn runtime_dir(&self) -> PathBuf {
        self.path().join("runtime_dir").join("azq")
    }

    /// Returns the path of its daemon's socket.
    pub fn socket(&self) -> PathBuf {
        self.runtime_dir().join("azqd.sock")
    }

    /// Stops the daemon and returns the ids of this home's processes that still run a while later.
    pub fn stop(&self) -> io::Result<Vec<u32>> {
        let _none_was_running =
            self.run_within(STOP_LIMIT, &self.binaries.azq, ["daemon", "stop"], b"")?;
        let left = self.processes();
        Ok(left.into_iter().filter(|id| !ends(*id)).collect())
    }

    /// Ends this home: stops the daemon, kills the processes that are left, and returns their ids.
    pub fn end(mut self) -> io::Result<Vec<u32>> {
        self.watched = false;
        let left = self.stop()?;
        for id in &left {
            signal(*id, Signal::KILL);
        }
        Ok(left)
    }

    /// Leaves the processes of this home alone when it is dropped, for tests that end them
    /// themselves.
    pub fn unwatched(&mut self) {
        self.watched = false;
    }

    /// Returns the log of this home's daemons, if they log to the default path.
    pub fn log(&self) -> String {
        let path = self.path().join("state_home").join("azq").join("azqd.log");
        std::fs::read_to_string(path).unwrap_or_default()
    }

    /// Kills the daemons, as a crash does, and waits for their end.
    ///
    /// # Panics
    /// If they do not end.
    pub fn crash(&self) {
        for id in self.daemons() {
            signal(id, Signal::KILL);
            // Only after the process has ended are its locks free.
            eventually("the daemon's death", || ends(id));
        }
    }

    /// Creates the runtime directory as azq does.
    pub fn make_runtime_dir(&self) {
        let mut directory = std::fs::DirBuilder::new();
        // If this fails, the steps that need the directory fail.
        let _may_be_there = directory.mode(0o700).create(self.runtime_dir());
    }

    /// Returns the only daemon of this home.
    ///
    /// # Panics
    /// If there is none, or more than one.
    #[track_caller]
    pub fn daemon(&self) -> u32 {
        let daemons = self.daemons();
        assert!(daemons.len() == 1, "daemons: {daemons:?}");
        daemons.first().copied().unwrap_or_default()
    }

    /// Returns the process ids of this home's daemons.
    pub fn daemons(&self) -> Vec<u32> {
        let mut ids = self.processes();
        ids.retain(|id| processes::is_named(*id, "azqd"));
        ids
    }

    /// Returns the processes with this home in their environment or arguments, and their children.
    /// Only root can read the environment of a daemon; its arguments and its parent are readable.
    pub fn processes(&self) -> Vec<u32> {
        let home = self.path().display().to_string();
        let variable = format!("HOME={home}\0");
        let is_named = |id: &u32| says(*id, "environ", &variable) || says(*id, "cmdline", &home);
        let (mut found, others): (Vec<u32>, Vec<u32>) = processes::all().partition(is_named);
        let is_started = |id: &u32| processes::parent(*id).is_some_and(|id| found.contains(&id));
        let started: Vec<u32> = others.into_iter().filter(is_started).collect();
        found.extend(started);
        found
    }
}

fn folder() -> io::Result<TempDir> {
    tempfile::Builder::new().prefix("azq").tempdir()
}

impl Drop for Home {
    fn drop(&mut self) {
        if !self.watched {
            return;
        }
        let left = self.stop().unwrap_or_default();
        for id in &left {
            signal(*id, Signal::KILL);
        }
        assert!(
            left.is_empty() || std::thread::panicking(),
            "left over in {}: processes {left:?}",
            self.path().display()
        );
    }
}

/// The reason why there is no home.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// There are no binaries to run in it.
    #[error(transparent)]
    Binaries(#[from] BinariesError),
    /// The emulator was not asked to write an az configuration directory.
    #[error("the emulator has no az configuration directory")]
    NoAccount,
    /// Its files could not be written.
    #[error("cannot make a home")]
    Files(#[from] io::Error),
}
