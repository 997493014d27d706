//! The daemon's configuration: `config.toml` in the platform's configuration directory, each key also as `AZQ_<KEY>` in
//! the environment, which wins.
//!
//! One row of `KEYS` is everything that azq knows of a key. An unknown key or a bad value is an error that names it.
//! The daemon reads this once, when it starts; what may differ from call to call travels in the request.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::directory;

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
    /// How long calls in flight may go on after a stop.
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
        set: |config, text| directory(text).map(|value| config.cache_dir = value),
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
        default: Default::Directory(|dirs| {
            dirs.state_dir()
                .unwrap_or_else(|| dirs.data_local_dir())
                .to_owned()
        }),
        set: |config, text| directory(text).map(|value| config.state_dir = value),
    },
    Key {
        name: "stop_grace",
        default: Default::Text("5s"),
        set: |config, text| duration(text).map(|value| config.stop_grace = value),
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
        Ok((config, entries))
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
        if OTHER_VARIABLES.contains(&name) {
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

/// A number with a unit of time: `500ms`, `90s`, `5m`, `3h`, `1d`; a bare number counts seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let units = [
        ("ms", 1),
        ("s", 1000),
        ("m", 60_000),
        ("h", 3_600_000),
        ("d", 86_400_000),
    ];
    scaled(text, &units, 1000)
        .map(Duration::from_millis)
        .ok_or_else(|| "a duration such as 90s, 5m, 3h or 1d is needed".to_owned())
}

fn positive_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("a duration longer than nothing is needed".to_owned()),
        time => Ok(time),
    }
}

/// A number with a unit of size: `64KB`, `4MB`, `1GB`; a bare number counts bytes.
fn size(text: &str) -> Result<u64, String> {
    let units = [("KB", 1 << 10), ("MB", 1 << 20), ("GB", 1 << 30), ("B", 1)];
    scaled(text, &units, 1).ok_or_else(|| "a size such as 64KB, 4MB or 1GB is needed".to_owned())
}

fn scaled(text: &str, units: &[(&str, u64)], bare: u64) -> Option<u64> {
    let digits = text.trim_end_matches(|symbol: char| !symbol.is_ascii_digit());
    let unit = text.strip_prefix(digits)?;
    let factor = match unit.trim() {
        "" => bare,
        unit => {
            units
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(unit))?
                .1
        }
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

fn count(text: &str) -> Result<u64, String> {
    text.parse()
        .ok()
        .filter(|value| *value > 0)
        .ok_or_else(|| "a positive number is needed".to_owned())
}

fn directory(text: &str) -> Result<PathBuf, String> {
    Some(PathBuf::from(text))
        .filter(|path| path.is_absolute())
        .ok_or_else(|| "an absolute path is needed".to_owned())
}

fn filter(text: &str) -> Result<String, String> {
    tracing_subscriber::EnvFilter::try_new(text)
        .map(|_| text.to_owned())
        .map_err(|error| format!("a log filter such as info or azqd=debug is needed ({error})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
        pairs
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    }

    #[test]
    fn every_key_has_a_valid_default() {
        let dirs = directories::ProjectDirs::from_path("/home/azq".into()).unwrap();
        let (config, entries) = Config::resolve(&dirs, &BTreeMap::new()).unwrap();
        assert_eq!(config.idle_timeout, Duration::from_secs(3 * 3600));
        assert_eq!(config.cache_memory, 256 << 20);
        assert!(entries.iter().all(|entry| entry.origin == "default"));
        assert!(KEYS.map(|key| key.name).is_sorted());
    }

    #[test]
    fn the_environment_names_its_mistakes() {
        let found = read_environment(environment(&[
            ("AZQ_IDLE_TIMEOUT", "1m"),
            ("AZQ_NO_DAEMON", "1"),
        ]));
        assert_eq!(
            found.unwrap()["idle_timeout"],
            ("1m".to_owned(), "AZQ_IDLE_TIMEOUT".to_owned())
        );
        let unknown = read_environment(environment(&[("AZQ_IDEL_TIMEOUT", "1m")])).unwrap_err();
        assert!(unknown.to_string().contains("'idel_timeout'"), "{unknown}");
        let dirs = directories::ProjectDirs::from_path("/home/azq".into()).unwrap();
        let bad = BTreeMap::from([(
            "idle_timeout",
            ("soon".to_owned(), "AZQ_IDLE_TIMEOUT".to_owned()),
        )]);
        let message = Config::resolve(&dirs, &bad).unwrap_err().to_string();
        assert!(
            message.contains("'soon'") && message.contains("idle_timeout"),
            "{message}"
        );
    }

    #[test]
    fn the_file_is_read_and_checked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        assert!(read_file(&path).unwrap().is_empty());
        std::fs::write(&path, "cache_fresh = \"10m\"\nmax_requests = 8\n").unwrap();
        let found = read_file(&path).unwrap();
        assert_eq!(found["cache_fresh"].0, "10m");
        assert_eq!(found["max_requests"].0, "8");
        std::fs::write(&path, "fresh = 1\n").unwrap();
        assert!(matches!(
            read_file(&path),
            Err(ConfigError::UnknownKey { .. })
        ));
        std::fs::write(&path, "= 1\n").unwrap();
        assert!(matches!(
            read_file(&path),
            Err(ConfigError::Malformed { .. })
        ));
    }

    #[test]
    fn units_are_understood() {
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("1d"), Ok(Duration::from_secs(86400)));
        assert!(duration("-1s").is_err() && duration("").is_err() && duration("1y").is_err());
        assert_eq!(size("64kb"), Ok(65536));
        assert!(size("99999999999999GB").is_err());
        assert!(positive_duration("0s").is_err());
    }
}
