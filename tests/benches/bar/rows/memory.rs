//! The daemon at rest: its memory without data and with a region, and how often it wakes up.

use std::time::{Duration, Instant};

use super::{Bench, LOOKUP};
use crate::daemon::Daemon;
use crate::error::BenchError;
use crate::report::{Figure, memory};

/// The most memory without data and with a region, in kilobytes.
const IDLE: f64 = 12e3;
const ONE_REGION: f64 = 20e3;
/// Wake-ups a second that count as none, because the daemon checks itself every few minutes.
const NONE: f64 = 0.1;
/// Time after a command until azqd counts as idle: by then it has closed the connections kept for
/// the next command, and its spare threads have ended.
const WINDING_UP: Duration = Duration::from_secs(20);

pub(super) fn measure(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let watched = Duration::from_secs(bench.rounds(5) as u64).max(WINDING_UP);
    let site = bench.site()?;
    let daemon = site.afresh()?;
    daemon.settle()?;
    let idle = daemon.resident()?;
    site.answer(LOOKUP)?;
    daemon.settle()?;
    let one_region = daemon.resident()?;
    let woken = wake_ups(daemon, watched)?;
    let what = "idle wake-ups a second, from 20 s after the last command";
    let (shown, below) = (format!("{woken:.2}"), format!("0 (below {NONE})"));
    Ok(vec![
        Figure::bounded("daemon RSS, one region", one_region, ONE_REGION, memory),
        Figure::bounded("daemon RSS, idle without any", idle, IDLE, memory),
        Figure::alone(what, shown, below, woken < NONE),
    ])
}

/// Returns how often a second the idle daemon's threads wake up.
#[expect(
    clippy::disallowed_methods,
    reason = "nothing is waited for: these are the spans that are let pass and watched"
)]
fn wake_ups(daemon: Daemon, watched: Duration) -> Result<f64, BenchError> {
    std::thread::sleep(WINDING_UP);
    let (before, start) = (daemon.switches()?, Instant::now());
    std::thread::sleep(watched);
    let after = daemon.switches()?;
    if before.keys().any(|thread| !after.contains_key(thread)) {
        return BenchError::unexpected("azqd's threads end though nobody asks anything");
    }
    let woken = |(thread, count): (_, &f64)| count - before.get(thread).unwrap_or(&0.0);
    let woken: f64 = after.iter().map(woken).sum();
    Ok(woken / start.elapsed().as_secs_f64())
}
