//! Ten times the catalogue: ten times the regions, or ten times the names in each region.
//!
//! Every round looks up another size, because azqd answers a repeated line from its memory, whose
//! size does not grow.

use super::sizes::Sizes;
use super::{Bench, EVERYWHERE, LOOKUP};
use crate::error::BenchError;
use crate::measure::in_turn;
use crate::report::{Figure, memory};
use crate::site::Site;

/// The most times as much memory.
const MEMORY: f64 = 4.0;
/// The most times as long a look-up.
const TIME: f64 = 1.2;

pub(super) fn measure(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let rounds = bench.rounds(2);
    let site = bench.site()?;
    let usual = filled(site)?;
    let sizes = Sizes::of(site)?;
    let mut figures = Vec::new();
    for (catalogue, what) in [
        ("tenfold-regions", "10 x the regions"),
        ("tenfold-names", "10 x the names in each region"),
    ] {
        let large = Site::new(catalogue, None)?;
        let held = filled(&large)?;
        let (on_large, on_usual) = (sizes.on(&large)?, sizes.on(site)?);
        let mut look_up_large = |round| on_large.process(&large, round)?.run();
        let mut look_up_usual = |round| on_usual.process(site, round)?.run();
        let [on_large, on_usual] = in_turn(rounds, &mut [&mut look_up_large, &mut look_up_usual])?;
        let reference = ("full catalogue", &on_usual);
        let lookup = format!("{what}: a look-up, each of another size");
        figures.push(Figure::times(lookup, &on_large, reference, TIME));
        let (what, target) = (format!("{what}: daemon RSS"), format!("at most {MEMORY} x"));
        figures.push(Figure {
            reference: format!("full catalogue {}", memory(usual)),
            ratio: format!("{:.2}", held / usual),
            ..Figure::alone(what, memory(held), target, held <= MEMORY * usual)
        });
    }
    Ok(figures)
}

/// Returns the daemon's memory in kilobytes, at rest, once it has read the whole catalogue.
fn filled(site: &Site) -> Result<f64, BenchError> {
    let daemon = site.afresh()?;
    site.answer(EVERYWHERE)?;
    site.answer(LOOKUP)?;
    daemon.settle()?;
    daemon.resident()
}
