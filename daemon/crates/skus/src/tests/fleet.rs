//! A fleet of machines that share a store, over a day of a simulated clock.
//!
//! The catalogues, the share and its elections are the real code. The store is in memory, counts
//! requests, and has a latency. Azure counts requests. The clock is tokio's, paused, so that a day
//! takes seconds. The same seed results in the same machines and look-ups.

use std::ops::Range;

use azq_share::{
    Address, Backend, Found as Object, Mode, ObjectBackend, OnlyIf, Put, StoreError, Tag, Timing,
};
use object_store::memory::InMemory;
use tokio::{task::JoinSet, time::Instant};

use super::*;

/// tokio's clock as the time of day, with the error of a machine's clock.
struct Simulated {
    start: Instant,
    off: Duration,
}

impl Clock for Simulated {
    fn now(&self) -> SystemTime {
        start() + self.start.elapsed() + self.off
    }
}

/// A store that counts requests, and takes a few milliseconds for each.
#[derive(Debug)]
struct Counted {
    store: ObjectBackend,
    outcome: Arc<Mutex<Outcome>>,
}

#[async_trait::async_trait]
impl Backend for Counted {
    async fn get(&self, name: &str, known: Option<&Tag>, most: u64) -> Result<Object, StoreError> {
        self.outcome.lock().unwrap().store_requests += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
        let found = self.store.get(name, known, most).await?;
        if let Object::Object { bytes, .. } = &found {
            let mut outcome = self.outcome.lock().unwrap();
            outcome.store_bytes += bytes.len() as u64;
            outcome.snapshots_read += u64::from(!name.contains("lease"));
        }
        Ok(found)
    }

    async fn put(&self, name: &str, bytes: Bytes, only_if: OnlyIf) -> Result<Put, StoreError> {
        self.outcome.lock().unwrap().store_requests += 1;
        tokio::time::sleep(Duration::from_millis(30)).await;
        if !name.contains("lease") {
            let mut outcome = self.outcome.lock().unwrap();
            outcome.largest = outcome.largest.max(bytes.len() as u64);
        }
        self.store.put(name, bytes, only_if).await
    }
}

/// An Azure that takes two seconds for a request, counts them, and may be unavailable for a while.
#[derive(Clone)]
struct Slow {
    outcome: Arc<Mutex<Outcome>>,
    start: Instant,
    away: Option<Range<u64>>,
}

impl Source for Slow {
    async fn page(&self, _: &Page, _: &dyn Report) -> Result<Body, SourceError> {
        self.outcome.lock().unwrap().asked += 1;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let hour = self.start.elapsed().as_secs() / HOUR;
        let away = self.away.clone();
        if away.is_some_and(|away| away.contains(&hour)) {
            return Err(error("no route", true));
        }
        let chunks = page(&["Standard_D2s_v5", "Standard_D4s_v5"], None);
        Ok(stream::iter(chunks).boxed())
    }

    async fn locations(&self, _: &dyn Report) -> Result<Vec<Location>, SourceError> {
        Ok(Vec::new())
    }
}

/// The parameters of a fleet.
#[derive(Clone)]
struct Fleet {
    machines: u64,
    hours: u64,
    /// The look-ups of a machine in an hour.
    look_ups: u64,
    /// The hours after which a machine begins anew, with an empty cache.
    lives: u64,
    shares: bool,
    /// The hours in which Azure is unavailable.
    away: Option<Range<u64>>,
}

/// One machine that looks up ten minutes apart for a quarter of its day, to be changed.
const FLEET: Fleet = Fleet {
    machines: 1,
    hours: 6,
    look_ups: 6,
    lives: 24,
    shares: true,
    away: None,
};

/// The result of a day: the numbers of requests, and of answers that were wrong, too old without a
/// warning, and given with a warning.
#[derive(Debug, Default)]
struct Outcome {
    asked: u64,
    store_requests: u64,
    store_bytes: u64,
    snapshots_read: u64,
    largest: u64,
    wrong: u64,
    too_old: u64,
    warned: u64,
}

const SEED: u64 = 20;

async fn simulate(fleet: &Fleet) -> Outcome {
    let (start, outcome) = (Instant::now(), Arc::<Mutex<Outcome>>::default());
    let store = Arc::new(Counted {
        store: ObjectBackend::new(Arc::new(InMemory::new()), "fleet"),
        outcome: Arc::clone(&outcome),
    });
    let azure = Slow {
        outcome: Arc::clone(&outcome),
        start,
        away: fleet.away.clone(),
    };
    let mut machines = JoinSet::new();
    let mut seeds = fastrand::Rng::with_seed(SEED);
    for _ in 0..fleet.machines {
        let (store, azure) = (Arc::clone(&store), azure.clone());
        let random = seeds.fork();
        machines.spawn(machine(fleet.clone(), store, azure, random));
    }
    machines.join_all().await;
    std::mem::take(&mut *outcome.lock().unwrap())
}

