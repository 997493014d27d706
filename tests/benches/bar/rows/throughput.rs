//! The rate of warm look-ups over persistent connections, by `azq batch`, and by one process each.
//!
//! Rows that repeat the same line measure remembered answers. The rows of distinct sizes measure
//! the look-ups.

mod grpc;

use std::io::{Read, Write};
use std::process::Stdio;
use std::time::Instant;

use super::sizes::{Size, Sizes, lookup};
use super::{Bench, LOOKUP, SIZE};
use crate::error::BenchError;
use crate::measure::{Process, Samples};
use crate::report::Figure;
use crate::site::Site;

/// Number of concurrent callers.
const CALLERS: usize = 8;
/// Number of processes that each caller starts in a round.
const STARTED: usize = 50;
/// Number of command lines of one batch.
const LINES: usize = 10_000;

pub(super) fn measure(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let rounds = bench.rounds(12);
    let site = bench.warm()?;
    let answer = site.answer(LOOKUP)?;
    let same = Sizes(vec![Size {
        name: SIZE.to_owned(),
        answer: answer.clone(),
    }]);
    let distinct = Sizes::of(site)?;
    Ok(vec![
        connections(site, rounds, (&same, "the same line"), 1)?,
        connections(site, rounds, (&same, "the same line"), 8)?,
        connections(site, rounds, (&distinct, "distinct sizes"), 1)?,
        batch(site, rounds, (&same, "the same line"))?,
        batch(site, rounds, (&distinct, "distinct sizes"))?,
        processes(site, rounds, &answer)?,
    ])
}

fn connections(
    site: &Site,
    rounds: usize,
    (sizes, name): (&Sizes, &str),
    in_flight: usize,
) -> Result<Figure, BenchError> {
    let questions = grpc::Questions::new(site, sizes);
    let mut rate = Samples::default();
    for _ in 0..rounds {
        rate.add(grpc::rate(site, &questions, CALLERS, in_flight)?);
    }
    let what = format!(
        "look-ups a second, {CALLERS} gRPC connections, {in_flight} in flight on each, {name}"
    );
    Ok(at_least(what, rate.median(), 30_000.0))
}

fn at_least(what: String, rate: f64, target: f64) -> Figure {
    let (shown, least) = (format!("{rate:.0}/s"), format!("at least {target:.0}/s"));
    Figure::alone(what, shown, least, rate >= target)
}

fn batch(site: &Site, rounds: usize, (sizes, name): (&Sizes, &str)) -> Result<Figure, BenchError> {
    let (mut lines, mut answers) = (String::new(), Vec::new());
    for size in sizes.0.iter().cycle().take(LINES) {
        lines.push_str(&lookup(&size.name));
        lines.push('\n');
        answers.extend_from_slice(&size.answer);
    }
    let mut rate = Samples::default();
    for _ in 0..rounds {
        rate.add(batched(site, &lines, &answers)?);
    }
    let what = format!("look-ups a second, `azq batch --jobs 8`, {name}");
    Ok(at_least(what, rate.median(), 20_000.0))
}

/// Returns the rate of one batch, from the start of its process to its end; its answers must be
/// these.
pub(super) fn batched(site: &Site, lines: &str, answers: &[u8]) -> Result<f64, BenchError> {
    let start = Instant::now();
    let mut azq = site.azq("batch --jobs 8", None);
    let mut child = azq.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let mut written = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // A batch that ends early is detected by its answers.
            let _short = stdin.map(|mut stdin| stdin.write_all(lines.as_bytes()));
        });
        stdout.map_or(Ok(0), |mut stdout| stdout.read_to_end(&mut written))
    })?;
    let ended = child.wait()?;
    let took = start.elapsed().as_secs_f64();
    if !ended.success() || written != answers {
        let (written, answers) = (written.len(), answers.len());
        return BenchError::unexpected(format!(
            "azq batch: {ended}, {written} bytes, which are not the {answers} of single commands"
        ));
    }
    Ok(count(lines.lines().count()) / took)
}

fn processes(site: &Site, rounds: usize, answer: &[u8]) -> Result<Figure, BenchError> {
    let (mut azq, mut nothing) = (Samples::default(), Samples::default());
    for _ in 0..rounds {
        azq.add(started(|| site.answering(LOOKUP, answer.to_vec()))?);
        nothing.add(started(|| site.nothing())?);
    }
    let share = azq.median() / nothing.median();
    let (low, high) = azq.spread(&nothing);
    let [shown, low, high] = [share, low, high].map(|share| share * 1e2);
    let what = format!("look-ups a second, one process each, {CALLERS} at once");
    let rate = format!("{:.0}/s", azq.median());
    Ok(Figure {
        reference: format!("`/bin/true` {:.0}/s", nothing.median()),
        ratio: format!("{shown:.0} % ({low:.0} to {high:.0} %)"),
        ..Figure::alone(what, rate, "at least 80 %", share >= 0.8)
    })
}

/// Returns the rate at which callers start processes, each caller one after the other.
fn started(process: impl Fn() -> Process + Sync) -> Result<f64, BenchError> {
    let start = Instant::now();
    std::thread::scope(|scope| {
        let call = || {
            let mut process = process();
            (0..STARTED).try_for_each(|_| process.run().map(drop))
        };
        let callers = [(); CALLERS].map(|()| scope.spawn(call));
        callers.into_iter().try_for_each(|caller| {
            let ended = caller.join();
            ended.unwrap_or_else(|_| BenchError::unexpected("a caller panicked"))
        })
    })?;
    Ok(count(CALLERS * STARTED) / start.elapsed().as_secs_f64())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "far below what a float holds exactly"
)]
fn count(number: usize) -> f64 {
    number as f64
}
