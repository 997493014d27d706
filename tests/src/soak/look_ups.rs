//! Very many look-ups by many clients, while Azure fails and catalogues are refreshed, cleared and
//! read half-way.
//!
//! Most clients keep their connection; some of the look-ups are `azq` processes. The daemon is
//! measured at two quiet moments, after the first look-ups and at the end: no client is connected
//! then, and no call is in flight.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use azq_proto::v1;
use tokio::task::JoinSet;

use super::SoakError;
use super::acts::Visitor;
use super::gauge::Gauge;
use super::injection::{Family, Injection};
use super::questions::Questions;
use super::scene::SoakEnvironment;
use super::tally::{Counts, Tally};
use crate::emulator::{OTHER_SUBSCRIPTION, SUBSCRIPTION};

/// The parameters of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The number of look-ups.
    pub look_ups: u64,
    /// The number of look-ups before the first measurement of the daemon.
    pub early: u64,
    /// The number of concurrent clients.
    pub clients: usize,
    /// The seed of everything random, except the order in which clients are served.
    pub seed: u64,
    /// The sizes that Azure lists, a regular expression for whole names; none means all.
    pub sku_names: Option<String>,
}

/// The greatest growth of memory until the end, in per cent.
const GROWTH: u64 = 10;
/// Interval between updates of the faults.
const TICK: Duration = Duration::from_millis(20);
/// Interval between measurements of the daemon during the run.
const SAMPLE: Duration = Duration::from_secs(15);
/// Number of equal counts of descriptors that make a quiet moment, and the interval between them.
const STILL: (usize, Duration) = (8, Duration::from_millis(250));
/// The most counts.
const LOOKS: usize = 480;

/// The daemon's settings: catalogues become stale within seconds, so that they are refreshed
/// throughout, and the timeout of requests to Azure is short.
const SETTINGS: [(&str, &str); 4] = [
    ("AZQ_CACHE_FRESH", "10s"),
    ("AZQ_CACHE_EXPIRES", "60s"),
    ("AZQ_READ_TIMEOUT", "1s"),
    ("AZQ_IDLE_TIMEOUT", "0"),
];

/// The findings of a run.
#[derive(Debug)]
pub struct Report {
    plan: Plan,
    elapsed: Duration,
    counts: Counts,
    struck: Vec<String>,
    /// The sizes after the first look-ups, and at the end.
    gauges: [Gauge; 2],
    daemons: [u32; 2],
}

/// Runs a plan. `say` is called now and then with the progress.
pub fn run(plan: &Plan, say: &dyn Fn(&str)) -> Result<Report, SoakError> {
    let names = plan.sku_names.as_deref();
    let questions = Questions::answered(&SoakEnvironment::new(names, &[])?)?;
    let scene = SoakEnvironment::new(names, &SETTINGS)?;
    scene.must("starting the daemon", &["daemon", "start"])?;
    let first_daemon = scene.daemon()?;
    let soak = Arc::new(Soak::new(plan, scene, questions));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(SoakError::at("starting the runtime"))?;
    let started = Instant::now();
    let (early, late) = runtime.block_on(async {
        soak.drive(plan.early, say).await;
        let early = soak.quiet(first_daemon).await?;
        say(&format!("after {} look-ups: {early}", plan.early));
        soak.drive(plan.look_ups.saturating_sub(plan.early), say)
            .await;
        Ok::<_, SoakError>((early, soak.quiet(first_daemon).await?))
    })?;
    let elapsed = started.elapsed();
    let struck = soak.injection();
    let struck = struck.struck();
    Ok(Report {
        plan: plan.clone(),
        elapsed,
        counts: soak.tally.so_far(),
        struck: struck
            .map(|(name, family, count)| format!("{count} {name} ({family:?})"))
            .collect(),
        gauges: [early, late],
        daemons: [first_daemon, soak.scene.daemon()?],
    })
}

impl Report {
    /// Returns the failed conditions; none if all is well. `weigh` also compares memory, which
    /// means nothing in a short run.
    pub fn failures(&self, weigh: bool) -> Vec<String> {
        let [early, late] = self.gauges;
        let mut failures = Vec::new();
        if self.counts.failures > 0 {
            failures.push(format!("{} answers or errors", self.counts.failures));
        }
        if weigh && late.resident * 100 > early.resident * (100 + GROWTH) {
            failures.push(format!("memory has grown by more than {GROWTH} %"));
        }
        if weigh && late.descriptors.is_none() {
            failures.push("descriptors are not counted: run this as root".to_owned());
        }
        // Fewer is as good, because an unused pooled connection to Azure is closed.
        if late.descriptors > early.descriptors {
            failures.push("more descriptors are open".to_owned());
        }
        if self.daemons[0] != self.daemons[1] {
            failures.push("the daemon is another".to_owned());
        }
        if self.struck.is_empty() {
            failures.push("no fault has struck".to_owned());
        }
        failures
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan {
            look_ups,
            early,
            clients,
            seed,
            ..
        } = &self.plan;
        let seconds = self.elapsed.as_secs_f64();
        let rate = u32::try_from(*look_ups).map_or(0.0, |count| f64::from(count) / seconds);
        writeln!(
            out,
            "{look_ups} look-ups by {clients} clients in {seconds:.0} s ({rate:.0}/s), seed {seed}"
        )?;
        writeln!(out, "faults that struck: {}", self.struck.join(", "))?;
        writeln!(out, "{}", self.counts)?;
        let [first, last] = self.gauges;
        writeln!(out, "after {early}: {first}")?;
        writeln!(out, "at the end: {last}")?;
        write!(
            out,
            "daemon: pid {} and {}",
            self.daemons[0], self.daemons[1]
        )
    }
}

