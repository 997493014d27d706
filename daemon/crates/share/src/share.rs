//! A store as many machines use it: looking, and what is remembered of what was seen.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::time::timeout;
use tracing::{Instrument as _, trace_span};

use crate::backend::{Backend, Found, OnlyIf, Put, StoreError, Tag};
use crate::breaker::{Breaker, Trouble};
use crate::lease::Watched;

/// Of so many objects it is remembered what was seen; forgetting costs a read.
const REMEMBERED: usize = 256;

/// Before a read that has failed at once is done again.
const AGAIN: Duration = Duration::from_millis(100);

/// Tells the time, which must mean about the same on all machines.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> SystemTime;
}

/// How an object's age counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// It serves.
    Fresh,
    /// It serves while it is being renewed.
    Stale,
    /// It does not serve any more.
    Expired,
}

/// One object, and where it comes from.
pub trait Item: Send + Sync + 'static {
    /// What it is to the caller.
    type Value: Clone + Send + Sync + 'static;
    /// Why the origin gave none.
    type Error: Send;

    /// The object's name in the store: plain letters and digits, which tell nothing.
    fn name(&self) -> &str;
    /// How many bytes it has at most.
    fn most(&self) -> u64;
    /// The value, if these bytes are what [`Self::encode`] makes under this name.
    fn decode(&self, bytes: Bytes) -> impl Future<Output = Option<Self::Value>> + Send;
    /// The bytes that the store is to keep.
    fn encode(&self, value: &Self::Value) -> impl Future<Output = Bytes> + Send;
    /// When the origin was asked for a value.
    fn asked_at(&self, value: &Self::Value) -> SystemTime;
    /// How a value's age counts now.
    fn age(&self, value: &Self::Value) -> Age;
    /// Asks the origin.
    fn ask(&self) -> impl Future<Output = Result<Self::Value, Self::Error>> + Send;
}

/// What a renewal came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renewed<V> {
    /// The origin was asked.
    Asked(V),
    /// The store had this; it may be stale, and then another machine renews it.
    Found(V),
    /// Another machine renews it. Until that is done, what the caller has serves.
    Kept,
}

/// Whether the store is written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// This machine may be elected, and writes.
    #[default]
    ReadWrite,
    /// This machine only reads.
    ReadOnly,
}

/// How long everything takes at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// All that the store is asked before the origin is, or one step of a wait.
    pub operation: Duration,
    /// How long a lease holds without being extended.
    pub lease: Duration,
    /// How often its holder extends it.
    pub renewal: Duration,
    /// By how much machines' clocks may differ.
    pub skew: Duration,
    /// How long a caller without anything that serves waits for another machine.
    pub patience: Duration,
    /// The first pause of such a wait; pauses grow eightfold.
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

/// What a share has been used for so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests to the store.
    pub requests: u64,
    /// Bytes of objects read.
    pub bytes_read: u64,
    /// Bytes of objects written.
    pub bytes_written: u64,
    /// Objects found that served.
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

/// How a share does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Why it is not read, if it is not.
    pub reading: Option<Trouble>,
    /// Why it is not written to, if it is not.
    pub writing: Option<Trouble>,
    /// What it has been used for.
    pub counts: Counts,
}

/// A store that is shared. Clones are the same.
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
    counters: Counters,
    pub(crate) tasks: tokio_util::task::TaskTracker,
}

#[derive(Default)]
struct Counters {
    requests: AtomicU64,
    bytes_read: AtomicU64,
    bytes_written: AtomicU64,
    found: AtomicU64,
    elected: AtomicU64,
    broken: AtomicU64,
    failures: AtomicU64,
}

/// What was seen in the store, oldest first to go.
#[derive(Default)]
struct Memory {
    seen: HashMap<String, Seen>,
    order: VecDeque<String>,
}

#[derive(Clone, Default)]
pub(crate) struct Seen {
    /// The version of the object, and when the origin was asked for it, if it decodes.
    pub(crate) object: Option<(Tag, Option<SystemTime>)>,
    /// Another machine's lease.
    pub(crate) lease: Option<Watched>,
}

/// What the store has of an object.
pub(crate) enum There<V> {
    /// Nothing that is newer than what the caller has.
    Nothing,
    /// A newer value.
    Newer(V),
}

