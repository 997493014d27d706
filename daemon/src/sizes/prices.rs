//! What a machine costs an hour: Azure's retail prices, which need no login.
//!
//! The prices of a region come in pages of a thousand and change seldom, so they are kept for a
//! day, in memory and on the disk. Where Azure cannot be asked, older ones are told of with a
//! warning. Retail prices are not what a subscription pays: agreements and reservations are not in
//! them.
//!
//! Invariants: no token is sent; a link to the next page is followed only within its origin; pages,
//! bytes and time are bounded.

mod page;

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use http::{HeaderMap, Method};
use lru::LruCache;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::task::spawn_blocking;
use url::Url;

use self::page::Page;
use azq_account::Profile;
use azq_arm::Report;
use azq_arm::{Raw, Sessions};
use azq_command::CommandError;
use azq_skus::Store;

/// The currency of all prices.
pub(super) const CURRENCY: &str = "USD";
/// How long prices are told of without asking anew.
const FRESH: Duration = Duration::from_secs(86_400);
/// The most regions whose prices are kept in memory. (The compiler checks that it is not zero.)
pub(crate) const MOST_REGIONS: NonZeroUsize = NonZeroUsize::new(64).unwrap();
/// The most pages of a region.
pub(crate) const MOST_PAGES: usize = 64;
/// The largest page, in bytes.
pub(crate) const LARGEST_PAGE: usize = 8 << 20;
/// How long a region's prices may take.
pub(crate) const LONGEST: Duration = Duration::from_secs(120);
/// How many bytes of prices lie on the disk.
const MOST_DISK: u64 = 32 << 20;
/// How often a page is asked for, and the wait before the second time.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

/// The operating system of a machine, which is a part of its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OsType {
    /// Linux, which costs nothing.
    Linux,
    /// Windows with its licence.
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

/// What a machine costs an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Price {
    pub(crate) pay_as_you_go: Option<f64>,
    pub(crate) spot: Option<f64>,
}

/// The prices of a region.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RegionPrices {
    /// When Azure was asked, in seconds since 1970.
    fetched_at: u64,
    /// By the size's name in lower case: for Linux, and for Windows.
    sizes: HashMap<String, [Price; 2]>,
}

impl RegionPrices {
    /// The price of a size, if it has one.
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
}

/// The prices of all regions.
pub struct Prices {
    /// None if it is none, which the configuration does not let pass.
    url: Option<Url>,
    kept: Mutex<LruCache<String, Arc<RegionPrices>>>,
    store: Store,
}

impl Prices {
    /// None yet. `url` is where Azure's API is; prices outlive the daemon in the directory.
    pub fn new(url: &str, directory: PathBuf) -> Self {
        Self {
            url: Url::parse(url).ok(),
            kept: Mutex::new(LruCache::new(MOST_REGIONS)),
            store: Store::new(directory, MOST_DISK),
        }
    }

    /// How many regions' prices are in memory.
    pub(crate) fn len(&self) -> usize {
        self.kept().len()
    }

    /// The prices of a region, which is called so by resources.
    pub(crate) async fn of_region(
        &self,
        sessions: &Sessions,
        profile: &Profile,
        region: &str,
        report: &dyn Report,
    ) -> Result<Arc<RegionPrices>, CommandError> {
        let (region, now) = (region.to_lowercase(), now());
        let known = self.kept().get(&region).cloned();
        let known = match known {
            Some(known) => Some(known),
            None => self.on_disk(&region).await,
        };
        if let Some(known) = &known
            && known.age(now) < FRESH
        {
            return Ok(self.keep(&region, known));
        }
        let asked = self.ask(sessions, profile, &region, report);
        let asked = tokio::time::timeout(LONGEST, asked).await;
        let asked = asked.unwrap_or_else(|_| {
            Err(failed(&format!(
                "there was no answer within {} s",
                LONGEST.as_secs()
            )))
        });
        match (asked, known) {
            (Ok(sizes), _) => {
                let fetched_at = now;
                let prices = Arc::new(RegionPrices { fetched_at, sizes });
                self.write(&region, &prices).await;
                Ok(self.keep(&region, &prices))
            }
            (Err(error), Some(known)) => {
                let days = known.age(now).as_secs() / FRESH.as_secs();
                report.warning(&format!("{error} The prices are {days} days old."));
                Ok(known)
            }
            (Err(error), None) => Err(error),
        }
    }

