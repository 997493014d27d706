//! The three files of az's configuration directory, and the detection of changes to them.
//!
//! A long-lived daemon must see `az login`, `az logout`, `az account set` and `az cloud set` on the
//! next command. So each command compares every file's stamp (device, inode, size, time of change)
//! with the stamp of the file as it was read. That takes three `stat` calls, and no file is read
//! again while the stamps are equal.
//!
//! Invariants: at most [`FILE_LIMIT`] bytes of a file are read; anything that is not a regular file
//! counts as absent; a malformed file results in az's message, never in a panic.

use std::collections::HashMap;
use std::io::Read;
use std::num::NonZeroUsize;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use lru::LruCache;
use serde_json::Value;

use super::profile::{Entry, Profile};
use super::{AccountError, Caller};
use super::{Ini, IniError};

/// The size limit of a file. az's files are far smaller; a larger one is refused.
pub const FILE_LIMIT: u64 = 16 << 20;
/// The maximum number of callers, directories and local `config` files that are remembered. (The
/// compiler checks that it is not zero.)
pub const REMEMBERED: NonZeroUsize = NonZeroUsize::new(64).unwrap();
/// The time that az may take to write its file. It takes some milliseconds, but a busy disk may
/// delay it.
const WRITTEN_WITHIN: Duration = Duration::from_secs(3);
/// The number of directories above the caller's that are searched for a local `config`.
const LOCAL_DEPTH: usize = 64;

const PROFILE: &str = "azureProfile.json";
const CLOUDS: &str = "clouds.config";
const CONFIG: &str = "config";

/// The identity of a file's content, obtained without reading it: device, inode, size, times of
/// modification and of status change. The time of status change is included because it reveals a
/// replaced file with an old time of modification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp(u64, u64, u64, [i64; 4]);

type Stamp = Option<FileStamp>;

/// az's files, as they were read.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) directory: PathBuf,
    stamps: [Stamp; 3],
    /// A number that differs for each reading.
    pub(super) reading: u64,
    pub(super) entries: Vec<Entry>,
    /// The last change of `azureProfile.json`, if the file was not JSON.
    unfinished: Option<SystemTime>,
    pub(super) config: Result<Arc<Ini>, AccountError>,
    clouds: Result<Ini, AccountError>,
    pub(super) notices: Vec<String>,
}

/// The counter that numbers the readings.
static READINGS: AtomicU64 = AtomicU64::new(0);

impl Files {
    /// Reads a configuration directory.
    pub(super) fn read(directory: &Path) -> Self {
        // The stamps are taken first, so that the next command notices a change made during
        // reading.
        let stamps = stamps(directory);
        let mut notices = Vec::new();
        let profile = directory.join(PROFILE);
        let (entries, unfinished) = if let Some(entries) = read_entries(&profile) {
            (entries, None)
        } else {
            notices.push(format!(
                "Failed to load or parse file {}. It will be overridden by default settings.",
                profile.display()
            ));
            let changed = profile.metadata().and_then(|data| data.modified());
            (Vec::new(), changed.ok())
        };
        Self {
            stamps,
            reading: READINGS.fetch_add(1, Ordering::Relaxed),
            entries,
            unfinished,
            config: read_ini(&directory.join(CONFIG)).map(Arc::new),
            clouds: read_clouds(&directory.join(CLOUDS), &mut notices),
            notices,
            directory: directory.to_owned(),
        }
    }

    /// Whether az may still be writing `azureProfile.json`. az empties the file before it writes
    /// it, so a file that is not JSON may be incomplete.
    pub(super) fn are_being_written(&self) -> bool {
        let since = self.unfinished.map(|changed| changed.elapsed());
        // A time of change in the future counts as now.
        since.is_some_and(|since| since.unwrap_or_default() < WRITTEN_WITHIN)
    }

    pub(super) fn clouds(&self) -> Result<&Ini, AccountError> {
        self.clouds.as_ref().map_err(Clone::clone)
    }

    pub(super) fn clouds_path(&self) -> String {
        self.directory.join(CLOUDS).display().to_string()
    }

    fn is_current(&self) -> bool {
        self.stamps == stamps(&self.directory)
    }
}

/// The profiles of all callers. Each is read again only after az has changed its files.
#[derive(Debug)]
pub struct Profiles(Mutex<ProfileCache>);

#[derive(Debug)]
struct ProfileCache {
    callers: LruCache<Caller, Known>,
    directories: HashMap<PathBuf, Arc<Files>>,
    local: HashMap<PathBuf, (FileStamp, Result<Arc<Ini>, AccountError>)>,
}

/// A caller's profile, and the stamps that its files had before they were read.
#[derive(Debug)]
struct Known {
    profile: Arc<Profile>,
    seen: Vec<(PathBuf, Stamp)>,
}

impl Default for Profiles {
    fn default() -> Self {
        Self(Mutex::new(ProfileCache {
            callers: LruCache::new(REMEMBERED),
            directories: HashMap::new(),
            local: HashMap::new(),
        }))
    }
}

