//! `azq sizes` of one region and of all of them, with options and without, repeated and with a new
//! request.

use super::{Bench, EVERYWHERE, REGION};
use crate::error::BenchError;
use crate::measure::{Process, Samples, in_turn};
use crate::report::Figure;
use crate::site::Site;

/// Typical options, for which the answer is short.
const OPTIONS: &str = "--gen2 --vcpus 4..8 --available";

pub(super) fn measure(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let rounds = bench.rounds(2);
    let site = bench.warm()?;
    // This fetches the whole catalogue, untimed.
    site.answer(EVERYWHERE)?;
    let mut figures = Vec::new();
    // The targets of new requests only guard the speed that was reached.
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

/// Measures a repeated request, a new request with the same answer, and `/bin/true`.
fn asked(site: &Site, line: &str, rounds: usize) -> Result<[Samples; 3], BenchError> {
    let answer = site.answer(line)?;
    let mut repeated = site.process(line)?;
    // The daemon keeps a long answer at the second request for it, on a thread of its own.
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
