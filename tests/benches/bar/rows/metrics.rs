//! The instructions that azqd executes for a warm look-up with metrics, beside the same without.
//!
//! callgrind counts them, because the processor times of two processes of one program differ by
//! more than the bar. The kernel's part of a look-up is not counted, which makes the proportion of
//! metrics larger than it is. The answers are cached ones, the quickest kind, for the same reason.
//! Without valgrind there is no row.

use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use azq_tests::harness::eventually;

use super::throughput::batched;
use super::{Bench, LOOKUP, SIZE};
use crate::error::BenchError;
use crate::report::{Figure, Verdict};
use crate::site::Site;

const VALGRIND: &str = "/usr/bin/valgrind";
/// The most times as many instructions that metrics may cost.
const AT_MOST: f64 = 1.02;
/// Look-ups of the two runs whose difference is taken, so that start and end do not count.
const LOOKUPS: [u32; 2] = [500, 4_500];

pub(super) fn measure(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    if !Path::new(VALGRIND).exists() {
        return Ok(Vec::new());
    }
    let mut site = Site::new(&bench.options.catalogue, Some(SIZE))?;
    let without = instructions_per_lookup(&site)?;
    let socket = format!("unix:{}/metrics", site.home.path().display());
    site.home.set("AZQ_METRICS", &socket);
    let with = instructions_per_lookup(&site)?;
    let ratio = with / without;
    Ok(vec![Figure {
        what: "azqd's instructions for a warm look-up, with metrics".to_owned(),
        azq: format!("{with:.0}"),
        reference: format!("without {without:.0}"),
        ratio: format!("{ratio:.4}"),
        target: format!("at most {AT_MOST} x"),
        verdict: Verdict::of(ratio <= AT_MOST),
    }])
}

fn instructions_per_lookup(site: &Site) -> Result<f64, BenchError> {
    let [few, many] = LOOKUPS;
    Ok((instructions(site, many)? - instructions(site, few)?) / f64::from(many - few))
}

/// Runs a daemon under callgrind for so many look-ups, and returns the instructions of its life.
fn instructions(site: &Site, lookups: u32) -> Result<f64, BenchError> {
    site.home.make_runtime_dir();
    let mut daemon = site
        .home
        .command(Path::new(VALGRIND))
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(&site.home.binaries().azqd)
        .arg("--runtime-dir")
        .arg(site.home.runtime_dir())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    eventually("azqd under callgrind", || {
        site.home.line("daemon status").code == Some(0)
    });
    let (answer, lookups) = (site.answer(LOOKUP)?, lookups as usize);
    batched(
        site,
        &format!("{LOOKUP}\n").repeat(lookups),
        &answer.repeat(lookups),
    )?;
    site.answer("daemon stop")?;
    let mut told = String::new();
    if let Some(mut stderr) = daemon.stderr.take() {
        stderr.read_to_string(&mut told)?;
    }
    daemon.wait()?;
    let collected = told
        .lines()
        .find_map(|line| line.split("Collected :").nth(1));
    match collected.and_then(|number| number.trim().parse().ok()) {
        Some(instructions) => Ok(instructions),
        None => BenchError::unexpected(format!("callgrind counted nothing: {told}")),
    }
}
