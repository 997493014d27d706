//! The command line of the benchmark.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Command, arg, value_parser};
use regex::Regex;

/// Rounds of a measurement that takes about a millisecond.
const ROUNDS: usize = 300;
/// The number of rounds with `--quick`.
const QUICK: usize = 30;

/// The options of the command line.
#[derive(Debug)]
pub(crate) struct Options {
    only: Option<Regex>,
    rounds: usize,
    /// Path of the real az, as a reference.
    pub(crate) az: Option<PathBuf>,
    /// `full`, or a file of the same scale.
    pub(crate) catalogue: String,
    pub(crate) write_docs: bool,
}

impl Options {
    /// Parses the command line.
    pub(crate) fn parse(
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<Self, clap::Error> {
        let matches = command().try_get_matches_from(arguments)?;
        let is_quick = matches.get_flag("quick");
        let rounds = matches.get_one("rounds").copied();
        let catalogue = matches.get_one("catalogue").cloned();
        Ok(Self {
            only: matches.get_one("only").cloned(),
            rounds: rounds.unwrap_or(if is_quick { QUICK } else { ROUNDS }),
            az: matches.get_one("az").cloned(),
            catalogue: catalogue.unwrap_or_default(),
            write_docs: matches.get_flag("write-docs"),
        })
    }

    /// Whether a row is selected.
    pub(crate) fn wants(&self, row: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.is_match(row))
    }

    /// Returns the number of rounds for a measurement that takes this many times as long as the
    /// quickest; at least 3.
    pub(crate) fn rounds(&self, cost: usize) -> usize {
        (self.rounds / cost).max(3)
    }
}

fn command() -> Command {
    Command::new("bar")
        .about("azq's speed and size beside references measured in the same run")
        .args([
            arg!(--only <REGEX> "Only the rows whose names match").value_parser(Regex::new),
            arg!(--rounds <N> "Rounds of the quickest measurements [default: 300]")
                .value_parser(value_parser!(usize)),
            arg!(--quick "A tenth of the rounds").conflicts_with("rounds"),
            arg!(--az <PATH> "The real az, to measure beside azq")
                .value_parser(value_parser!(PathBuf)),
            arg!(--catalogue <"full|FILE"> "The resource SKUs that the emulator lists")
                .default_value("full"),
            // The table of docs/benchmarks.md comes from one run, with every row.
            arg!(--"write-docs" "Write the table into docs/benchmarks.md").conflicts_with("only"),
            // cargo adds `--bench` to every benchmark's command line.
            arg!(--bench "").hide(true),
        ])
}
