//! `azq sizes`: the same question again, of one region and of all of them.

use super::{Bench, EVERYWHERE, REGION};
use crate::error::BenchError;
use crate::measure::in_turn;
use crate::report::Figure;

/// What people ask for; its answer is short.
const FILTERS: &str = "--gen2 --vcpus 4..8 --available";

pub(super) fn measure(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let rounds = bench.rounds(1);
    let site = bench.warm()?;
    let mut region = site.process(&format!("sizes -l {REGION} {FILTERS}"))?;
    // The whole catalogue is fetched, untimed.
    site.answer(EVERYWHERE)?;
    let mut everywhere = site.process(&format!("sizes -l all {FILTERS}"))?;
    // A long answer is kept when it is asked for a second time.
    everywhere.run()?;
    everywhere.run()?;
    let mut nothing = site.nothing();
    let [region, everywhere, nothing] = in_turn(
        rounds,
        &mut [
            &mut |_| region.run(),
            &mut |_| everywhere.run(),
            &mut |_| nothing.run(),
        ],
    )?;
    let reference = ("`/bin/true`", &nothing);
    Ok(vec![
        Figure::times(
            "warm `azq sizes -l R --gen2 --vcpus 4..8 --available`",
            &region,
            reference,
            1.5,
        ),
        Figure::times("the same over all regions", &everywhere, reference, 5.0),
    ])
}