/// A run in progress.
pub(super) struct Soak {
    pub(super) scene: SoakEnvironment,
    pub(super) questions: Questions,
    pub(super) tally: Tally,
    pub(super) injection: Mutex<Injection>,
    pub(super) socket: PathBuf,
    /// The possible callers of requests for catalogues: each account in each subscription. Those of
    /// the first subscription, which has the cluster, come first.
    pub(super) contexts: Vec<v1::Context>,
    clients: usize,
    seed: u64,
    /// The number of look-ups that no client has begun yet.
    left: AtomicU64,
}

impl Soak {
    fn new(plan: &Plan, scene: SoakEnvironment, questions: Questions) -> Self {
        let contexts = [SUBSCRIPTION, OTHER_SUBSCRIPTION]
            .iter()
            .flat_map(|subscription| {
                let accounts = 0..scene.accounts.len();
                accounts.map(|account| scene.context(account, subscription))
            });
        Self {
            contexts: contexts.collect(),
            socket: scene.home.runtime_dir().join("azqd.sock"),
            scene,
            questions,
            tally: Tally::default(),
            injection: Mutex::new(Injection::new(plan.seed)),
            clients: plan.clients,
            seed: plan.seed,
            left: AtomicU64::new(0),
        }
    }

    pub(super) fn injection(&self) -> MutexGuard<'_, Injection> {
        self.injection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs all clients until so many look-ups are done and all clients have ended.
    async fn drive(self: &Arc<Self>, look_ups: u64, say: &dyn Fn(&str)) {
        self.left.store(look_ups, Ordering::Relaxed);
        let mut clients = JoinSet::new();
        for number in 0..self.clients {
            let seed = self.seed ^ look_ups.rotate_left(32) ^ number as u64;
            clients.spawn(visit(Arc::clone(self), seed));
        }
        let mut tick = tokio::time::interval(TICK);
        let mut sampled = Instant::now();
        while !clients.is_empty() {
            tokio::select! {
                ended = clients.join_next() => {
                    if let Some(Err(error)) = ended {
                        self.tally.failed(format!("a client panicked: {error}"));
                    }
                }
                _ = tick.tick() => {
                    self.injection().tick(&self.scene.emulator, &[Family::Pools, Family::Skus]);
                    if sampled.elapsed() > SAMPLE {
                        sampled = Instant::now();
                        say(&self.sample());
                    }
                }
            }
        }
        self.injection().end(&self.scene.emulator);
    }

    fn sample(&self) -> String {
        let left = self.left.load(Ordering::Relaxed);
        match self.scene.daemon().map(Gauge::of) {
            Ok(Ok(gauge)) => format!("{left} look-ups left: {gauge}"),
            Ok(Err(error)) => format!("{left} look-ups left: {error}"),
            Err(error) => format!("{left} look-ups left: {error}"),
        }
    }

    /// Waits until no call is in flight; returns the daemon's size then.
    async fn quiet(&self, daemon: u32) -> Result<Gauge, SoakError> {
        let measure = || Gauge::of(daemon).map_err(SoakError::at("measuring the daemon"));
        let (mut before, mut still) = (measure()?, 0);
        for _ in 0..LOOKS {
            tokio::time::sleep(STILL.1).await;
            let now = measure()?;
            still = if now.descriptors == before.descriptors {
                still + 1
            } else {
                0
            };
            before = now;
            if still >= STILL.0 {
                break;
            }
        }
        Ok(before)
    }

    /// Reserves a look-up, if there is one left.
    fn take(&self) -> bool {
        let less = |left: u64| left.checked_sub(1);
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .is_ok()
    }
}

/// Runs one client until no look-up is left.
async fn visit(soak: Arc<Soak>, seed: u64) {
    let mut visitor = Visitor::new(&soak, seed);
    loop {
        let act = visitor.next_act();
        if act.is_look_up() && !soak.take() {
            return;
        }
        soak.tally.count(act.name());
        visitor.perform(act).await;
    }
}
