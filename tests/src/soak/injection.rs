//! Faults on random requests throughout a run, and the errors that they explain.
//!
//! Each fault applies to one request. The messages of the errors that it may cause are known by its
//! kind. An error counts as azq's own if no recent fault applied to the same kind of request with
//! such a message.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::emulator::{Effect, Emulator, Fault};

/// A family of requests to Azure, by the spelling of az's own commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    /// Node pools, and the token that they need.
    Pools,
    /// Catalogues.
    Skus,
}

impl Family {
    fn pattern(self) -> &'static str {
        match self {
            Self::Pools => "GET .*/agentPools/.*",
            Self::Skus => "GET .*/skus",
        }
    }

    fn asks(self, path: &str) -> bool {
        match self {
            Self::Pools => path.contains("/agentPools/"),
            Self::Skus => path.ends_with("/skus"),
        }
    }
}

/// A kind of fault.
struct Kind {
    name: &'static str,
    make: fn(&str) -> Fault,
    /// Parts of the error's message if the fault causes one. Most faults are hidden by another
    /// attempt.
    says: &'static [&'static str],
}

/// The longest time between a fault and an error that it explains: a request with all its retries,
/// and the time during which the daemon then sends Azure no requests.
const LATELY: Duration = Duration::from_secs(90);

/// The pseudo-fault of a machine that stood still (SIGSTOP), so that deadlines passed.
const STANDSTILL: &str = "standstill";
/// Parts of the error messages after a standstill.
const STANDSTILL_SAYS: [&str; 4] = [
    "took longer",
    "did not take",
    "does not answer",
    "Read timed out",
];
/// The delay of a tick from which on this process counts as having stood still.
const LATE: Duration = Duration::from_secs(5);

/// The page of a proxy that answers in Azure's place.
const PAGE: &str = "<html>A proxy's page</html>";

/// Makes the table of kinds. A row is `NAME, |PATTERN| FAULT, [TEXT, ...];`, as in [`Kind`].
macro_rules! kinds {
    ($($name:literal, |$pattern:ident| $make:expr, $says:expr;)*) => {
        const KINDS: &[Kind] =
            &[$(Kind { name: $name, make: |$pattern| $make, says: &$says }),*];
    };
}

kinds! {
    "throttled (429)", |to| refusal(to, 429).header("Retry-After", "0.2"), ["(Injected) 429"];
    "failed (500)", |to| refusal(to, 500), ["(Injected) 500"];
    "unavailable (503)", |to| refusal(to, 503).header("Retry-After", "0.1"), ["(Injected) 503"];
    "forbidden (403)", |to| refusal(to, 403), ["(Injected) 403"];
    "reset", |to| Fault::effect(to, Effect::Reset), ["Connection"];
    "closed", |to| Fault::effect(to, Effect::Drop), ["Connection"];
    "half a body", |to| Fault::effect(to, Effect::HalfBody), ["Incomplete", NO_LIST];
    "bad JSON", |to| Fault { text: Some(PAGE.to_owned()), ..refusal(to, 200) }, ["is not JSON", NO_LIST];
    "slow", |to| Fault { delay: Some(0.4), ..Fault::of(to) }, [];
    "silent", |to| Fault::effect(to, Effect::Silence), ["Read timed out"];
}

/// The error of a response that is no list.
const NO_LIST: &str = "no list of resource SKUs";

/// The start of the warning of a command whose catalogue has expired while Azure was failing.
const EXPIRED: &str = "Azure cannot be reached; these resource SKUs are ";

fn refusal(pattern: &str, status: u16) -> Fault {
    let error = json!({"error": {"code": "Injected", "message": format!("{status} by azq-soak")}});
    Fault::answer(pattern, status, error)
}

/// A fault that has not been applied yet.
struct Pending {
    kind: usize,
    family: Family,
    /// The mark that distinguishes the emulator's copy from others.
    mark: String,
}

