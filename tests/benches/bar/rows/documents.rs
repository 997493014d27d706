//! Large answers as JSON, beside `cat` of the same bytes from a file; both write into a pipe.

use std::path::Path;

use super::{Bench, EVERYTHING_JSON, REGION_JSON};
use crate::error::BenchError;
use crate::measure::{Process, in_turn};
use crate::report::{Figure, megabytes};

pub(super) fn region(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let rounds = bench.rounds(5);
    measure(bench, "a whole region as JSON", REGION_JSON, rounds)
}

pub(super) fn catalogue(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let rounds = bench.rounds(15);
    measure(
        bench,
        "the whole catalogue as JSON, warm",
        EVERYTHING_JSON,
        rounds,
    )
}

fn measure(
    bench: &mut Bench,
    what: &str,
    line: &str,
    rounds: usize,
) -> Result<Vec<Figure>, BenchError> {
    let site = bench.site()?;
    let answer = site.answer(line)?;
    let length = answer.len();
    let file = site.home.path().join("answer.json");
    std::fs::write(&file, answer)?;
    site.daemon()?.settle()?;
    let mut cat = site.home.command(Path::new("/bin/cat"));
    cat.arg(&file);
    let mut cat = Process::writing(cat, length);
    let mut azq = Process::writing(site.azq(line, None), length);
    let [azq, cat] = in_turn(rounds, &mut [&mut |_| azq.run(), &mut |_| cat.run()])?;
    std::fs::remove_file(&file)?;
    let what = format!("{what} ({:.1} MB into a pipe)", megabytes(length));
    Ok(vec![Figure::times(what, &azq, ("`cat`", &cat), 3.0)])
}
