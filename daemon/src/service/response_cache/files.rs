//! Long answers, kept as files: a client that can read them copies one to its stdout itself, as
//! `cat` would.
//!
//! In memory a region's answer alone would cost more than its catalogue does, and the whole
//! catalogue's a hundred times that. The system caches files in the memory that is free.
//!
//! Invariants: a client learns of a file only when the file is whole, and it never changes
//! afterwards; a file is removed when its answer is dropped, and a client that has opened it by
//! then reads it to its end. A file contains the command's output, readable by this user only. A
//! failed write costs time, never an answer.
//!
//! Deliberately absent: finding the files again after a restart. A daemon removes all files in the
//! directory when it starts and when it ends, including those of another daemon that shares the
//! directory; that daemon renders its answers anew.

use super::locked;
use azq_files::identity;
use rustix::fs::{Mode, OFlags};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use uuid::Uuid;

/// The space that stays free on the disk, in bytes: no file is kept that could leave less.
pub(in super::super) const LEFT_FREE: u64 = 256 << 20;
/// How long no file is kept after a failed write.
const AFTER_A_FAILURE: Duration = Duration::from_secs(60);

const EXTENSION: &str = "answer";

/// The directory of a daemon's files.
pub(super) struct AnswerFiles {
    /// The directory; `None` for a daemon that serves one command.
    directory: Option<PathBuf>,
    pub(super) most_bytes: u64,
    failed: Mutex<Option<Instant>>,
}

impl AnswerFiles {
    pub(super) fn new(directory: Option<PathBuf>, most_bytes: u64) -> Self {
        Self {
            directory,
            most_bytes,
            failed: Mutex::default(),
        }
    }

    /// Creates a file for an answer; `None` if no files are kept.
    pub(super) fn begin(&self) -> Option<Writing> {
        let directory = self.directory.as_deref().filter(|_| self.most_bytes > 0)?;
        if locked(&self.failed).is_some_and(|failed| failed.elapsed() < AFTER_A_FAILURE) {
            return None;
        }
        let opened = self.open(directory);
        opened.unwrap_or_else(|error| {
            self.has_failed(&error);
            None
        })
    }

    fn open(&self, directory: &Path) -> io::Result<Option<Writing>> {
        azq_files::prepare(directory)?;
        let disk = rustix::fs::statvfs(directory)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free < LEFT_FREE.saturating_add(self.most_bytes) {
            return Ok(None);
        }
        // The name is unique among all daemons, on all machines.
        let name = Uuid::new_v4().to_string();
        let path = directory.join(name).with_extension(EXTENSION);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        let mut answer = AnswerFile {
            path,
            length: 0,
            identity: (0, 0),
        };
        answer.identity = identity(&file.metadata()?);
        Ok(Some(Writing { file, answer }))
    }

    /// Stops keeping files for a while.
    pub(super) fn has_failed(&self, error: &io::Error) {
        tracing::warn!("a long answer is not kept: {error}");
        *locked(&self.failed) = Some(Instant::now());
    }

    /// Removes all files.
    pub(super) fn clear(&self) {
        let Some(directory) = self.directory.as_deref() else {
            return;
        };
        if azq_files::check(directory).is_err() {
            return;
        }
        let entries = fs::read_dir(directory).into_iter().flatten();
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let is_answer = |path: &PathBuf| path.extension().is_some_and(|is| is == EXTENSION);
        for path in paths.filter(is_answer) {
            // The next daemon removes files that remain.
            let _gone_or_left = fs::remove_file(path);
        }
    }
}

/// A file that is being written; it is removed if it is not completed.
pub(super) struct Writing {
    file: File,
    answer: AnswerFile,
}

impl Writing {
    pub(super) fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.answer.length += bytes.len() as u64;
        Ok(())
    }

    /// Returns the length so far, in bytes.
    pub(super) fn length(&self) -> u64 {
        self.answer.length
    }

    /// Closes the file. Some network file systems report write errors only then.
    pub(super) fn end(self) -> io::Result<AnswerFile> {
        nix::unistd::close(self.file)?;
        Ok(self.answer)
    }
}

/// An answer's file, which is removed when this is dropped.
pub(crate) struct AnswerFile {
    path: PathBuf,
    length: u64,
    identity: (u64, u64),
}

impl AnswerFile {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the length, in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Opens the file, if it still is the one that was written. If another file has taken its
    /// place, this does not block on it.
    pub(super) fn open(&self) -> Option<File> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::open(&self.path, flags, Mode::empty()).ok()?);
        let found = file.metadata().ok()?;
        let is_same = identity(&found) == self.identity && found.len() == self.length;
        is_same.then_some(file)
    }
}

impl Drop for AnswerFile {
    /// Removes the file, on another thread if possible, because freeing a long file's blocks takes
    /// milliseconds.
    fn drop(&mut self) {
        let path = std::mem::take(&mut self.path);
        // Files that remain are removed at the daemon's end, or by the next daemon.
        let remove = move || drop(fs::remove_file(path));
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(remove)),
            Err(_outside) => remove(),
        }
    }
}
