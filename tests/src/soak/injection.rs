//! Faults on chosen requests throughout a run, and which errors they explain.
//!
//! Each fault strikes one request. What it may come to at worst is known by its kind: the words
//! that the error then has. An error without a fault that struck the same kind of request, lately
//! and with these words, is azq's own.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::emulator::{Effect, Emulator, Fault};

/// What is asked of Azure; az's own commands ask in these letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    /// Node pools, and the token on the way.
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
    /// Some of what the error says if the fault shows at all. Most are hidden by another attempt.
    says: &'static [&'static str],
}

/// How long an error may come after the fault that explains it: a request with all its retries, and
/// the time for which the daemon then leaves Azure alone.
const LATELY: Duration = Duration::from_secs(90);

/// The pseudo-fault of a machine that stood still (SIGSTOP): deadlines then pass without anybody's
/// fault.
const STANDSTILL: &str = "standstill";
/// What is said then.
const STANDSTILL_SAYS: [&str; 4] = [
    "took longer",
    "did not take",
    "does not answer",
    "Read timed out",
];
/// A tick that comes so late means that this process stood still.
const LATE: Duration = Duration::from_secs(5);

const KINDS: [Kind; 10] = [
    Kind {
        name: "throttled (429)",
        make: |pattern| refusal(pattern, 429).header("Retry-After", "0.2"),
        says: &["(Injected) 429"],
    },
    Kind {
        name: "failed (500)",
        make: |pattern| refusal(pattern, 500),
        says: &["(Injected) 500"],
    },
    Kind {
        name: "unavailable (503)",
        make: |pattern| refusal(pattern, 503).header("Retry-After", "0.1"),
        says: &["(Injected) 503"],
    },
    Kind {
        name: "forbidden (403)",
        make: |pattern| refusal(pattern, 403),
        says: &["(Injected) 403"],
    },
    Kind {
        name: "reset",
        make: |pattern| Fault::effect(pattern, Effect::Reset),
        says: &["Connection"],
    },
    Kind {
        name: "closed",
        make: |pattern| Fault::effect(pattern, Effect::Drop),
        says: &["Connection"],
    },
    Kind {
        name: "half a body",
        make: |pattern| Fault::effect(pattern, Effect::HalfBody),
        says: &["Incomplete", "no list of resource SKUs"],
    },
    Kind {
        name: "bad JSON",
        make: |pattern| Fault {
            text: Some("<html>A proxy's page</html>".to_owned()),
            status: Some(200),
            pattern: pattern.to_owned(),
            ..Fault::default()
        },
        says: &["is not JSON", "no list of resource SKUs"],
    },
    Kind {
        name: "slow",
        make: |pattern| Fault {
            delay: Some(0.4),
            pattern: pattern.to_owned(),
            ..Fault::default()
        },
        says: &[],
    },
    Kind {
        name: "silent",
        make: |pattern| Fault::effect(pattern, Effect::Silence),
        says: &["Read timed out"],
    },
];

/// What a command says whose catalogue has expired while Azure was failing.
const EXPIRED: &str = "Azure cannot be reached; these resource SKUs are ";

fn refusal(pattern: &str, status: u16) -> Fault {
    let error = json!({"error": {"code": "Injected", "message": format!("{status} by azq-soak")}});
    Fault::answer(pattern, status, error)
}

/// A fault that waits for its request.
struct Pending {
    kind: usize,
    family: Family,
    /// How the emulator's copy is told from the others.
    mark: String,
}

/// Injects faults and remembers which have struck.
pub(super) struct Injection {
    random: fastrand::Rng,
    pending: Vec<Pending>,
    serial: u64,
    struck: BTreeMap<(&'static str, Family), u64>,
    last: BTreeMap<(&'static str, Family), Instant>,
    ticked: Instant,
    /// Requests since the last fault that was let go.
    untouched: BTreeMap<Family, u64>,
}

/// The header of a fault's own that carries its mark; only some faults send it, all keep it.
const MARK: &str = "x-soak";

/// How many faults of one family wait for a request at most.
const WAITING: usize = 2;
/// Of so many requests about one is struck: most attempts must succeed, or nothing is served but
/// errors.
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

    /// Notes what has struck, and lets another fault wait for each family whose turn it is; also
    /// forgets what the emulator has logged, which would otherwise be all of this process's memory.
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
        let waits = |pending: &Pending| {
            let mut faults = state.faults.iter();
            faults.any(|fault| fault.headers.get(MARK) == Some(&pending.mark))
        };
        let (waiting, struck): (Vec<_>, Vec<_>) = std::mem::take(&mut self.pending)
            .into_iter()
            .partition(waits);
        self.pending = waiting;
        for pending in struck {
            self.strike(KINDS[pending.kind].name, pending.family, now);
        }
        for family in families {
            let waiting = self
                .pending
                .iter()
                .filter(|pending| pending.family == *family);
            let is_due = self
                .untouched
                .get(family)
                .is_some_and(|count| *count >= ONE_IN);
            if is_due && waiting.count() < WAITING {
                self.untouched.remove(family);
                state.faults.push(self.another(*family));
            }
        }
    }

    /// Takes back what has not struck; the end of the run is to be quiet.
    pub(super) fn end(&mut self, emulator: &Emulator) {
        self.tick(emulator, &[]);
        emulator.state().faults.clear();
        self.pending.clear();
    }

    /// The kind of fault that explains an error or a warning, if there is one.
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

    /// How often each kind has struck each family.
    pub(super) fn struck(&self) -> impl Iterator<Item = (&'static str, Family, u64)> {
        self.struck
            .iter()
            .map(|((name, family), count)| (*name, *family, *count))
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
