//! A region's prices as an object of the share: one machine asks Azure for all.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use azq_share::{Age, Item, Renewed, Share};
use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::ask::Question;
use super::snapshot::{self, Digest};
use super::{RegionPrices, now};
use azq_arm::Silent;
use azq_command::CommandError;
use azq_skus::object_name;

/// A region's prices, and the request that gets them from Azure.
struct SharedPrices {
    question: Question,
    digest: Digest,
    name: String,
}

/// A region's prices in a share.
pub(super) struct Shared {
    share: Share,
    item: Arc<SharedPrices>,
}

impl Shared {
    pub(super) fn new(share: Share, question: Question, digest: Digest) -> Self {
        let name = object_name(&digest);
        let item = Arc::new(SharedPrices {
            question,
            digest,
            name,
        });
        Self { share, item }
    }

    /// Returns the prices that another machine has read, or Azure's.
    pub(super) async fn renewed(
        &self,
        known: Option<&Arc<RegionPrices>>,
    ) -> Result<Arc<RegionPrices>, CommandError> {
        match self.share.renew(&self.item, known).await? {
            Renewed::Asked(prices) | Renewed::Found(prices) => Ok(prices),
            // The share returns `Kept` only if `known` has not expired. Here it has expired, so
            // this is not expected, and Azure is asked.
            Renewed::Kept => self.item.ask().await,
        }
    }

    /// Returns the prices in the share, regardless of their age, if they are newer than the known
    /// ones.
    pub(super) async fn newer(
        &self,
        known: Option<&Arc<RegionPrices>>,
    ) -> Option<Arc<RegionPrices>> {
        self.share.look(&*self.item, known).await
    }
}

impl Item for SharedPrices {
    type Value = Arc<RegionPrices>;
    type Error = CommandError;

    fn name(&self) -> &str {
        &self.name
    }

    fn most(&self) -> u64 {
        snapshot::LONGEST
    }

    async fn decode(&self, bytes: Bytes) -> Option<Arc<RegionPrices>> {
        let digest = self.digest;
        let reading = spawn_blocking(move || snapshot::decode(&bytes, &digest));
        reading.await.ok().flatten().map(Arc::new)
    }

    async fn encode(&self, prices: &Arc<RegionPrices>) -> Bytes {
        let (prices, digest) = (Arc::clone(prices), self.digest);
        let writing = spawn_blocking(move || snapshot::encode(&prices, &digest).ok());
        // The share ignores an object without content.
        writing.await.ok().flatten().unwrap_or_default().into()
    }

    fn asked_at(&self, prices: &Arc<RegionPrices>) -> SystemTime {
        let since = Duration::from_secs(prices.fetched_at);
        // A time out of range makes the prices count as the oldest.
        UNIX_EPOCH.checked_add(since).unwrap_or(UNIX_EPOCH)
    }

    fn age(&self, prices: &Arc<RegionPrices>) -> Age {
        if prices.is_fresh(now()) {
            Age::Fresh
        } else {
            Age::Expired
        }
    }

    async fn ask(&self) -> Result<Arc<RegionPrices>, CommandError> {
        self.question.ask(&Silent).await
    }
}
