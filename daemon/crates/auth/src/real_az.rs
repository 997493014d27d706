//! The real az: its path, its environment, and its termination.
//!
//! Invariants: az is run by its absolute path, and is never azq itself under that name; it reads
//! nothing from a terminal, and no shell parses its arguments; az and all its child processes are
//! killed when the caller's deadline or the daemon ends.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use zeroize::Zeroizing;

use super::CredentialError;
use azq_account::{Caller, Environment};

/// Variables of the daemon's own environment that must not reach az, because they are another
/// caller's settings.
const FOREIGN: [&str; 12] = [
    "ALL_PROXY",
    "AZQ_",
    "AZURE_",
    "CURL_",
    "HTTPS_",
    "HTTP_",
    "IDENTITY_",
    "IMDS_",
    "MSI_",
    "NO_PROXY",
    "PATH",
    "REQUESTS_",
];

/// The caller's variables that decide which token az gets and how. Cached tokens are keyed by them.
/// None of them is secret, because az is not used for an identity with a secret in its environment.
const PASSED_ON: [&str; 21] = [
    "ALL_PROXY",
    "AZURE_CLOUD_NAME",
    "AZURE_CORE_ENABLE_BROKER_ON_LINUX",
    "AZURE_CORE_ENABLE_BROKER_ON_MAC",
    "AZURE_CORE_ENCRYPT_TOKEN_CACHE",
    "AZURE_CORE_INSTANCE_DISCOVERY",
    "AZURE_CORE_USE_MSAL_HTTP_CACHE",
    "AZURE_EXTENSION_DIR",
    "AZURE_IDENTITY_DISABLE_CP1",
    "COPILOT_AGENT_SESSION_ID",
    "CURL_CA_BUNDLE",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "IDENTITY_ENDPOINT",
    "IMDS_ENDPOINT",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// Returns the caller's variables that az gets.
pub(super) fn passed_on(environment: &Environment) -> Environment {
    let given = |name: &str| Some((name.to_owned(), environment.get(name)?.clone()));
    PASSED_ON.into_iter().filter_map(given).collect()
}

/// The az that a caller would run, with the part of the caller's environment that it gets.
pub struct RealAz {
    environment: Environment,
    /// The caller's az.
    az: Option<PathBuf>,
    /// The daemon's PATH, which is searched if the caller has no az.
    path: OsString,
}

impl RealAz {
    /// Returns the caller's az, with its configuration directory.
    pub fn of(caller: &Caller) -> Self {
        let mut environment = passed_on(&caller.environment);
        let directory = caller.config_dir.display().to_string();
        environment.insert("AZURE_CONFIG_DIR".to_owned(), directory);
        Self {
            environment,
            az: caller.az.clone(),
            path: std::env::var_os("PATH").unwrap_or_default(),
        }
    }

    /// Returns the same az with another PATH of the daemon.
    #[cfg(test)]
    pub(super) fn with_path(mut self, path: &str) -> Self {
        self.path = path.into();
        self
    }

    /// Returns the same without the caller's az.
    #[cfg(test)]
    pub(super) fn without_callers(mut self) -> Self {
        self.az = None;
        self
    }

    /// Returns the path of the caller's az, else of the first on the daemon's PATH.
    pub fn program(&self) -> Option<PathBuf> {
        let callers = self.az.clone().filter(|file| is_real(file));
        callers.or_else(|| find(&self.path))
    }

    /// Runs this program, which [`Self::program`] has found, and returns its output.
    ///
    /// # Errors
    /// Fails if the program does not start or fails. The error has the program's own message.
    pub async fn run(
        &self,
        program: &Path,
        arguments: &[&str],
    ) -> Result<Zeroizing<Vec<u8>>, CredentialError> {
        let failed = |error: std::io::Error| {
            CredentialError::unavailable(format!("{}: {error}", program.display()))
        };
        let child = tokio::process::Command::new(program)
            .args(arguments)
            .current_dir("/")
            .env_clear()
            .envs(self.child_environment(program))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        // az is a shell script that starts Python. If only the script were killed, Python would go
        // on.
        let _group = Group(child.id());
        let output = child.wait_with_output().await.map_err(failed)?;
        let stdout = Zeroizing::new(output.stdout);
        if output.status.success() {
            Ok(stdout)
        } else {
            Err(failure(&output.stderr))
        }
    }

    fn child_environment(&self, program: &Path) -> Vec<(OsString, OsString)> {
        // az may be a script whose Python is in the same directory.
        let beside = program.parent().into_iter().map(Path::to_owned);
        let directories = beside.chain(std::env::split_paths(&self.path));
        let path = std::env::join_paths(directories).unwrap_or_else(|_| self.path.clone());
        let own = std::env::vars_os().filter(|(name, _)| {
            let name = name.to_string_lossy().to_uppercase();
            !FOREIGN.iter().any(|prefix| name.starts_with(prefix))
        });
        let callers = self.environment.iter();
        let callers = callers.map(|(name, value)| (name.into(), value.into()));
        // azq's extension of az sends its requests to azqd unless this is set, and azqd would wait
        // for itself.
        let guard = ("AZQ_HANDED_OVER".into(), "1".into());
        let last = [("PATH".into(), path), guard];
        own.chain(callers).chain(last).collect()
    }
}

/// Returns the first `az` on a path that is not azq.
fn find(path: &OsStr) -> Option<PathBuf> {
    let candidates = std::env::split_paths(path).filter(|directory| directory.is_absolute());
    candidates
        .map(|directory| directory.join("az"))
        .find(|file| is_real(file))
}

fn is_real(file: &Path) -> bool {
    is_program(file) && !is_azq(file)
}

fn is_program(file: &Path) -> bool {
    file.metadata()
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// Whether a file is azq itself, which may be installed under the name `az`, as a link or as a copy
/// in this daemon's directory.
fn is_azq(file: &Path) -> bool {
    let named = file
        .canonicalize()
        .is_ok_and(|file| file.file_name() == Some(OsStr::new("azq")));
    let identity = |file: &Path| file.metadata().ok().map(|data| (data.dev(), data.ino()));
    let daemon = std::env::current_exe().ok();
    let beside = daemon
        .as_deref()
        .and_then(Path::parent)
        .map(|directory| directory.join("azq"));
    named || beside.is_some_and(|azq| identity(&azq).is_some() && identity(&azq) == identity(file))
}

/// A process group that is killed when it is dropped.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let id = self.0.and_then(|id| i32::try_from(id).ok());
        if let Some(group) = id.and_then(rustix::process::Pid::from_raw) {
            // It fails if all processes of the group have ended, as they should have.
            rustix::process::kill_process_group(group, rustix::process::Signal::KILL).ok();
        }
    }
}

