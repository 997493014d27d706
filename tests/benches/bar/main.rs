//! The bar: azq's speed and size beside references measured in the same run.
//!
//! ```text
//! cargo bench -p azq-tests                             # everything; builds the release binaries first
//! cargo bench -p azq-tests -- --quick --only '^lookup'
//! cargo bench -p azq-tests -- --az /opt/az/bin/az --write-docs
//! ```
//!
//! * [`rows`]: the measurements, one module for each row or group of rows of the bar.
//! * [`measure`]: processes timed in turn with their references, so that both see the same machine.
//! * [`site`], [`daemon`], [`web`]: the environment of a measurement: an emulator as a process of
//!   its own, a home beside it, the system's figures of the daemon, and a warm HTTPS client.
//! * [`report`]: the table, on stdout and in `docs/benchmarks.md`.
//!
//! A missed target is reported but does not fail the run, because a busy machine is no defect of
//! azq. The run fails for a wrong answer or a reference that cannot be had.

#![allow(
    clippy::disallowed_methods,
    reason = "a benchmark waits for what it measures, without anything beside that would count"
)]

mod daemon;
mod error;
mod measure;
mod options;
mod report;
mod rows;
mod site;
mod web;

use std::io::Write;
use std::process::ExitCode;

use error::BenchError;
use options::Options;
use rows::Bench;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args_os()) {
        Ok(options) => options,
        Err(usage) => {
            // If stderr is closed, the error cannot be reported.
            let _closed = usage.print();
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2));
        }
    };
    match run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _closed = writeln!(std::io::stderr(), "bar: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options) -> Result<(), BenchError> {
    let mut wanted = rows::ROWS.to_vec();
    wanted.retain(|(name, _)| options.wants(name));
    let mut out = std::io::stdout().lock();
    warn_if_busy()?;
    let write_docs = options.write_docs;
    let (quickest, longest) = (options.rounds(1), options.rounds(rows::LONGEST));
    let note = report::note(quickest, longest, options.az.is_some());
    let mut bench = Bench::new(options)?;
    let mut figures = Vec::new();
    writeln!(out, "{}", report::HEADER)?;
    for (_, measure) in wanted {
        for figure in measure(&mut bench)? {
            writeln!(out, "{}", figure.line())?;
            figures.push(figure);
        }
    }
    writeln!(out, "\n{note}")?;
    if write_docs {
        report::write_docs(&figures, &note)?;
    }
    Ok(())
}

/// Warns if other processes use the machine, because neither medians nor turns help if processes
/// wait for its processors.
fn warn_if_busy() -> Result<(), BenchError> {
    let load = std::fs::read_to_string("/proc/loadavg")?;
    let waiting = daemon::first(&load).unwrap_or_default();
    if waiting > 1.0 {
        let busy = format!("the machine is busy (load {waiting}); its figures are worth little");
        writeln!(std::io::stderr(), "bar: {busy}")?;
    }
    Ok(())
}
