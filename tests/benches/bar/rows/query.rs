//! A typical `--query` over a region's whole list, repeated and new.

use super::{Bench, REGION};
use crate::error::BenchError;
use crate::measure::{Expected, Process, in_turn};
use crate::report::Figure;

/// A query from public scripts: the sizes with two processors.
const QUERY: &str =
    "[?resourceType=='virtualMachines' && capabilities[?name=='vCPUs' && value=='2']].name";

pub(super) fn measure(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let rounds = bench.rounds(1);
    let site = bench.warm()?;
    let line = format!("vm list-skus -l {REGION} --all -o table --query");
    let answer = site.azq(&line, Some(QUERY)).output()?.stdout;
    if answer.is_empty() {
        return BenchError::unexpected(format!("`{QUERY}` selects nothing"));
    }
    let expected = Expected::Text(answer);
    let mut repeated = Process::new(site.azq(&line, Some(QUERY)), expected.clone());
    let mut new = |round: usize| {
        // A different query with the same result.
        let other = QUERY.replace("'2'", &format!("'2' && name!='{round}'"));
        Process::new(site.azq(&line, Some(&other)), expected.clone()).run()
    };
    let mut nothing = site.nothing();
    let [repeated, new, nothing] = in_turn(
        rounds,
        &mut [&mut |_| repeated.run(), &mut new, &mut |_| nothing.run()],
    )?;
    let reference = ("`/bin/true`", &nothing);
    let what = "a `--query` over a region's SKUs, repeated";
    Ok(vec![
        Figure::times(what, &repeated, reference, 2.0),
        Figure::times("the same, never asked before", &new, reference, 6.0),
    ])
}
