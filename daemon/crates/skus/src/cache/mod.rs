//! The catalogues at hand: in memory, on disk, or on their way from Azure.
//!
//! One slot per provider, scope and location, and one per scope for all locations of Compute. A
//! slot's catalogue is *fresh* (served), *stale* (served, renewed behind the caller) or *expired*
//! (renewed first). Whatever many callers want at once is fetched once. A location is answered from
//! its own slot or from the one of all locations: by one that is fresh and in memory, else by the
//! newer one. What a new daemon finds on its disk for all locations goes into the slots of those
//! that are asked for, each its part.
//!
//! Invariants: no lock is held across an await; a slot with a flight under way is not evicted;
//! errors and empty answers are not kept; what goes wrong with the directory never fails a command.

pub(crate) mod clock;
pub(crate) mod levels;
pub(crate) mod load;
pub(crate) mod slots;
pub(crate) mod upkeep;

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use crate::cache::clock::{Clock, distance, in_words};
use crate::cache::levels::{Level, Levels};
use crate::cache::slots::{Key, Slots};
use crate::catalogue::Catalogue;
use crate::catalogue::pool::Pool;
use crate::disk::snapshot;
use crate::disk::store::Store;
use crate::share::sharing::Sharing;
use crate::source::flight::Flight;
use crate::source::{Source, SourceError};
use azq_arm::Report;
use azq_command::CommandError;
use azq_command::memory::give_back;

/// How long catalogues hold, and how much room they get.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Younger ones are served as they are.
    pub fresh_for: Duration,
    /// Younger ones are served and renewed behind the caller; older ones are renewed first.
    pub usable_for: Duration,
    /// How long a caller waits for an expired one to be renewed before it is served all the same.
    pub patience: Duration,
    /// Where they outlive the daemon; nowhere if absent.
    pub directory: Option<PathBuf>,
    /// How many are kept in memory.
    pub max_catalogues: usize,
    /// How many bytes they take in memory, about.
    pub max_bytes: usize,
    /// How many bytes the directory takes.
    pub max_directory_bytes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            fresh_for: Duration::from_secs(3_600),
            usable_for: Duration::from_secs(24 * 3_600),
            patience: Duration::from_secs(30),
            directory: None,
            max_catalogues: 64,
            max_bytes: 64 << 20,
            max_directory_bytes: 64 << 20,
        }
    }
}

/// How a catalogue's age counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    Fresh,
    Stale,
    Expired,
}

/// All slots, and what they share.
pub(crate) struct Cache {
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Option<Store>,
    /// The store that machines share, if one is configured.
    pub(crate) sharing: Option<Arc<Sharing>>,
    pub(crate) pool: Arc<Mutex<Pool>>,
    pub(crate) slots: Mutex<Slots>,
    pub(crate) tasks: TaskTracker,
    pub(crate) levels: Levels,
    /// Memory is about to be given back.
    is_giving_back: Arc<AtomicBool>,
}

/// After Azure did not answer, the wait before it is asked again behind callers.
const QUIET: Duration = Duration::from_secs(30);

/// A first answer waits so long for its snapshot, so that a daemon killed right after it has one to
/// start from.
const PERSISTENCE: Duration = Duration::from_millis(100);

/// How long after a catalogue memory is given back: who waits for it has been answered then, and
/// others may have come.
const AFTERWARDS: Duration = Duration::from_secs(1);

impl Cache {
    pub(crate) fn new(
        settings: Settings,
        clock: Arc<dyn Clock>,
        sharing: Option<Arc<Sharing>>,
    ) -> Self {
        let directory = settings.directory.clone();
        let store = directory.map(|directory| Store::new(directory, settings.max_directory_bytes));
        Self {
            settings,
            clock,
            store,
            sharing,
            pool: Arc::default(),
            slots: Mutex::default(),
            tasks: TaskTracker::new(),
            levels: Levels::default(),
            is_giving_back: Arc::default(),
        }
    }

