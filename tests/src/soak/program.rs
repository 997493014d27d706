//! `azq-soak` as a program: its command line and its output.

use std::io::Write as _;

use clap::{Arg, ArgMatches, Command, arg, value_parser};

use super::{SoakError, crashes, look_ups};

/// The number of look-ups before the first measurement.
const EARLY: u64 = 10_000;

/// Runs the program; returns whether everything held.
pub fn run(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Result<bool, ProgramError> {
    let matches = command().try_get_matches_from(arguments)?;
    let failures = match matches.subcommand() {
        Some(("crashes", options)) => {
            let plan = crashes::Plan {
                crashes: number(options, "count"),
                clients: clients(options),
                seed: seed(options),
                ..crashes::Plan::default()
            };
            let report = crashes::run(&plan, &say)?;
            say(&report.to_string());
            report.failures(true)
        }
        Some((_, options)) => {
            let look_ups = number(options, "count");
            let plan = look_ups::Plan {
                look_ups,
                early: EARLY.min(look_ups / 2),
                clients: clients(options),
                seed: seed(options),
                sku_names: None,
            };
            let report = look_ups::run(&plan, &say)?;
            say(&report.to_string());
            report.failures(true)
        }
        None => Vec::new(),
    };
    failures
        .iter()
        .for_each(|failure| say(&format!("FAILED: {failure}")));
    if failures.is_empty() {
        say("held");
    }
    Ok(failures.is_empty())
}

fn command() -> Command {
    Command::new("azq-soak")
        .about("Long runs against a real azqd and an emulated Azure")
        .subcommand_required(true)
        .subcommand(
            Command::new("look-ups")
                .about("Asks very often while Azure misbehaves, and weighs the daemon")
                .args(options("1000000", "32")),
        )
        .subcommand(
            Command::new("crashes")
                .about("Kills the daemon very often under load, and looks whether that shows")
                .args(options("1000", "4")),
        )
}

/// Returns the options of a run, with the usual count and number of clients.
fn options(count: &'static str, clients: &'static str) -> [Arg; 3] {
    [
        arg!(--count <N> "How often").default_value(count),
        arg!(--clients <N> "How many clients there are at once").default_value(clients),
        arg!(--seed <N> "Repeats the random choices of the run that printed it"),
    ]
    .map(|option| option.value_parser(value_parser!(u64)))
}

fn number(options: &ArgMatches, name: &str) -> u64 {
    options.get_one(name).copied().unwrap_or_default()
}

fn clients(options: &ArgMatches) -> usize {
    usize::try_from(number(options, "clients")).unwrap_or(usize::MAX)
}

fn seed(options: &ArgMatches) -> u64 {
    let seed = options.get_one("seed").copied();
    seed.unwrap_or_else(|| fastrand::u64(..))
}

fn say(text: &str) {
    // If stdout is closed, that cannot be reported.
    let _closed = writeln!(std::io::stdout(), "{text}");
}

/// The reason why the program ended without a finding.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// The command line is wrong, or asked for help.
    #[error(transparent)]
    Usage(#[from] clap::Error),
    /// A run could not be carried out.
    #[error(transparent)]
    Soak(#[from] SoakError),
}
