//! A directory as a store.
//!
//! `object_store` reads and writes whole files, but has no write that depends on a file's version.
//! So every write holds a lock (`flock`) on a file beside the objects, which the kernel releases
//! when its holder dies. On a network file system without locks, writes are made without them. Then
//! two machines may both be elected, which costs one more request.
//!
//! Files get the mode of the directory without the right to execute, so that all users of the
//! directory can use them.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::local::LocalFileSystem;

use crate::backend::{Backend, Found, OnlyIf, Put, StoreError, Tag};
use crate::object::ObjectBackend;

/// The name of the file that writers lock.
const LOCK: &str = "azq.lock";

/// The pause between two attempts to take the lock. Writers hold it for some milliseconds.
const PAUSE: Duration = Duration::from_millis(5);

/// The time that a writer waits for the lock. It goes on waiting after its caller has stopped.
const LONGEST: Duration = Duration::from_secs(60);

/// A store in a directory.
#[derive(Clone, Debug)]
pub struct FileBackend {
    directory: PathBuf,
}

impl FileBackend {
    /// Creates the store of a directory. The directory itself is created with the first object, its
    /// parents are not.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Returns the objects in the directory, if it exists.
    async fn objects(&self, is_made: bool) -> Result<Option<ObjectBackend>, StoreError> {
        let directory = self.directory.clone();
        blocking(move || {
            if is_made {
                make(&directory)?;
            } else if !directory.try_exists()? {
                return Ok(None);
            }
            let store = LocalFileSystem::new_with_prefix(&directory)
                .map_err(|error| io::Error::other(error.to_string()))?
                .with_automatic_cleanup(false);
            Ok(Some(ObjectBackend::new(Arc::new(store), "")))
        })
        .await
    }

    async fn lock(&self) -> Result<Option<File>, StoreError> {
        let path = self.directory.join(LOCK);
        let deadline = tokio::time::Instant::now() + LONGEST;
        while tokio::time::Instant::now() < deadline {
            let path = path.clone();
            match blocking(move || try_lock(&path)).await? {
                Attempt::Locked(file) => return Ok(Some(file)),
                Attempt::Unsupported => return Ok(None),
                Attempt::Held => tokio::time::sleep(PAUSE).await,
            }
        }
        Err(StoreError::Slow)
    }

    async fn write(self, name: String, bytes: Bytes, only_if: OnlyIf) -> Result<Put, StoreError> {
        let Some(objects) = self.objects(true).await? else {
            return Err(StoreError::Failed("the directory is not there".to_owned()));
        };
        let _lock = self.lock().await?;
        let there = objects.version(&name).await?;
        let holds = match only_if {
            OnlyIf::Absent => there.is_none(),
            OnlyIf::Unchanged(tag) => there == Some(tag),
        };
        if !holds {
            return Ok(Put::Conflict);
        }
        let directory = self.directory.clone();
        let file = name.clone();
        blocking(move || replace(&directory, &file, &bytes)).await?;
        // The version is derived from the file's metadata.
        let tag = objects.version(&name).await?;
        Ok(tag.map_or(Put::Conflict, Put::Written))
    }
}

#[async_trait::async_trait]
impl Backend for FileBackend {
    async fn get(&self, name: &str, known: Option<&Tag>, most: u64) -> Result<Found, StoreError> {
        match self.objects(false).await? {
            Some(objects) => objects.get(name, known, most).await,
            None => Ok(Found::Absent),
        }
    }

    async fn put(&self, name: &str, bytes: Bytes, only_if: OnlyIf) -> Result<Put, StoreError> {
        // The write runs in a task of its own, because a caller that stops waiting would release
        // the lock while the file is being written.
        let writing = self.clone().write(name.to_owned(), bytes, only_if);
        tokio::spawn(writing)
            .await
            .unwrap_or_else(|error| Err(StoreError::Failed(error.to_string())))
    }
}

enum Attempt {
    Locked(File),
    Held,
    Unsupported,
}

fn try_lock(path: &Path) -> io::Result<Attempt> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    let file = match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let file = options.create(true).truncate(false).open(path)?;
            file.set_permissions(mode(path)?)?;
            file
        }
        opened => opened?,
    };
    match file.try_lock() {
        Ok(()) => Ok(Attempt::Locked(file)),
        Err(TryLockError::WouldBlock) => Ok(Attempt::Held),
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
            Ok(Attempt::Unsupported)
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Returns the mode for files in the directory of this file.
fn mode(path: &Path) -> io::Result<Permissions> {
    let directory = path.parent().unwrap_or(path).metadata()?;
    Ok(Permissions::from_mode(
        directory.permissions().mode() & 0o666,
    ))
}

/// Replaces a whole file. The caller holds the lock, so that there is no other writer.
fn replace(directory: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let path = directory.join(name);
    let aside = directory.join(format!("{name}.tmp"));
    let written = File::create(&aside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.set_permissions(mode(&path)?)?;
        file.sync_all()?;
        std::fs::rename(&aside, &path)
    });
    if written.is_err() {
        // The next writer overwrites a temporary file that could not be removed.
        drop(std::fs::remove_file(&aside));
    }
    written
}

/// Creates the directory, but no parent, because a missing parent may be a missing mount.
fn make(directory: &Path) -> io::Result<()> {
    match std::fs::create_dir(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists && !directory.is_dir() => {
            Err(error)
        }
        _ => Ok(()),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|error| StoreError::Failed(error.to_string()))?;
    done.map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            StoreError::Refused(error.to_string())
        }
        _ => StoreError::Failed(error.to_string()),
    })
}
