//! Resource SKUs: `az vm list-skus` and `az aks list-vm-skus`, answered from typed, shared and
//! cached catalogues.
//!
//! | module | what it does |
//! | --- | --- |
//! | `provider`, `vm_sku_schema` | Compute or AKS, and their differences |
//! | `source` | requests to Azure, once for many callers |
//! | `ingest` | parsing of Azure's pages while they arrive |
//! | `catalogue` | SKUs in memory: equal parts are shared, look-ups use an index |
//! | `query` | az's selection and az's table |
//! | `cache` | fresh, stale and expired catalogues in memory, filled from disk, share or Azure |
//! | `disk` | snapshots, and an account's catalogues as one file |
//! | `share` | the store that machines share: one machine asks Azure for all |
//! | `locations` | names of locations: `East US` is `eastus` |
//!
//! Invariant: a list equals what az would print for the same responses of Azure. az fetches the
//! whole catalogue each time and filters it; azq fetches only a location where Azure's filter can
//! express it. AKS lists only locations.
//!
//! Deliberately absent: HTTP (see `azq-arm`) and rendering (see `azq-output`).

mod cache;
mod catalogue;
mod disk;
mod ingest;
mod locations;
mod provider;
mod query;
mod share;
mod source;
#[cfg(test)]
mod tests;
mod vm_sku_schema;

use std::{sync::Arc, time::Duration};

use azq_document::Value;
use tracing::{Instrument as _, field::Empty, trace_span};

use crate::cache::Cache;
pub use crate::cache::Settings;
pub use crate::cache::clock::{Clock, WallClock};
use crate::cache::levels::Level;
pub use crate::cache::slots::Key;
pub use crate::cache::upkeep::CacheScope;
pub use crate::catalogue::{Catalogue, Sku};
pub use crate::disk::archive::MAX_ARCHIVE;
pub use crate::disk::snapshot::MAX_CONTENT;
pub use crate::disk::store::{MAX_AGE, MAX_FILE, Store};
use crate::locations::Locations;
pub use crate::locations::MAX_SCOPES;
pub use crate::provider::Provider;
pub use crate::query::filter::Filter;
pub use crate::query::question::Question;
pub use crate::query::table::table;
pub use crate::share::sharing::KEPT as SHARES;
pub use crate::share::sharing::{ShareSettings, Sharing, name as object_name};
pub use crate::source::fetch::{LONGEST, MAX_PAGES, SILENCE};
pub use crate::source::{Body, Location, Page, Source, SourceError};
use azq_account::Scope;
use azq_arm::Report;
use azq_command::CommandError;

/// The result of a look-up.
pub struct Found {
    /// The catalogue.
    pub catalogue: Arc<Catalogue>,
    /// The filter that selects from the catalogue.
    pub filter: Filter,
    /// The key of the catalogue for the next such request, if that does not limit the catalogue's
    /// age.
    pub key: Option<Key>,
    /// Other catalogues that the answer is also made of.
    pub beside: Vec<(Key, Arc<Catalogue>)>,
}

/// The catalogues of all accounts.
#[derive(Clone)]
pub struct Catalogues {
    cache: Arc<Cache>,
    locations: Arc<Locations>,
}

impl Catalogues {
    /// Creates an empty set. The directory is read when a catalogue is first used.
    pub fn new(settings: Settings) -> Self {
        Self::with_clock(settings, Arc::new(WallClock))
    }

    /// Creates an empty set with another clock.
    pub fn with_clock(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        Self::with_sharing(settings, clock, None)
    }

    /// Creates an empty set with a store that machines share.
    pub fn with_sharing(
        settings: Settings,
        clock: Arc<dyn Clock>,
        sharing: Option<Arc<Sharing>>,
    ) -> Self {
        Self {
            cache: Arc::new(Cache::new(settings, clock, sharing)),
            locations: Arc::default(),
        }
    }

