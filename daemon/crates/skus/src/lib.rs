//! Resource SKUs: `az vm list-skus` and `az aks list-vm-skus` from catalogues that are typed,
//! shared and remembered.
//!
//! | module | what it does |
//! | --- | --- |
//! | `provider`, `vm_sku_schema` | Compute or AKS, and what they list differently |
//! | `source` | asking Azure, once for many callers |
//! | `ingest` | Azure's pages become SKUs while they arrive |
//! | `catalogue` | SKUs in memory: everything equal is shared, look-ups visit what matches |
//! | `query` | az's selection and az's table |
//! | `cache` | fresh, stale, expired: memory, disk, share, Azure, each filled from the next |
//! | `disk` | snapshots, and an account's catalogues as one file |
//! | `share` | the store that machines share: one asks Azure for all |
//! | `locations` | `East US` is `eastus` |
//!
//! Invariant: a list is what az would print for the same answers of Azure. az asks for the whole
//! catalogue each time and filters; here a location is asked for alone, where Azure's filter can
//! express it. AKS lists only locations.
//!
//! Deliberately absent: HTTP (see `arm`) and rendering (see `output`).

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

use std::{path::Path, sync::Arc, time::Duration};

use azq_document::Value;

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
pub use crate::share::sharing::{ShareSettings, Sharing};
pub use crate::source::fetch::{LONGEST, MAX_PAGES, SILENCE};
pub use crate::source::{Body, Location, Page, Source, SourceError};
use azq_account::Scope;
use azq_arm::Report;
use azq_command::CommandError;

/// What answers a request.
pub struct Found {
    /// The catalogue.
    pub catalogue: Arc<Catalogue>,
    /// What selects from it.
    pub filter: Filter,
    /// Where the next such request finds its catalogue, if it does not say how old that may be.
    pub key: Option<Key>,
    /// Other catalogues that the answer is made of, too.
    pub beside: Vec<(Key, Arc<Catalogue>)>,
}

/// The catalogues of all accounts.
#[derive(Clone)]
pub struct Catalogues {
    cache: Arc<Cache>,
    locations: Arc<Locations>,
}

impl Catalogues {
    /// None yet; what the directory has is read when it is wanted.
    pub fn new(settings: Settings) -> Self {
        Self::with_clock(settings, Arc::new(WallClock))
    }

    /// The same with another clock.
    pub fn with_clock(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        Self::with_sharing(settings, clock, None)
    }

    /// The same with a store that machines share.
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

