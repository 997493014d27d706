//! The daemon at rest: what it holds with nothing and with a region, and how often it wakes up.

use std::time::{Duration, Instant};

use super::{Bench, LOOKUP};
use crate::daemon::Daemon;
use crate::error::BenchError;
use crate::report::{Figure, Verdict, memory};

/// In kilobytes.
const IDLE: f64 = 12e3;
const ONE_REGION: f64 = 20e3;
/// Wake-ups a second that count as none: the daemon looks after itself every few minutes.
const NONE: f64 = 0.1;
/// How often they are counted until its number of threads is constant.
const WINDOWS: usize = 5;

pub(super) fn measure(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let watched = Duration::from_secs(bench.rounds(5) as u64);
    let site = bench.site()?;
    let daemon = site.afresh()?;
    daemon.settle()?;
    let idle = daemon.resident()?;
    site.answer(LOOKUP)?;
    daemon.settle()?;
    let one_region = daemon.resident()?;
    let woken = wake_ups(daemon, watched)?;
    Ok(vec![
        Figure::bounded("daemon RSS, one region", one_region, ONE_REGION, memory),
        Figure::bounded("daemon RSS, idle without any", idle, IDLE, memory),
        Figure {
            target: format!("0 (below {NONE})"),
            verdict: Verdict::of(woken < NONE),
            ..Figure::bounded("idle wake-ups a second", woken, NONE, per_second)
        },
    ])
}

/// How often a second its threads are woken up, once none of them ends any more: spare ones do after a while.
#[expect(
    clippy::disallowed_methods,
    reason = "nothing is waited for: this is the span that is watched"
)]
fn wake_ups(daemon: Daemon, watched: Duration) -> Result<f64, BenchError> {
    for _ in 0..WINDOWS {
        let (before, start) = (daemon.switches()?, Instant::now());
        std::thread::sleep(watched);
        let after = daemon.switches()?;
        if after.len() == before.len() {
            let woken = |(thread, count): (_, &f64)| count - before.get(thread).unwrap_or(&0.0);
            let woken: f64 = after.iter().map(woken).sum();
            return Ok(woken / start.elapsed().as_secs_f64());
        }
    }
    BenchError::unexpected("azqd's threads come and go though nobody asks anything")
}

fn per_second(value: f64) -> String {
    format!("{value:.2}")
}
