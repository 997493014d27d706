//! A share: looks up objects, and remembers their versions and leases.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::time::timeout;
use tracing::{Instrument as _, trace_span};

use crate::backend::{Backend, Found, OnlyIf, Put, StoreError, Tag};
use crate::breaker::{Breaker, Trouble};
use crate::lease::Watched;

/// The maximum number of objects whose versions are remembered. Forgetting one costs a read.
const REMEMBERED: usize = 256;

/// The pause before the second attempt of a read that failed at once.
const AGAIN: Duration = Duration::from_millis(100);

/// A source of the current time, which must be about the same on all machines.
pub trait Clock: Send + Sync {
    /// Returns the current time.
    fn now(&self) -> SystemTime;
}

/// The age of an object, as it counts for a look-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// The object is served.
    Fresh,
    /// The object is served while it is being renewed.
    Stale,
    /// The object is not served any more.
    Expired,
}

/// An object of the share, and its origin.
pub trait Item: Send + Sync + 'static {
    /// The type of the object in memory.
    type Value: Clone + Send + Sync + 'static;
    /// The reason why the origin returned no value.
    type Error: Send;

    /// Returns the object's name in the store: letters and digits that reveal nothing about the
    /// object.
    fn name(&self) -> &str;
    /// Returns the maximum size of the object in bytes.
    fn most(&self) -> u64;
    /// Decodes a value, if [`Self::encode`] made these bytes under this name.
    fn decode(&self, bytes: Bytes) -> impl Future<Output = Option<Self::Value>> + Send;
    /// Encodes a value as the bytes that the store keeps.
    fn encode(&self, value: &Self::Value) -> impl Future<Output = Bytes> + Send;
    /// Returns the time when a value was requested from the origin.
    fn asked_at(&self, value: &Self::Value) -> SystemTime;
    /// Returns the age of a value now.
    fn age(&self, value: &Self::Value) -> Age;
    /// Requests the value from the origin.
    fn ask(&self) -> impl Future<Output = Result<Self::Value, Self::Error>> + Send;
}

/// The outcome of a renewal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renewed<V> {
    /// The origin returned this value.
    Asked(V),
    /// The store had this value. If it is stale, another machine renews it.
    Found(V),
    /// Another machine renews the value. Until then the caller's value is served.
    Kept,
}

/// Whether the store is written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// This machine may be elected, and writes to the store.
    #[default]
    ReadWrite,
    /// This machine only reads.
    ReadOnly,
}

/// The time limits of a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// The limit for all requests to the store before the origin is asked, or for one step of a
    /// wait.
    pub operation: Duration,
    /// The time for which a lease is valid without being extended.
    pub lease: Duration,
    /// The interval at which the holder extends its lease.
    pub renewal: Duration,
    /// The most that the clocks of machines may differ.
    pub skew: Duration,
    /// The time that a caller without a usable value waits for another machine.
    pub patience: Duration,
    /// The first pause of such a wait. Pauses grow up to eightfold.
    pub poll: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            operation: Duration::from_secs(3),
            lease: Duration::from_secs(10),
            renewal: Duration::from_secs(3),
            skew: Duration::from_secs(60),
            patience: Duration::from_secs(30),
            poll: Duration::from_millis(250),
        }
    }
}

/// The counts of a share's use so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests to the store.
    pub requests: u64,
    /// Bytes of objects read.
    pub bytes_read: u64,
    /// Bytes of objects written.
    pub bytes_written: u64,
    /// Objects found that were newer than the caller's.
    pub found: u64,
    /// Elections won.
    pub elected: u64,
    /// Objects that did not decode.
    pub broken: u64,
    /// Requests that failed.
    pub failures: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.bytes_read += other.bytes_read;
        self.bytes_written += other.bytes_written;
        self.found += other.found;
        self.elected += other.elected;
        self.broken += other.broken;
        self.failures += other.failures;
    }
}

/// The state of a share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The reason why the store is not read, if it is not.
    pub reading: Option<Trouble>,
    /// The reason why the store is not written to, if it is not.
    pub writing: Option<Trouble>,
    /// The counts of its use.
    pub counts: Counts,
}

/// A store that many machines share. Clones share one state.
#[derive(Clone)]
pub struct Share {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    backend: Arc<dyn Backend>,
    clock: Arc<dyn Clock>,
    pub(crate) mode: Mode,
    pub(crate) timing: Timing,
    pub(crate) reading: Breaker,
    pub(crate) writing: Breaker,
    memory: Mutex<Memory>,
    counts: Mutex<Counts>,
    pub(crate) tasks: tokio_util::task::TaskTracker,
}

/// Versions and leases that were seen in the store; the oldest are forgotten first.
#[derive(Default)]
struct Memory {
    seen: HashMap<String, Seen>,
    order: VecDeque<String>,
}

#[derive(Clone, Default)]
pub(crate) struct Seen {
    /// The version of the object, and the time of its request to the origin if it decodes.
    pub(crate) object: Option<(Tag, Option<SystemTime>)>,
    /// Another machine's lease.
    pub(crate) lease: Option<Watched>,
}

