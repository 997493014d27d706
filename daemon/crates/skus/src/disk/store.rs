//! The directory of snapshots.
//!
//! There is one file per scope and location, named by a digest, so that the name does not reveal
//! the account. A file is replaced as a whole (written to a temporary file, synced, renamed), and
//! only its owner can read it. A file that cannot be read counts as absent, and a failed write is
//! only reported, because a cache must never fail a command. The same holds for a directory that
//! another user owns or may write to.
//!
//! Everything here blocks, so callers run it on blocking threads.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use crate::disk::snapshot::{self, Label};
use crate::share::sharing::name;

/// The maximum size of a file. A snapshot of the whole real catalogue has a few hundred KB.
pub const MAX_FILE: u64 = 32 << 20;

/// The number of bytes that are read for a label: enough for the head and the label.
const LABEL_READ: u64 = 8 << 10;

/// The age at which a snapshot is removed, because it has not been renewed for so long that it is
/// of no use.
pub const MAX_AGE: Duration = Duration::from_secs(60 * 86_400);

/// The age above which a temporary file must be locked by its writer. The writer locks it right
/// after creating it.
const UNLOCKED: Duration = Duration::from_secs(1);

/// The age at which a temporary file is abandoned even on a file system without locks.
const ABANDONED: Duration = Duration::from_secs(3_600);

const SUFFIX: &str = "skus";

const TEMPORARY: &str = "tmp";

/// A directory of snapshots with a size limit.
#[derive(Clone, Debug)]
pub struct Store {
    directory: PathBuf,
    max_bytes: u64,
}

/// A snapshot in the directory, with its label.
pub(crate) struct Stored {
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    pub(crate) label: Label,
}

impl Store {
    /// Creates a store in this directory, with at most so many bytes.
    pub fn new(directory: PathBuf, max_bytes: u64) -> Self {
        Self {
            directory,
            max_bytes,
        }
    }

    /// Returns the path of the snapshot with this digest, which need not exist.
    pub(crate) fn path(&self, digest: &[u8]) -> PathBuf {
        let name = name(digest.get(..16).unwrap_or(digest));
        self.directory.join(name).with_extension(SUFFIX)
    }

    /// Reads a snapshot, or returns `None` if no file can be one.
    pub fn read(&self, digest: &[u8]) -> Option<Vec<u8>> {
        azq_files::check(&self.directory).ok()?;
        let file = File::open(self.path(digest)).ok()?;
        let size = file.metadata().ok().filter(azq_files::is_own_file)?.len();
        if size > MAX_FILE {
            return None;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).ok()?);
        file.take(MAX_FILE).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    /// Replaces a snapshot, then removes files until the directory keeps to its limits.
    pub fn write(&self, digest: &[u8], bytes: &[u8]) -> io::Result<()> {
        azq_files::prepare(&self.directory)?;
        let path = self.path(digest);
        let temporary = temporary(&path);
        let written = write_synced(&temporary, bytes).and_then(|locked| {
            fs::rename(&temporary, &path)?;
            drop(locked);
            Ok(())
        });
        if written.is_err() {
            // A leftover file does no harm, because it is removed later.
            drop(fs::remove_file(&temporary));
        }
        written?;
        self.tidy(&path);
        Ok(())
    }

    /// Removes a snapshot. An absent file is not an error.
    pub(crate) fn remove(path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Returns all snapshots with a readable label.
    pub(crate) fn list(&self) -> Vec<Stored> {
        let files = self.files().into_iter();
        let snapshots = files.filter(|file| file.has_extension(SUFFIX));
        let stored = snapshots.filter_map(|file| {
            let (mut head, content) = (Vec::new(), File::open(&file.path).ok()?);
            content.take(LABEL_READ).read_to_end(&mut head).ok()?;
            let label = snapshot::label(&head)?;
            let DirectoryEntry { path, bytes, .. } = file;
            Some(Stored { path, bytes, label })
        });
        stored.collect()
    }

    /// Removes files that are too old or abandoned, then the oldest until the size limit holds, but
    /// never the file just written.
    fn tidy(&self, newest: &Path) {
        let now = SystemTime::now();
        let mut files = self.files();
        files.retain(|file| {
            let age = now.duration_since(file.modified).unwrap_or_default();
            let is_wanted = if file.has_extension(TEMPORARY) {
                age < UNLOCKED || (age < ABANDONED && file.is_being_written())
            } else {
                age < MAX_AGE
            };
            let is_kept = file.path == newest || is_wanted;
            is_kept || Self::remove(&file.path).is_err()
        });
        files.sort_by_key(|file| file.modified);
        let mut bytes: u64 = files.iter().map(|file| file.bytes).sum();
        for file in files.iter().filter(|file| file.path != newest) {
            if bytes <= self.max_bytes {
                break;
            }
            if Self::remove(&file.path).is_ok() {
                bytes -= file.bytes;
            }
        }
    }

    /// Returns azq's own files in the directory.
    fn files(&self) -> Vec<DirectoryEntry> {
        let checked = azq_files::check(&self.directory);
        let Ok(entries) = checked.and_then(|()| fs::read_dir(&self.directory)) else {
            return Vec::new();
        };
        let found = entries.filter_map(|entry| {
            let entry = entry.ok()?;
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            let file = DirectoryEntry {
                path: entry.path(),
                bytes: metadata.len(),
                modified: metadata.modified().ok()?,
            };
            let is_own = file.has_extension(SUFFIX) || file.has_extension(TEMPORARY);
            is_own.then_some(file)
        });
        found.collect()
    }
}

struct DirectoryEntry {
    path: PathBuf,
    bytes: u64,
    modified: SystemTime,
}

impl DirectoryEntry {
    fn has_extension(&self, wanted: &str) -> bool {
        let extension = self.path.extension();
        extension.is_some_and(|extension| extension == wanted)
    }