    fn kept(&self) -> MutexGuard<'_, LruCache<String, Arc<RegionPrices>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, region: &str, prices: &Arc<RegionPrices>) -> Arc<RegionPrices> {
        self.kept().put(region.to_owned(), Arc::clone(prices));
        Arc::clone(prices)
    }

    /// What names the file of a region.
    fn digest(&self, region: &str) -> Vec<u8> {
        let url = self.url.as_ref().map_or("", Url::as_str);
        Sha256::digest(format!("prices\n{url}\n{region}")).to_vec()
    }

    /// What lies on the disk of a region; nothing if it cannot be read.
    async fn on_disk(&self, region: &str) -> Option<Arc<RegionPrices>> {
        let (store, digest) = (self.store.clone(), self.digest(region));
        let read = spawn_blocking(move || {
            let bytes = store.read(&digest)?;
            serde_json::from_slice(&bytes).ok()
        });
        read.await.ok()?.map(Arc::new)
    }

    /// That it cannot be written costs a request to Azure, later.
    async fn write(&self, region: &str, prices: &Arc<RegionPrices>) {
        let (store, digest) = (self.store.clone(), self.digest(region));
        let prices = Arc::clone(prices);
        let write = spawn_blocking(move || {
            let bytes = serde_json::to_vec(&*prices)?;
            store.write(&digest, &bytes)
        });
        if let Ok(Err(error)) = write.await {
            tracing::warn!("prices cannot be kept: {error}");
        }
    }

    /// Asks Azure for all pages of a region.
    async fn ask(
        &self,
        sessions: &Sessions,
        profile: &Profile,
        region: &str,
        report: &dyn Report,
    ) -> Result<HashMap<String, [Price; 2]>, CommandError> {
        let base = self.url.as_ref();
        let base = base.ok_or_else(|| failed("prices_url of the configuration is no URL"))?;
        let mut next = Some(first_page(base, region));
        let mut read = page::Read::default();
        for _ in 0..MOST_PAGES {
            let Some(url) = next.take() else {
                return Ok(read.prices());
            };
            let Page { items, next: link } = get(sessions, profile, url, report).await?;
            items.iter().for_each(|item| read.take(item));
            next = match link {
                Some(link) => Some(following(base, &link)?),
                None => None,
            };
        }
        Err(failed(&format!(
            "a region has more than {MOST_PAGES} pages"
        )))
    }
}

/// The next page, if it is where the first was.
fn following(base: &Url, link: &str) -> Result<Url, CommandError> {
    let url = Url::parse(link).ok();
    let url = url.filter(|url| url.origin() == base.origin());
    url.ok_or_else(|| failed("a page leads to another host"))
}

fn first_page(base: &Url, region: &str) -> Url {
    let mut url = base.clone();
    url.set_path("/api/retail/prices");
    let filter = format!(
        "serviceName eq 'Virtual Machines' and priceType eq 'Consumption' and armRegionName eq '{}'",
        region.replace('\'', "''")
    );
    url.query_pairs_mut()
        .append_pair("currencyCode", CURRENCY)
        .append_pair("$filter", &filter);
    url
}

/// Gets a page. What may pass is tried again.
async fn get(
    sessions: &Sessions,
    profile: &Profile,
    url: Url,
    report: &dyn Report,
) -> Result<Page, CommandError> {
    let raw = Raw {
        method: Method::GET,
        url,
        is_resource_manager: false,
        headers: HeaderMap::new(),
        body: None,
    };
    let mut error = failed("it was not asked");
    for attempt in 0..TRIES {
        if attempt > 0 {
            tokio::time::sleep(PAUSE * attempt).await;
        }
        let mut response = match sessions.send_raw(profile, &raw, report).await {
            Ok(response) => response,
            Err(cause) => {
                error = failed(&cause.to_string());
                continue;
            }
        };
        let status = response.status();
        if status.is_success() {
            let mut body = Vec::new();
            while let Some(part) = response
                .next()
                .await
                .map_err(|error| failed(&error.to_string()))?
            {
                body.extend_from_slice(&part);
                if body.len() > LARGEST_PAGE {
                    return Err(failed(&format!(
                        "a page is larger than {LARGEST_PAGE} bytes"
                    )));
                }
            }
            return Page::of(&body).ok_or_else(|| failed("a page is no list of prices"));
        }
        error = failed(&format!("it answered with status {}", status.as_u16()));
        if !(status.is_server_error() || matches!(status.as_u16(), 408 | 429)) {
            break;
        }
    }
    Err(error)
}

fn failed(reason: &str) -> CommandError {
    CommandError::new(format!("Azure's retail prices cannot be had: {reason}."))
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regions_prices_are_asked_for_by_one_filter() {
        let base = Url::parse("https://prices.azure.com").unwrap();
        let url = first_page(&base, "east'us");
        assert_eq!(url.path(), "/api/retail/prices");
        let query: HashMap<_, _> = url.query_pairs().collect();
        assert_eq!(
            query["$filter"],
            "serviceName eq 'Virtual Machines' and priceType eq 'Consumption' and \
             armRegionName eq 'east''us'"
        );
    }

    #[test]
    fn a_page_leads_to_no_other_host() {
        let base = Url::parse("https://prices.azure.com").unwrap();
        for (link, is_followed) in [
            (
                "https://prices.azure.com:443/api/retail/prices?$skip=1000",
                true,
            ),
            ("https://prices.azure.com.evil.example/api", false),
            ("http://prices.azure.com/api", false),
            ("not a link", false),
        ] {
            assert_eq!(following(&base, link).is_ok(), is_followed, "{link}");
        }
    }
}
