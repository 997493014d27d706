//! The runtime directory, in which a user's clients find the user's daemon.
//!
//! | file | purpose |
//! | --- | --- |
//! | `azqd.sock` | the socket; unlinked only by the holder of `azqd.lock` |
//! | `azqd.lock` | locked by the daemon as long as it runs; its text is the daemon's pid |
//! | `start.lock` | locked by a client while it starts a daemon, so that only one client does |
//!
//! Invariants: the directory belongs to this user alone (kind, owner and mode are checked by both
//! sides each time); a relative `AZQ_RUNTIME_DIR` is an error; its path depends only on
//! `AZQ_RUNTIME_DIR`, `XDG_RUNTIME_DIR`, the uid and whether it is logged in, never on `TMPDIR` or
//! the working directory. Deliberately absent: connecting, starting, deciding anything from a pid.

use std::ffi::OsString;
use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The maximum length of a UNIX socket's path, in bytes (`sun_path` less its final NUL).
const LONGEST_SOCKET_PATH: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// The advice to the user if the directory cannot be written.
pub const ELSEWHERE: &str =
    "set AZQ_RUNTIME_DIR to a directory of your own, or use --no-daemon (AZQ_NO_DAEMON=1)";

/// The directory of the socket and locks of one user's daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeDir {
    directory: PathBuf,
}

/// The reason why the runtime directory cannot be used, and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeDirError {
    /// The directory could not be created or examined.
    #[error("the directory {} cannot be used: {error}; {ELSEWHERE}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// The directory belongs to another user, is a link, or is accessible to others.
    #[error("the directory {} is not safe: {reason}", path.display())]
    Unsafe {
        /// The directory.
        path: PathBuf,
        /// The reason, with the command that corrects it.
        reason: String,
    },
    /// The path is relative, so the directory would differ for each working directory.
    #[error(
        "the runtime directory {} is not absolute; set AZQ_RUNTIME_DIR to an absolute path, or unset it",
        path.display()
    )]
    Relative {
        /// The directory.
        path: PathBuf,
    },
    /// The socket's path is too long for a socket address.
    #[error(
        "the socket's path {} is longer than the {LONGEST_SOCKET_PATH} bytes that the system allows; \
         set AZQ_RUNTIME_DIR to a shorter directory", path.display()
    )]
    TooLong {
        /// The socket's path.
        path: PathBuf,
    },
}

impl RuntimeDir {
    /// Determines the runtime directory from the environment: `AZQ_RUNTIME_DIR` itself, else `azq`
    /// in `XDG_RUNTIME_DIR` if that is an existing absolute directory of this user (`sudo -E` keeps
    /// the variable of another user), else `azq` in `/run/user/<uid>` (which a cron job has, but
    /// not the variable), else `/tmp/azq-<uid>`.
    pub fn from_environment(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        // A relative path is refused when it is used, because it would silently be a different
        // directory from the intended one.
        let named = variable("AZQ_RUNTIME_DIR").filter(|directory| !directory.is_empty());
        if let Some(directory) = named {
            return Self::at(directory);
        }
        let login = PathBuf::from(format!("/run/user/{}", own_uid()));
        let session = variable("XDG_RUNTIME_DIR").map(PathBuf::from);
        let mut bases = session.into_iter().chain([login]);
        match bases.find(|base| base.is_absolute() && is_own_directory(base)) {
            Some(base) => Self::at(base.join("azq")),
            None => Self::at(format!("/tmp/azq-{}", own_uid())),
        }
    }

    /// Creates the runtime directory of a given path.
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
        }
    }

    /// Returns the path of the directory itself.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns the path of the socket.
    pub fn socket(&self) -> PathBuf {
        self.directory.join("azqd.sock")
    }

    /// Returns the path of the lock that a daemon holds as long as it runs.
    pub fn life_lock(&self) -> PathBuf {
        self.directory.join("azqd.lock")
    }

    /// Returns the path of the lock that a client holds while it starts a daemon.
    pub fn start_lock(&self) -> PathBuf {
        self.directory.join("start.lock")
    }

    /// Creates the directory (0700) if it is absent, then checks it.
    pub fn prepare(&self) -> Result<(), RuntimeDirError> {
        self.check_path()?;
        let made = DirBuilder::new().mode(0o700).create(&self.directory);
        // The mode is set explicitly because the process's umask may have removed bits, which would
        // stay missing.
        let private = Permissions::from_mode(0o700);
        match made.and_then(|()| std::fs::set_permissions(&self.directory, private)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                Err(self.directory_error(error))
            }
            _ => self.check().map(drop),
        }
    }

    /// Checks that the directory is a real one, belongs to this user, and is closed to others;
    /// returns whether it exists.
    pub fn check(&self) -> Result<bool, RuntimeDirError> {
        self.check_path()?;
        match self.directory.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.directory_error(error)),
            Ok(found) => objection(&found, &self.directory).map_or(Ok(true), |reason| {
                let path = self.directory.clone();
                Err(RuntimeDirError::Unsafe { path, reason })
            }),
        }
    }

    fn check_path(&self) -> Result<(), RuntimeDirError> {
        if !self.directory.is_absolute() {
            let path = self.directory.clone();
            return Err(RuntimeDirError::Relative { path });
        }
        let socket = self.socket();
        if socket.as_os_str().as_bytes().len() > LONGEST_SOCKET_PATH {
            return Err(RuntimeDirError::TooLong { path: socket });
        }
        Ok(())
    }

    fn directory_error(&self, error: io::Error) -> RuntimeDirError {
        RuntimeDirError::Directory {
            path: self.directory.clone(),
            error,
        }
    }
}

