//! `ShowVersion`: az version.
//!
//! The versions come from the caller's real az. They are kept until its program or its directory of
//! extensions changes, because Terraform and others read them before anything else. Without a real
//! az, the versions are those of the az that azq reproduces.

use std::num::NonZeroUsize;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use lru::LruCache;
use serde_json::Value as Json;
use tokio::sync::Mutex;

use super::implement_commands;
use azq_account::Caller;
use azq_auth::{CredentialError, FETCH, RealAz};
use azq_command::CommandError;
use azq_document::Value;

/// The packages of the az that azq reproduces. azq has no extensions.
const PACKAGES: [(&str, &str); 3] = [
    ("azure-cli", "2.91.0"),
    ("azure-cli-core", "2.91.0"),
    ("azure-cli-telemetry", "1.1.0"),
];
/// How many installations of az are kept. (The compiler checks that it is not zero.)
const KEPT: NonZeroUsize = NonZeroUsize::new(16).unwrap();
/// A variable with another directory of extensions than `cliextensions` beside az's files.
const EXTENSIONS: &str = "AZURE_EXTENSION_DIR";

/// The versions that all callers' real azs have printed.
pub(crate) struct Versions(Mutex<LruCache<Installation, Json>>);

/// An az and its extensions, in their state when az was run.
#[derive(PartialEq, Eq, Hash)]
struct Installation {
    program: PathBuf,
    extensions: PathBuf,
    /// Device, inode, and time of the last change in seconds and nanoseconds, of both.
    changes: [Option<(u64, u64, i64, i64)>; 2],
}

impl Default for Versions {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(KEPT)))
    }
}

impl Installation {
    fn of(caller: &Caller, program: &Path) -> Self {
        let named = caller.environment.get(EXTENSIONS);
        let named = named.filter(|directory| !directory.is_empty());
        let extensions =
            named.map_or_else(|| caller.config_dir.join("cliextensions"), PathBuf::from);
        let change = |path: &Path| {
            let data = path.metadata().ok()?;
            Some((data.dev(), data.ino(), data.mtime(), data.mtime_nsec()))
        };
        Self {
            changes: [change(program), change(&extensions)],
            program: program.to_owned(),
            extensions,
        }
    }
}

impl Versions {
    /// Returns the versions of the caller's az; one command at a time runs it.
    async fn of(&self, caller: &Caller) -> Result<Option<Json>, CommandError> {
        let az = RealAz::of(caller);
        let Some(program) = caller.az.as_ref().and_then(|_| az.program()) else {
            return Ok(None);
        };
        let installation = Installation::of(caller, &program);
        let mut known = self.0.lock().await;
        if let Some(versions) = known.get(&installation) {
            return Ok(Some(versions.clone()));
        }
        let seconds = FETCH.as_secs();
        let printed = tokio::time::timeout(FETCH, az.run(&program, &["version", "-o", "json"]));
        let printed = printed
            .await
            .unwrap_or(Err(CredentialError::Slow { seconds }))?;
        let versions: Json = serde_json::from_slice(&printed).map_err(|error| {
            CommandError::new(format!("'az version' has not printed JSON: {error}"))
        })?;
        known.put(installation, versions.clone());
        Ok(Some(versions))
    }
}

implement_commands! { |_own, call|
    ShowVersionRequest => {
        let told = call.daemon.versions.of(call.profile.caller()).await?;
        told.map_or_else(built_in, |versions| Value::from(&versions))
    };
}

fn built_in() -> Value {
    let packages = PACKAGES.map(|(name, version)| (name, Value::from(version)));
    let extensions = ("extensions", Value::object::<&str>([]));
    Value::object(packages.into_iter().chain([extensions]))
}
