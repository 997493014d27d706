//! The cache of catalogues: in memory, on disk, or being fetched from Azure.
//!
//! There is one slot per provider, scope and location, and one per scope for all locations of
//! Compute. A slot's catalogue is *fresh* (served), *stale* (served, and renewed in the background)
//! or *expired* (renewed first). Callers that need the same catalogue at once share one fetch. A
//! look-up of a location uses the location's own slot or that of all locations: one that is fresh
//! and in memory, else the newer one. A new daemon reads a snapshot of all locations only in parts:
//! the part of each requested location goes into the location's slot.
//!
//! Invariants: no lock is held across an await; a slot with a flight in progress is not evicted;
//! errors and empty responses are not kept; a failure of the directory never fails a command.

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

use azq_share::Age;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, Span, field::Empty, trace_span};

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

/// The ages of catalogues and the limits of the cache.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The age up to which a catalogue is fresh: it is served without renewal.
    pub fresh_for: Duration,
    /// The age up to which a catalogue is served and renewed in the background. An older one is
    /// renewed first.
    pub usable_for: Duration,
    /// The time that a caller waits for the renewal of an expired catalogue before it gets the
    /// expired one.
    pub patience: Duration,
    /// The directory where catalogues outlive the daemon, if there is one.
    pub directory: Option<PathBuf>,
    /// The maximum number of catalogues in memory.
    pub max_catalogues: usize,
    /// The maximum of their bytes in memory, estimated.
    pub max_bytes: usize,
    /// The maximum size of the directory in bytes.
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

/// All slots, and the parts that they share.
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
    /// Whether the return of free memory is scheduled.
    is_giving_back: Arc<AtomicBool>,
}

/// The wait before the next renewal in the background after Azure did not respond.
const QUIET: Duration = Duration::from_secs(30);

/// The time that a first fetch waits for its snapshot to be written, so that a daemon that is
/// killed right afterwards has a snapshot at the next start.
const PERSISTENCE: Duration = Duration::from_millis(100);