    /// The catalogue that answers a request, and what selects from it. `location` is the option's
    /// value or its configured default. Whoever keeps an answer may go on serving it for as long as
    /// [`Self::at_hand`] gives the same allocation.
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
            // It has no list of all locations.
            Provider::ContainerService => Some(location.as_deref().unwrap_or_default()),
        };
        let key = Key {
            provider: question.provider,
            scope: scope.clone(),
            location: name.map(str::to_lowercase),
        };
        let catalogue = self.cache.get(source, &key, max_age, report).await?;
        Ok(Found {
            catalogue,
            filter: Filter::of(question, location),
            key: max_age.is_none().then_some(key),
            beside: Vec::new(),
        })
    }

    /// The catalogue that answers for a key, if it is in memory and fresh.
    pub fn at_hand(&self, key: &Key) -> Option<Arc<Catalogue>> {
        let held = self.cache.at_hand(key)?;
        self.cache.levels.count(Level::Memory);
        Some(held)
    }

    /// How often each level had what was looked for: memory, disk, share, Azure.
    pub fn levels(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.cache.levels.counts()
    }

    /// What resources call a location: `East US` is `eastus`, for which Azure is asked once.
    pub async fn location_name<S: Source>(
        &self,
        source: &S,
        scope: &Scope,
        given: &str,
        report: &dyn Report,
    ) -> Result<String, CommandError> {
        let name = self
            .locations
            .name(source, scope, given, &self.cache, report)
            .await;
        name.map_err(|error| error.error)
    }

    /// The names of the virtual machine sizes of a location, in Azure's order, from what is kept;
    /// without a location, of whatever is in memory. Azure is not asked.
    pub async fn size_names(&self, scope: &Scope, location: Option<&str>) -> Vec<String> {
        let location = location.map(|name| name.replace(' ', "").to_lowercase());
        let catalogues = match &location {
            Some(location) => {
                let key = Key {
                    provider: Provider::Compute,
                    scope: scope.clone(),
                    location: Some(location.clone()),
                };
                let found = match self.cache.at_hand(&key) {
                    Some(fresh) => Some(fresh),
                    None => self.cache.kept(&key).await,
                };
                found.into_iter().collect()
            }
            None => self
                .in_memory(scope)
                .map(|(_, held)| held)
                .collect::<Vec<_>>(),
        };
        let names = catalogues
            .iter()
            .flat_map(|catalogue| catalogue.size_names(location.as_deref()));
        let mut seen = foldhash::HashSet::default();
        let names = names.filter(|name| seen.insert(*name));
        names.map(str::to_owned).collect()
    }

    /// The locations of which a catalogue of their own is in memory.
    pub fn location_names(&self, scope: &Scope) -> Vec<String> {
        let mut names: Vec<_> = self.in_memory(scope).filter_map(|(name, _)| name).collect();
        names.sort_unstable();
        names
    }

    /// What is in memory of Compute's catalogues, by location.
    fn in_memory(
        &self,
        scope: &Scope,
    ) -> impl Iterator<Item = (Option<String>, Arc<Catalogue>)> + use<> {
        let slots = self.cache.slots();
        let of_it = slots
            .by_key
            .iter()
            .filter(|(key, _)| key.provider == Provider::Compute && key.scope == *scope);
        let held = of_it.filter_map(|(key, slot)| Some((key.location.clone(), slot.held.clone()?)));
        held.collect::<Vec<_>>().into_iter()
    }

    /// `azq cache show`: what is kept.
    pub async fn show(&self, whose: CacheScope<'_>) -> Value {
        self.cache.show(whose, None).await
    }

    /// Whether anything of a subscription is kept, whoever has asked for it.
    pub async fn has_any_of(&self, subscription: &str) -> bool {
        self.cache.has_any_of(subscription).await
    }

    /// `azq cache clear`: forgets what answers for a location, or everything; gives what was
    /// forgotten.
    pub async fn clear(&self, whose: CacheScope<'_>, location: Option<&str>) -> Value {
        self.locations.clear();
        // Azure is not asked what the location of a display name is called: nearly all are called
        // so.
        let location = location.map(|name| name.replace(' ', "").to_lowercase());
        self.cache.clear(whose, location.as_deref()).await
    }

    /// `azq cache refresh`: asks Azure anew for a location, or for everything that is kept of the
    /// scope; gives what is kept then of what was asked for.
    pub async fn refresh<S: Source>(
        &self,
        source: &S,
        scope: &Scope,
        location: Option<&str>,
        report: &dyn Report,
    ) -> Result<Value, CommandError> {
        let location = match location {
            Some(given) => Some(
                self.location_name(source, scope, given, report)
                    .await?
                    .to_lowercase(),
            ),
            None => None,
        };
        if let Some(given) = location.as_deref().filter(|name| !is_plain(name)) {
            return Err(CommandError::new(format!(
                "'{given}' is no location's name, so nothing was refreshed."
            )));
        }
        self.cache
            .refresh(source, scope, location.as_deref(), report)
            .await
    }

    /// `azq cache export`: writes what is kept of a scope to a file; gives what was written.
    pub async fn export(
        &self,
        scope: &Scope,
        location: Option<&str>,
        principals: bool,
        path: &Path,
    ) -> Result<Value, CommandError> {
        let location = location.map(|name| name.replace(' ', "").to_lowercase());
        let cache = &self.cache;
        cache
            .export(scope, location.as_deref(), principals, path)
            .await
    }

    /// `azq cache import`: takes what a file holds for a scope; gives what is kept then.
    pub async fn import(
        &self,
        scope: &Scope,
        principals: bool,
        path: &Path,
    ) -> Result<Value, CommandError> {
        self.cache.import(scope, principals, path).await
    }

    /// The store that machines share, if one is configured.
    pub fn sharing(&self) -> Option<&Sharing> {
        self.cache.sharing.as_deref()
    }

    /// How many catalogues are in memory, and about how many bytes they take; the limits are in the
    /// settings.
    pub fn usage(&self) -> (usize, usize) {
        let slots = self.cache.slots();
        let held = slots.by_key.values().filter_map(|slot| slot.held.as_ref());
        held.fold((0, 0), |(count, bytes), catalogue| {
            (count + 1, bytes + catalogue.bytes())
        })
    }

    /// Waits until what runs behind callers has ended: for a daemon that stops, with its own
    /// deadline.
    pub async fn finish(&self) {
        self.cache.tasks.close();
        self.cache.tasks.wait().await;
        if let Some(sharing) = &self.cache.sharing {
            sharing.finish().await;
        }
    }
}

/// Whether Azure's filter takes a name as it is; any other is looked up in the whole catalogue, as
/// az does.
fn is_plain(location: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-' | b'_');
    location.len() <= 64 && location.bytes().all(is_part)
}
