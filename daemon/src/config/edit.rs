//! Changes of `config.toml` by `azq config set` and `unset`.
//!
//! Invariants: a daemon would start with each file that is written; comments, order and layout
//! stay; the file is replaced whole, so that no reader sees a part of it; concurrent changes are
//! made one after the other.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use toml_edit::{DocumentMut, Item, Value, value};

use super::{Config, ConfigError, Places, parse};

/// The reason why the file was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The changed file would not be a valid configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is no directory to write to.
    #[error("there is no home directory, so no config.toml; set HOME or XDG_CONFIG_HOME")]
    NoHome,
    /// A setting that is to be removed is not set.
    #[error("'{}' is not set in {}", .0, .1.display())]
    NotSet(String, PathBuf),
    /// The file could not be written.
    #[error("{} cannot be written: {}", .0.display(), .1)]
    Unwritable(PathBuf, io::Error),
}

/// A change of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Sets a key to a value.
    Set(String, String),
    /// Removes a key, so that its default holds.
    Unset(String),
}

impl Config {
    /// Returns the file in which settings are written.
    pub fn file() -> Result<PathBuf, EditError> {
        let directory = Places::of_platform().config.ok_or(EditError::NoHome)?;
        Ok(directory.join("config.toml"))
    }

    /// Makes these changes in the file, all or none.
    pub fn edit(changes: &[Change]) -> Result<PathBuf, EditError> {
        let places = Places::of_platform();
        let directory = places.config.clone().ok_or(EditError::NoHome)?;
        let path = directory.join("config.toml");
        let unwritable = |error| EditError::Unwritable(path.clone(), error);
        azq_files::prepare(&directory).map_err(unwritable)?;
        let lock = File::open(&directory).map_err(unwritable)?;
        flock(&lock, FlockOperation::LockExclusive).map_err(|error| unwritable(error.into()))?;
        let old = super::read_text(&path)?.unwrap_or_default();
        let new = changed(&places, &path, &old, changes)?;
        replace(&path, &new).map_err(unwritable)?;
        Ok(path)
    }
}

/// Returns the file's text after the changes, after checking that a daemon could start with it.
fn changed(
    places: &Places,
    path: &Path,
    old: &str,
    changes: &[Change],
) -> Result<String, EditError> {
    let parsed = old.parse::<DocumentMut>();
    let malformed = |reason: &str| ConfigError::Malformed(path.to_owned(), reason.to_owned());
    let mut document = parsed.map_err(|error| malformed(error.message()))?;
    for change in changes {
        match change {
            Change::Set(key, text) => set(&mut document, key, text),
            Change::Unset(key) => {
                let not_set = || EditError::NotSet(key.clone(), path.to_owned());
                document.remove(key).ok_or_else(not_set)?;
            }
        }
    }
    let new = document.to_string();
    Config::resolve(places, &parse(path, &new)?)?;
    Ok(new)
}

/// Sets a key. Comments beside and above the old value stay.
fn set(document: &mut DocumentMut, key: &str, text: &str) {
    let mut new: Value = match (text.parse::<i64>(), text.parse::<bool>()) {
        (Ok(number), _) => number.into(),
        (_, Ok(is)) => is.into(),
        _ => text.into(),
    };
    if let Some(Item::Value(old)) = document.get(key) {
        *new.decor_mut() = old.decor().clone();
    }
    if let Some(item) = document.get_mut(key) {
        *item = Item::Value(new);
    } else {
        document.insert(key, value(new));
    }
}

/// Replaces the file whole. A symbolic link, as in a directory of settings under version control,
/// stays one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mode = fs::metadata(&real).map_or(0o600, |found| found.permissions().mode() & 0o777);
    azq_files::replace(&real, 0o600, |file| {
        file.write_all(text.as_bytes())?;
        file.set_permissions(fs::Permissions::from_mode(mode))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "# mine\ncache_fresh = \"1h\" # often\n\nmax_requests = 64\n";

    fn after(old: &str, changes: &[Change]) -> Result<String, EditError> {
        let folder = tempfile::tempdir().unwrap();
        let places = Places {
            config: None,
            cache: Some(folder.path().join("cache")),
            state: Some(folder.path().join("state")),
        };
        changed(&places, Path::new("/c/config.toml"), old, changes)
    }

    fn to(key: &str, text: &str) -> Change {
        Change::Set(key.to_owned(), text.to_owned())
    }

    #[test]
    fn comments_and_order_stay() {
        let changes = [to("cache_fresh", "2h"), to("max_requests", "32")];
        let new = after(OLD, &changes).unwrap();
        let expected = OLD.replace("\"1h\"", "\"2h\"").replace("64", "32");
        assert_eq!(new, expected);
        let added = after(OLD, &[to("token_command", "false")]).unwrap();
        assert_eq!(added, format!("{OLD}token_command = false\n"));
        let gone = after(OLD, &[Change::Unset("max_requests".to_owned())]).unwrap();
        assert_eq!(gone, "# mine\ncache_fresh = \"1h\" # often\n");
    }

    #[test]
    fn nothing_that_a_daemon_would_refuse_is_written() {
        for (change, words) in [
            (to("cache_fresh", "soon"), "bad value 'soon'"),
            (to("cache_fresh", "2d"), "at most cache_expires"),
            (to("cache_frsh", "2h"), "unknown key 'cache_frsh'"),
            (to("memory", "1MB"), "bad value '1MB'"),
            (Change::Unset("memory".to_owned()), "'memory' is not set"),
        ] {
            let error = after(OLD, &[change]).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        let error = after("x = ", &[to("memory", "2GB")]).unwrap_err();
        assert!(error.to_string().contains("not valid TOML"), "{error}");
    }

    #[test]
    fn what_is_wrong_can_be_removed() {
        let wrong = "nosuch = 1\n";
        assert!(after(wrong, &[to("memory", "2GB")]).is_err());
        let mended = after(wrong, &[Change::Unset("nosuch".to_owned())]).unwrap();
        assert_eq!(mended, "");
    }

    #[test]
    fn a_file_that_is_a_link_stays_one_and_keeps_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let [real, link] = ["real.toml", "config.toml"].map(|name| folder.path().join(name));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        replace(&link, "new").unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        let mode = real.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
