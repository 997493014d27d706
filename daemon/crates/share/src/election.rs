//! Elections: taking a lease, asking the origin under it, and waiting for another machine.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::future::{Either, select};
use tokio::time::{Instant, sleep};

use crate::backend::{Found, OnlyIf, Put, StoreError, Tag};
use crate::lease::{self, Lease, Watched};
use crate::share::{Age, Inner, Item, Mode, Renewed, Share};

/// The suffix of leases' names.
const LEASE: &str = ".lease";

/// The longest pause of a wait, as a multiple of the first; each pause doubles.
const LONGER: u32 = 8;

/// A lease that this machine holds.
struct Held {
    name: String,
    holder: u64,
    tag: Tag,
}

/// The outcome of an election.
enum Election {
    Won(Held),
    /// Another machine holds the lease.
    Lost,
    /// No machine holds the lease, but this one cannot take it.
    Impossible,
}

/// The next step after a look and an election.
enum Next<V> {
    Return(Renewed<V>),
    /// Ask the origin while holding a lease.
    Ask(Held),
    /// Ask the origin without a lease, because the store cannot be used.
    AskAlone,
    Wait,
}

impl Share {
    /// Returns a newer value of an item than the caller's, if possible without asking the origin.
    /// `item` is an `Arc`, because the value is written to the store after the caller has it.
    pub async fn renew<I: Item>(
        &self,
        item: &Arc<I>,
        held: Option<&I::Value>,
    ) -> Result<Renewed<I::Value>, I::Error> {
        let inner = &self.inner;
        let deadline = Instant::now() + inner.timing.patience;
        let mut pause = inner.timing.poll;
        loop {
            match self.next(item, held).await {
                Next::Return(renewed) => return Ok(renewed),
                Next::AskAlone => return self.ask_alone(item).await,
                Next::Ask(lease) => return self.ask_under(item, lease).await,
                Next::Wait => {}
            }
            if Instant::now() >= deadline {
                let why = "another machine's lease on an object does not end".to_owned();
                inner.read_failed(&StoreError::Refused(why));
                return self.ask_alone(item).await;
            }
            sleep(pause.mul_f64(0.5 + fastrand::f64())).await;
            pause = (pause * 2).min(inner.timing.poll * LONGER);
        }
    }

    /// Writes a value from the origin to the store in the background, without an election.
    pub fn offer<I: Item>(&self, item: &Arc<I>, value: &I::Value) {
        let inner = &self.inner;
        let is_left_alone = inner.mode == Mode::ReadOnly || inner.reading.trouble().is_some();
        if is_left_alone || !inner.writing.allows(inner.now()) {
            return;
        }
        let (inner, item, value) = (Arc::clone(inner), Arc::clone(item), value.clone());
        let tasks = inner.tasks.clone();
        drop(tasks.spawn(async move { inner.write(&*item, &value).await }));
    }

    /// Looks the item up, and tries to take its lease if needed, within the time limit for the
    /// store.
    async fn next<I: Item>(&self, item: &Arc<I>, held: Option<&I::Value>) -> Next<I::Value> {
        let inner = &self.inner;
        if !inner.reading.allows(inner.now()) {
            return Next::AskAlone;
        }
        let step = inner.in_time(inner.step(&**item, held)).await;
        step.unwrap_or_else(|error| {
            inner.read_failed(&error);
            Next::AskAlone
        })
    }

    async fn ask_alone<I: Item>(&self, item: &Arc<I>) -> Result<Renewed<I::Value>, I::Error> {
        let value = item.ask().await?;
        self.offer(item, &value);
        Ok(Renewed::Asked(value))
    }

    /// Asks the origin while the lease is extended. The value is written and the lease released in
    /// the background.
    async fn ask_under<I: Item>(
        &self,
        item: &Arc<I>,
        mut lease: Held,
    ) -> Result<Renewed<I::Value>, I::Error> {
        self.inner.counts().elected += 1;
        let outcome = {
            let asking = std::pin::pin!(item.ask());
            let extending = std::pin::pin!(self.inner.extend(&mut lease));
            match select(asking, extending).await {
                Either::Left((outcome, _)) => outcome,
                Either::Right(((), asking)) => asking.await,
            }
        };
        let (inner, item) = (Arc::clone(&self.inner), Arc::clone(item));
        let value = outcome.as_ref().ok().cloned();
        let tasks = inner.tasks.clone();
        drop(tasks.spawn(async move {
            if let Some(value) = value {
                inner.write(&*item, &value).await;
            }
            inner.give_back(lease).await;
        }));
        outcome.map(Renewed::Asked)
    }
}

impl Inner {
    async fn step<I: Item>(
        &self,
        item: &I,
        held: Option<&I::Value>,
    ) -> Result<Next<I::Value>, StoreError> {
        let newer = self.newest(item, held).await?;
        if let Some(value) = newer.as_ref().filter(|value| item.age(value) == Age::Fresh) {
            return Ok(Next::Return(Renewed::Found(value.clone())));
        }
        let best = newer.as_ref().or(held);
        match self.stand(item.name()).await? {
            Election::Won(lease) => self.look_again(item, best, lease).await,
            Election::Impossible => Ok(Next::AskAlone),
            Election::Lost => {
                let serves = best.is_some_and(|value| item.age(value) != Age::Expired);
                Ok(match newer {
                    _ if !serves => Next::Wait,
                    Some(value) => Next::Return(Renewed::Found(value)),
                    None => Next::Return(Renewed::Kept),
                })
            }
        }
    }

