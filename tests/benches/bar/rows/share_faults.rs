//! The slowest warm look-ups of a machine whose share fails, beside those of a machine without a
//! share.
//!
//! A catalogue is stale after a second, so that look-ups constantly renew it in the background,
//! through the share.

use std::time::Duration;

use azq_tests::faulty_store::{FAULTS, Fault, s3_variables};

use super::{Bench, LOOKUP};
use crate::error::BenchError;
use crate::measure::{Process, Samples};
use crate::report::{Figure, Verdict, time};
use crate::site::Site;

/// The number of look-ups of which the slowest is taken.
const TOGETHER: usize = 40;
/// The most times as long as without a share; `ALLOWANCE` is added, in seconds.
const AT_MOST: f64 = 1.2;
const ALLOWANCE: f64 = 0.001;
/// The number of faults that are measured, the first ones.
const MEASURED: usize = 6;

pub(super) fn measure(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let rounds = bench.rounds(LONGEST_ROUND);
    let mut alone = Machine::new(&bench.options.catalogue, None)?;
    let mut figures = Vec::new();
    for fault in &FAULTS[..MEASURED] {
        let mut failing = Machine::new(&bench.options.catalogue, Some(fault))?;
        let (mut with, mut without) = (Samples::default(), Samples::default());
        for _ in 0..rounds {
            without.push(alone.slowest()?);
            with.push(failing.slowest()?);
        }
        let at_most = AT_MOST * without.median() + ALLOWANCE;
        figures.push(Figure {
            what: format!("the slowest of {TOGETHER} look-ups, share {}", fault.name),
            target: format!("at most {AT_MOST} x + 1 ms = {}", time(at_most)),
            verdict: Verdict::of(with.median() <= at_most),
            ..Figure::times("", &with, ("no share", &without), AT_MOST)
        });
    }
    Ok(figures)
}

/// The duration of a round, as a multiple of the quickest measurement.
const LONGEST_ROUND: usize = 20;

/// A machine whose look-ups find a catalogue that is soon stale.
struct Machine {
    _site: Site,
    lookup: Process,
}

impl Machine {
    fn new(catalogue: &str, fault: Option<&'static Fault>) -> Result<Self, BenchError> {
        let mut site = Site::new(catalogue, None)?;
        site.home.set("AZQ_CACHE_FRESH", "1s");
        if let Some(fault) = fault {
            let variables = s3_variables("s3://bench/share", &fault.serve()?);
            site.home.set_all(variables);
        }
        let lookup = site.process(LOOKUP)?;
        Ok(Self {
            _site: site,
            lookup,
        })
    }

    fn slowest(&mut self) -> Result<Duration, BenchError> {
        let mut slowest = Duration::ZERO;
        for _ in 0..TOGETHER {
            slowest = slowest.max(self.lookup.run()?);
        }
        Ok(slowest)
    }
}
