//! A warm look-up of one size in one region, as a process, beside `/bin/true` and beside the real
//! az.

use std::path::Path;

use super::{AZ_ROUNDS, Bench, LOOKUP};
use crate::error::BenchError;
use crate::measure::{Expected, Process, Samples, in_turn};
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
    let [warm, reference] = in_turn(rounds, &mut [&mut |_| azq.run(), &mut |_| nothing.run()])?;
    let mut figures = vec![Figure::times(
        "warm `vm list-skus -l R --size S -o table`",
        &warm,
        ("`/bin/true`", &reference),
        1.6,
    )];
    let Some(az) = az else {
        figures.extend([ON_SMALL, ON_FULL].map(|comparison| comparison.recorded(&warm)));
        return Ok(figures);
    };
    let full = once(site, &az)?;
    let (catalogue, names) = SMALL;
    let small = Site::new(catalogue, Some(names))?;
    let (mut azq, mut reference) = (small.process(LOOKUP)?, az_process(&small, &az)?);
    // These do not run in turn, because az takes most of a second and leaves nothing warm.
    let [warm_on_small] = in_turn(rounds, &mut [&mut |_| azq.run()])?;
    let [az_on_small] = in_turn(AZ_ROUNDS, &mut [&mut |_| reference.run()])?;
    figures.push(ON_SMALL.measured(&warm_on_small, &az_on_small));
    figures.push(ON_FULL.measured(&warm, &full));
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
    let mut command = site.home.command(az);
    command.args(LOOKUP.split_whitespace());
    Ok(Process::new(command, Expected::Text(site.answer(LOOKUP)?)))
}

impl Comparison {
    fn measured(&self, azq: &Samples, az: &Samples) -> Figure {
        let times = az.median() / azq.median();
        Figure {
            what: self.what.to_owned(),
            azq: time(azq.median()),
            reference: format!("az {}", time(az.median())),
            ratio: format!("{times:.0} x faster"),
            target: format!("at least {} x faster", self.times),
            verdict: Verdict::of(times >= self.times),
        }
    }

    /// Returns the figure of a run without az: the ratio to az's recorded times, without a verdict.
    fn recorded(&self, azq: &Samples) -> Figure {
        let [least, most] = self.recorded;
        let times = least / azq.median();
        let span = if least < most {
            format!("{least} to {most} s")
        } else {
            format!("{least:.1} s")
        };
        Figure {
            what: self.what.to_owned(),
            azq: time(azq.median()),
            reference: format!("az {span} (recorded, not measured)"),
            ratio: format!("{times:.0} x faster, by the recorded time"),
            target: format!("at least {} x faster", self.times),
            verdict: Verdict::Open,
        }
    }
}