    /// Whether the writer of the file is alive. The kernel releases a dead writer's lock.
    fn is_being_written(&self) -> bool {
        let file = File::open(&self.path);
        !file.is_ok_and(|file| file.try_lock().is_ok())
    }
}

/// Returns a name that no other writer has, in this process or another.
fn temporary(path: &Path) -> PathBuf {
    static SERIAL: AtomicU64 = AtomicU64::new(0);
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    path.with_extension(format!("{}-{serial}.{TEMPORARY}", std::process::id()))
}

/// Writes and syncs a file, and returns it still locked.
fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    // Some network file systems do not support locks.
    let _unlocked = file.lock();
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::PermissionsExt, time::UNIX_EPOCH};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn files_are_their_owners_and_replaced_whole() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::new(place.path().join("a/skus"), 1 << 20);
        assert_eq!(store.read(b"digest"), None);
        store.write(b"digest", b"one").unwrap();
        store.write(b"digest", b"two").unwrap();
        assert_eq!(store.read(b"digest").as_deref(), Some(&b"two"[..]));
        assert_eq!(store.read(b"other"), None);
        assert_eq!(mode(&store.path(b"digest")), 0o600);
        assert_eq!(mode(&place.path().join("a/skus")), 0o700);
        let files = fs::read_dir(place.path().join("a/skus")).unwrap();
        assert_eq!(files.count(), 1);
    }

    #[test]
    fn what_is_no_file_or_too_large_is_not_read() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::new(place.path().into(), 1 << 20);
        fs::create_dir(store.path(b"folder")).unwrap();
        assert_eq!(store.read(b"folder"), None);
        let large = File::create(store.path(b"large")).unwrap();
        large.set_len(MAX_FILE + 1).unwrap();
        assert_eq!(store.read(b"large"), None);
        assert!(store.list().is_empty());
    }

    #[test]
    fn a_directory_that_others_may_write_to_is_not_used() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::new(place.path().into(), 1 << 20);
        store.write(b"digest", b"mine").unwrap();
        let open = fs::Permissions::from_mode(0o777);
        fs::set_permissions(place.path(), open).unwrap();
        assert_eq!(store.read(b"digest"), None);
        assert!(store.write(b"digest", b"mine").is_err());
        assert_eq!(store.files().len(), 0);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_an_error() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        let store = Store::new(file.join("skus"), 1);
        assert!(store.write(b"digest", b"").is_err());
    }

    #[test]
    fn what_a_dead_writer_has_left_goes_with_the_next_snapshot() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::new(place.path().into(), 1 << 20);
        let aside = |name: &str| {
            let path = place.path().join(name);
            let file = write_synced(&path, b"half").unwrap();
            file.set_modified(SystemTime::now() - 2 * UNLOCKED).unwrap();
            (path, file)
        };
        let (living, _writer) = aside("x.1-0.tmp");
        let (dead, writer) = aside("x.2-0.tmp");
        drop(writer);
        let just_begun = place.path().join("x.3-0.tmp");
        fs::write(&just_begun, "").unwrap();
        store.write(b"digest", b"one").unwrap();
        assert!(living.exists() && just_begun.exists() && !dead.exists());
    }

    #[test]
    fn the_directory_keeps_to_its_bounds() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::new(place.path().into(), 25);
        let make = |path: &Path, bytes: &[u8], modified: SystemTime| {
            fs::write(path, bytes).unwrap();
            let file = File::options().write(true).open(path).unwrap();
            file.set_modified(modified).unwrap();
        };
        for (digest, seconds) in [(b"one", 30), (b"two", 20), (b"old", 60)] {
            let modified = SystemTime::now() - Duration::from_secs(seconds);
            make(&store.path(digest), &[0; 10], modified);
        }
        let [ours, others] = ["x.1-2.tmp", "notes.txt"].map(|name| place.path().join(name));
        for path in [&ours, &others] {
            make(path, &[0; 100], UNIX_EPOCH);
        }
        store.write(b"new", &[0; 10]).unwrap();
        assert!(store.path(b"new").exists() && store.path(b"two").exists());
        assert!(!store.path(b"one").exists() && !store.path(b"old").exists());
        assert!(!ours.exists() && others.exists());
    }
}
