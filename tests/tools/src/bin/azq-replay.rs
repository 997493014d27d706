//! `azq-replay`: replays goldens with the azq beside it.
//!
//! `azq-replay [--only REGEX] [--except NAME]... [--show N] [--recorded] [--presets FILE]
//! GOLDENS...`: presets are those of `../cases/presets.json` beside the goldens; `--recorded`
//! imitates the emulator with which the shared goldens were recorded.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use azq_tests::harness::{Presets, Replay, goldens};
use clap::{ArgAction, ArgMatches, Command, arg, value_parser};
use regex::Regex;

fn main() -> ExitCode {
    let matches = command().get_matches();
    match run(&matches) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _closed = writeln!(std::io::stderr(), "azq-replay: {error}");
            ExitCode::from(2)
        }
    }
}

fn command() -> Command {
    Command::new("azq-replay")
        .about("Replays goldens through azq and tells what differs from az")
        .args([
            arg!(--only <REGEX> "Cases whose name matches").default_value(""),
            arg!(--except <NAME> "A case to leave out, by its name").action(ArgAction::Append),
            arg!(--show <N> "How many to show in full")
                .default_value("5")
                .value_parser(value_parser!(usize)),
            arg!(--recorded "The emulator follows the ways of the shared goldens' stand-in"),
            arg!(--presets <FILE>).value_parser(value_parser!(PathBuf)),
            arg!(<goldens> ...).value_parser(value_parser!(PathBuf)),
        ])
}

fn run(matches: &ArgMatches) -> Result<bool, Box<dyn Error>> {
    let only = Regex::new(matches.get_one::<String>("only").map_or("", String::as_str))?;
    let except = matches.get_many::<String>("except");
    let except: Vec<&String> = except.into_iter().flatten().collect();
    let (mut held, mut spoken, mut all, mut left_out) = (0, 0, 0, 0);
    for path in matches.get_many::<PathBuf>("goldens").into_iter().flatten() {
        let mut presets = Presets::read(&presets_of(path, matches))?;
        if matches.get_flag("recorded") {
            presets = presets.overlaid("rules", "recorded".into());
        }
        let mut cases = goldens(path)?;
        cases.retain(|golden| only.is_match(&golden.name));
        let wanted = cases.len();
        cases.retain(|golden| !except.contains(&&golden.name));
        left_out += wanted - cases.len();
        let suite = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut report = Replay::new(presets).run(&suite, &cases);
        report.shown = matches.get_one("show").copied().unwrap_or(5);
        write!(std::io::stdout(), "{report}")?;
        held += report.held();
        spoken += report.spoken();
        all += report.verdicts.len();
    }
    writeln!(
        std::io::stdout(),
        "goldens: {held} of {all} hold, stderr {spoken} of {all}, {left_out} left out"
    )?;
    Ok(held == all)
}

fn presets_of(goldens: &Path, matches: &ArgMatches) -> PathBuf {
    let folder = goldens.parent().and_then(Path::parent);
    let beside = folder.unwrap_or(Path::new("..")).join("cases/presets.json");
    matches.get_one("presets").cloned().unwrap_or(beside)
}