impl Profiles {
    /// Returns a caller's profile, which is the same one until a file changes.
    pub fn load(&self, caller: &Caller) -> Result<Arc<Profile>, AccountError> {
        let mut remembered = self.locked();
        if let Some(known) = remembered.callers.get(caller)
            && known.is_current()
        {
            return Ok(Arc::clone(&known.profile));
        }
        // The stamps are taken first, so that the next command notices a change made during
        // reading.
        let local = local_files(caller);
        let paths = paths(&caller.config_dir).into_iter();
        let seen = paths.chain(local.iter().cloned());
        let seen = seen.map(|file| (file.clone(), stamp(&file))).collect();
        let files = remembered.files(&caller.config_dir);
        let local = local
            .into_iter()
            .filter_map(|file| remembered.local_file(file))
            .collect::<Result<_, _>>()?;
        let profile = Arc::new(Profile::of(files, local, caller)?);
        // The profile of a caller who is not logged in is not kept.
        if !profile.all_entries().is_empty() {
            let known = Known {
                profile: Arc::clone(&profile),
                seen,
            };
            remembered.callers.put(caller.clone(), known);
        }
        Ok(profile)
    }

    /// Forgets all callers, including the values of their variables.
    pub fn forget(&self) {
        self.locked().callers.clear();
    }

    fn locked(&self) -> MutexGuard<'_, ProfileCache> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn is_current(&self) -> bool {
        self.seen.iter().all(|(file, seen)| stamp(file) == *seen)
    }
}

impl ProfileCache {
    fn files(&mut self, directory: &Path) -> Arc<Files> {
        let known = self.directories.get(directory);
        if let Some(files) = known.filter(|files| files.is_current()) {
            return Arc::clone(files);
        }
        let files = Arc::new(Files::read(directory));
        keep(&mut self.directories, directory.to_owned(), &files);
        files
    }

    /// Returns a local `config` file, if it exists.
    fn local_file(&mut self, file: PathBuf) -> Option<Result<Arc<Ini>, AccountError>> {
        let stamp = stamp(&file)?;
        if let Some((_, ini)) = self.local.get(&file).filter(|(read, _)| *read == stamp) {
            return Some(ini.clone());
        }
        let read = (stamp, read_ini(&file).map(Arc::new));
        keep(&mut self.local, file, &read);
        Some(read.1)
    }
}

/// Keeps a value in a map, which is emptied when it is full.
fn keep<T: Clone>(map: &mut HashMap<PathBuf, T>, path: PathBuf, value: &T) {
    if map.len() >= REMEMBERED.get() {
        map.clear();
    }
    map.insert(path, value.clone());
}

/// Returns the paths of possible `config` files in and above the caller's working directory (knack,
/// `CLIConfig.__init__`).
fn local_files(caller: &Caller) -> Vec<PathBuf> {
    let from = caller.working_directory.as_deref();
    let (Some(from), Some(name)) = (from, caller.config_dir.file_name()) else {
        return Vec::new();
    };
    from.ancestors()
        .take(LOCAL_DEPTH)
        .map(|directory| directory.join(name))
        .take_while(|candidate| *candidate != caller.config_dir)
        .map(|candidate| candidate.join(CONFIG))
        .collect()
}

fn paths(directory: &Path) -> [PathBuf; 3] {
    [PROFILE, CLOUDS, CONFIG].map(|name| directory.join(name))
}

fn stamps(directory: &Path) -> [Stamp; 3] {
    paths(directory).map(|file| stamp(&file))
}

/// Returns the stamp of a file, or `None` if there is no regular file.
pub fn stamp(file: &Path) -> Stamp {
    let data = std::fs::metadata(file).ok()?;
    let times = [
        data.mtime(),
        data.mtime_nsec(),
        data.ctime(),
        data.ctime_nsec(),
    ];
    data.is_file()
        .then(|| FileStamp(data.dev(), data.ino(), data.size(), times))
}

/// Reads the entries of the profile (`Session.load`). A file that cannot be read counts as empty;
/// the result is `None` for a file that is not JSON.
fn read_entries(file: &Path) -> Option<Vec<Entry>> {
    let Ok(Some(text)) = read_text(file) else {
        return Some(Vec::new());
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let profile: Value = serde_json::from_str(text).ok()?;
    let entries = profile.get("subscriptions").and_then(Value::as_array);
    let entries = entries.into_iter().flatten();
    Some(entries.filter_map(Entry::of).collect())
}

fn read_ini(file: &Path) -> Result<Ini, AccountError> {
    let text = read_text(file)?.unwrap_or_default();
    Ini::parse(&text).map_err(|source| AccountError::Malformed {
        file: file.to_owned(),
        source,
    })
}

/// Reads `clouds.config`. az deletes such a file if it has no section headers; azq writes nothing
/// and only ignores the file.
fn read_clouds(file: &Path, notices: &mut Vec<String>) -> Result<Ini, AccountError> {
    match read_ini(file) {
        Err(AccountError::Malformed {
            source: IniError::MissingSectionHeader { .. },
            ..
        }) => {
            let file = file.display();
            notices.push(format!("'{file}' is in bad format and is passed over."));
            Ok(Ini::default())
        }
        read => read,
    }
}

/// Returns a regular file's text, or `None` if there is no such file.
fn read_text(file: &Path) -> Result<Option<String>, AccountError> {
    let unreadable = |reason: String| AccountError::Unreadable(file.to_owned(), reason);
    // The file's type is checked before it is opened, because opening a named pipe would block.
    match std::fs::metadata(file) {
        Ok(data) if data.is_file() => {}
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error.to_string())),
    }
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|open| open.take(FILE_LIMIT + 1).read_to_end(&mut bytes))
        .map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > FILE_LIMIT {
        return Err(unreadable(format!("larger than {} MiB", FILE_LIMIT >> 20)));
    }
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|_| unreadable("not UTF-8".to_owned()))
}

#[cfg(test)]
mod tests;
