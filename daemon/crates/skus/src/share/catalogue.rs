//! A catalogue as an object of the share.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use azq_share::{Age, Item, Renewed, Share};
use bytes::Bytes;
use tokio::task::spawn_blocking;

use crate::cache::Cache;
use crate::cache::clock::distance;
use crate::cache::levels::Level;
use crate::cache::slots::Key;
use crate::catalogue::Catalogue;
use crate::disk::snapshot::{self, Label};
use crate::disk::store::MAX_FILE;
use crate::share::sharing;
use crate::source::fetch::fetch;
use crate::source::{Source, SourceError};
use azq_arm::Report;

/// The time for which an empty catalogue is fresh. It is short because Azure may know the location
/// tomorrow, and long enough that machines with the same misspelt name do not wait for each other.
const EMPTY: Duration = Duration::from_secs(60);

/// A catalogue, and the source that it is fetched from.
pub(crate) struct SharedCatalogue<S> {
    cache: Arc<Cache>,
    source: S,
    key: Key,
    digest: Vec<u8>,
    name: String,
    report: Arc<dyn Report>,
}

impl Cache {
    /// Returns the share, if there is one, and a key's catalogue in it.
    pub(crate) fn shared<S: Source>(
        self: &Arc<Self>,
        source: &S,
        key: &Key,
        report: Arc<dyn Report>,
    ) -> Option<(Share, Arc<SharedCatalogue<S>>)> {
        let sharing = self.sharing.as_ref()?;
        let share = sharing.share(source.storage().as_ref())?;
        let digest = sharing.digest(key);
        let name = sharing::name(&digest);
        let item = SharedCatalogue {
            cache: Arc::clone(self),
            source: source.clone(),
            key: key.clone(),
            digest,
            name,
            report,
        };
        Some((share, Arc::new(item)))
    }

    /// Fetches a key's catalogue from Azure, or takes it from another machine that does. A direct
    /// request always goes to Azure, and its result is offered to the other machines.
    pub(crate) async fn renewed<S: Source>(
        self: &Arc<Self>,
        source: &S,
        key: &Key,
        is_direct: bool,
        report: Arc<dyn Report>,
    ) -> Result<Arc<Catalogue>, SourceError> {
        let Some((share, item)) = self.shared(source, key, Arc::clone(&report)) else {
            return self.asked(source, key, &*report).await;
        };
        if is_direct {
            let asked = item.ask().await?;
            share.offer(&item, &asked);
            return Ok(asked);
        }
        let held = self.slots().held(key).cloned();
        match (share.renew(&item, held.as_ref()).await?, held) {
            (Renewed::Asked(catalogue), _) => Ok(catalogue),
            (Renewed::Found(catalogue), _) => {
                self.levels.count(Level::Share);
                Ok(catalogue)
            }
            (Renewed::Kept, Some(held)) => Ok(held),
            // The share can keep only a catalogue that this caller holds.
            (Renewed::Kept, None) => item.ask().await,
        }
    }
}

impl Cache {
    /// Fetches a key's catalogue from Azure.
    async fn asked<S: Source>(
        &self,
        source: &S,
        key: &Key,
        report: &dyn Report,
    ) -> Result<Arc<Catalogue>, SourceError> {
        self.levels.count(Level::Azure);
        let asked = fetch(source, key, self.clock.now(), &self.pool, report).await;
        asked.map(Arc::new)
    }
}

impl<S: Source> Item for SharedCatalogue<S> {
    type Value = Arc<Catalogue>;
    type Error = SourceError;

    fn name(&self) -> &str {
        &self.name
    }

    fn most(&self) -> u64 {
        MAX_FILE
    }

    async fn decode(&self, bytes: Bytes) -> Option<Arc<Catalogue>> {
        let (digest, provider) = (self.digest.clone(), self.key.provider);
        let pool = Arc::clone(&self.cache.pool);
        let reading =
            spawn_blocking(move || snapshot::decode_as(&bytes, &digest, provider, None, &pool));
        reading.await.ok().flatten().map(Arc::new)
    }

    async fn encode(&self, catalogue: &Arc<Catalogue>) -> Bytes {
        let label = Label::new(self.digest.clone(), "", &self.key, catalogue);
        let catalogue = Arc::clone(catalogue);
        let writing = spawn_blocking(move || snapshot::encode_as(&label, &catalogue));
        // An object without content would be ignored.
        writing.await.unwrap_or_default().into()
    }

    fn asked_at(&self, catalogue: &Arc<Catalogue>) -> SystemTime {
        catalogue.fetched_at()
    }

    fn age(&self, catalogue: &Arc<Catalogue>) -> Age {
        let age = distance(self.cache.clock.now(), catalogue.fetched_at());
        if catalogue.is_empty() && self.key.location.is_some() {
            return if age < EMPTY {
                Age::Fresh
            } else {
                Age::Expired
            };
        }
        self.cache.freshness(age)
    }

    async fn ask(&self) -> Result<Arc<Catalogue>, SourceError> {
        let asked = self.cache.asked(&self.source, &self.key, &*self.report);
        asked.await
    }
}
