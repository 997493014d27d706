//! The state and the log of migrations, in the daemon's state directory.
//!
//! Invariants:
//! - A state is replaced as a whole and synced, with its directory, before it is acted on.
//! - A state is read and written while its lock is held.
//! - Only the user can access the files, and they contain no credential.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use azq_migration::{Migration, STATE_VERSION, Status};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use azq_account::Scope;
use azq_command::CommandError;

/// The largest state in bytes that is read or written: 100 pools with all their settings.
pub(crate) const LARGEST_STATE: u64 = 4 << 20;
/// The number of ended migrations that are kept.
pub(crate) const MOST_MIGRATIONS: usize = 64;
/// The time to wait for the lock, because its process may be about to end.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(50);

/// An error with the files of migrations.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A file cannot be read or written.
    #[error("The state of the migration cannot be kept in {}: {error}", path.display())]
    File {
        /// The path.
        path: PathBuf,
        /// The error.
        error: io::Error,
    },
    /// A state exists and cannot be parsed.
    #[error("{} is no state of a migration that this azq knows ({why}); use the azq that has written it", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// The reason.
        why: String,
    },
    /// Another process holds the cluster's lock.
    #[error("Another command is carrying the migration of the cluster '{0}' out.")]
    Busy(String),
}

impl From<JournalError> for CommandError {
    fn from(error: JournalError) -> Self {
        Self::new(error.to_string())
    }
}

/// The key of a cluster's migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    cluster: String,
    digest: String,
}

impl Key {
    /// Returns the key of a cluster, whose names are compared without regard to case.
    pub fn new(cloud: &str, subscription: &str, group: &str, cluster: &str) -> Self {
        let text = [cloud, subscription, group, cluster].join("\n");
        let digest = Sha256::digest(text.to_lowercase());
        let digest = digest.iter().take(8).map(|byte| format!("{byte:02x}"));
        Self {
            cluster: cluster.to_owned(),
            digest: digest.collect(),
        }
    }
}

/// A migration with its scope and the path of its log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The scope that it belongs to. Another login cannot resume it.
    pub scope: Scope,
    /// The time of its begin, in seconds since 1970.
    pub started: u64,
    /// The path of the log.
    pub log: PathBuf,
    /// The state of the migration.
    pub migration: Migration,
}

/// All migrations.
#[derive(Clone, Debug)]
pub struct Journal {
    directory: PathBuf,
}

/// One cluster's migration, locked against other processes until this is dropped.
#[derive(Debug)]
pub struct Entry {
    directory: PathBuf,
    key: Key,
    _lock: File,
}

impl Journal {
    /// Returns the migrations in a state directory.
    pub fn in_state_directory(directory: &Path) -> Self {
        Self {
            directory: directory.join("migrations"),
        }
    }

    /// Locks a cluster's migration, whether it exists or not.
    ///
    /// # Errors
    /// Another process holds the lock, or the directory cannot be used.
    pub async fn open(&self, key: Key) -> Result<Entry, JournalError> {
        let path = self.directory.join(&key.digest).with_extension("lock");
        let failed = |error| JournalError::File {
            path: self.directory.clone(),
            error,
        };
        azq_files::prepare(&self.directory).map_err(failed)?;
        self.tidy(&key);
        let lock = private().create(true).write(true).open(&path);
        let lock = lock.map_err(failed)?;
        let begun = Instant::now();
        while flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            if begun.elapsed() > PATIENCE {
                return Err(JournalError::Busy(key.cluster));
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(Entry {
            directory: self.directory.clone(),
            key,
            _lock: lock,
        })
    }

    /// Returns the migrations that can be read, the oldest first.
    pub fn all(&self) -> Vec<Record> {
        let mut records: Vec<_> = self.states().filter_map(|path| read(&path).ok()?).collect();
        records.sort_by_key(|record| record.started);
        records
    }

    fn states(&self) -> impl Iterator<Item = PathBuf> {
        let checked = azq_files::check(&self.directory);
        let entries = checked.and_then(|()| fs::read_dir(&self.directory)).ok();
        let paths = entries.into_iter().flatten().flatten();
        paths
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|found| found == "json"))
    }

    /// Removes the oldest of the ended migrations beyond the limit, with their logs.
    fn tidy(&self, wanted: &Key) {
        let mut ended: Vec<_> = self
            .states()
            .filter(|path| path.file_stem().is_some_and(|stem| *stem != *wanted.digest))
            .filter_map(|path| Some((read(&path).ok()??, path)))
            .filter(|(record, _)| record.migration.status != Status::Active)
            .collect();
        ended.sort_by_key(|(record, _)| record.started);
        let surplus = ended.len().saturating_sub(MOST_MIGRATIONS);
        for (record, path) in ended.iter().take(surplus) {
            // The lock file stays, because another process may be waiting for it.
            for path in [path, &record.log] {
                // A file that cannot be removed is tried again next time.
                let _gone = fs::remove_file(path);
            }
        }
    }
}

impl Entry {
    fn path(&self) -> PathBuf {
        self.directory.join(&self.key.digest).with_extension("json")
    }

