//! The settings that are given: in `config.toml` and by `AZQ_…` variables.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use super::ConfigError;
use super::keys::KEYS;

/// `AZQ_…` variables that are not keys of the configuration: they concern the client or a single
/// call.
const OTHER_VARIABLES: [&str; 4] = [
    "AZQ_HANDED_OVER",
    "AZQ_NO_DAEMON",
    "AZQ_PASSTHROUGH",
    "AZQ_RUNTIME_DIR",
];

fn names() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|key| key.name)
}

/// Returns the names of all keys.
pub(super) fn known_keys() -> String {
    names().collect::<Vec<_>>().join(", ")
}

fn known(name: &str, origin: &str) -> Result<&'static str, ConfigError> {
    let key = names().find(|key| *key == name);
    key.ok_or_else(|| ConfigError::UnknownKey {
        key: name.to_owned(),
        origin: origin.to_owned(),
    })
}

/// The settings of the file, by key: the value and its origin.
pub(super) type Given = BTreeMap<&'static str, (String, String)>;

/// Returns the settings of the file; none if there is no file.
pub(super) fn read_file(path: &Path) -> Result<Given, ConfigError> {
    match read_text(path)? {
        Some(text) => parse(path, &text),
        None => Ok(Given::new()),
    }
}

/// Returns the file's text, if the file exists.
pub(super) fn read_text(path: &Path) -> Result<Option<String>, ConfigError> {
    let read = || {
        azq_files::check_file(path)?;
        std::fs::read_to_string(path)
    };
    match read() {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ConfigError::Unreadable(path.to_owned(), error)),
    }
}

/// Returns the settings of the file's text.
pub(super) fn parse(path: &Path, text: &str) -> Result<Given, ConfigError> {
    let malformed = |reason: &str| ConfigError::Malformed(path.to_owned(), reason.to_owned());
    let table: toml::Table = toml::from_str(text).map_err(|error| malformed(error.message()))?;
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

/// Returns the keys that variables set, and the names of other `AZQ_…` variables. Those are not an
/// error, because a CI system may set `AZQ_VERSION`. An empty variable counts as unset.
pub(super) fn read_environment(
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> (Given, Vec<String>) {
    let (mut found, mut unknown) = (Given::new(), Vec::new());
    for (name, value) in environment {
        let Some(name) = name.to_str() else { continue };
        let Some(key) = name.strip_prefix("AZQ_") else {
            continue;
        };
        // As usual in shell scripts, an empty variable counts as unset.
        if OTHER_VARIABLES.contains(&name) || value.is_empty() {
            continue;
        }
        match known(&key.to_ascii_lowercase(), name) {
            Ok(key) => {
                found.insert(key, (value.to_string_lossy().into_owned(), name.to_owned()));
            }
            Err(_) => unknown.push(name.to_owned()),
        }
    }
    unknown.sort();
    (found, unknown)
}

/// Returns the warning of a variable that is no key.
pub(super) fn unknown_variable(name: &str) -> String {
    let keys = known_keys();
    format!("the variable {name} is ignored; azq's keys are: {keys}")
}