    /// The catalogue of a key, at most `max_age` old if that is given, else by the settings.
    pub(crate) async fn get<S: Source>(
        self: &Arc<Self>,
        source: &S,
        key: &Key,
        max_age: Option<Duration>,
        report: &dyn Report,
    ) -> Result<Arc<Catalogue>, CommandError> {
        let now = self.clock.now();
        let newest = self.newest(source, key).await;
        let Some(held) = newest else {
            return self
                .ask(source, key, max_age, report)
                .await
                .map_err(|error| error.error);
        };
        let age = distance(now, held.fetched_at());
        let freshness = self.freshness(age);
        let is_wanted = max_age.map_or(freshness != Freshness::Expired, |limit| {
            age <= limit && !limit.is_zero()
        });
        if is_wanted {
            if freshness != Freshness::Fresh {
                self.renew_behind(source, key, now);
            }
            return Ok(held);
        }
        let outcome = self.ask(source, key, max_age, report);
        if max_age.is_some() {
            // Who says how old an answer may be does not want an older one.
            return outcome.await.map_err(|error| error.error);
        }
        match tokio::time::timeout(self.settings.patience, outcome).await {
            Ok(Err(error)) if !error.unreachable => Err(error.error),
            Ok(Ok(catalogue)) => Ok(catalogue),
            Ok(Err(error)) => Ok(serve_expired(held, age, &error.to_string(), report)),
            Err(_) => Ok(serve_expired(held, age, "It has not answered yet.", report)),
        }
    }

    /// The newest catalogue that answers for a key, if it is in memory and fresh.
    pub(crate) fn at_hand(&self, key: &Key) -> Option<Arc<Catalogue>> {
        let mut slots = self.slots();
        let mut fresh = |key: &Key| {
            let held = slots.known(key)?.held.clone()?;
            self.is_fresh(&held).then_some(held)
        };
        fresh(key).or_else(|| fresh(&key.everywhere()?))
    }

    /// How an age counts.
    pub(crate) fn freshness(&self, age: Duration) -> Freshness {
        if age < self.settings.fresh_for {
            Freshness::Fresh
        } else if age < self.settings.usable_for {
            Freshness::Stale
        } else {
            Freshness::Expired
        }
    }

    pub(crate) fn is_fresh(&self, catalogue: &Catalogue) -> bool {
        let age = distance(self.clock.now(), catalogue.fetched_at());
        self.freshness(age) == Freshness::Fresh
    }

    /// Has Azure asked, together with whoever else wants the same, here or on another machine; an
    /// answer that was asked for longer than `max_age` ago does not do.
    pub(crate) async fn ask<S: Source>(
        self: &Arc<Self>,
        source: &S,
        key: &Key,
        max_age: Option<Duration>,
        report: &dyn Report,
    ) -> Result<Arc<Catalogue>, SourceError> {
        let oldest = max_age.and_then(|limit| self.clock.now().checked_sub(limit));
        let is_recent = |time| oldest.is_none_or(|oldest| time >= oldest);
        let is_direct = max_age.is_some_and(|limit| limit.is_zero());
        let flight = self.flight(source, key, is_direct);
        let started_at = flight.started_at();
        let outcome = flight.join(report).await;
        let asked_at = outcome.as_ref().map(|catalogue| catalogue.fetched_at());
        if is_recent(asked_at.unwrap_or(started_at)) {
            return outcome;
        }
        // The flight was under way too long already, or another machine has asked too long ago; the
        // next one was begun by whoever waited like this caller.
        self.flight(source, key, true).join(report).await
    }

    pub(crate) fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// After a catalogue has gone: what nobody else shares goes too.
    pub(crate) fn sweep(&self) {
        self.pool
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .sweep();
        self.give_back_soon();
    }

    /// After a catalogue was read or has gone, which leaves much free.
    pub(crate) fn give_back_soon(&self) {
        if self.is_giving_back.swap(true, Ordering::Relaxed) {
            return;
        }
        let is_giving_back = Arc::clone(&self.is_giving_back);
        drop(tokio::spawn(async move {
            tokio::time::sleep(AFTERWARDS).await;
            is_giving_back.store(false, Ordering::Relaxed);
            tokio::task::spawn_blocking(give_back).await
        }));
    }

    /// The newest catalogue that answers for a key, or a fresh one that is at hand.
    async fn newest<S: Source>(self: &Arc<Self>, source: &S, key: &Key) -> Option<Arc<Catalogue>> {
        if let Some(fresh) = self.at_hand(key) {
            self.levels.count(Level::Memory);
            return Some(fresh);
        }
        let own = self.held(source, key).await;
        let everywhere = key.everywhere();
        let all = everywhere.and_then(|key| self.slots().known(&key)?.held.clone());
        own.into_iter()
            .chain(all)
            .max_by_key(|catalogue| catalogue.fetched_at())
    }

    /// What a key's slot has, in memory or else on disk or in the share.
    async fn held<S: Source>(self: &Arc<Self>, source: &S, key: &Key) -> Option<Arc<Catalogue>> {
        let looked_up = {
            let mut slots = self.slots();
            let slot = slots.used(key, &self.settings);
            if slot.held.is_some() || (self.store.is_none() && self.sharing.is_none()) {
                return slot.held.clone();
            }
            Arc::clone(&slot.looked_up)
        };
        looked_up.get_or_init(|| self.load(source, key)).await;
        self.slots().used(key, &self.settings).held.clone()
    }

