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

use super::acts::Visitor;
use super::gauge::Gauge;
use super::injection::{Family, Injection};
use super::questions::Questions;
use super::scene::SoakEnvironment;
use super::tally::{Counts, Tally};
use super::{SoakError, holding};
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
    Ok(Report {
        plan: plan.clone(),
        elapsed,
        counts: soak.tally.counts().clone(),
        struck: soak.injection().struck(),
        gauges: [early, late],
        daemons: [first_daemon, soak.scene.daemon()?],
    })
}

impl Report {
    /// Returns the failed conditions; none if all is well. `weigh` also compares memory, which
    /// means nothing in a short run.
    pub fn failures(&self, weigh: bool) -> Vec<String> {
        let [early, late] = self.gauges;
        let wrong = self.counts.failures;
        let has_grown = late.resident * 100 > early.resident * (100 + GROWTH);
        let grown = &format!("memory has grown by more than {GROWTH} %");
        let uncounted = "descriptors are not counted: run this as root";
        holding([
            (wrong > 0, &format!("{wrong} answers or errors")),
            (weigh && has_grown, grown),
            (weigh && late.descriptors.is_none(), uncounted),
            // Fewer is as good, because an unused pooled connection to Azure is closed.
            (
                late.descriptors > early.descriptors,
                "more descriptors are open",
            ),
            (self.daemons[0] != self.daemons[1], "the daemon is another"),
            (self.struck.is_empty(), "no fault has struck"),
        ])
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (look_ups, clients) = (self.plan.look_ups, self.plan.clients);
        let (early, seed) = (self.plan.early, self.plan.seed);
        let seconds = self.elapsed.as_secs_f64();
        let rate = u32::try_from(look_ups).map_or(0.0, |count| f64::from(count) / seconds);
        writeln!(
            out,
            "{look_ups} look-ups by {clients} clients in {seconds:.0} s ({rate:.0}/s), seed {seed}"
        )?;
        writeln!(out, "faults that struck: {}", self.struck.join(", "))?;
        writeln!(out, "{}", self.counts)?;
        let ([first, last], [daemon, other]) = (self.gauges, self.daemons);
        writeln!(out, "after {early}: {first}")?;
        writeln!(out, "at the end: {last}")?;
        write!(out, "daemon: pid {daemon} and {other}")
    }
}

/// A run in progress.
pub(super) struct Soak {
    pub(super) scene: SoakEnvironment,
    pub(super) questions: Questions,
    pub(super) tally: Tally,
    injection: Mutex<Injection>,
    pub(super) socket: PathBuf,
    /// The possible callers of requests for catalogues: each account in each subscription. Those of
    /// the first subscription, which has the cluster, come first.
    pub(super) contexts: Vec<v1::Context>,
    plan: Plan,
    /// The number of look-ups that no client has begun yet.
    left: AtomicU64,
}

impl Soak {
    fn new(plan: &Plan, scene: SoakEnvironment, questions: Questions) -> Self {
        let contexts = [SUBSCRIPTION, OTHER_SUBSCRIPTION].map(|subscription| {
            let accounts = scene.accounts.iter();
            accounts.map(move |account| (account, subscription))
        });
        let contexts = contexts.into_iter().flatten();
        let contexts = contexts.map(|(account, in_it)| scene.context(account, in_it));
        Self {
            contexts: contexts.collect(),
            socket: scene.home.runtime_dir().join("azqd.sock"),
            scene,
            questions,
            tally: Tally::default(),
            injection: Mutex::new(Injection::new(plan.seed)),
            plan: plan.clone(),
            left: AtomicU64::new(0),
        }
    }

    pub(super) fn injection(&self) -> MutexGuard<'_, Injection> {
        let injection = self.injection.lock();
        injection.unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs all clients until so many look-ups are done and all clients have ended.
    async fn drive(self: &Arc<Self>, look_ups: u64, say: &dyn Fn(&str)) {
        self.left.store(look_ups, Ordering::Relaxed);
        let mut clients = JoinSet::new();
        for number in 0..self.plan.clients {
            let seed = self.plan.seed ^ look_ups.rotate_left(32) ^ number as u64;
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
        let gauge = self.scene.daemon().and_then(measure);
        let gauge = gauge.map_or_else(|error| error.to_string(), |gauge| gauge.to_string());
        format!("{left} look-ups left: {gauge}")
    }

    /// Waits until no call is in flight; returns the daemon's size then.
    async fn quiet(&self, daemon: u32) -> Result<Gauge, SoakError> {
        let (mut before, mut still) = (measure(daemon)?, 0);
        for _ in 0..LOOKS {
            tokio::time::sleep(STILL.1).await;
            let now = measure(daemon)?;
            let is_same = now.descriptors == before.descriptors;
            still = if is_same { still + 1 } else { 0 };
            before = now;
            if still >= STILL.0 {
                break;
            }
        }
        Ok(before)
    }

    /// Reserves a look-up, if there is one left.
    fn take(&self) -> bool {
        let (order, less) = (Ordering::Relaxed, |left: u64| left.checked_sub(1));
        self.left.fetch_update(order, order, less).is_ok()
    }
}

fn measure(daemon: u32) -> Result<Gauge, SoakError> {
    Gauge::of(daemon).map_err(SoakError::at("measuring the daemon"))
}

/// Runs one client until no look-up is left.
async fn visit(soak: Arc<Soak>, seed: u64) {
    let mut visitor = Visitor::new(&soak, seed);
    loop {
        let (act, name) = visitor.next_act();
        if act.is_look_up() && !soak.take() {
            return;
        }
        soak.tally.count(name);
        visitor.perform(act, name).await;
    }
}