    /// Returns the migration, if there is one.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn load(&self) -> Result<Option<Record>, JournalError> {
        read(&self.path())
    }

    /// Creates the record of a new migration.
    pub fn new_record(&self, scope: &Scope, migration: Migration) -> Record {
        let now = OffsetDateTime::from(SystemTime::now());
        let format = format_description!("[year][month][day]-[hour][minute][second]");
        let stamp = now.format(format).unwrap_or_default();
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || "-_".contains(*c);
        let cluster: String = self.key.cluster.chars().filter(is_plain).collect();
        Record {
            scope: scope.clone(),
            started: u64::try_from(now.unix_timestamp()).unwrap_or_default(),
            log: self.directory.join(format!("{cluster}-{stamp}.log")),
            migration,
        }
    }

    /// Saves the state atomically and durably, so that a power cut leaves the old state or the new
    /// one.
    ///
    /// # Errors
    /// The state cannot be written. The caller must not go on then.
    pub fn save(&self, record: &Record) -> Result<(), JournalError> {
        let path = self.path();
        let write = || {
            let bytes = serde_json::to_vec_pretty(record)?;
            if bytes.len() as u64 > LARGEST_STATE {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            azq_files::replace(&path, 0o600, |file| file.write_all(&bytes))?;
            File::open(&self.directory)?.sync_all()
        };
        write().map_err(|error| JournalError::File { path, error })
    }

    /// Appends a line to the log: the time, the pool and the text. A failure to write the log is
    /// ignored.
    pub fn log(&self, record: &Record, pool: &str, what: &str) {
        let now = OffsetDateTime::from(SystemTime::now());
        let now = now.replace_nanosecond(0).unwrap_or(now);
        let now = now.format(&Rfc3339).unwrap_or_default();
        let what = what.replace('\n', "\n    ");
        let line = format!("{now} {}{what}\n", prefix(pool));
        let file = private().create(true).append(true).open(&record.log);
        if let Err(error) = file.and_then(|mut file| file.write_all(line.as_bytes())) {
            tracing::warn!("{} is not written: {error}", record.log.display());
        }
    }
}

fn prefix(pool: &str) -> String {
    if pool.is_empty() {
        String::new()
    } else {
        format!("{pool}: ")
    }
}

/// Returns the options of a file that only the user can access.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

fn read(path: &Path) -> Result<Option<Record>, JournalError> {
    let failed = |error| JournalError::File {
        path: path.to_owned(),
        error,
    };
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(failed)?,
    };
    let unreadable = |why: String| JournalError::Unreadable {
        path: path.to_owned(),
        why,
    };
    if !azq_files::is_own_file(&file.metadata().map_err(failed)?) {
        return Err(unreadable("it is not yours".to_owned()));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_STATE)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    let record: Record =
        serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
    if record.migration.version == STATE_VERSION {
        Ok(Some(record))
    } else {
        Err(unreadable(format!("version {}", record.migration.version)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use azq_migration::{ClusterName, Limits, PLAN_VERSION, Plan};
    use std::os::unix::fs::PermissionsExt as _;

    fn scope() -> Scope {
        Scope {
            cloud: "c".into(),
            tenant: "t".into(),
            subscription: "s".into(),
            principal: "p".into(),
        }
    }

    fn key(cluster: &str) -> Key {
        Key::new("c", "s", "g", cluster)
    }

    fn record(entry: &Entry) -> Record {
        let plan = Plan {
            version: PLAN_VERSION,
            place: ClusterName::default(),
            pools: Vec::new(),
        };
        let migration = Migration::begin(&plan, Limits::default(), "a").unwrap();
        entry.new_record(&scope(), migration)
    }

    #[tokio::test]
    async fn a_state_is_private_and_whole_and_one_process_holds_it() {
        let state = tempfile::tempdir().unwrap();
        let journal = Journal::in_state_directory(state.path());
        let entry = journal.open(key("My/Cluster")).await.unwrap();
        assert_eq!(entry.load().unwrap(), None);
        let record = record(&entry);
        entry.save(&record).unwrap();
        entry.log(&record, "np", "made\nanew");
        assert_eq!(entry.load().unwrap(), Some(record.clone()));
        assert_eq!(journal.all(), std::slice::from_ref(&record));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&entry.path()), 0o600);
        assert_eq!(mode(&record.log), 0o600);
        assert!(
            record
                .log
                .file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("MyCluster-2")
        );
        let log = fs::read_to_string(&record.log).unwrap();
        assert!(log.ends_with("Z np: made\n    anew\n"), "{log}");
        let other = File::open(
            state
                .path()
                .join("migrations")
                .join(format!("{}.lock", entry.key.digest)),
        );
        assert!(flock(other.unwrap(), FlockOperation::NonBlockingLockExclusive).is_err());
        assert_eq!(key("MY/cluster").digest, entry.key.digest);
        drop(entry);
        journal.open(key("my/cluster")).await.unwrap();
    }

    #[tokio::test]
    async fn a_state_that_is_not_understood_is_not_overwritten_by_guessing() {
        let state = tempfile::tempdir().unwrap();
        let entry = Journal::in_state_directory(state.path())
            .open(key("c"))
            .await
            .unwrap();
        fs::write(entry.path(), "{\"migration\": 1}").unwrap();
        let error = entry.load().unwrap_err();
        assert!(matches!(error, JournalError::Unreadable { .. }), "{error}");
    }

    #[tokio::test]
    async fn only_so_many_that_have_ended_are_remembered() {
        let state = tempfile::tempdir().unwrap();
        let journal = Journal::in_state_directory(state.path());
        for number in 0..MOST_MIGRATIONS + 3 {
            let entry = journal.open(key(&number.to_string())).await.unwrap();
            let mut record = record(&entry);
            record.started += number as u64;
            record.migration.status = if number == 0 {
                Status::Active
            } else {
                Status::Finished
            };
            entry.save(&record).unwrap();
        }
        journal.open(key("more")).await.unwrap();
        let all = journal.all();
        assert_eq!(all.len(), MOST_MIGRATIONS + 1);
        assert!(
            all.iter()
                .any(|record| record.migration.status == Status::Active)
        );
    }
}