    fn renew_behind<S: Source>(self: &Arc<Self>, source: &S, key: &Key, now: SystemTime) {
        let is_quiet = {
            let slots = self.slots();
            let until = slots.by_key.get(key).and_then(|slot| slot.quiet_until);
            // Further ahead than ever set: the clock was set back.
            until.is_some_and(|until| now < until && distance(now, until) <= QUIET)
        };
        if !is_quiet {
            drop(self.flight(source, key, false));
        }
    }

    /// The flight under way for a key, or a new one; a direct one asks Azure whatever other
    /// machines do.
    fn flight<S: Source>(
        self: &Arc<Self>,
        source: &S,
        key: &Key,
        is_direct: bool,
    ) -> Flight<Arc<Catalogue>> {
        let mut slots = self.slots();
        let slot = slots.used(key, &self.settings);
        if let Some(flight) = slot.flight.as_ref().filter(|flight| flight.is_under_way()) {
            return flight.clone();
        }
        let started_at = self.clock.now();
        let work = {
            let (cache, source, key) = (Arc::clone(self), source.clone(), key.clone());
            move |report: Arc<dyn Report>| async move {
                cache.renewed(&source, &key, is_direct, report).await
            }
        };
        let land = {
            let (cache, key) = (Arc::clone(self), key.clone());
            move |outcome| async move {
                cache.land(&key, started_at, &outcome).await;
                outcome
            }
        };
        let (flight, task) = Flight::prepare(started_at, work, land);
        slot.flight = Some(flight.clone());
        drop(slots);
        drop(self.tasks.spawn(task));
        flight
    }

    /// Takes what a flight brought, before its callers see it.
    async fn land(
        &self,
        key: &Key,
        started_at: SystemTime,
        outcome: &Result<Arc<Catalogue>, SourceError>,
    ) {
        let news = {
            let mut slots = self.slots();
            let slot = slots.used(key, &self.settings);
            slot.flight = None;
            slot.quiet_until = self
                .quiet(outcome)
                .and_then(|quiet| self.clock.now().checked_add(quiet));
            // A location that Azure does not know offers nothing, and might tomorrow.
            let kept = outcome
                .as_ref()
                .ok()
                .filter(|c| !c.is_empty() || key.location.is_none())
                // Another machine is still asking for a newer one.
                .filter(|c| !slot.held.as_ref().is_some_and(|held| Arc::ptr_eq(held, c)));
            if let Some(catalogue) = kept {
                slot.held = Some(Arc::clone(catalogue));
                slot.is_part = false;
                slots.supersede(key);
                slots.trim(key, &self.settings);
            }
            kept.cloned()
        };
        let Some(catalogue) = news else {
            return;
        };
        self.sweep();
        let is_azures = catalogue.fetched_at() >= started_at;
        let write = self.persist(key, catalogue);
        // It goes on if it takes longer. What another machine has asked for can be had again.
        if let Some(write) = write.filter(|_| is_azures) {
            drop(tokio::time::timeout(PERSISTENCE, write).await);
        }
    }

    /// For how long nothing is renewed behind callers after this outcome: Azure has not answered,
    /// or another machine asks it.
    fn quiet(&self, outcome: &Result<Arc<Catalogue>, SourceError>) -> Option<Duration> {
        match outcome {
            Err(_) => Some(QUIET),
            Ok(catalogue) if self.sharing.is_some() && !self.is_fresh(catalogue) => {
                // Machines are not to look again together.
                Some(QUIET.mul_f64(0.2 + fastrand::f64() / 2.0))
            }
            Ok(_) => None,
        }
    }

    /// Begins to write a snapshot.
    pub(crate) fn persist(&self, key: &Key, catalogue: Arc<Catalogue>) -> Option<JoinHandle<()>> {
        let store = self.store.clone()?;
        let key = key.clone();
        let write = self.tasks.spawn_blocking(move || {
            let bytes = snapshot::encode(&key, &catalogue);
            if let Err(error) = store.write(&key.digest(), &bytes) {
                tracing::warn!(%error, "cannot write a snapshot of resource SKUs");
            }
        });
        Some(write)
    }
}

fn serve_expired(
    held: Arc<Catalogue>,
    age: Duration,
    why: &str,
    report: &dyn Report,
) -> Arc<Catalogue> {
    let age = in_words(age);
    report.warning(&format!(
        "Azure cannot be reached; these resource SKUs are {age} old."
    ));
    report.debug(&format!("Serving expired resource SKUs: {why}"));
    held
}
