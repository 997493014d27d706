//! `azq sizes`: of one region and of all of them, with options and without, asked again and never
//! asked before.

use super::{Bench, EVERYWHERE, REGION};
use crate::error::BenchError;
use crate::measure::{Process, Samples, in_turn};
use crate::report::Figure;
use crate::site::Site;

/// What people ask for; its answer is short.
const OPTIONS: &str = "--gen2 --vcpus 4..8 --available";

pub(super) fn measure(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let rounds = bench.rounds(2);
    let site = bench.warm()?;
    // The whole catalogue is fetched, untimed.
    site.answer(EVERYWHERE)?;
    let mut figures = Vec::new();
    // The bars of new questions only guard what was reached.
    for (location, most, most_new) in [(REGION, 1.5, 10.0), ("all", 5.0, 250.0)] {
        for options in [OPTIONS, ""] {
            let line = format!("sizes -l {location} {options}");
            let line = line.trim_end();
            let [repeated, new, nothing] = asked(site, line, rounds)?;
            let reference = ("`/bin/true`", &nothing);
            let what = format!("warm `azq {line}`, repeated");
            figures.push(Figure::times(what, &repeated, reference, most));
            let what = "the same, never asked before";
            figures.push(Figure::times(what, &new, reference, most_new));
        }
    }
    Ok(figures)
}

/// How long a question takes that was asked before, and another of the same answer that was not;
/// and `/bin/true`.
fn asked(site: &Site, line: &str, rounds: usize) -> Result<[Samples; 3], BenchError> {
    let answer = site.answer(line)?;
    let mut repeated = site.process(line)?;
    // A long answer is kept when it is asked for a second time, on a thread of its own.
    repeated.run()?;
    site.daemon()?.settle()?;
    let mut new = |round: usize| {
        let other = format!("{line} --max {}", 1_000_000 + round);
        let mut process: Process = site.answering(&other, answer.clone());
        process.run()
    };
    let mut nothing = site.nothing();
    in_turn(
        rounds,
        &mut [&mut |_| repeated.run(), &mut new, &mut |_| nothing.run()],
    )
}
