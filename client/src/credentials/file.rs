//! A kubeconfig file: locked, read, and replaced as a whole.
//!
//! The lock is on the file's directory, because the file itself is replaced and a lock file would
//! stay behind. `kubectl` does not take the lock, but it reads a complete file at any time.
//!
//! Invariants: a process that ends at any moment leaves either the old file or the new one. The
//! file keeps its mode, and its owner if that is permitted. A link is never written through.

use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::destination::directory;
use crate::daemon::pause;

/// The timeout for a lock, during which a user may be answering a question.
const LOCK_DEADLINE: Duration = Duration::from_secs(60);
/// The interval between two attempts to take a lock.
const LOCK_PAUSE: Duration = Duration::from_millis(5);
/// The mode of a new file, which holds secrets.
const PRIVATE: u32 = 0o600;

/// The reason why a kubeconfig file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error(
        "Permission denied when trying to {what} {}. Please ensure you have {what} access to this \
         file, or specify a different file path using the --file/-f argument.",
        path.display()
    )]
    Denied { what: &'static str, path: PathBuf },
    #[error("{} cannot be {what}: {source}; the file is as it was", path.display())]
    Failed {
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("{} is no file; give another one with --file", .0.display())]
    NoFile(PathBuf),
    #[error(
        "Kubeconfig path \"{}\" is a symbolic link. Refusing to write to prevent \
         symlink-following attacks.",
        .0.display()
    )]
    Link(PathBuf),
    #[error(
        "another command has held {} for {} s; end it, and try again",
        .0.display(),
        LOCK_DEADLINE.as_secs()
    )]
    Locked(PathBuf),
}

/// A kubeconfig file that no other azq changes as long as this value exists.
#[derive(Debug)]
pub(super) struct KubeconfigFile {
    path: PathBuf,
    _lock: Option<File>,
}

impl KubeconfigFile {
    /// Creates the file's directory if there is none, and locks it.
    pub(super) fn lock(path: &Path) -> Result<Self, FileError> {
        let directory = directory(path);
        let fails = |what| move |source| failed(what, path, source);
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o777);
        builder.create(directory).map_err(fails("written"))?;
        let file = Self {
            path: path.to_owned(),
            _lock: locked(directory, path)?,
        };
        file.remove_leftovers();
        Ok(file)
    }

    /// Reads the content; it is empty if there is no file yet.
    pub(super) fn read(&self) -> Result<Vec<u8>, FileError> {
        match self.path.metadata() {
            Ok(found) if !found.is_file() => return Err(FileError::NoFile(self.path.clone())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            _ => {}
        }
        fs::read(&self.path).map_err(|source| failed("read", &self.path, source))
    }

    /// Returns the mode if users other than the owner can use the file. The mode of a link does not
    /// matter.
    pub(super) fn open_mode(&self) -> Result<Option<u32>, FileError> {
        let Some(found) = self.found()? else {
            return Ok(None);
        };
        let mode = found.permissions().mode() & 0o7777;
        let is_private = format!("{mode:o}").ends_with("600") || found.is_symlink();
        Ok((!is_private).then_some(mode))
    }

    /// Replaces the content, or creates the file.
    pub(super) fn replace(&self, content: &[u8]) -> Result<(), FileError> {
        let found = self.found()?;
        if found.as_ref().is_some_and(fs::Metadata::is_symlink) {
            return Err(FileError::Link(self.path.clone()));
        }
        let new = self.beside(&std::process::id().to_string());
        let replaced =
            write(&new, content, found.as_ref()).and_then(|()| fs::rename(&new, &self.path));
        replaced.map_err(|source| {
            let _gone = fs::remove_file(&new);
            failed("written", &self.path, source)
        })
    }

    /// Returns the metadata of the path without following links, if it exists.
    fn found(&self) -> Result<Option<fs::Metadata>, FileError> {
        match self.path.symlink_metadata() {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(failed("read", &self.path, source)),
        }
    }

    /// Returns a name in the same directory that only azq uses.
    fn beside(&self, end: &str) -> PathBuf {
        let name = self.path.file_name().unwrap_or_default();
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(".azq-");
        hidden.push(end);
        directory(&self.path).join(hidden)
    }

    /// Removes the new files of processes that ended before they replaced this file.
    fn remove_leftovers(&self) {
        let begin = self.beside("");
        let begin = begin.file_name().unwrap_or_default().as_encoded_bytes();
        let entries = fs::read_dir(directory(&self.path));
        for entry in entries.into_iter().flatten().flatten() {
            if entry.file_name().as_encoded_bytes().starts_with(begin) {
                let _gone = fs::remove_file(entry.path());
            }
        }
    }
}