/// Injects faults and records which have been applied.
pub(super) struct Injection {
    random: fastrand::Rng,
    pending: Vec<Pending>,
    serial: u64,
    struck: BTreeMap<(&'static str, Family), u64>,
    last: BTreeMap<(&'static str, Family), Instant>,
    ticked: Instant,
    /// The number of requests since the last injected fault.
    untouched: BTreeMap<Family, u64>,
}

/// The header of a fault that carries its mark; only some faults send it, all keep it.
const MARK: &str = "x-soak";

/// The most faults of one family that are pending.
const WAITING: usize = 2;
/// The number of requests for each fault: most attempts must succeed, or only errors would be
/// served.
const ONE_IN: u64 = 8;

impl Injection {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: fastrand::Rng::with_seed(seed),
            pending: Vec::new(),
            serial: 0,
            struck: BTreeMap::new(),
            last: BTreeMap::new(),
            ticked: Instant::now(),
            untouched: BTreeMap::new(),
        }
    }

    /// Records the faults that were applied, and injects another one for each family that is due.
    /// Also clears the emulator's log, which would otherwise fill this process's memory.
    pub(super) fn tick(&mut self, emulator: &Emulator, families: &[Family]) {
        let now = Instant::now();
        if now.duration_since(self.ticked) > LATE {
            for family in [Family::Pools, Family::Skus] {
                self.strike(STANDSTILL, family, now);
            }
        }
        self.ticked = now;
        let mut state = emulator.state();
        for request in std::mem::take(&mut state.requests) {
            for family in families.iter().filter(|family| family.asks(&request.path)) {
                *self.untouched.entry(*family).or_default() += 1;
            }
        }
        state.faults.retain(|fault| fault.times != Some(0));
        let waits = |pending: &mut Pending| {
            let mut faults = state.faults.iter();
            faults.any(|fault| fault.headers.get(MARK) == Some(&pending.mark))
        };
        let struck: Vec<_> = self
            .pending
            .extract_if(.., |pending| !waits(pending))
            .collect();
        for pending in struck {
            self.strike(KINDS[pending.kind].name, pending.family, now);
        }
        for family in families {
            let is_of = |pending: &&Pending| pending.family == *family;
            let waiting = self.pending.iter().filter(is_of).count();
            let is_due = self.untouched.get(family) >= Some(&ONE_IN);
            if is_due && waiting < WAITING {
                self.untouched.remove(family);
                state.faults.push(self.another(*family));
            }
        }
    }

    /// Removes the pending faults, so that the end of the run is quiet.
    pub(super) fn end(&mut self, emulator: &Emulator) {
        self.tick(emulator, &[]);
        emulator.state().faults.clear();
        self.pending.clear();
    }

    /// Returns the kind of fault that explains an error or a warning, if there is one.
    pub(super) fn explains(&self, family: Family, text: &str) -> Option<&'static str> {
        let lately = |name: &'static str| {
            let last = self.last.get(&(name, family));
            last.is_some_and(|last| last.elapsed() < LATELY)
        };
        if text.contains(EXPIRED) {
            return KINDS.iter().map(|kind| kind.name).find(|name| lately(name));
        }
        let said = |says: &[&str]| says.iter().any(|words| text.contains(words));
        if said(&STANDSTILL_SAYS) && lately(STANDSTILL) {
            return Some(STANDSTILL);
        }
        let mut kinds = KINDS.iter().filter(|kind| said(kind.says));
        kinds.find(|kind| lately(kind.name)).map(|kind| kind.name)
    }

    /// Describes how often each kind was applied to each family.
    pub(super) fn struck(&self) -> Vec<String> {
        let struck = self.struck.iter();
        struck
            .map(|((name, family), count)| format!("{count} {name} ({family:?})"))
            .collect()
    }

    fn strike(&mut self, name: &'static str, family: Family, now: Instant) {
        *self.struck.entry((name, family)).or_default() += 1;
        self.last.insert((name, family), now);
    }

    fn another(&mut self, family: Family) -> Fault {
        let kind = self.random.usize(..KINDS.len());
        self.serial += 1;
        let mark = self.serial.to_string();
        let fault = (KINDS[kind].make)(family.pattern()).header(MARK, &mark);
        self.pending.push(Pending { kind, family, mark });
        fault
    }
}
