//! The daemon's configuration: `config.toml` in the platform's configuration directory. Each key
//! may also be set as `AZQ_<KEY>` in the environment, which takes precedence.
//!
//! One row of `keys::KEYS` holds everything that azq knows of a key. An unknown key of the file or
//! a bad value is an error that names it; an unknown variable causes a warning when the daemon
//! starts. The daemon reads the configuration once, when it starts; settings that may differ from
//! call to call are part of the request.

mod edit;
mod given;
mod keys;
mod places;
mod value;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::metrics::MetricsAddress;
use azq_auth::UserTokens;
use azq_http::Deadlines;
use azq_share::{Address, Mode};
pub use edit::{Change, EditError};
use given::{Given, known_keys, parse, read_environment, read_file, read_text, unknown_variable};
use keys::{KEYS, Key, KeyDefault};
use places::Places;
use value::absolute;

/// The effective configuration. The default is blank; [`Config::load`] sets every key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// How long a catalogue entry is served without asking Azure.
    pub cache_fresh: Duration,
    /// The age from which a catalogue entry is refreshed before it is served. Between the two ages
    /// it is served and refreshed in the background.
    pub cache_expires: Duration,
    /// The limit of the catalogue's memory, in bytes.
    pub cache_memory: u64,
    /// The limit of the catalogue snapshots in the cache directory, in bytes.
    pub cache_disk: u64,
    /// How long the daemon stays without work before it ends; zero means for ever.
    pub idle_timeout: Duration,
    /// How long calls in flight may go on after a stop; a minute at most.
    pub stop_grace: Duration,
    /// How many calls run at once; further calls wait.
    pub max_requests: u64,
    /// The limit of the daemon's memory as a whole, in bytes.
    pub memory: u64,
    /// How long Azure may be silent before a request counts as lost and is sent again.
    pub read_timeout: Duration,
    /// The size in bytes at which a log file is rotated; one older file is kept.
    pub log_size: u64,
    /// How the checks of a pool's change before it is sent are used.
    pub preflight: Preflight,
    /// The filter of the log: a `tracing` filter such as `info` or `azqd=debug`.
    pub log: String,
    /// The source of users' tokens.
    pub user_tokens: UserTokens,
    /// Whether azqd carries out `az account get-access-token`; otherwise the real az does.
    pub token_command: bool,
    /// The URL of Azure's retail prices.
    pub prices_url: String,
    /// The store through which machines share catalogues, if there is one.
    pub share: Option<Address>,
    /// Whether this machine writes to the store.
    pub share_mode: Mode,
    /// Whether principals see catalogues that were read for other principals.
    pub share_principals: bool,
    /// How long the store may take before azq goes on without it.
    pub share_timeout: Duration,
    /// The address to which metrics are sent, if there is one.
    pub metrics: Option<MetricsAddress>,
    /// The collector that traces are sent to, if they are.
    pub traces: Option<url::Url>,
    /// The directory of catalogue snapshots.
    pub cache_dir: PathBuf,
    /// The directory of the log.
    pub state_dir: PathBuf,
    /// Warnings that are reported when the daemon starts.
    pub warnings: Vec<String>,
}

/// How the checks of a pool's change before it is sent are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preflight {
    /// Nothing is checked.
    #[default]
    Off,
    /// A failed check causes a warning.
    Warn,
    /// A failed check is an error, and nothing is sent.
    Strict,
}

/// The reason why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file exists but cannot be read.
    #[error("the configuration file {} cannot be read: {}", .0.display(), .1)]
    Unreadable(PathBuf, std::io::Error),
    /// The file is not TOML, at this place and for this reason.
    #[error("the configuration file {} is not valid TOML: {}", .0.display(), .1)]
    Malformed(PathBuf, String),
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
        /// A description of the values that fit.
        reason: String,
    },
}

/// A key's effective value, for display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key, as in the file.
    pub key: &'static str,
    /// The value, as it could be written in the file.
    pub value: String,
    /// `default`, the file's path, or the variable's name.
    pub origin: String,
}

/// A key for the documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyTopic {
    /// The name, as in the file.
    pub name: &'static str,
    /// The variable that overrides it.
    pub variable: String,
    /// The default on Linux.
    pub default: &'static str,
    /// The purpose.
    pub about: &'static str,
}

/// Returns all keys, in alphabetical order.
pub fn reference() -> Vec<KeyTopic> {
    let topic = |key: &Key| KeyTopic {
        name: key.name,
        variable: format!("AZQ_{}", key.name.to_uppercase()),
        default: match key.default {
            KeyDefault::Text(text) | KeyDefault::Directory(text, _) => text,
        },
        about: key.about,
    };
    KEYS.iter().map(topic).collect()
}