/// Simulates a machine's day.
async fn machine(fleet: Fleet, store: Arc<Counted>, azure: Slow, mut random: fastrand::Rng) {
    let (start, off) = (azure.start, Duration::from_secs(random.u64(..5)));
    let clock: Arc<dyn Clock> = Arc::new(Simulated { start, off });
    let end = start + Duration::from_secs(fleet.hours * HOUR);
    let mut born = Instant::now();
    let mut catalogues = newborn(&fleet, &clock, &store);
    loop {
        let pause = 2 * HOUR * 1000 / fleet.look_ups;
        tokio::time::sleep(Duration::from_millis(random.u64(1..pause))).await;
        if Instant::now() >= end {
            catalogues.finish().await;
            return;
        }
        if born.elapsed() >= Duration::from_secs(fleet.lives * HOUR) {
            catalogues.finish().await;
            (catalogues, born) = (newborn(&fleet, &clock, &store), Instant::now());
        }
        let request = ListSkusRequest::default();
        let heard = RecordedReport::default();
        let scope = scope("sub");
        let found = catalogues.find(&azure, &scope, &request, Some("eastus"), &heard);
        let catalogue = found.await.unwrap().catalogue;
        let age = clock.now().duration_since(catalogue.fetched_at());
        let is_warned = !heard.warnings.lock().unwrap().is_empty();
        let expires = Settings::default().usable_for + Duration::from_secs(5);
        let is_too_old = age.unwrap_or_default() > expires && !is_warned;
        let mut outcome = azure.outcome.lock().unwrap();
        outcome.wrong += u64::from(catalogue.len() != 2);
        outcome.too_old += u64::from(is_too_old);
        outcome.warned += u64::from(is_warned);
    }
}

fn newborn(fleet: &Fleet, clock: &Arc<dyn Clock>, store: &Arc<Counted>) -> Catalogues {
    let settings = ShareSettings {
        address: Address::parse("s3://fleet").unwrap(),
        mode: Mode::ReadWrite,
        principals: false,
        timing: Timing::default(),
    };
    let sharing = Sharing::new(settings, Arc::clone(clock)).with_backend(Arc::clone(store) as _);
    let sharing = fleet.shares.then(|| Arc::new(sharing));
    Catalogues::with_sharing(Settings::default(), Arc::clone(clock), sharing)
}

/// Simulates the fleet's day with a share, and checks the limits.
async fn check(fleet: &Fleet) -> Outcome {
    let outcome = simulate(fleet).await;
    assert_eq!((outcome.wrong, outcome.too_old), (0, 0), "{outcome:?}");
    let periods = fleet.hours;
    // 1.1 requests per period, and the one with which the day begins.
    let most = (11 * (periods + 1)).div_ceil(10);
    assert!(outcome.asked <= most, "{outcome:?}");
    let snapshots = fleet.machines * (periods + fleet.hours / fleet.lives + 1);
    assert!(outcome.snapshots_read <= snapshots, "{outcome:?}");
    // Leases are read too.
    let leases = outcome.store_requests * 64;
    let bytes = snapshots * outcome.largest + leases;
    assert!(outcome.store_bytes <= bytes, "{outcome:?}");
    outcome
}

#[tokio::test(start_paused = true)]
async fn a_fleet_that_shares_asks_azure_once_a_period() {
    let machines = 100;
    check(&Fleet { machines, ..FLEET }).await;
}

#[tokio::test(start_paused = true)]
async fn machines_that_live_an_hour_ask_as_seldom() {
    let fleet = Fleet {
        machines: 60,
        hours: 5,
        lives: 1,
        ..FLEET
    };
    check(&fleet).await;
}

#[tokio::test(start_paused = true)]
async fn through_a_long_outage_what_has_expired_is_served_with_its_warning() {
    let fleet = Fleet {
        machines: 20,
        hours: 34,
        look_ups: 4,
        lives: 48,
        away: Some(3..32),
        ..FLEET
    };
    let outcome = simulate(&fleet).await;
    assert_eq!((outcome.wrong, outcome.too_old), (0, 0), "{outcome:?}");
    assert!(outcome.warned > 0, "{outcome:?}");
}

/// The table of `docs/fleet.md`:
/// `cargo test -p azq-skus --lib -- --ignored --nocapture a_day_of_a_thousand`.
#[tokio::test(start_paused = true)]
#[ignore = "it takes minutes; .ci/run does it"]
async fn a_day_of_a_thousand_machines() {
    for (what, lives) in [("live the day", 24), ("live an hour", 1)] {
        let mut fleet = Fleet {
            machines: 1000,
            hours: 24,
            look_ups: 4,
            lives,
            ..FLEET
        };
        let shared = check(&fleet).await;
        fleet.shares = false;
        let alone = simulate(&fleet).await;
        println!("{what}, shared: {shared:?}");
        println!("{what}, alone: {alone:?}");
    }
}