    /// Returns the catalogue for a request, and the filter that selects from it. `location` is the
    /// option's value or its configured default. A kept answer may be served again as long as
    /// [`Self::at_hand`] returns the same allocation.
    pub async fn find<'r, S: Source>(
        &self,
        source: &S,
        scope: &Scope,
        question: impl Into<Question<'r>>,
        location: Option<&str>,
        report: &dyn Report,
    ) -> Result<Found, CommandError> {
        let question = question.into();
        let location = match location.filter(|location| !location.is_empty()) {
            Some(given) => Some(self.location_name(source, scope, given, report).await?),
            None => None,
        };
        let max_age = question.request.max_age.map(Duration::from_secs);
        let name = match question.provider {
            Provider::Compute => location.as_deref().filter(|name| is_plain(name)),
            // AKS has no list of all locations.
            Provider::ContainerService => Some(location.as_deref().unwrap_or_default()),
        };
        let key = Key::new(question.provider, scope, name.map(str::to_lowercase));
        let provider = key.provider.namespace();
        let span = trace_span!(target: "azq_trace", "catalogue", provider, level = Empty);
        let getting = self.cache.get(source, &key, max_age, report);
        let catalogue = getting.instrument(span).await?;
        Ok(Found {
            catalogue,
            filter: Filter::of(question, location),
            key: max_age.is_none().then_some(key),
            beside: Vec::new(),
        })
    }

    /// Returns the catalogue that covers a key, if it is in memory and fresh.
    pub fn at_hand(&self, key: &Key) -> Option<Arc<Catalogue>> {
        let held = self.cache.at_hand(key)?;
        self.cache.levels.count(Level::Memory);
        Some(held)
    }

    /// Returns the number of look-ups that each level has answered: memory, disk, share, Azure.
    pub fn levels(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.cache.levels.counts()
    }

    /// Returns the name of a location in resources: `East US` is `eastus`. Azure's list of
    /// locations is fetched once for that.
    pub async fn location_name<S: Source>(
        &self,
        source: &S,
        scope: &Scope,
        given: &str,
        report: &dyn Report,
    ) -> Result<String, CommandError> {
        let locations = &self.locations;
        let name = locations.name(source, scope, given, &self.cache, report);
        Ok(name.await?)
    }

    /// Returns the names of the virtual machine sizes of a location, in Azure's order, from the
    /// kept catalogues. Without a location it uses all catalogues in memory. No request is sent to
    /// Azure.
    pub async fn size_names(&self, scope: &Scope, location: Option<&str>) -> Vec<String> {
        let location = location.map(usual_name);
        let catalogues: Vec<_> = match &location {
            Some(location) => {
                let key = Key::new(Provider::Compute, scope, Some(location.clone()));
                let found = match self.cache.at_hand(&key) {
                    Some(fresh) => Some(fresh),
                    None => self.cache.kept(&key).await,
                };
                found.into_iter().collect()
            }
            None => self.in_memory(scope).map(|(_, held)| held).collect(),
        };
        let names = catalogues
            .iter()
            .flat_map(|catalogue| catalogue.size_names(location.as_deref()));
        let mut seen = foldhash::HashSet::default();
        let names = names.filter(|name| seen.insert(*name));
        names.map(str::to_owned).collect()
    }

    /// Returns the locations that have a catalogue of their own in memory.
    pub fn location_names(&self, scope: &Scope) -> Vec<String> {
        let mut names: Vec<_> = self.in_memory(scope).filter_map(|(name, _)| name).collect();
        names.sort_unstable();
        names
    }

    /// Returns Compute's catalogues in memory, by location.
    fn in_memory(
        &self,
        scope: &Scope,
    ) -> impl Iterator<Item = (Option<String>, Arc<Catalogue>)> + use<> {
        let slots = self.cache.slots();
        let held = slots.by_key.iter().filter_map(|(key, slot)| {
            let is_meant = key.provider == Provider::Compute && key.scope == *scope;
            let held = slot.held.clone().filter(|_| is_meant)?;
            Some((key.location.clone(), held))
        });
        held.collect::<Vec<_>>().into_iter()
    }

    /// Returns the kept catalogues, for `azq cache show`.
    pub async fn show(&self, whose: CacheScope<'_>) -> Value {
        self.cache.show(whose, None).await
    }

    /// Drops the catalogues that cover a location, or all, for `azq cache clear`. Returns the
    /// dropped ones.
    pub async fn clear(&self, whose: CacheScope<'_>, location: Option<&str>) -> Value {
        self.locations.clear();
        let location = location.map(usual_name);
        self.cache.clear(whose, location.as_deref()).await
    }

    /// Fetches the catalogue of a location, or all kept catalogues of the scope, for
    /// `azq cache refresh`. Returns the requested catalogues that are kept afterwards.
    pub async fn refresh<S: Source>(
        &self,
        source: &S,
        scope: &Scope,
        location: Option<&str>,
        report: &dyn Report,
    ) -> Result<Value, CommandError> {
        let mut location = location.map(str::to_owned);
        if let Some(given) = &mut location {
            let name = self.location_name(source, scope, given, report).await?;
            *given = name.to_lowercase();
        }
        if let Some(given) = location.as_deref().filter(|name| !is_plain(name)) {
            return Err(CommandError::new(format!(
                "'{given}' is no location's name, so nothing was refreshed."
            )));
        }
        let refreshed = self
            .cache
            .refresh(source, scope, location.as_deref(), report);
        refreshed.await
    }

    /// Returns the store that machines share, if one is configured.
    pub fn sharing(&self) -> Option<&Sharing> {
        self.cache.sharing.as_deref()
    }

    /// Returns the number of catalogues in memory, and an estimate of their bytes. The limits are
    /// in the settings.
    pub fn usage(&self) -> (usize, usize) {
        let slots = self.cache.slots();
        let held = slots.by_key.values().filter_map(|slot| slot.held.as_ref());
        held.fold((0, 0), |(count, bytes), catalogue| {
            (count + 1, bytes + catalogue.bytes())
        })
    }

    /// Waits until the work in the background has ended, for a daemon that stops. The daemon sets a
    /// deadline.
    pub async fn finish(&self) {
        self.cache.tasks.close();
        self.cache.tasks.wait().await;
        if let Some(sharing) = &self.cache.sharing {
            sharing.finish().await;
        }
    }
}

/// Returns the name in resources that a name for people usually has. It is not looked up in Azure,
/// because nearly all names follow this rule.
fn usual_name(name: &str) -> String {
    name.replace(' ', "").to_lowercase()
}

/// Whether Azure's filter accepts a name unchanged. Any other name is looked up in the whole
/// catalogue, as in az.
fn is_plain(location: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-' | b'_');
    location.len() <= 64 && location.bytes().all(is_part)
}
