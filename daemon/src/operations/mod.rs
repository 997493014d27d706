//! The long-running operations in progress, recorded so that none is lost when a daemon, a client
//! or a terminal ends.
//!
//! Each has a file of its own in `operations` in the state directory, so that daemons (the user's
//! and private ones) never write to the same file. The file is written when the operation's URL is
//! known, and removed when a command has waited for the operation's end. If `azq operation list`
//! finds that an operation has ended without that, it writes the end to the file and shows it for a
//! day. `list` and `wait` read the files; the state of an operation comes from Azure.
//!
//! Invariants: no file holds a credential; files are readable by the user alone and replaced whole;
//! there are at most [`MOST`] of them, none older than [`OLDEST`]; a file that cannot be read
//! counts as absent; a failed write never fails a command.

mod list;
mod record;
mod wait;

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use list::{Account, list, table};
pub use record::{Ended, Record, TOLD};
pub use wait::{NoSuchOperation, wait};

/// The most operations that are recorded; further ones replace the oldest.
pub const MOST: usize = 512;
/// How long an operation is recorded at most: Azure forgets them too.
pub const OLDEST: Duration = Duration::from_secs(7 * 86_400);

/// The largest file that is read or written, in bytes; URLs take a few hundred.
const LARGEST: u64 = 64 << 10;
const SUFFIX: &str = "json";

/// The operations that are recorded.
#[derive(Clone, Debug)]
pub struct Operations {
    directory: PathBuf,
}

impl Operations {
    /// Returns the operations in a state directory.
    pub fn in_state_directory(directory: &Path) -> Self {
        let directory = directory.join("operations");
        Self { directory }
    }

    /// Records an operation, if the file can be written. An operation that is recorded already
    /// stays as it is, because a command that waits for it again knows less about it.
    pub fn begun(&self, record: Record) -> (Record, io::Result<()>) {
        if let Some(known) = self.find(&record.id) {
            return (known, Ok(()));
        }
        self.tidy();
        let written = self.write(&record);
        if let Err(error) = &written {
            tracing::warn!("an operation was not written down: {error}");
        }
        (record, written)
    }

    /// Removes an operation's record.
    pub fn ended(&self, id: &str) {
        if let Some(path) = self.path(id) {
            remove(&path);
        }
    }

    /// Records the end of an operation for which no command has waited.
    pub fn seen_to_end(&self, record: &Record, status: &str) -> Record {
        let (at, status) = (record::now(), status.to_owned());
        let record = Record {
            ended: Some(Ended { at, status }),
            ..record.clone()
        };
        if let Err(error) = self.write(&record) {
            tracing::warn!("the end of an operation was not written down: {error}");
        }
        record
    }

    /// Returns the operation with this id.
    pub fn find(&self, id: &str) -> Option<Record> {
        azq_files::check(&self.directory).ok()?;
        read(&self.path(id)?).filter(|record| record.id == id)
    }

    /// Returns the operations whose end has not been seen, the oldest first.
    pub fn under_way(&self) -> Vec<Record> {
        let mut records = self.all();
        records.retain(|record| record.ended.is_none());
        records
    }

    /// Returns all operations, the oldest first.
    pub fn all(&self) -> Vec<Record> {
        let mut records: Vec<_> = self.files().iter().filter_map(|path| read(path)).collect();
        records.sort_by_key(|record| (record.started, record.id.clone()));
        records
    }

    /// Returns the path of an operation's file; `None` if the id could be anything but a file name.
    fn path(&self, id: &str) -> Option<PathBuf> {
        let is_plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_plain.then(|| self.directory.join(id).with_extension(SUFFIX))
    }

    fn files(&self) -> Vec<PathBuf> {
        let checked = azq_files::check(&self.directory);
        let Ok(entries) = checked.and_then(|()| fs::read_dir(&self.directory)) else {
            return Vec::new();
        };
        entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|found| found == SUFFIX))
            .collect()
    }

    /// Writes a record and syncs it, because an operation that was begun right before a power cut
    /// must not be lost. That costs one sync for a command that takes minutes.
    fn write(&self, record: &Record) -> io::Result<()> {
        azq_files::prepare(&self.directory)?;
        let path = self.path(&record.id);
        let path = path.ok_or(io::ErrorKind::InvalidFilename)?;
        let bytes = serde_json::to_vec(record)?;
        if bytes.len() as u64 > LARGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        azq_files::replace(&path, 0o600, |file| file.write_all(&bytes))
    }

    /// Makes room for one more: removes files that are unreadable or too old, and the oldest of too
    /// many.
    fn tidy(&self) {
        let oldest = record::now().saturating_sub(OLDEST.as_secs());
        let files = self.files().into_iter();
        let is_kept = |record: &Record| record.started >= oldest && !record.is_over();
        // Operations that have ended are removed first.
        let order = |record: Record| (record.ended.is_none(), record.started);
        let (mut kept, gone): (Vec<_>, Vec<_>) = files
            .map(|path| (read(&path).filter(is_kept).map(order), path))
            .partition(|(kept, _)| kept.is_some());
        gone.iter().for_each(|(_, path)| remove(path));
        kept.sort();
        let surplus = (kept.len() + 1).saturating_sub(MOST);
        for (_, path) in kept.iter().take(surplus) {
            tracing::warn!(
                "{} is one operation too many and is forgotten",
                path.display()
            );
            remove(path);
        }
    }
}

