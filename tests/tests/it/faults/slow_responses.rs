//! Slow responses of Azure: one that arrives completely is an answer; one that stalls is given up
//! after the read time-out without data, and requested again.

use crate::prelude::*;

/// The read time-out: far above the pause between two pieces, far below the time of all pieces.
const SILENCE: Duration = Duration::from_secs(1);
/// Timeout of a command that sends its request four times, which the default read time-out, 75 s,
/// would exceed.
const SOON: Duration = Duration::from_secs(40);

/// A command whose response arrives slowly.
struct Asked {
    line: &'static str,
    answer: &'static str,
    pattern: &'static str,
    path: &'static str,
    /// The body, of more than twenty pieces, and less than a hundred.
    body: fn() -> Value,
    /// The number of requests if every response stalls.
    tries: usize,
}

fn both() -> [Asked; 2] {
    [
        Asked {
            line: SHOW_POOL,
            answer: POOL,
            pattern: "GET .*/mynodepool",
            path: "/mynodepool",
            body: || {
                json!({"name": "mynodepool", "id": "/".repeat(200),
                    "properties": {"vmSize": POOL.trim_end()}})
            },
            tries: 4,
        },
        Asked {
            line: LIST_SKUS,
            answer: SKUS,
            pattern: "GET .*/skus",
            path: "/skus",
            body: || {
                json!({"value": [{"resourceType": "virtualMachines", "name": SKUS.trim_end(),
                    "size": "D4s_v5", "tier": "Standard", "family": "standardDSv5Family",
                    "locations": ["eastus"], "capabilities": [], "restrictions": [],
                    "locationInfo": [{"location": "eastus", "zones": ["1"]}]}]})
            },
            tries: 3,
        },
    ]
}

impl Asked {
    fn spoiled(&self, effect: Effect) -> Fault {
        Fault {
            effect: Some(effect),
            ..Fault::answer(self.pattern, 200, (self.body)())
        }
    }
}

fn start() -> (Emulator, Home) {
    let (emulator, mut home) = logged_in();
    home.set("AZQ_READ_TIMEOUT", "1s");
    home.line("account show").success();
    (emulator, home)
}

#[test]
fn a_slow_response_that_completes_is_an_answer() {
    for asked in both() {
        let (emulator, home) = start();
        emulator.inject(asked.spoiled(Effect::Drip));
        let started = Instant::now();
        assert_eq!(home.line(asked.line).success(), asked.answer);
        assert!(started.elapsed() > 2 * SILENCE, "{}", asked.line);
        assert_eq!(emulator.request_count(asked.path), 1, "{}", asked.line);
    }
}

#[test]
fn a_stalled_response_is_requested_again() {
    for asked in both() {
        let (emulator, home) = start();
        emulator.inject(asked.spoiled(Effect::Stall));
        assert_eq!(home.line(asked.line).success(), asked.answer);
        assert_eq!(emulator.request_count(asked.path), 2, "{}", asked.line);
    }
}

#[test]
fn responses_that_always_stall_are_an_error_in_time() {
    for asked in both() {
        let (emulator, home) = start();
        emulator.inject(asked.spoiled(Effect::Stall).times(100));
        let started = Instant::now();
        let outcome = home.line(asked.line);
        let took = started.elapsed();
        outcome.failure(1).assert_contains("timed out");
        assert!(took > SILENCE && took < SOON, "{}: {took:?}", asked.line);
        assert_eq!(emulator.request_count(asked.path), asked.tries);
        emulator.state().faults.clear();
        assert_eq!(home.line(asked.line).success(), asked.answer);
    }
}
