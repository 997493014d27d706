//! The first answer of a daemon that has just been started, from the region that an earlier daemon
//! persisted.

use super::{Bench, LOOKUP};
use crate::error::BenchError;
use crate::measure::in_turn;
use crate::report::{Figure, Verdict, time};

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
    Ok(vec![Figure {
        what: "first answer of a new daemon, persisted region".to_owned(),
        azq: time(first.median()),
        reference: format!("`/bin/true` {}", time(nothing.median())),
        ratio: format!("{:.1}", first.median() / nothing.median()),
        target: format!("at most {}", time(AT_MOST)),
        verdict: Verdict::of(first.median() <= AT_MOST),
    }])
}