    /// Looks the item up once more under the lease, because its previous holder may have written
    /// meanwhile.
    async fn look_again<I: Item>(
        &self,
        item: &I,
        best: Option<&I::Value>,
        lease: Held,
    ) -> Result<Next<I::Value>, StoreError> {
        match self.newest(item, best).await? {
            Some(value) if item.age(&value) == Age::Fresh => {
                self.give_back(lease).await;
                Ok(Next::Return(Renewed::Found(value)))
            }
            _ => Ok(Next::Ask(lease)),
        }
    }

    /// Takes the lease if no machine holds it.
    async fn stand(&self, object: &str) -> Result<Election, StoreError> {
        let name = format!("{object}{LEASE}");
        let found = self.get(&name, None, lease::LONGEST).await?;
        let only_if = match found {
            Found::Object { bytes, tag } if self.is_held(object, &bytes, &tag) => {
                return Ok(Election::Lost);
            }
            Found::Object { tag, .. } => OnlyIf::Unchanged(tag),
            Found::Absent | Found::Unchanged => OnlyIf::Absent,
        };
        if self.mode == Mode::ReadOnly || !self.writing.allows(self.now()) {
            return Ok(Election::Impossible);
        }
        let holder = fastrand::u64(..);
        let end = self.now() + self.timing.lease;
        let lease = Lease { holder, end }.encode().into();
        match self.put(&name, lease, only_if.clone()).await {
            Ok(Put::Written(tag)) => Ok(Election::Won(Held { name, holder, tag })),
            Ok(Put::Conflict) => self.lost(&name, &only_if).await,
            Err(_) => Ok(Election::Impossible),
        }
    }

    /// Whether another machine took the lease. If none did, the store contradicts itself, and there
    /// is no machine to wait for.
    async fn lost(&self, name: &str, only_if: &OnlyIf) -> Result<Election, StoreError> {
        let is_as_before = match (self.get(name, None, lease::LONGEST).await?, only_if) {
            (Found::Object { tag, .. }, OnlyIf::Unchanged(before)) => tag == *before,
            (Found::Absent, OnlyIf::Absent) => true,
            _ => false,
        };
        if is_as_before {
            self.write_failed(&contradiction());
            return Ok(Election::Impossible);
        }
        Ok(Election::Lost)
    }

    /// Whether another machine holds the lease that was read.
    fn is_held(&self, object: &str, bytes: &Bytes, tag: &Tag) -> bool {
        let Some(lease) = Lease::decode(bytes) else {
            return false;
        };
        let now = self.now();
        let before = self.seen(object).lease.filter(|before| before.tag == *tag);
        let watched = before.unwrap_or_else(|| {
            let (tag, since) = (tag.clone(), now);
            let watched = Watched { tag, since };
            self.remember(object, |seen| seen.lease = Some(watched.clone()));
            watched
        });
        !lease.is_over(&watched, now, self.timing.lease, self.timing.skew)
    }

    /// Extends a lease until it is lost.
    async fn extend(&self, lease: &mut Held) {
        loop {
            sleep(self.timing.renewal).await;
            let end = self.now() + self.timing.lease;
            match self.write_lease(lease, end).await {
                Ok(Put::Written(tag)) => lease.tag = tag,
                Ok(Put::Conflict) => return,
                // The next attempt may come in time.
                Err(_) => {}
            }
        }
    }

    /// Releases a lease before its end. If that fails, the lease ends by itself.
    async fn give_back(&self, lease: Held) {
        drop(self.write_lease(&lease, UNIX_EPOCH).await);
    }

    async fn write_lease(&self, lease: &Held, end: SystemTime) -> Result<Put, StoreError> {
        let holder = lease.holder;
        let bytes = Lease { holder, end }.encode().into();
        let only_if = OnlyIf::Unchanged(lease.tag.clone());
        self.put(&lease.name, bytes, only_if).await
    }

    /// Writes a value from the origin, unless the store has a newer one.
    async fn write<I: Item>(&self, item: &I, value: &I::Value) {
        let bytes = item.encode(value).await;
        let (name, asked_at) = (item.name(), item.asked_at(value));
        let mut only_if = match self.seen(name).object {
            Some((tag, _)) => OnlyIf::Unchanged(tag),
            None => OnlyIf::Absent,
        };
        for _ in 0..2 {
            match self.put(name, bytes.clone(), only_if).await {
                Ok(Put::Written(tag)) => {
                    self.remember(name, |seen| seen.object = Some((tag, Some(asked_at))));
                    return;
                }
                Ok(Put::Conflict) => {}
                Err(_) => return,
            }
            // Another machine has written. The value with the latest request to the origin is kept.
            let Ok(None) = self.in_time(self.newest(item, Some(value))).await else {
                return;
            };
            only_if = match self.seen(name).object {
                Some((_, Some(there))) if there >= asked_at => return,
                Some((tag, _)) => OnlyIf::Unchanged(tag),
                None => OnlyIf::Absent,
            };
        }
        self.write_failed(&contradiction());
    }
}

fn contradiction() -> StoreError {
    StoreError::Refused("it refuses to replace an object that has not changed".to_owned())
}
