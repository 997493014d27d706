//! Long answers, kept as files: a client that can read them copies one to its stdout itself, as
//! `cat` would.
//!
//! In memory a region's answer alone would cost more than its catalogue does, and the whole
//! catalogue's a hundred times that. The system keeps in memory of a file what there is room for.
//!
//! Invariants: nobody is told of a file before it is whole, and nothing is changed in it
//! afterwards; it is removed when its answer is forgotten, and whoever has opened it by then reads
//! it to its end. What is in it is what the command prints, readable by this user only. What cannot
//! be written is not kept: that costs time, never an answer.
//!
//! Deliberately absent: finding the files again after a restart. A daemon removes all that lie
//! there when it starts and when it ends, another's too if it shares the directory; that one finds
//! them gone and renders anew.

use super::locked;
use rustix::fs::{Mode, OFlags};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use uuid::Uuid;

/// What is left free on the disk, in bytes: nothing is kept that could leave less.
pub(in super::super) const LEFT_FREE: u64 = 256 << 20;
/// How long nothing is kept after something could not be written.
const AFTER_A_FAILURE: Duration = Duration::from_secs(60);

const EXTENSION: &str = "answer";

/// The directory of a daemon's files.
pub(super) struct AnswerFiles {
    /// None of a daemon that serves one command.
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

    /// A file to be written; none where nothing is kept.
    pub(super) fn begin(&self) -> Option<Writing> {
        let directory = self.directory.as_deref().filter(|_| self.most_bytes > 0)?;
        if locked(&self.failed).is_some_and(|failed| failed.elapsed() < AFTER_A_FAILURE) {
            return None;
        }
        match self.open(directory) {
            Ok(writing) => writing,
            Err(error) => {
                self.has_failed(&error);
                None
            }
        }
    }

    fn open(&self, directory: &Path) -> io::Result<Option<Writing>> {
        azq_files::prepare(directory)?;
        let disk = rustix::fs::statvfs(directory)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free < LEFT_FREE.saturating_add(self.most_bytes) {
            return Ok(None);
        }
        // No other daemon's, wherever it runs.
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

    /// Nothing more is kept for a while.
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
            // What stays is removed by the next daemon.
            let _gone_or_left = fs::remove_file(path);
        }
    }
}

/// A file that is being written; nothing is left of one that does not come to its end.
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

    /// What there is, in bytes.
    pub(super) fn length(&self) -> u64 {
        self.answer.length
    }

    /// The whole. Some network file systems say only now what was wrong.
    pub(super) fn end(self) -> io::Result<AnswerFile> {
        nix::unistd::close(self.file)?;
        Ok(self.answer)
    }
}

/// An answer's file, for as long as it is remembered.
pub(crate) struct AnswerFile {
    path: PathBuf,
    length: u64,
    identity: (u64, u64),
}

impl AnswerFile {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// In bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// The file, if it is what was written. Whatever has taken its place, this does not wait for
    /// it.
    pub(super) fn open(&self) -> Option<File> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::open(&self.path, flags, Mode::empty()).ok()?);
        let found = file.metadata().ok()?;
        let is_same = identity(&found) == self.identity && found.len() == self.length;
        is_same.then_some(file)
    }
}

impl Drop for AnswerFile {
    /// Elsewhere, if that is possible: to give back what a long file holds takes milliseconds.
    fn drop(&mut self) {
        let path = std::mem::take(&mut self.path);
        // What stays is removed at the daemon's end, or by the next one.
        let remove = move || drop(fs::remove_file(path));
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(remove)),
            Err(_outside) => remove(),
        }
    }
}

fn identity(found: &fs::Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}
