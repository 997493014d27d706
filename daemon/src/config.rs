//! The daemon's configuration: `config.toml` in the platform's configuration directory, each key also as `AZQ_<KEY>` in
//! the environment, which wins.
//!
//! One row of `KEYS` is everything that azq knows of a key. An unknown key or a bad value is an error that names it.
//! The daemon reads this once, when it starts; what may differ from call to call travels in the request.

mod value;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::directory;
use value::{absolute, count, duration, filter, grace, positive_duration, size};

/// The effective configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// How long a catalogue entry is served without asking Azure.
    pub cache_fresh: Duration,
    /// After how long a catalogue entry is refreshed before it is served; between the two it is refreshed behind
    /// the caller.
    pub cache_expires: Duration,
    /// How many bytes of catalogue the daemon keeps in memory.
    pub cache_memory: u64,
    /// How many bytes of catalogue snapshots lie in the cache directory.
    pub cache_disk: u64,
    /// How long the daemon stays without work before it ends; zero: for ever.
    pub idle_timeout: Duration,
    /// How long calls in flight may go on after a stop, a minute at most.
    pub stop_grace: Duration,
    /// How many calls are carried out at once; more wait.
    pub max_requests: u64,
    /// How long Azure may be silent before a request counts as lost and is sent again.
    pub read_timeout: Duration,
    /// How many bytes a log file has before it is rotated; one older file is kept.
    pub log_size: u64,
    /// What is logged: a `tracing` filter such as `info` or `azqd=debug`.
    pub log: String,
    /// Where catalogue snapshots lie.
    pub cache_dir: PathBuf,
    /// Where the log lies.
    pub state_dir: PathBuf,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is there but cannot be read.
    #[error("the configuration file {} cannot be read: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The file is not TOML.
    #[error("the configuration file {} is not valid TOML: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and why.
        reason: String,
    },
    /// A key that azq does not know.
    #[error("unknown key '{key}' in {origin}; the keys are: {}", known_keys())]
    UnknownKey {
        /// The key.
        key: String,
        /// The file or the variable.
        origin: String,
    },
    /// A value that does not fit its key.
    #[error("bad value '{value}' for '{key}' in {origin}: {reason}")]
    BadValue {
        /// The key.
        key: &'static str,
        /// The value as given.
        value: String,
        /// The file or the variable.
        origin: String,
        /// What would fit.
        reason: String,
    },
    /// Two values that contradict each other.
    #[error(
        "bad value '{fresh}' for 'cache_fresh' in {origin}: it is more than cache_expires, which is '{expires}'; \
         a catalogue would expire while it is fresh"
    )]
    FreshBeyondExpiry {
        /// `cache_fresh`.
        fresh: String,
        /// The file or the variable.
        origin: String,
        /// `cache_expires`.
        expires: String,
    },
    /// Neither a home nor an explicit directory.
    #[error(
        "there is no home directory; set HOME, or XDG_CONFIG_HOME, XDG_CACHE_HOME and XDG_STATE_HOME"
    )]
    NoHome,
}

/// A key's effective value, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key, as in the file.
    pub key: &'static str,
    /// The value, as it could be written in the file.
    pub value: String,
    /// `default`, the file's path, or the variable's name.
    pub origin: String,
}

struct Key {
    name: &'static str,
    default: Default,
    set: fn(&mut Config, &str) -> Result<(), String>,
}