fn is_own_directory(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|found| found.is_dir() && found.uid() == own_uid())
}

/// Returns the effective uid of this process.
pub fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn objection(found: &std::fs::Metadata, path: &Path) -> Option<String> {
    let (path, mode) = (path.display(), found.mode() & 0o777);
    let complaint = if !found.is_dir() {
        return Some(format!("it is not a directory; remove it: rm {path}"));
    } else if found.uid() != own_uid() {
        return Some(format!(
            "it belongs to uid {}, not to uid {}; remove it as its owner, or set AZQ_RUNTIME_DIR",
            found.uid(),
            own_uid()
        ));
    } else if mode & 0o077 != 0 {
        "others may enter it"
    } else if mode != 0o700 {
        "you may not use it"
    } else {
        return None;
    };
    Some(format!(
        "{complaint} (mode {mode:o}); run: chmod 700 {path}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn place(environment: &[(&str, &str)]) -> PathBuf {
        let variable = |name: &str| {
            let (_, value) = environment.iter().find(|(key, _)| *key == name)?;
            Some(value.into())
        };
        RuntimeDir::from_environment(variable).directory
    }

    /// Returns the directory for an environment without the variables, which depends on the
    /// machine.
    fn default_place() -> PathBuf {
        let login = PathBuf::from(format!("/run/user/{}/azq", own_uid()));
        match login.parent() {
            Some(base) if is_own_directory(base) => login,
            _ => PathBuf::from(format!("/tmp/azq-{}", own_uid())),
        }
    }

    /// Only two variables of the environment determine the directory: neither `TMPDIR` nor the
    /// working directory does, nor a path that is not a directory.
    #[test]
    fn the_variables_for_the_runtime_directory_have_an_order() {
        let base = tempfile::tempdir().unwrap();
        let own = base.path().to_str().unwrap();
        assert_eq!(place(&[]), default_place());
        assert_eq!(place(&[("XDG_RUNTIME_DIR", own)]), base.path().join("azq"));
        let both = [("XDG_RUNTIME_DIR", own), ("AZQ_RUNTIME_DIR", "/a")];
        assert_eq!(place(&both), Path::new("/a"));
        for (name, value) in [
            ("XDG_RUNTIME_DIR", "/no/such"),
            ("XDG_RUNTIME_DIR", "relative"),
            ("XDG_RUNTIME_DIR", "/dev/null"),
            ("TMPDIR", own),
        ] {
            assert_eq!(place(&[(name, value)]), default_place(), "{name}={value}");
        }
    }

    /// `sudo -E azq …` must not leave root's files in the runtime directory of the user's daemon.
    #[test]
    fn another_users_runtime_directory_is_not_used() {
        let base = tempfile::tempdir().unwrap();
        let foreign = if own_uid() == 0 {
            std::os::unix::fs::chown(base.path(), Some(65534), None).unwrap();
            base.path().to_str().unwrap()
        } else {
            "/"
        };
        assert_eq!(place(&[("XDG_RUNTIME_DIR", foreign)]), default_place());
    }

    #[test]
    fn a_new_runtime_directory_is_private() {
        let base = tempfile::tempdir().unwrap();
        let place = RuntimeDir::at(base.path().join("azq"));
        assert!(!place.check().unwrap());
        place.prepare().unwrap();
        place.prepare().unwrap();
        let mode = fs::metadata(place.directory()).unwrap().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_link_or_an_open_directory_is_refused() {
        let base = tempfile::tempdir().unwrap();
        let real = base.path().join("real");
        fs::create_dir(&real).unwrap();
        fs::set_permissions(&real, Permissions::from_mode(0o755)).unwrap();
        let refused = RuntimeDir::at(&real).prepare().unwrap_err();
        assert!(refused.to_string().contains("chmod 700"));
        fs::set_permissions(&real, Permissions::from_mode(0o700)).unwrap();
        assert!(RuntimeDir::at(&real).check().unwrap());
        let link = base.path().join("link");
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let refused = RuntimeDir::at(&link).prepare();
        assert!(matches!(refused, Err(RuntimeDirError::Unsafe { .. })));
    }

    #[test]
    fn a_directory_that_its_owner_may_not_enter_is_named() {
        let base = tempfile::tempdir().unwrap();
        fs::set_permissions(base.path(), Permissions::from_mode(0o600)).unwrap();
        let error = RuntimeDir::at(base.path()).check().unwrap_err();
        assert!(error.to_string().contains("chmod 700"), "{error}");
    }

    #[test]
    fn a_relative_runtime_directory_is_refused_and_an_empty_one_is_none() {
        let base = tempfile::tempdir().unwrap();
        let own = base.path().to_str().unwrap();
        let beside_empty = [("AZQ_RUNTIME_DIR", ""), ("XDG_RUNTIME_DIR", own)];
        assert_eq!(place(&beside_empty), base.path().join("azq"));
        let relative = RuntimeDir::at(place(&[("AZQ_RUNTIME_DIR", "run/azq")]));
        for refused in [relative.check().map(drop), relative.prepare()] {
            let message = refused.unwrap_err().to_string();
            assert!(message.contains("run/azq") && message.contains("AZQ_RUNTIME_DIR"));
        }
        assert!(!Path::new("run").exists());
    }

    #[test]
    fn a_path_that_is_too_long_for_a_socket_is_named() {
        let long = RuntimeDir::at(format!("/tmp/{}", "x".repeat(120)));
        assert!(matches!(long.check(), Err(RuntimeDirError::TooLong { .. })));
    }
}
