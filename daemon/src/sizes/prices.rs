//! Hourly prices of machines: Azure's retail prices, which need no login.
//!
//! The prices of a region come in pages of a thousand and change seldom, so they are kept for a
//! day: in memory, on disk, and in the store that machines share, where one machine asks Azure for
//! all. If Azure cannot be reached, older prices are shown with a warning. Retail prices are not
//! what a subscription pays, because they do not include agreements and reservations.

mod ask;
mod page;
mod shared;
mod snapshot;

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use lru::LruCache;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::task::spawn_blocking;
use url::Url;

use self::ask::Question;
use self::shared::Shared;
use self::snapshot::Digest;
use azq_account::Profile;
use azq_arm::{Report, Sessions, StorageCaller};
use azq_command::{CommandError, error};
use azq_skus::{Sharing, Store};

/// The currency of all prices.
pub(super) const CURRENCY: &str = "USD";
/// The time for which prices are used without asking Azure again.
const FRESH: Duration = Duration::from_secs(86_400);
/// The maximum number of regions whose prices are kept in memory. (The compiler checks that it is
/// not zero.)
pub(crate) const MOST_REGIONS: NonZeroUsize = NonZeroUsize::new(64).unwrap();
/// The maximum number of pages of a region.
pub(crate) const MOST_PAGES: usize = 64;
/// The maximum size of a page, in bytes.
pub(crate) const LARGEST_PAGE: usize = 8 << 20;
/// The time limit for reading a region's prices.
pub(crate) const LONGEST: Duration = Duration::from_secs(120);
/// The maximum size of the prices on disk, in bytes.
const MOST_DISK: u64 = 32 << 20;

/// The operating system of a machine, which is a part of its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OsType {
    /// Linux, which costs nothing.
    Linux,
    /// Windows, including its licence.
    Windows,
}

impl OsType {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Linux => "Linux",
            Self::Windows => "Windows",
        }
    }
}

/// The hourly prices of a machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Price {
    pub(crate) pay_as_you_go: Option<f64>,
    pub(crate) spot: Option<f64>,
}

/// The prices of a region.
#[derive(Debug, PartialEq)]
pub(crate) struct RegionPrices {
    /// The time at which Azure was asked, in seconds since 1970.
    fetched_at: u64,
    /// The prices by the size's name in lower case, for Linux and for Windows.
    sizes: HashMap<String, [Price; 2]>,
}

impl RegionPrices {
    /// Returns the price of a size, if it has one.
    pub(crate) fn of(&self, name: &str, os_type: OsType) -> Option<Price> {
        let [linux, windows] = self.sizes.get(&name.to_lowercase())?;
        Some(match os_type {
            OsType::Linux => *linux,
            OsType::Windows => *windows,
        })
    }

    fn age(&self, now: u64) -> Duration {
        Duration::from_secs(now.abs_diff(self.fetched_at))
    }

    fn is_fresh(&self, now: u64) -> bool {
        self.age(now) < FRESH
    }
}

/// The caller of a request for prices: its proxies and roots, and its access to the share.
#[derive(Clone)]
pub(crate) struct PriceCaller<'a> {
    pub(crate) sessions: &'a Arc<Sessions>,
    pub(crate) profile: &'a Arc<Profile>,
    /// The access to the share, or `None` if the share is no store in a cloud.
    pub(crate) storage: Option<StorageCaller>,
}

/// The prices of all regions.
pub struct Prices {
    /// The base URL, or `None` if it is invalid, which the configuration does not allow.
    url: Option<Url>,
    kept: Mutex<LruCache<String, Arc<RegionPrices>>>,
    store: Store,
    sharing: Option<Arc<Sharing>>,
}

impl Prices {
    /// Creates an empty cache. `url` is the base URL of Azure's API. Prices are kept on disk in the
    /// directory, and shared with other machines through the store.
    pub fn new(url: &str, directory: PathBuf, sharing: Option<Arc<Sharing>>) -> Self {
        Self {
            url: Url::parse(url).ok(),
            kept: Mutex::new(LruCache::new(MOST_REGIONS)),
            store: Store::new(directory, MOST_DISK),
            sharing,
        }
    }

    /// Returns the number of regions whose prices are in memory.
    pub(crate) fn len(&self) -> usize {
        self.kept().len()
    }

    /// Returns the prices of a region, named as in resources.
    pub(crate) async fn of_region(
        &self,
        caller: PriceCaller<'_>,
        region: &str,
        report: &dyn Report,
    ) -> Result<Arc<RegionPrices>, CommandError> {
        let region = region.to_lowercase();
        let known = self.kept().get(&region).cloned();
        let known = match known {
            Some(known) => Some(known),
            None => self.on_disk(&region).await,
        };
        if let Some(known) = known.as_ref().filter(|known| known.is_fresh(now())) {
            return Ok(self.keep(&region, known));
        }
        let question = Question {
            sessions: Arc::clone(caller.sessions),
            profile: Arc::clone(caller.profile),
            base: self.url.clone(),
            region: region.clone(),
        };
        let sharing = self.sharing.as_ref();
        let share = sharing.and_then(|sharing| sharing.share(caller.storage.as_ref()));
        let shared = share.map(|share| Shared::new(share, question.clone(), self.digest(&region)));
        let renewed = match &shared {
            Some(shared) => shared.renewed(known.as_ref()).await,
            None => question.ask(report).await,
        };
        let error = match renewed {
            Ok(prices) => {
                self.write(&region, &prices).await;
                return Ok(self.keep(&region, &prices));
            }
            Err(error) => error,
        };
        let newer = match &shared {
            Some(shared) => shared.newer(known.as_ref()).await,
            None => None,
        };
        let older = newer.or(known).ok_or_else(|| error.clone())?;
        let days = older.age(now()).as_secs() / FRESH.as_secs();
        report.warning(&format!("{error} The prices are {days} days old."));
        Ok(older)
    }

    fn kept(&self) -> MutexGuard<'_, LruCache<String, Arc<RegionPrices>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, region: &str, prices: &Arc<RegionPrices>) -> Arc<RegionPrices> {
        self.kept().put(region.to_owned(), Arc::clone(prices));
        Arc::clone(prices)
    }

    /// Returns the digest that names a region's file and its object in the share. Retail prices are
    /// the same for every account.
    fn digest(&self, region: &str) -> Digest {
        let url = self.url.as_ref().map_or("", Url::as_str);
        Sha256::digest(format!("prices 1\n{CURRENCY}\n{url}\n{region}")).into()
    }

    /// Returns a region's prices from disk, or `None` if they cannot be read.
    async fn on_disk(&self, region: &str) -> Option<Arc<RegionPrices>> {
        let (store, digest) = (self.store.clone(), self.digest(region));
        let read = spawn_blocking(move || snapshot::decode(&store.read(&digest)?, &digest));
        read.await.ok()?.map(Arc::new)
    }

    /// Writes a region's prices to disk. If that fails, a later call has to ask Azure again.
    async fn write(&self, region: &str, prices: &Arc<RegionPrices>) {
        let (store, digest) = (self.store.clone(), self.digest(region));
        let prices = Arc::clone(prices);
        let write = spawn_blocking(move || {
            let bytes = snapshot::encode(&prices, &digest)?;
            store.write(&digest, &bytes)
        });
        if let Ok(Err(error)) = write.await {
            tracing::warn!("prices cannot be kept: {error}");
        }
    }
}

fn failed(reason: &str) -> CommandError {
    error!("Azure's retail prices cannot be had: {reason}.")
}

/// Returns the current time in seconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
