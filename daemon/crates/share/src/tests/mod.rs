//! Machines, a store, an origin, and a clock that the tests control.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use object_store::memory::InMemory;
use tokio::time::Instant;

use crate::backend::{Backend, Found, OnlyIf, Put, StoreError, Tag};
use crate::object::ObjectBackend;
use crate::share::{Age, Clock, Item, Mode, Renewed, Share, Timing};

mod conditions;
mod elections;
mod faults;

/// A clock that follows tokio's, which tests pause. A machine's clock may be off by some seconds.
pub(crate) struct Hands {
    start: Instant,
    off: i64,
}

impl Clock for Hands {
    fn now(&self) -> SystemTime {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000) + self.start.elapsed();
        let off = Duration::from_secs(self.off.unsigned_abs());
        if self.off < 0 { now - off } else { now + off }
    }
}

/// The state that all machines have in common.
#[derive(Clone)]
pub(crate) struct World {
    start: Instant,
    pub(crate) store: Arc<dyn Backend>,
    pub(crate) origin: Arc<Origin>,
}

/// The origin, which is asked if the store has no value. It counts up, so that later values differ.
pub(crate) struct Origin {
    pub(crate) takes: Duration,
    pub(crate) asked: AtomicUsize,
    pub(crate) fails: AtomicUsize,
    number: AtomicU64,
}

pub(crate) const FRESH: Duration = Duration::from_secs(3600);
const USABLE: Duration = Duration::from_secs(24 * 3600);

/// A number, and the time of the request for it in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) number: u64,
    pub(crate) asked_at: u64,
}

pub(crate) struct Number {
    name: String,
    clock: Arc<Hands>,
    origin: Arc<Origin>,
}

impl Item for Number {
    type Value = Value;
    type Error = &'static str;

    fn name(&self) -> &str {
        &self.name
    }

    fn most(&self) -> u64 {
        1024
    }

    async fn decode(&self, bytes: Bytes) -> Option<Value> {
        let text = std::str::from_utf8(&bytes).ok()?;
        let text = text.strip_prefix(&self.name)?.strip_prefix(' ')?;
        let (number, asked_at) = text.split_once(' ')?;
        Some(Value {
            number: number.parse().ok()?,
            asked_at: asked_at.parse().ok()?,
        })
    }

    async fn encode(&self, value: &Value) -> Bytes {
        format!("{} {} {}", self.name, value.number, value.asked_at).into()
    }

    fn asked_at(&self, value: &Value) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(value.asked_at)
    }

    fn age(&self, value: &Value) -> Age {
        let age = self.clock.now().duration_since(self.asked_at(value));
        match age.unwrap_or_default() {
            age if age < FRESH => Age::Fresh,
            age if age < USABLE => Age::Stale,
            _ => Age::Expired,
        }
    }

    async fn ask(&self) -> Result<Value, &'static str> {
        let asked_at = self.clock.now().duration_since(UNIX_EPOCH).unwrap();
        self.origin.asked.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(self.origin.takes).await;
        let fails = |left: usize| left.checked_sub(1);
        let order = Ordering::SeqCst;
        if self.origin.fails.fetch_update(order, order, fails).is_ok() {
            return Err("the origin is down");
        }
        Ok(Value {
            number: self.origin.number.fetch_add(1, Ordering::SeqCst) + 1,
            asked_at: u64::try_from(asked_at.as_millis()).unwrap(),
        })
    }
}

/// A machine of the test.
pub(crate) struct Machine {
    pub(crate) share: Share,
    pub(crate) item: Arc<Number>,
    pub(crate) held: Option<Value>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::on(Arc::new(ObjectBackend::new(Arc::new(InMemory::new()), "p")))
    }

    pub(crate) fn on(store: Arc<dyn Backend>) -> Self {
        let origin = Origin {
            takes: Duration::from_secs(2),
            asked: AtomicUsize::new(0),
            fails: AtomicUsize::new(0),
            number: AtomicU64::new(0),
        };
        Self {
            start: Instant::now(),
            store,
            origin: Arc::new(origin),
        }
    }

    pub(crate) fn machine(&self) -> Machine {
        self.machine_with(0, Mode::ReadWrite)
    }

    /// Creates a machine whose clock is off by some seconds.
    pub(crate) fn machine_with(&self, off: i64, mode: Mode) -> Machine {
        let start = self.start;
        let clock = Arc::new(Hands { start, off });
        let (store, timing) = (Arc::clone(&self.store), Timing::default());
        let share = Share::new(store, Arc::clone(&clock) as _, mode, timing);
        let item = Number {
            name: "0123abcd".to_owned(),
            clock,
            origin: Arc::clone(&self.origin),
        };
        Machine {
            share,
            item: Arc::new(item),
            held: None,
        }
    }

    pub(crate) fn asked(&self) -> usize {
        self.origin.asked.load(Ordering::SeqCst)
    }
}

impl Machine {
    /// Gets the value as a daemon does: looks it up, and renews it if it is not fresh.
    pub(crate) async fn value(&mut self) -> Result<Value, &'static str> {
        if self.held.is_none() {
            self.held = self.share.look(&*self.item, None).await;
        }
        if let Some(held) = self.held.filter(|held| self.item.age(held) == Age::Fresh) {
            return Ok(held);
        }
        self.renew().await
    }

    pub(crate) async fn renew(&mut self) -> Result<Value, &'static str> {
        match self.share.renew(&self.item, self.held.as_ref()).await? {
            Renewed::Asked(value) | Renewed::Found(value) => self.held = Some(value),
            Renewed::Kept => {}
        }
        Ok(self.held.unwrap())
    }
}

/// A store whose faults are decided by a function.
pub(crate) struct Faulty<F> {
    pub(crate) inner: ObjectBackend,
    pub(crate) fault: F,
}

impl<F> std::fmt::Debug for Faulty<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Faulty")
    }
}

/// The kind of a request to a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Get,
    Put,
}

/// The fault that a store shows instead of its usual response.
pub(crate) enum Fault {
    None,
    Takes(Duration),
    Error(StoreError),
    /// The store reports success but does nothing.
    Pretends,
    /// The store returns these bytes instead of the object.
    Lies(&'static [u8]),
}

#[async_trait::async_trait]
impl<F: Fn(Request) -> Fault + Send + Sync> Backend for Faulty<F> {
    async fn get(&self, name: &str, known: Option<&Tag>, most: u64) -> Result<Found, StoreError> {
        match (self.fault)(Request::Get) {
            Fault::Takes(time) => tokio::time::sleep(time).await,
            Fault::Error(error) => return Err(error),
            Fault::Lies(bytes) => {
                let (bytes, tag) = (Bytes::from_static(bytes), Tag::of("lie"));
                return Ok(Found::Object { bytes, tag });
            }
            Fault::None | Fault::Pretends => {}
        }
        self.inner.get(name, known, most).await
    }

    async fn put(&self, name: &str, bytes: Bytes, only_if: OnlyIf) -> Result<Put, StoreError> {
        match (self.fault)(Request::Put) {
            Fault::Takes(time) => tokio::time::sleep(time).await,
            Fault::Error(error) => return Err(error),
            Fault::Pretends => return Ok(Put::Written(Tag::of("pretended"))),
            Fault::None | Fault::Lies(_) => {}
        }
        self.inner.put(name, bytes, only_if).await
    }
}
