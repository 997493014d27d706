//! `azq cache show|clear|refresh`: what is kept, and having it forgotten or renewed.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    cache::{Cache, Freshness},
    clock::distance,
    slots::Key,
    source::Source,
    store::{Store, Stored},
};
use crate::{account::Scope, document::Value, error::CommandError, report::Report};

/// What stands for all locations.
const ALL: &str = "*";

/// A catalogue in memory, on disk, or both.
struct Entry {
    subscription: String,
    location: Option<String>,
    entries: u64,
    fetched_at: SystemTime,
    /// In memory.
    bytes: Option<usize>,
    file: Option<(PathBuf, u64)>,
    /// It is a location's part of another one, which has the file.
    is_part: bool,
}

impl Cache {
    /// What is kept, of this scope or of all, as a list of objects.
    pub(super) async fn show(&self, scope: Option<&Scope>) -> Value {
        let now = self.clock.now();
        let mut entries: Vec<_> = self.entries(scope, None).await;
        entries.sort_by(|one, two| {
            (&one.subscription, &one.location).cmp(&(&two.subscription, &two.location))
        });
        entries
            .iter()
            .map(|entry| self.row(entry, now))
            .collect::<Vec<_>>()
            .into()
    }

    /// Forgets what answers for a location, or everything, of this scope or of all. Gives what was forgotten.
    pub(super) async fn clear(&self, scope: Option<&Scope>, location: Option<&str>) -> Value {
        let now = self.clock.now();
        let forgotten = self.entries(scope, location).await;
        self.slots()
            .by_key
            .retain(|key, _| !concerns(key, scope, location));
        self.sweep();
        if self.store.is_some() {
            let files: Vec<_> = forgotten
                .iter()
                .filter_map(|entry| entry.file.clone())
                .collect();
            let removal = tokio::task::spawn_blocking(move || {
                for (path, _) in files {
                    if let Err(error) = Store::remove(&path) {
                        tracing::warn!(%error, "cannot remove a snapshot of resource SKUs");
                    }
                }
            });
            // Removal does not panic; if the runtime stops first, the files stay.
            drop(removal.await);
        }
        forgotten
            .iter()
            .map(|entry| self.row(entry, now))
            .collect::<Vec<_>>()
            .into()
    }

    /// Asks Azure anew for a location, or for everything that is kept of a scope. Gives what is kept then.
    pub(super) async fn refresh<S: Source>(
        self: &Arc<Self>,
        source: &S,
        scope: &Scope,
        location: Option<&str>,
        report: &dyn Report,
    ) -> Result<Value, CommandError> {
        let locations: HashSet<_> = match location {
            Some(location) => HashSet::from([Some(location.to_owned())]),
            None => self
                .entries(Some(scope), None)
                .await
                .into_iter()
                .filter(|entry| !entry.is_part)
                .map(|entry| entry.location)
                .collect(),
        };
        for location in locations {
            let key = Key {
                scope: scope.clone(),
                location,
            };
            let renewed = self
                .ask(source, &key, Some(std::time::Duration::ZERO), report)
                .await;
            renewed.map_err(|error| error.error)?;
        }
        Ok(self.show(Some(scope)).await)
    }

    /// What is kept, of this scope or of all, and if a location is given only what answers for it.
    async fn entries(&self, scope: Option<&Scope>, location: Option<&str>) -> Vec<Entry> {
        let mut stored = self.stored().await;
        let mut entries = Vec::new();
        for (key, slot) in &self.slots().by_key {
            let Some(catalogue) = slot
                .held
                .as_ref()
                .filter(|_| concerns(key, scope, location))
                // Of a location that is none.
                .filter(|held| !(slot.is_part && held.is_empty()))
            else {
                continue;
            };
            let digest = key.digest();
            let on_disk = stored
                .iter()
                .position(|stored| stored.label.digest == digest);
            entries.push(Entry {
                subscription: key.scope.subscription.clone(),
                location: key.location.clone(),
                entries: catalogue.len() as u64,
                fetched_at: catalogue.fetched_at(),
                bytes: Some(catalogue.bytes()),
                is_part: slot.is_part,
                file: on_disk
                    .map(|at| stored.swap_remove(at))
                    .map(|stored| (stored.path, stored.bytes)),
            });
        }
        let only_stored = stored.into_iter().filter(|stored| {
            let own = &stored.label.location;
            let is_location = location.is_none() || own.is_none() || own.as_deref() == location;
            is_location && scope.is_none_or(|scope| is_of_scope(stored, scope))
        });
        entries.extend(only_stored.map(|stored| Entry {
            fetched_at: stored.label.fetched_at(),
            subscription: stored.label.subscription,
            location: stored.label.location,
            entries: stored.label.entries,
            bytes: None,
            is_part: false,
            file: Some((stored.path, stored.bytes)),
        }));
        entries
    }

    async fn stored(&self) -> Vec<Stored> {
        let Some(store) = self.store.clone() else {
            return Vec::new();
        };
        tokio::task::spawn_blocking(move || store.list())
            .await
            .unwrap_or_default()
    }

    fn row(&self, entry: &Entry, now: SystemTime) -> Value {
        let age = distance(now, entry.fetched_at);
        let state = match self.freshness(age) {
            Freshness::Fresh => "fresh",
            Freshness::Stale => "stale",
            Freshness::Expired => "expired",
        };
        let number = |number: u64| Value::Int(number.into());
        let path = |path: &Path| Value::from(path.display().to_string());
        let fetched_at = OffsetDateTime::from(entry.fetched_at).format(&Rfc3339).ok();
        Value::object([
            ("subscription", Value::from(entry.subscription.as_str())),
            (
                "location",
                Value::from(entry.location.as_deref().unwrap_or(ALL)),
            ),
            ("entries", number(entry.entries)),
            ("state", state.into()),
            ("ageSeconds", number(age.as_secs())),
            ("fetchedAt", fetched_at.into()),
            (
                "memoryBytes",
                entry.bytes.map(|bytes| number(bytes as u64)).into(),
            ),
            (
                "file",
                entry.file.as_ref().map(|(file, _)| path(file)).into(),
            ),
            (
                "fileBytes",
                entry.file.as_ref().map(|(_, bytes)| number(*bytes)).into(),
            ),
        ])
    }
}

/// Whether a key is of this scope, if one is given, and answers for this location, if one is given.
fn concerns(key: &Key, scope: Option<&Scope>, location: Option<&str>) -> bool {
    scope.is_none_or(|scope| key.scope == *scope)
        && (location.is_none() || key.location.is_none() || key.location.as_deref() == location)
}

fn is_of_scope(stored: &Stored, scope: &Scope) -> bool {
    let key = Key {
        scope: scope.clone(),
        location: stored.label.location.clone(),
    };
    key.digest() == stored.label.digest
}
