//! The processor time that azqd takes for a warm look-up with metrics, beside the same without.
//!
//! The two daemons answer in turn over a connection that stays open. That is the quickest kind of
//! look-up, so the cost of metrics is largest in proportion.

use super::sizes::{Size, Sizes};
use super::throughput::grpc;
use super::{Bench, LOOKUP, SIZE};
use crate::error::BenchError;
use crate::measure::Samples;
use crate::report::{Figure, Verdict};
use crate::site::Site;

/// The most times as much processor time that metrics may cost.
const AT_MOST: f64 = 1.02;

pub(super) fn measure(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let rounds = bench.rounds(4);
    let off = warm(Site::new(&bench.options.catalogue, None)?)?;
    let mut on = Site::new(&bench.options.catalogue, None)?;
    let socket = format!("unix:{}/metrics", on.home.path().display());
    on.home.set("AZQ_METRICS", &socket);
    let on = warm(on)?;
    let asked = |(site, sizes): &(Site, Sizes)| {
        let questions = grpc::Questions::new(site, sizes);
        let daemon = site.daemon()?;
        let before = daemon.processor_time()?;
        let answers = grpc::answers(site, &questions)?;
        Ok::<f64, BenchError>((daemon.processor_time()? - before) / answers)
    };
    let (mut with, mut without) = (Samples::default(), Samples::default());
    for round in 0..rounds {
        if round % 2 == 0 {
            without.add(asked(&off)?);
            with.add(asked(&on)?);
        } else {
            with.add(asked(&on)?);
            without.add(asked(&off)?);
        }
    }
    let micro = |seconds: f64| format!("{:.2} µs", seconds * 1e6);
    let ratio = with.median() / without.median();
    let undisturbed = with.undisturbed() / without.undisturbed();
    Ok(vec![Figure {
        what: "azqd's processor time for a warm look-up, with metrics".to_owned(),
        azq: micro(with.median()),
        reference: format!("without {}", micro(without.median())),
        ratio: format!("{ratio:.3} (undisturbed {undisturbed:.3})"),
        target: format!("at most {AT_MOST} x"),
        verdict: Verdict::of(ratio.max(undisturbed) <= AT_MOST),
    }])
}

fn warm(site: Site) -> Result<(Site, Sizes), BenchError> {
    let answer = site.answer(LOOKUP)?;
    site.daemon()?.settle()?;
    let sizes = Sizes(vec![Size {
        name: SIZE.to_owned(),
        answer,
    }]);
    Ok((site, sizes))
}
