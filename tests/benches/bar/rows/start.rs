//! The first answer of a daemon that has just been started, from the region that an earlier daemon
//! persisted.

use super::{Bench, LOOKUP};
use crate::error::BenchError;
use crate::measure::in_turn;
use crate::report::{Figure, time};

/// The most seconds from the client's start to its end.
const AT_MOST: f64 = 0.025;

pub(super) fn measure(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let rounds = bench.rounds(10);
    let site = bench.site()?;
    site.afresh()?;
    site.answer(LOOKUP)?;
    site.daemon()?.settle()?;
    let (mut azq, mut nothing) = (site.process(LOOKUP)?, site.nothing());
    site.web.forget()?;
    let mut first = |_| {
        site.home.stop()?;
        azq.run()
    };
    let [first, nothing] = in_turn(rounds, &mut [&mut first, &mut |_| nothing.run()])?;
    let asked = site.web.requests()?.len();
    if asked > 0 {
        return BenchError::unexpected(format!("{asked} requests to Azure: nothing was persisted"));
    }
    let (first, nothing) = (first.median(), nothing.median());
    let what = "first answer of a new daemon, persisted region";
    Ok(vec![Figure {
        reference: format!("`/bin/true` {}", time(nothing)),
        ratio: format!("{:.1}", first / nothing),
        ..Figure::bounded(what, first, AT_MOST, time)
    }])
}