enum Default {
    Text(&'static str),
    Directory(fn(&directories::ProjectDirs) -> PathBuf),
}

const KEYS: [Key; 12] = [
    Key {
        name: "cache_dir",
        default: Default::Directory(|dirs| dirs.cache_dir().to_owned()),
        set: |config, text| absolute(text).map(|value| config.cache_dir = value),
    },
    Key {
        name: "cache_disk",
        default: Default::Text("256MB"),
        set: |config, text| size(text).map(|value| config.cache_disk = value),
    },
    Key {
        name: "cache_expires",
        default: Default::Text("24h"),
        set: |config, text| duration(text).map(|value| config.cache_expires = value),
    },
    Key {
        name: "cache_fresh",
        default: Default::Text("1h"),
        set: |config, text| duration(text).map(|value| config.cache_fresh = value),
    },
    Key {
        name: "cache_memory",
        default: Default::Text("256MB"),
        set: |config, text| size(text).map(|value| config.cache_memory = value),
    },
    Key {
        name: "idle_timeout",
        default: Default::Text("3h"),
        set: |config, text| duration(text).map(|value| config.idle_timeout = value),
    },
    Key {
        name: "log",
        default: Default::Text("info"),
        set: |config, text| filter(text).map(|value| config.log = value),
    },
    Key {
        name: "log_size",
        default: Default::Text("4MB"),
        set: |config, text| size(text).map(|value| config.log_size = value),
    },
    Key {
        name: "max_requests",
        default: Default::Text("256"),
        set: |config, text| count(text).map(|value| config.max_requests = value),
    },
    Key {
        name: "read_timeout",
        default: Default::Text("75s"),
        set: |config, text| positive_duration(text).map(|value| config.read_timeout = value),
    },
    Key {
        name: "state_dir",
        default: Default::Directory(default_state_directory),
        set: |config, text| absolute(text).map(|value| config.state_dir = value),
    },
    Key {
        name: "stop_grace",
        default: Default::Text("5s"),
        set: |config, text| grace(text).map(|value| config.stop_grace = value),
    },
];

/// `AZQ_…` variables that are not keys of the configuration: they concern the client or a single call.
const OTHER_VARIABLES: [&str; 4] = [
    "AZQ_HANDED_OVER",
    "AZQ_NO_DAEMON",
    "AZQ_PASSTHROUGH",
    "AZQ_RUNTIME_DIR",
];

impl Config {
    /// Reads the configuration from the platform's place and from `environment`.
    pub fn load(
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<(Self, Vec<Entry>), ConfigError> {
        let dirs = directories::ProjectDirs::from("", "", "azq").ok_or(ConfigError::NoHome)?;
        let path = dirs.config_dir().join("config.toml");
        let mut given = read_file(&path)?;
        given.extend(read_environment(environment)?);
        Self::resolve(&dirs, &given)
    }

    fn resolve(
        dirs: &directories::ProjectDirs,
        given: &BTreeMap<&'static str, (String, String)>,
    ) -> Result<(Self, Vec<Entry>), ConfigError> {
        let mut config = Self::blank();
        let mut entries = Vec::with_capacity(KEYS.len());
        for key in &KEYS {
            let (value, origin) = match (given.get(key.name), &key.default) {
                (Some(found), _) => found.clone(),
                (None, Default::Text(text)) => ((*text).to_owned(), "default".to_owned()),
                (None, Default::Directory(path)) => (
                    path(dirs).to_string_lossy().into_owned(),
                    "default".to_owned(),
                ),
            };
            (key.set)(&mut config, &value).map_err(|reason| ConfigError::BadValue {
                key: key.name,
                value: value.clone(),
                origin: origin.clone(),
                reason,
            })?;
            entries.push(Entry {
                key: key.name,
                value,
                origin,
            });
        }
        config.check_ages(&entries)?;
        Ok((config, entries))
    }

    fn check_ages(&self, entries: &[Entry]) -> Result<(), ConfigError> {
        if self.cache_fresh <= self.cache_expires {
            return Ok(());
        }
        let of = |key| entries.iter().find(|entry| entry.key == key);
        let value = |key| of(key).map(|entry| entry.value.clone()).unwrap_or_default();
        let origin = of("cache_fresh").map(|entry| entry.origin.clone());
        Err(ConfigError::FreshBeyondExpiry {
            fresh: value("cache_fresh"),
            origin: origin.unwrap_or_default(),
            expires: value("cache_expires"),
        })
    }

    /// The directory of a daemon's log, whatever else of the configuration cannot be used: the log
    /// may tell why.
    pub fn state_directory(
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<PathBuf, ConfigError> {
        let dirs = directories::ProjectDirs::from("", "", "azq").ok_or(ConfigError::NoHome)?;
        let variable = environment
            .into_iter()
            .find(|(name, _)| name == "AZQ_STATE_DIR");
        let given = variable.and_then(|(_, value)| value.into_string().ok());
        let in_file = || {
            let text = std::fs::read_to_string(dirs.config_dir().join("config.toml")).ok()?;
            let table: toml::Table = toml::from_str(&text).ok()?;
            Some(table.get("state_dir")?.as_str()?.to_owned())
        };
        let usable = |text: String| absolute(&text).ok();
        let directory = given
            .and_then(usable)
            .or_else(|| in_file().and_then(usable));
        Ok(directory.unwrap_or_else(|| default_state_directory(&dirs)))
    }

    /// How long the daemon stays without work; `None`: for ever.
    pub fn idle_limit(&self) -> Option<Duration> {
        Some(self.idle_timeout).filter(|limit| !limit.is_zero())
    }

    fn blank() -> Self {
        Self {
            cache_fresh: Duration::ZERO,
            cache_expires: Duration::ZERO,
            cache_memory: 0,
            cache_disk: 0,
            idle_timeout: Duration::ZERO,
            stop_grace: Duration::ZERO,
            max_requests: 0,
            read_timeout: Duration::ZERO,
            log_size: 0,
            log: String::new(),
            cache_dir: PathBuf::new(),
            state_dir: PathBuf::new(),
        }
    }
}

fn default_state_directory(dirs: &directories::ProjectDirs) -> PathBuf {
    let directory = dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir());
    directory.to_owned()
}

fn known_keys() -> String {
    KEYS.map(|key| key.name).join(", ")
}

fn known(name: &str, origin: &str) -> Result<&'static str, ConfigError> {
    KEYS.iter()
        .map(|key| key.name)
        .find(|key| *key == name)
        .ok_or_else(|| ConfigError::UnknownKey {
            key: name.to_owned(),
            origin: origin.to_owned(),
        })
}

fn read_file(path: &Path) -> Result<BTreeMap<&'static str, (String, String)>, ConfigError> {
    let read = || {
        directory::check_file(path)?;
        std::fs::read_to_string(path)
    };
    let text = match read() {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => {
            return Err(ConfigError::Unreadable {
                path: path.to_owned(),
                error,
            });
        }
    };
    let table: toml::Table = toml::from_str(&text).map_err(|error| ConfigError::Malformed {
        path: path.to_owned(),
        reason: error.message().to_owned(),
    })?;
    let origin = path.display().to_string();
    let rows = table.into_iter().map(|(name, value)| {
        let text = match value {
            toml::Value::String(text) => text,
            other => other.to_string(),
        };
        Ok((known(&name, &origin)?, (text, origin.clone())))
    });
    rows.collect()
}

fn read_environment(
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<BTreeMap<&'static str, (String, String)>, ConfigError> {
    let mut found = BTreeMap::new();
    for (name, value) in environment {
        let Some(name) = name.to_str() else { continue };
        let Some(key) = name.strip_prefix("AZQ_") else {
            continue;
        };
        // As everywhere in a shell's scripts, an empty variable is one that is not set.
        if OTHER_VARIABLES.contains(&name) || value.is_empty() {
            continue;
        }
        let key = known(
            &key.to_ascii_lowercase(),
            &format!("the environment ({name})"),
        )?;
        found.insert(key, (value.to_string_lossy().into_owned(), name.to_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
