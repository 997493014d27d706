//! Goldens: command lines with the real az's behaviour, and the emulated subscriptions that they
//! ran against.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::emulator::{LoggedRequest, Specification};

/// A command line and az's behaviour.
#[derive(Clone, Debug, Deserialize)]
pub struct Golden {
    /// Its name within the suite.
    pub name: String,
    /// The arguments.
    pub argv: Vec<String>,
    /// The preset that the emulator starts with.
    #[serde(default = "basic")]
    pub preset: String,
    /// The specification's differences from the preset.
    #[serde(default)]
    pub arm: Map<String, Value>,
    /// Settings of az's `config` file, by dotted name.
    #[serde(default)]
    pub config: BTreeMap<String, String>,
    /// Further environment variables.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Files in the working directory, by name.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// The modes of those files, in octal; 600 if there is none.
    #[serde(default)]
    pub modes: BTreeMap<String, String>,
    /// Symbolic links in the working directory, by name, and their targets.
    #[serde(default)]
    pub links: BTreeMap<String, String>,
    /// The content of standard input.
    #[serde(default)]
    pub stdin: String,
    /// The behaviour of az.
    pub expect: Expectation,
}

/// The behaviour of az.
#[derive(Clone, Debug, Deserialize)]
pub struct Expectation {
    /// Its exit code.
    pub exit_code: i32,
    /// Its stdout.
    pub stdout: String,
    /// Its stderr, with `{port}` for the emulator's port.
    pub stderr: String,
    /// Its requests that change something.
    pub mutations: Vec<Mutation>,
    /// The state of these files afterwards; none where there was no file.
    #[serde(default)]
    pub files: BTreeMap<String, Option<FileState>>,
}

/// A file after a command.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FileState {
    /// Its text.
    pub text: String,
    /// Its mode in octal, or that of the link.
    pub mode: String,
    /// Whether it is a symbolic link.
    pub is_link: bool,
}

impl FileState {
    /// Reads the state of the file at a path; none if there is no file.
    pub fn of(path: &Path) -> Option<Self> {
        let found = path.symlink_metadata().ok()?;
        Some(Self {
            text: std::fs::read_to_string(path).ok()?,
            mode: format!("{:o}", found.permissions().mode() & 0o7777),
            is_link: found.is_symlink(),
        })
    }
}

/// A request that changes something.
#[derive(Clone, Debug, Deserialize)]
pub struct Mutation {
    /// `PUT`, `POST`, …
    pub method: String,
    /// Compared in lower case.
    pub path: String,
    /// The parameters.
    pub query: Map<String, Value>,
    /// The JSON body, or null.
    pub body: Value,
    /// The headers that have a meaning, by lower-case name.
    pub headers: Map<String, Value>,
}

/// Headers that differ between HTTP clients, and those by which az identifies itself.
const STANDARD_HEADERS: [&str; 18] = [
    "accept",
    "accept-encoding",
    "authorization",
    "commandname",
    "connection",
    "content-length",
    "content-type",
    "host",
    "parametersetname",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "user-agent",
    "x-ms-client-request-id",
    "x-ms-correlation-request-id",
    "x-ms-date",
    "x-ms-request-id",
    "x-ms-return-client-request-id",
];

impl Mutation {
    /// Returns the requests of a log that change something, without those for tokens.
    pub fn of(requests: &[LoggedRequest]) -> Vec<Self> {
        let changes = requests.iter().filter(|request| {
            !matches!(request.method.as_str(), "GET" | "HEAD") && !request.path.contains("/oauth2/")
        });
        changes.map(Self::from).collect()
    }

    /// Whether both make the same change.
    pub fn same(&self, other: &Self) -> bool {
        self.method == other.method
            && self.path.eq_ignore_ascii_case(&other.path)
            && self.query == other.query
            && self.headers == other.headers
            && same_document(&self.body, &other.body)
    }
}

impl From<&LoggedRequest> for Mutation {
    fn from(request: &LoggedRequest) -> Self {
        let meaningful = request
            .headers
            .iter()
            .filter(|(name, _)| !STANDARD_HEADERS.contains(&name.as_str()));
        Self {
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            body: request.body.clone(),
            headers: meaningful
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        }
    }
}

/// Whether JSON documents are equal: members in any order, and `1` is `1.0`.
fn same_document(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || one.as_f64() == other.as_f64()
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| same_document(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same_member = |(name, value): (&String, &Value)| {
                other
                    .get(name)
                    .is_some_and(|other| same_document(value, other))
            };
            one.len() == other.len() && one.iter().all(same_member)
        }
        _ => one == other,
    }
}

/// Reads the goldens of a file.
pub fn goldens(path: &Path) -> Result<Vec<Golden>, GoldenError> {
    read(path)
}

/// Emulated subscriptions by name.
#[derive(Clone, Debug)]
pub struct Presets {
    known: Map<String, Value>,
    /// The folder of their `skus` files.
    folder: PathBuf,
    /// Members that are set in every preset.
    overlay: Map<String, Value>,
}

impl Presets {
    /// Reads `presets.json`; `skus` files are relative to the parent of its folder.
    pub fn read(path: &Path) -> Result<Self, GoldenError> {
        let folder = path
            .parent()
            .and_then(Path::parent)
            .map(Path::to_owned)
            .unwrap_or_default();
        Ok(Self {
            known: read(path)?,
            folder,
            overlay: Map::new(),
        })
    }

    /// Returns the same with a member that is set in every preset.
    #[must_use]
    pub fn overlaid(mut self, name: &str, value: Value) -> Self {
        self.overlay.insert(name.to_owned(), value);
        self
    }

    /// Returns the emulator's specification for a golden.
    pub fn specification(&self, golden: &Golden) -> Result<Specification, GoldenError> {
        let unusable = |reason: String| GoldenError::Preset {
            name: golden.preset.clone(),
            reason,
        };
        let preset = self
            .known
            .get(&golden.preset)
            .and_then(Value::as_object)
            .ok_or_else(|| unusable("there is none".to_owned()))?;
        let mut members = preset.clone();
        members.extend(golden.arm.clone());
        members.extend(self.overlay.clone());
        let specification = serde_json::from_value(Value::Object(members))
            .map_err(|error| unusable(error.to_string()))?;
        Ok(Specification {
            folder: self.folder.clone(),
            ..specification
        })
    }
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, GoldenError> {
    let unreadable = |reason: String| GoldenError::File {
        path: path.to_owned(),
        reason,
    };
    let bytes = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    // Python has recorded the files, NaN and lone surrogates included.
    let value = azq_python::json::loads(&bytes).map_err(|error| unreadable(error.to_string()))?;
    serde_json::from_value(value).map_err(|error| unreadable(error.to_string()))
}

fn basic() -> String {
    "basic".to_owned()
}

/// The reason why goldens cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum GoldenError {
    /// A file cannot be used.
    #[error("{}: {reason}", path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// A golden's preset cannot be used.
    #[error("preset {name}: {reason}")]
    Preset {
        /// Its name.
        name: String,
        /// The reason.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_are_compared_by_value() {
        assert!(same_document(
            &json!({"a": 1, "b": [2.0]}),
            &json!({"b": [2], "a": 1.0})
        ));
        assert!(!same_document(
            &json!({"a": 1}),
            &json!({"a": 1, "b": null})
        ));
        assert!(!same_document(&json!([1, 2]), &json!([2, 1])));
        assert!(!same_document(&json!("1"), &json!(1)));
    }
}