/// A path at which nothing can be written: without a home directory, nothing is kept on the disk.
const NOWHERE: &str = "/dev/null/azq";
const WITHOUT_HOME: &str = "default (there is no home directory)";

impl Config {
    /// Reads the configuration from the platform's directory and from `environment`.
    pub fn load(
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<(Self, Vec<Entry>), ConfigError> {
        let places = Places::of_platform();
        let mut given = match &places.config {
            Some(directory) => read_file(&directory.join("config.toml"))?,
            None => Given::new(),
        };
        let (variables, unknown) = read_environment(environment);
        given.extend(variables);
        let (mut config, entries) = Self::resolve(&places, &given)?;
        config.warnings = unknown.iter().map(|name| unknown_variable(name)).collect();
        Ok((config, entries))
    }

    fn resolve(places: &Places, given: &Given) -> Result<(Self, Vec<Entry>), ConfigError> {
        let mut config = Self::default();
        let mut entries = Vec::with_capacity(KEYS.len());
        for key in KEYS {
            let (value, origin) = match (given.get(key.name), &key.default) {
                (Some(found), _) => found.clone(),
                (None, KeyDefault::Text(text)) => ((*text).to_owned(), "default".to_owned()),
                (None, KeyDefault::Directory(_, path)) => match path(places) {
                    Some(path) => (path.to_string_lossy().into_owned(), "default".to_owned()),
                    None => (NOWHERE.to_owned(), WITHOUT_HOME.to_owned()),
                },
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
        config.check_relations(&mut entries)?;
        Ok((config, entries))
    }

    /// Checks the values that limit each other.
    fn check_relations(&mut self, entries: &mut [Entry]) -> Result<(), ConfigError> {
        let entry = |key| entries.iter().find(|entry: &&Entry| entry.key == key);
        let text = |key| entry(key).map(|of| of.value.clone()).unwrap_or_default();
        let bad = |key: &'static str, reason: String| {
            Err(ConfigError::BadValue {
                key,
                value: text(key),
                origin: entry(key).map(|of| of.origin.clone()).unwrap_or_default(),
                reason,
            })
        };
        if self.cache_fresh > self.cache_expires {
            let expires = text("cache_expires");
            let reason = format!("at most cache_expires ({expires}) can be had");
            return bad("cache_fresh", reason);
        }
        // Calls need memory beside the catalogues.
        let least = self.cache_memory.saturating_mul(2);
        if self.memory >= least {
            return Ok(());
        }
        if entry("memory").is_some_and(|of| of.origin != "default") {
            let memory = text("memory");
            let reason = format!("at most half of memory ({memory}) can be had");
            return bad("cache_memory", reason);
        }
        self.memory = least;
        for entry in entries.iter_mut().filter(|entry| entry.key == "memory") {
            entry.value = format!("{least}");
        }
        Ok(())
    }

    /// Returns the directory of a daemon's log, even if the rest of the configuration cannot be
    /// used, because the log may contain the reason.
    pub fn state_directory(environment: impl IntoIterator<Item = (OsString, OsString)>) -> PathBuf {
        let places = Places::of_platform();
        let mut environment = environment.into_iter();
        let variable = environment.find(|(name, _)| name == "AZQ_STATE_DIR");
        let given = variable.and_then(|(_, value)| value.into_string().ok());
        let in_file = || {
            let file = places.config.as_ref()?.join("config.toml");
            let text = std::fs::read_to_string(file).ok()?;
            let table: toml::Table = toml::from_str(&text).ok()?;
            Some(table.get("state_dir")?.as_str()?.to_owned())
        };
        let usable = |text: String| absolute(&text).ok();
        given
            .and_then(usable)
            .or_else(|| in_file().and_then(usable))
            .or_else(|| places.state.clone())
            .unwrap_or_else(|| NOWHERE.into())
    }

    /// Returns the time limits of requests to Azure.
    pub(crate) fn deadlines(&self) -> Deadlines {
        Deadlines {
            read: self.read_timeout,
            ..Deadlines::default()
        }
    }

    /// Returns how long the daemon stays without work; `None` means for ever.
    pub fn idle_limit(&self) -> Option<Duration> {
        Some(self.idle_timeout).filter(|limit| !limit.is_zero())
    }
}

#[cfg(test)]
mod tests;
