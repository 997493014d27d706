//! A warm look-up of one size in one region, as a process, beside `/bin/true` and beside the real
//! az.

use std::path::Path;

use super::{AZ_ROUNDS, Bench, LOOKUP};
use crate::error::BenchError;
use crate::measure::{Process, Samples, alone, both};
use crate::report::{Figure, Verdict, time};
use crate::site::Site;

/// The catalogue on which az spends least: some sizes in three regions.
pub(super) const SMALL: (&str, &str) = ("three", "Standard_D.*s_v5");

/// A comparison with az.
struct Comparison {
    what: &'static str,
    /// The least times as fast as az that azq must be.
    times: f64,
    /// The seconds that az 2.91 once took on the machine that the issue describes, least and most.
    recorded: [f64; 2],
}

const ON_SMALL: Comparison = Comparison {
    what: "the same beside az, small catalogue, each by itself",
    times: 600.0,
    recorded: [1.0, 1.0],
};
const ON_FULL: Comparison = Comparison {
    what: "the same beside az, full catalogue",
    times: 30_000.0,
    recorded: [62.0, 82.0],
};

pub(super) fn measure(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let (rounds, az) = (bench.rounds(1), bench.az());
    let site = bench.warm()?;
    let (mut azq, mut nothing) = (site.process(LOOKUP)?, site.nothing());
    let [warm, reference] = both(rounds, [&mut azq, &mut nothing])?;
    let what = "warm `vm list-skus -l R --size S -o table`";
    let reference = ("`/bin/true`", &reference);
    let mut figures = vec![Figure::times(what, &warm, reference, 1.6)];
    let Some(az) = az else {
        figures.extend([ON_SMALL, ON_FULL].map(|comparison| comparison.recorded(&warm)));
        return Ok(figures);
    };
    let full = once(site, &az)?;
    let (catalogue, names) = SMALL;
    let small = Site::new(catalogue, Some(names))?;
    let (mut azq, mut reference) = (small.process(LOOKUP)?, az_process(&small, &az)?);
    // These do not run in turn, because az takes most of a second and leaves nothing warm.
    let warm_on_small = alone(rounds, &mut azq)?;
    let az_on_small = alone(AZ_ROUNDS, &mut reference)?;
    let measured = [
        (ON_SMALL, &warm_on_small, &az_on_small),
        (ON_FULL, &warm, &full),
    ];
    figures.extend(
        measured.map(|(Comparison { what, times, .. }, azq, az)| {
            Figure::faster(what, azq, az, times, 0)
        }),
    );
    Ok(figures)
}

/// Runs az once, because it takes a minute or more on the full catalogue.
fn once(site: &Site, az: &Path) -> Result<Samples, BenchError> {
    let mut samples = Samples::default();
    samples.push(az_process(site, az)?.run()?);
    Ok(samples)
}

/// Creates a process of az, whose answer must equal azq's byte for byte.
fn az_process(site: &Site, az: &Path) -> Result<Process, BenchError> {
    Ok(site.az(az, LOOKUP, site.answer(LOOKUP)?))
}

impl Comparison {
    /// Returns the figure of a run without az: the ratio to az's recorded times, without a verdict.
    fn recorded(&self, azq: &Samples) -> Figure {
        let [least, most] = self.recorded;
        let times = least / azq.median();
        let span = if least < most {
            format!("{least} to {most} s")
        } else {
            format!("{least:.1} s")
        };
        let target = format!("at least {} x faster", self.times);
        Figure {
            reference: format!("az {span} (recorded, not measured)"),
            ratio: format!("{times:.0} x faster, by the recorded time"),
            verdict: Verdict::Open,
            ..Figure::alone(self.what, time(azq.median()), target, false)
        }
    }
}