/// Writes a new file with the mode and the owner of the one that it will replace.
fn write(path: &Path, content: &[u8], old: Option<&fs::Metadata>) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(PRIVATE)
        .open(path)?;
    file.write_all(content)?;
    if let Some(old) = old {
        let new = file.metadata()?;
        if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
            // Only root may always change the owner.
            let _unchanged = std::os::unix::fs::fchown(&file, Some(old.uid()), Some(old.gid()));
        }
        file.set_permissions(Permissions::from_mode(old.permissions().mode() & 0o7777))?;
    }
    file.sync_all()
}

/// Opens and locks the directory; `None` if the file system has no locks.
fn locked(directory: &Path, path: &Path) -> Result<Option<File>, FileError> {
    let open = File::open(directory).map_err(|source| failed("read", path, source))?;
    let deadline = Instant::now() + LOCK_DEADLINE;
    loop {
        match flock(&open, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(Some(open)),
            Err(Errno::WOULDBLOCK) if Instant::now() >= deadline => {
                return Err(FileError::Locked(path.to_owned()));
            }
            Err(Errno::WOULDBLOCK | Errno::INTR) => pause(LOCK_PAUSE),
            Err(_) => return Ok(None),
        }
    }
}

fn failed(what: &'static str, path: &Path, source: io::Error) -> FileError {
    use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    let path = path.to_owned();
    if !matches!(source.kind(), PermissionDenied | ReadOnlyFilesystem) {
        return FileError::Failed { what, path, source };
    }
    let what = if what == "read" { "read" } else { "write" };
    FileError::Denied { what, path }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_file_is_made_in_a_new_directory_for_its_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a/b/config");
        let file = KubeconfigFile::lock(&path).unwrap();
        assert_eq!(file.read().unwrap(), b"");
        assert_eq!(file.open_mode().unwrap(), None);
        file.replace(b"x").unwrap();
        assert_eq!(
            (fs::read(&path).unwrap(), mode(&path)),
            (b"x".to_vec(), 0o600)
        );
    }

    #[test]
    fn a_file_keeps_its_mode_and_nothing_stays_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        fs::write(directory.path().join(".config.azq-7"), "left").unwrap();
        let file = KubeconfigFile::lock(&path).unwrap();
        assert_eq!(file.open_mode().unwrap(), Some(0o640));
        file.replace(b"new").unwrap();
        assert_eq!(
            (fs::read(&path).unwrap(), mode(&path)),
            (b"new".to_vec(), 0o640)
        );
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn links_and_directories_are_refused_and_left_as_they_are() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("target");
        fs::write(&target, "old").unwrap();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let file = KubeconfigFile::lock(&link).unwrap();
        assert_eq!(file.read().unwrap(), b"old");
        assert_eq!(file.open_mode().unwrap(), None);
        assert!(matches!(file.replace(b"new"), Err(FileError::Link(_))));
        assert_eq!(fs::read(&target).unwrap(), b"old");
        drop(file);
        let folder = directory.path().join("folder");
        fs::create_dir(&folder).unwrap();
        let folder = KubeconfigFile::lock(&folder).unwrap();
        assert!(matches!(folder.read(), Err(FileError::NoFile(_))));
    }

    #[test]
    fn a_second_writer_waits_for_the_first() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config");
        let first = KubeconfigFile::lock(&path).unwrap();
        let second = std::thread::spawn({
            let path = path.clone();
            move || KubeconfigFile::lock(&path).unwrap().read().unwrap()
        });
        first.replace(b"first").unwrap();
        drop(first);
        assert_eq!(second.join().unwrap(), b"first");
    }
}