impl Share {
    /// A store, as this machine uses it.
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
            counters: Counters::default(),
            tasks: tokio_util::task::TaskTracker::new(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// What the store has of an item, if that is newer than what the caller has. A store that fails
    /// has nothing.
    pub async fn look<I: Item>(&self, item: &I, held: Option<&I::Value>) -> Option<I::Value> {
        let inner = &self.inner;
        if !inner.reading.allows(inner.now()) {
            return None;
        }
        let looked = timeout(inner.timing.operation, inner.newest(item, held)).await;
        match looked.unwrap_or(Err(StoreError::Slow)) {
            Ok(There::Newer(value)) => Some(value),
            Ok(There::Nothing) => None,
            Err(error) => {
                inner.read_failed(&error);
                None
            }
        }
    }

    /// How the share does.
    pub fn standing(&self) -> Standing {
        let Inner {
            reading,
            writing,
            counters,
            ..
        } = &*self.inner;
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Standing {
            reading: reading.trouble(),
            writing: writing.trouble(),
            counts: Counts {
                requests: count(&counters.requests),
                bytes_read: count(&counters.bytes_read),
                bytes_written: count(&counters.bytes_written),
                found: count(&counters.found),
                elected: count(&counters.elected),
                broken: count(&counters.broken),
                failures: count(&counters.failures),
            },
        }
    }

    /// Waits until what is being written behind callers is written. Each write has its deadline.
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

    /// Reads an item unless it is what the caller has or older. No deadline is kept here.
    pub(crate) async fn newest<I: Item>(
        &self,
        item: &I,
        held: Option<&I::Value>,
    ) -> Result<There<I::Value>, StoreError> {
        let held = held.map(|value| item.asked_at(value));
        let known = self.seen(item.name()).object.filter(|(_, asked_at)| {
            // What does not decode is not read again; nor is what the caller has.
            asked_at.is_none_or(|asked_at| held.is_some_and(|held| held >= asked_at))
        });
        let known = known.map(|(tag, _)| tag);
        let found = self.get(item.name(), known.as_ref(), item.most()).await?;
        let (bytes, tag) = match found {
            Found::Unchanged => return Ok(There::Nothing),
            Found::Absent => {
                self.remember(item.name(), |seen| seen.object = None);
                return Ok(There::Nothing);
            }
            Found::Object { bytes, tag } => (bytes, tag),
        };
        let value = item.decode(bytes).await;
        if value.is_none() {
            add(&self.counters.broken, 1);
            tracing::debug!("an object of the share does not decode; it will be replaced");
        }
        let asked_at = value.as_ref().map(|value| item.asked_at(value));
        self.remember(item.name(), |seen| seen.object = Some((tag, asked_at)));
        let newer = value.filter(|_| asked_at > held);
        Ok(newer.map_or(There::Nothing, |value| {
            add(&self.counters.found, 1);
            There::Newer(value)
        }))
    }

    /// Reads an object; once more if the store has failed at once.
    pub(crate) async fn get(
        &self,
        name: &str,
        known: Option<&Tag>,
        most: u64,
    ) -> Result<Found, StoreError> {
        let read = || {
            add(&self.counters.requests, 1);
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
            add(&self.counters.bytes_read, bytes.len() as u64);
        }
        self.reading.succeeded();
        Ok(found)
    }

    /// Writes an object within the time that the store has.
    pub(crate) async fn put(
        &self,
        name: &str,
        bytes: Bytes,
        only_if: OnlyIf,
    ) -> Result<Put, StoreError> {
        add(&self.counters.requests, 1);
        let length = bytes.len() as u64;
        let span = trace_span!(target: "azq_trace", "share write", otel.kind = "client");
        let writing = self.backend.put(name, bytes, only_if).instrument(span);
        let put = timeout(self.timing.operation, writing).await;
        match put.unwrap_or(Err(StoreError::Slow)) {
            Ok(put) => {
                self.writing.succeeded();
                add(&self.counters.bytes_written, length);
                Ok(put)
            }
            Err(error) => {
                self.write_failed(&error);
                Err(error)
            }
        }
    }

    pub(crate) fn read_failed(&self, error: &StoreError) {
        add(&self.counters.failures, 1);
        self.reading.failed(self.now(), error.to_string());
    }

    pub(crate) fn write_failed(&self, error: &StoreError) {
        add(&self.counters.failures, 1);
        self.writing.failed(self.now(), error.to_string());
    }

    pub(crate) fn count_election(&self) {
        add(&self.counters.elected, 1);
    }

    /// What was seen of an object.
    pub(crate) fn seen(&self, name: &str) -> Seen {
        self.memory().seen.get(name).cloned().unwrap_or_default()
    }

    /// Notes what was seen of an object.
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
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}