impl Share {
    /// Creates the share of a store, as this machine uses it.
    pub fn new(
        backend: Arc<dyn Backend>,
        clock: Arc<dyn Clock>,
        mode: Mode,
        timing: Timing,
    ) -> Self {
        let inner = Inner {
            backend,
            clock,
            mode,
            timing,
            reading: Breaker::new("read"),
            writing: Breaker::new("written to"),
            memory: Mutex::default(),
            counts: Mutex::default(),
            tasks: tokio_util::task::TaskTracker::new(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Returns the store's value of an item, if it is newer than the caller's. Returns `None` if
    /// the store fails.
    pub async fn look<I: Item>(&self, item: &I, held: Option<&I::Value>) -> Option<I::Value> {
        let inner = &self.inner;
        if !inner.reading.allows(inner.now()) {
            return None;
        }
        let looked = inner.in_time(inner.newest(item, held)).await;
        looked.unwrap_or_else(|error| {
            inner.read_failed(&error);
            None
        })
    }

    /// Returns the state of the share.
    pub fn standing(&self) -> Standing {
        Standing {
            reading: self.inner.reading.trouble(),
            writing: self.inner.writing.trouble(),
            counts: *self.inner.counts(),
        }
    }

    /// Waits for the writes in the background. Each of them has a deadline.
    pub async fn finish(&self) {
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
        self.inner.tasks.reopen();
    }
}

impl Inner {
    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// Waits for requests to the store, but not longer than their limit.
    pub(crate) async fn in_time<T>(
        &self,
        requests: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let outcome = timeout(self.timing.operation, requests).await;
        outcome.unwrap_or(Err(StoreError::Slow))
    }

    /// Reads an item unless it is not newer than the caller's. The caller applies the deadline.
    pub(crate) async fn newest<I: Item>(
        &self,
        item: &I,
        held: Option<&I::Value>,
    ) -> Result<Option<I::Value>, StoreError> {
        let held = held.map(|value| item.asked_at(value));
        let known = self.seen(item.name()).object.filter(|(_, asked_at)| {
            // An object is not read again if it does not decode or if the caller has it already.
            asked_at.is_none_or(|asked_at| held.is_some_and(|held| held >= asked_at))
        });
        let known = known.map(|(tag, _)| tag);
        let found = self.get(item.name(), known.as_ref(), item.most()).await?;
        let (bytes, tag) = match found {
            Found::Unchanged => return Ok(None),
            Found::Absent => {
                self.remember(item.name(), |seen| seen.object = None);
                return Ok(None);
            }
            Found::Object { bytes, tag } => (bytes, tag),
        };
        let value = item.decode(bytes).await;
        if value.is_none() {
            self.counts().broken += 1;
            tracing::debug!("an object of the share does not decode; it will be replaced");
        }
        let asked_at = value.as_ref().map(|value| item.asked_at(value));
        self.remember(item.name(), |seen| seen.object = Some((tag, asked_at)));
        let newer = value.filter(|_| asked_at > held);
        self.counts().found += u64::from(newer.is_some());
        Ok(newer)
    }

    /// Reads an object. A read that fails at once is repeated once.
    pub(crate) async fn get(
        &self,
        name: &str,
        known: Option<&Tag>,
        most: u64,
    ) -> Result<Found, StoreError> {
        let read = || {
            self.counts().requests += 1;
            let span = trace_span!(target: "azq_trace", "share read", otel.kind = "client");
            self.backend.get(name, known, most).instrument(span)
        };
        let mut found = read().await;
        if let Err(StoreError::Failed(_)) = found {
            tokio::time::sleep(AGAIN.mul_f64(0.5 + fastrand::f64())).await;
            found = read().await;
        }
        let found = found?;
        if let Found::Object { bytes, .. } = &found {
            self.counts().bytes_read += bytes.len() as u64;
        }
        self.reading.succeeded();
        Ok(found)
    }

    /// Writes an object within the time limit for the store.
    pub(crate) async fn put(
        &self,
        name: &str,
        bytes: Bytes,
        only_if: OnlyIf,
    ) -> Result<Put, StoreError> {
        self.counts().requests += 1;
        let length = bytes.len() as u64;
        let span = trace_span!(target: "azq_trace", "share write", otel.kind = "client");
        let writing = self.backend.put(name, bytes, only_if).instrument(span);
        let put = self.in_time(writing).await;
        match &put {
            Ok(_) => {
                self.writing.succeeded();
                self.counts().bytes_written += length;
            }
            Err(error) => self.write_failed(error),
        }
        put
    }

    pub(crate) fn read_failed(&self, error: &StoreError) {
        self.counts().failures += 1;
        self.reading.failed(self.now(), error.to_string());
    }

    pub(crate) fn write_failed(&self, error: &StoreError) {
        self.counts().failures += 1;
        self.writing.failed(self.now(), error.to_string());
    }

    /// Returns the version and the lease of an object, as last seen.
    pub(crate) fn seen(&self, name: &str) -> Seen {
        self.memory().seen.get(name).cloned().unwrap_or_default()
    }

    /// Changes the data remembered about an object.
    pub(crate) fn remember(&self, name: &str, change: impl FnOnce(&mut Seen)) {
        let mut memory = self.memory();
        if !memory.seen.contains_key(name) {
            if memory.order.len() >= REMEMBERED
                && let Some(oldest) = memory.order.pop_front()
            {
                memory.seen.remove(&oldest);
            }
            memory.order.push_back(name.to_owned());
        }
        change(memory.seen.entry(name.to_owned()).or_default());
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