/// Returns az's error with its recommendation: the text after `ERROR: `.
fn failure(stderr: &[u8]) -> CredentialError {
    let stderr = String::from_utf8_lossy(stderr);
    let error = stderr.split_once("ERROR: ");
    let message = match error.map_or(&*stderr, |(_, error)| error).trim() {
        "" => "'az' failed without saying why.",
        message => message,
    };
    CredentialError::plain(message.to_owned())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Makes an executable file with this script.
    pub(crate) fn script(directory: &Path, name: &str, script: &str) -> PathBuf {
        let file = directory.join(name);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("made");
        std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("written");
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&file, executable).expect("set");
        file
    }

    fn program(directory: &Path, name: &str) -> PathBuf {
        script(directory, name, "")
    }

    #[test]
    fn the_callers_az_goes_before_the_daemons() {
        let directory = tempfile::tempdir().expect("a directory");
        let [own, other] = ["bin/az", "other/az"].map(|name| program(directory.path(), name));
        let found = |az: &Path| {
            let caller = Caller {
                az: Some(az.to_owned()),
                ..Caller::without_variables(directory.path())
            };
            let path = other.parent().expect("a directory").display().to_string();
            RealAz::of(&caller).with_path(&path).program()
        };
        let none = directory.path().join("nosuch/az");
        for (az, wanted) in [(&own, &own), (&none, &other)] {
            assert_eq!(found(az).as_ref(), Some(wanted));
        }
    }

    #[test]
    fn azq_under_azs_name_is_passed_over() {
        let directory = tempfile::tempdir().expect("a directory");
        let azq = program(directory.path(), "own/azq");
        let real = program(directory.path(), "bin/az");
        let link = directory.path().join("shim");
        std::fs::create_dir(&link).expect("made");
        std::os::unix::fs::symlink(azq, link.join("az")).expect("linked");
        let bin = real.parent().expect("a directory");
        let path = std::env::join_paths([Path::new("relative"), &link, bin]).expect("a path");
        assert_eq!(find(&path), Some(real.clone()));
        assert_eq!(find(link.as_os_str()), None);
    }
}
