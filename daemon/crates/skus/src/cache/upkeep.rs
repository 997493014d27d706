//! `azq cache show|clear|refresh`: showing, dropping and renewing the kept catalogues.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use azq_document::Value;
use azq_share::Age;

use crate::Catalogues;
use crate::cache::Cache;
use crate::cache::clock::distance;
use crate::cache::slots::Key;
use crate::disk::store::{Store, Stored};
use crate::provider::Provider;
use crate::source::Source;
use azq_account::Scope;
use azq_arm::Report;
use azq_command::CommandError;
use azq_document::timestamp;

/// The owners whose catalogues are selected.
#[derive(Clone, Copy, Debug)]
pub enum CacheScope<'a> {
    /// All owners.
    Anyone,
    /// One account.
    Account(&'a Scope),
    /// A subscription, by id, with any principal.
    Subscription(&'a str),
}

/// The name of all locations.
const ALL: &str = "*";

/// A catalogue in memory, on disk, or both.
struct Entry {
    provider: Provider,
    subscription: String,
    location: Option<String>,
    entries: u64,
    fetched_at: SystemTime,
    /// The size in memory, if it is in memory.
    bytes: Option<usize>,
    file: Option<(PathBuf, u64)>,
    /// Whether it is a location's part of another catalogue, which has the file.
    is_part: bool,
}

impl Catalogues {
    /// Whether any catalogue of a subscription is kept, for any principal.
    pub async fn has_any_of(&self, subscription: &str) -> bool {
        let whose = CacheScope::Subscription(subscription);
        !self.cache.entries(whose, None).await.is_empty()
    }
}

impl Cache {
    /// Returns the kept catalogues as a list of objects. With a location, only those that cover it.
    pub(crate) async fn show(&self, whose: CacheScope<'_>, location: Option<&str>) -> Value {
        let now = self.clock.now();
        let mut entries = self.entries(whose, location).await;
        let order = |entry: &Entry| {
            (
                entry.subscription.clone(),
                entry.provider,
                entry.location.clone(),
            )
        };
        entries.sort_by_cached_key(order);
        self.rows(&entries, now)
    }

    /// Drops the catalogues that cover a location, or all. Returns the dropped ones.
    pub(crate) async fn clear(&self, whose: CacheScope<'_>, location: Option<&str>) -> Value {
        let now = self.clock.now();
        let forgotten = self.entries(whose, location).await;
        self.slots()
            .by_key
            .retain(|key, _| !concerns(key, whose, location));
        self.sweep();
        if self.store.is_some() {
            let files = forgotten.iter().filter_map(|entry| entry.file.clone());
            let files: Vec<_> = files.collect();
            let removal = tokio::task::spawn_blocking(move || {
                for (path, _) in files {
                    if let Err(error) = Store::remove(&path) {
                        tracing::warn!(%error, "cannot remove a snapshot of resource SKUs");
                    }
                }
            });
            // The removal does not panic. If the runtime stops first, the files stay.
            drop(removal.await);
        }
        self.rows(&forgotten, now)
    }

    /// Fetches the catalogue of a location, whether it is kept or not, or all kept catalogues of a
    /// scope. Returns the requested catalogues that are kept afterwards.
    pub(crate) async fn refresh<S: Source>(
        self: &Arc<Self>,
        source: &S,
        scope: &Scope,
        location: Option<&str>,
        report: &dyn Report,
    ) -> Result<Value, CommandError> {
        let whose = CacheScope::Account(scope);
        let kept = self.kept_places(whose, location).await.into_iter();
        let mut wanted: HashSet<_> = kept
            .filter(|(_, kept)| location.is_none() || kept.as_deref() == location)
            .collect();
        if let Some(location) = location {
            wanted.insert((Provider::Compute, Some(location.to_owned())));
        }
        if wanted.is_empty() {
            report.warning(
                "No catalogue is kept for this subscription, so none was refreshed. To fetch one: \
                 azq cache refresh --location REGION",
            );
        }
        for (provider, location) in wanted {
            let key = Key::new(provider, scope, location);
            let renewed = self.ask(source, &key, Some(Duration::ZERO), report).await?;
            if let Some(location) = key.location.filter(|_| renewed.is_empty()) {
                if provider != Provider::Compute {
                    continue;
                }
                return Err(CommandError::new(format!(
                    "Azure has no resource SKUs in '{location}', so nothing was refreshed. To see the regions: \
                     azq account list-locations --query [].name --output tsv"
                )));
            }
        }
        Ok(self.show(whose, location).await)
    }

    /// Returns the provider and location of each kept catalogue, without those that are parts of
    /// others.
    pub(crate) async fn kept_places(
        &self,
        whose: CacheScope<'_>,
        location: Option<&str>,
    ) -> Vec<(Provider, Option<String>)> {
        let kept = self.entries(whose, location).await.into_iter();
        let kept = kept.filter(|entry| !entry.is_part);
        kept.map(|entry| (entry.provider, entry.location)).collect()
    }

    /// Returns the kept catalogues. With a location, only those that cover it.
    async fn entries(&self, whose: CacheScope<'_>, location: Option<&str>) -> Vec<Entry> {
        let mut stored = self.stored().await;
        let mut entries = Vec::new();
        for (key, slot) in &self.slots().by_key {
            let Some(catalogue) = slot
                .held
                .as_ref()
                .filter(|_| concerns(key, whose, location))
                // An empty part belongs to a location that does not exist.
                .filter(|held| !(slot.is_part && held.is_empty()))
            else {
                continue;
            };
            let digest = key.digest();
            let mut on_disk = stored.extract_if(.., |stored| stored.label.digest == digest);
            entries.push(Entry {
                provider: key.provider,
                subscription: key.scope.subscription.clone(),
                location: key.location.clone(),
                entries: catalogue.len() as u64,
                fetched_at: catalogue.fetched_at(),
                bytes: Some(catalogue.bytes()),
                is_part: slot.is_part,
                file: on_disk.next().map(|stored| (stored.path, stored.bytes)),
            });
        }
        let only_stored = stored.into_iter().filter(|stored| {
            let own = &stored.label.location;
            let is_location = location.is_none() || own.is_none() || own.as_deref() == location;
            is_location && has_stored(whose, stored)
        });
        entries.extend(only_stored.map(|stored| Entry {
            provider: stored.label.provider().unwrap_or_default(),
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
        let listing = tokio::task::spawn_blocking(move || store.list());
        listing.await.unwrap_or_default()
    }

    fn rows(&self, entries: &[Entry], now: SystemTime) -> Value {
        let rows = entries.iter().map(|entry| self.row(entry, now));
        rows.collect::<Vec<_>>().into()
    }

    fn row(&self, entry: &Entry, now: SystemTime) -> Value {
        let age = distance(now, entry.fetched_at);
        let state = match self.freshness(age) {
            Age::Fresh => "fresh",
            Age::Stale => "stale",
            Age::Expired => "expired",
        };
        let number = |number: u64| Value::Int(number.into());
        let path = |path: &Path| Value::from(path.display().to_string());
        let location = entry.location.as_deref().unwrap_or(ALL);
        let memory = entry.bytes.map(|bytes| number(bytes as u64));
        let file = entry
            .file
            .as_ref()
            .map(|(file, bytes)| (path(file), number(*bytes)));
        let (file, bytes) = file.unzip();
        Value::object([
            ("subscription", Value::from(entry.subscription.as_str())),
            ("provider", entry.provider.namespace().into()),
            ("location", location.into()),
            ("entries", number(entry.entries)),
            ("state", state.into()),
            ("ageSeconds", number(age.as_secs())),
            ("fetchedAt", timestamp(entry.fetched_at)),
            ("memoryBytes", memory.into()),
            ("file", file.into()),
            ("fileBytes", bytes.into()),
        ])
    }
}

/// Whether a key belongs to the selected owners and covers this location, if one is given.
fn concerns(key: &Key, whose: CacheScope<'_>, location: Option<&str>) -> bool {
    let is_meant = match whose {
        CacheScope::Anyone => true,
        CacheScope::Account(scope) => key.scope == *scope,
        CacheScope::Subscription(id) => key.scope.subscription.eq_ignore_ascii_case(id),
    };
    is_meant
        && (location.is_none() || key.location.is_none() || key.location.as_deref() == location)
}

fn has_stored(whose: CacheScope<'_>, stored: &Stored) -> bool {
    match whose {
        CacheScope::Anyone => true,
        CacheScope::Account(scope) => {
            let label = &stored.label;
            let provider = label.provider().unwrap_or_default();
            Key::new(provider, scope, label.location.clone()).digest() == label.digest
        }
        CacheScope::Subscription(id) => stored.label.subscription.eq_ignore_ascii_case(id),
    }
}