/// The delay before free memory is returned to the system. It lets the waiting callers get their
/// catalogue first, and combines the work for several catalogues.
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

    /// Returns the catalogue of a key, at most `max_age` old if that is given, else by the
    /// settings.
    pub(crate) async fn get<S: Source>(
        self: &Arc<Self>,
        source: &S,
        key: &Key,
        max_age: Option<Duration>,
        report: &dyn Report,
    ) -> Result<Arc<Catalogue>, CommandError> {
        let now = self.clock.now();
        let Some(held) = self.newest(source, key).await else {
            return Ok(self.ask(source, key, max_age, report).await?);
        };
        let age = distance(now, held.fetched_at());
        let freshness = self.freshness(age);
        let is_wanted = max_age.map_or(freshness != Age::Expired, |limit| {
            age <= limit && !limit.is_zero()
        });
        if is_wanted {
            if freshness != Age::Fresh {
                self.renew_behind(source, key, now);
            }
            return Ok(held);
        }
        let outcome = self.ask(source, key, max_age, report);
        if max_age.is_some() {
            // A caller that limits the age does not accept an older catalogue.
            return Ok(outcome.await?);
        }
        match tokio::time::timeout(self.settings.patience, outcome).await {
            Ok(Err(error)) if !error.unreachable => Err(error.into()),
            Ok(Ok(catalogue)) => Ok(catalogue),
            Ok(Err(error)) => Ok(serve_expired(held, age, &error.to_string(), report)),
            Err(_) => Ok(serve_expired(held, age, "It has not answered yet.", report)),
        }
    }

    /// Returns the newest catalogue that covers a key, if it is in memory and fresh.
    pub(crate) fn at_hand(&self, key: &Key) -> Option<Arc<Catalogue>> {
        let mut slots = self.slots();
        let mut fresh = |key: &Key| {
            let held = slots.known(key)?.held.clone()?;
            self.is_fresh(&held).then_some(held)
        };
        fresh(key).or_else(|| fresh(&key.everywhere()?))
    }

    /// Returns the freshness at an age.
    pub(crate) fn freshness(&self, age: Duration) -> Age {
        if age < self.settings.fresh_for {
            Age::Fresh
        } else if age < self.settings.usable_for {
            Age::Stale
        } else {
            Age::Expired
        }
    }

    pub(crate) fn is_fresh(&self, catalogue: &Catalogue) -> bool {
        let age = distance(self.clock.now(), catalogue.fetched_at());
        self.freshness(age) == Age::Fresh
    }

    /// Fetches a catalogue, in a flight shared with all callers that want the same, here or on
    /// another machine. A catalogue that was requested from Azure longer than `max_age` ago is not
    /// accepted.
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
        let started_at = flight.started_at;
        let outcome = flight.join(report).await;
        let asked_at = outcome.as_ref().map(|catalogue| catalogue.fetched_at());
        if is_recent(asked_at.unwrap_or(started_at)) {
            return outcome;
        }
        // The flight began too long ago, or another machine fetched the catalogue too long ago. The
        // next flight is recent enough, because this caller or another waiting one begins it now.
        self.flight(source, key, true).join(report).await
    }

    pub(crate) fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops shared values that no catalogue uses any more, after a catalogue was dropped.
    pub(crate) fn sweep(&self) {
        let pool = self.pool.lock();
        pool.unwrap_or_else(PoisonError::into_inner).sweep();
        self.give_back_soon();
    }

    /// Schedules the return of free memory, after a catalogue was read or dropped, which frees
    /// much.
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

    /// Returns a fresh catalogue from memory, else the newest one that covers a key.
    async fn newest<S: Source>(self: &Arc<Self>, source: &S, key: &Key) -> Option<Arc<Catalogue>> {
        if let Some(fresh) = self.at_hand(key) {
            self.levels.count(Level::Memory);
            return Some(fresh);
        }
        let own = self.held(source, key).await;
        let everywhere = key.everywhere();
        let all = everywhere.and_then(|key| self.slots().known(&key)?.held.clone());
        let found = own.into_iter().chain(all);
        found.max_by_key(|catalogue| catalogue.fetched_at())
    }

    /// Returns the catalogue of a key's slot, from memory or else from the disk or the share.
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
            // A time further ahead than is ever set means that the clock was set back.
            until.is_some_and(|until| now < until && distance(now, until) <= QUIET)
        };
        if !is_quiet {
            // The caller's own spans end before this does.
            let renewal = trace_span!(target: "azq_trace", parent: None, "renewal", level = Empty);
            renewal.follows_from(Span::current());
            renewal.in_scope(|| drop(self.flight(source, key, false)));
        }
    }

    /// Returns the flight in progress for a key, or a new one. A direct flight asks Azure
    /// regardless of other machines.
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
        drop(self.tasks.spawn(task.in_current_span()));
        flight
    }

    /// Stores the outcome of a flight before its callers see it.
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
            let quiet = self.quiet(outcome);
            slot.quiet_until = quiet.and_then(|quiet| self.clock.now().checked_add(quiet));
            // A location that Azure does not know has no SKUs, but Azure may know it tomorrow.
            let kept = outcome
                .as_ref()
                .ok()
                .filter(|c| !c.is_empty() || key.location.is_none())
                // The held catalogue is returned if another machine is still fetching a newer one.
                .filter(|c| !slot.held.as_ref().is_some_and(|held| Arc::ptr_eq(held, c)));
            if let Some(catalogue) = kept {
                slot.hold(catalogue);
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
        // The write goes on if it takes longer. A catalogue from another machine is not waited for,
        // because it can be read from the share again.
        if let Some(write) = write.filter(|_| is_azures) {
            drop(tokio::time::timeout(PERSISTENCE, write).await);
        }
    }

    /// Returns how long no renewal is begun in the background after this outcome: Azure has not
    /// responded, or another machine is asking it.
    fn quiet(&self, outcome: &Result<Arc<Catalogue>, SourceError>) -> Option<Duration> {
        match outcome {
            Err(_) => Some(QUIET),
            Ok(catalogue) if self.sharing.is_some() && !self.is_fresh(catalogue) => {
                // A random wait keeps machines from looking again at the same time.
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
    let warning = format!("Azure cannot be reached; these resource SKUs are {age} old.");
    report.warning(&warning);
    report.debug(&format!("Serving expired resource SKUs: {why}"));
    held
}