fn read(path: &Path) -> Option<Record> {
    let file = fs::File::open(path).ok()?;
    file.metadata().ok().filter(azq_files::is_own_file)?;
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn remove(path: &Path) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!("{} was not removed: {error}", path.display());
        }
        _ => {}
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use azq_account::Scope;
    use azq_arm::{Continuation, Polled};
    use record::now;
    use std::os::unix::fs::PermissionsExt as _;
    use tempfile::TempDir;

    pub(super) fn operations() -> (TempDir, Operations) {
        let state = tempfile::tempdir().unwrap();
        let operations = Operations::in_state_directory(state.path());
        (state, operations)
    }

    pub(super) fn continuation(method: &str, resource: &str, url: &str) -> Continuation {
        Continuation {
            method: method.into(),
            resource: resource.into(),
            url: url.into(),
            polled: Polled::Status,
            location: None,
        }
    }

    pub(crate) fn record(url: &str, started: u64) -> Record {
        let scope = Scope {
            cloud: "AzureCloud".into(),
            tenant: "t".into(),
            subscription: "s".into(),
            principal: "p".into(),
        };
        let continuation = continuation("PUT", "https://h/r", url);
        let mut record = Record::new("aks nodepool update", scope, continuation);
        record.started = started;
        record
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn an_operation_is_remembered_until_it_has_ended() {
        let (_state, operations) = operations();
        assert!(operations.all().is_empty());
        let (one, _) = operations.begun(record("https://h/1", now()));
        let (two, _) = operations.begun(record("https://h/2", now() - 5));
        assert_eq!(operations.all(), [two.clone(), one.clone()]);
        assert_eq!(operations.find(&one.id), Some(one.clone()));
        assert_eq!(mode(&operations.directory), 0o700);
        assert_eq!(mode(&operations.path(&one.id).unwrap()), 0o600);
        let mut again = record("https://h/1", now());
        again.command = "operation wait".into();
        assert_eq!(operations.begun(again).0, one);
        operations.ended(&one.id);
        operations.ended(&one.id);
        assert_eq!(operations.all(), [two]);
    }

    #[test]
    fn an_end_that_nobody_waited_for_is_kept_for_a_day() {
        let (_state, operations) = operations();
        let (one, _) = operations.begun(record("https://h/1", now()));
        let ended = operations.seen_to_end(&one, "Failed");
        assert_eq!(operations.find(&one.id).as_ref(), Some(&ended));
        assert!(operations.under_way().is_empty() && !ended.is_over());
        assert_eq!(operations.begun(one.clone()).0, ended);
        let mut long_ago = ended.clone();
        if let Some(ended) = &mut long_ago.ended {
            ended.at -= TOLD.as_secs() + 60;
        }
        assert!(long_ago.is_over());
        operations.write(&long_ago).unwrap();
        let (two, _) = operations.begun(record("https://h/2", now()));
        assert_eq!(operations.all(), [two]);
    }

    #[test]
    fn there_are_never_too_many_or_too_old_ones() {
        let (_state, operations) = operations();
        let begin = |record| operations.begun(record).1.unwrap();
        begin(record("https://h/old", now() - OLDEST.as_secs() - 60));
        let more = MOST as u64 + 6;
        for number in 0..more {
            let url = format!("https://h/{number}");
            begin(record(&url, now() - more + number));
        }
        let all = operations.all();
        assert_eq!(all.len(), MOST);
        let last = format!("https://h/{}", more - 1);
        for (url, is_kept) in [
            ("https://h/old", false),
            (&last, true),
            ("https://h/0", false),
        ] {
            let found = all.iter().any(|kept| kept.continuation.url == url);
            assert_eq!(found, is_kept, "{url}");
        }
    }

    #[test]
    fn broken_files_and_hostile_ids_are_as_if_they_were_not_there() {
        let (_state, operations) = operations();
        let (known, _) = operations.begun(record("https://h/1", now()));
        for (name, text) in [
            ("aa.json", ""),
            ("bb.json", "{\"id\": 1}"),
            ("cc.json", "[[["),
        ] {
            fs::write(operations.directory.join(name), text).unwrap();
        }
        fs::create_dir(operations.directory.join("dd.json")).unwrap();
        assert_eq!(operations.all(), [known]);
        for id in ["../secret", "", "/etc/passwd", "aa", "dd"] {
            assert_eq!(operations.find(id), None, "{id}");
            operations.ended(&id.replace("aa", "zz"));
        }
        operations.begun(record("https://h/2", now())).1.unwrap();
        assert!(!operations.directory.join("bb.json").exists());
    }

    #[test]
    fn what_a_hostile_client_blows_up_is_not_written() {
        let (_state, operations) = operations();
        let long = record(&format!("https://h/{}", "x".repeat(1 << 20)), now());
        operations.begun(long).1.unwrap_err();
        assert_eq!(fs::read_dir(&operations.directory).unwrap().count(), 0);
    }

    #[test]
    fn a_directory_that_others_may_write_to_is_not_read() {
        let (_state, operations) = operations();
        let (known, _) = operations.begun(record("https://h/1", now()));
        let open = fs::Permissions::from_mode(0o777);
        fs::set_permissions(&operations.directory, open).unwrap();
        assert!(operations.all().is_empty());
        assert_eq!(operations.find(&known.id), None);
    }

    #[test]
    fn a_directory_that_cannot_be_made_fails_nothing() {
        let state = tempfile::tempdir().unwrap();
        let file = state.path().join("file");
        fs::write(&file, "").unwrap();
        let operations = Operations::in_state_directory(&file);
        let begun = record("https://h/1", 1);
        assert_eq!(operations.begun(begun.clone()).0, begun);
        assert!(operations.all().is_empty());
    }
}
