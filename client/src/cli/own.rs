//! azq's own commands, by clap: which lines are theirs, and which are left to az.
//!
//! az has groups of the names `batch`, `cache`, `config` and `demo`. azq takes those lines that its
//! own grammar knows and leaves the others to az.

mod commands;
mod gen2;

use std::ffi::{OsStr, OsString};

use clap::error::ErrorKind;

use super::Invocation;
use super::batch::BatchOptions;
use super::usage::UsageError;
use crate::environment::Environment;
use commands::Own;
pub(super) use commands::{COMMANDS, flag};

/// What azq does itself, without the service `Commands`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnCommand {
    /// Many command lines.
    Batch(BatchOptions),
    /// The daemon's life.
    Daemon(DaemonCommand),
    /// The effective configuration and its sources.
    Config,
    /// The guide's steps against an emulated Azure.
    Demo {
        /// Leave the emulator and its daemon running.
        keep: bool,
    },
    /// Who would answer these arguments.
    Which(Vec<OsString>),
    /// What completes words on TAB.
    Completion(CompletionCommand),
}

impl OwnCommand {
    /// Whether it depends on who answers az's commands and who serves them.
    pub const fn is_about_commands(&self) -> bool {
        matches!(self, Self::Batch(_) | Self::Which(_))
    }
}

/// `azq completion …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompletionCommand {
    /// The script for a shell.
    Script(&'static str),
    /// The candidates for the last of these words, for the scripts.
    Words(Vec<String>),
}

/// `azq daemon …`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DaemonCommand {
    /// Start it, unless it runs.
    Start,
    /// Let it finish what it does and end.
    Stop,
    /// Stop, then start.
    Restart,
    /// What it is and holds.
    Status(StatusFormat),
    /// Its log.
    Logs {
        /// Go on as it grows.
        follow: bool,
    },
}

/// How to print a status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatusFormat {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// The groups of az's `batch`; azq's takes a file there.
const AZ_BATCH_GROUPS: [&str; 10] = [
    "account",
    "application",
    "job",
    "job-schedule",
    "location",
    "node",
    "pool",
    "private-endpoint-connection",
    "private-link-resource",
    "task",
];

/// The command, if the arguments name one of azq's own.
pub(super) fn parse(argv: &[OsString], environment: &dyn Environment) -> Option<Invocation> {
    let asks_for_help = argv
        .first()
        .and_then(|word| word.to_str())
        .is_some_and(|word| word.eq_ignore_ascii_case("help"));
    if asks_for_help {
        let words = argv.get(1..)?;
        let own = Own::of(words.first()?.to_str()?)?;
        let help = [words, &["--help".into()]].concat();
        return Some(read(own, &help, environment).unwrap_or_else(|error| refused(&error)));
    }
    let own = Own::of(argv.first()?.to_str()?)?;
    if own.is_shared && is_azs(argv) {
        return None;
    }
    match read(own, argv, environment) {
        Ok(invocation) => Some(invocation),
        Err(_) if own.is_shared && !is_ours(own, argv) => None,
        Err(error) => Some(refused(&error)),
    }
}

fn read(
    own: &Own,
    argv: &[OsString],
    environment: &dyn Environment,
) -> Result<Invocation, clap::Error> {
    let arguments = std::iter::once(OsString::from("azq")).chain(argv.iter().cloned());
    match own.grammar().try_get_matches_from(arguments) {
        Ok(matches) => own
            .invocation(&matches, environment)
            .ok_or_else(|| clap::Error::new(ErrorKind::InvalidSubcommand)),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => {
            Ok(Invocation::Help(error.to_string()))
        }
        Err(error) => Err(error),
    }
}

fn refused(error: &clap::Error) -> Invocation {
    Invocation::Usage(UsageError::own(&error.to_string()))
}

/// Whether a line begins as one of az's whatever follows.
fn is_azs(argv: &[OsString]) -> bool {
    let is_group = |word: &OsStr| AZ_BATCH_GROUPS.iter().any(|group| word == *group);
    matches!(argv, [first, second, ..] if first == "batch" && is_group(second))
}

/// Whether a word that az has too is followed by something that only azq can mean.
fn is_ours(own: &Own, argv: &[OsString]) -> bool {
    let [first, second, rest @ ..] = argv else {
        return true;
    };
    // az wants two words there; a mistake in azq's options is better said by azq.
    if first == "batch" {
        let is_option = |word: &OsString| word.as_encoded_bytes().starts_with(b"-");
        return is_option(second) || rest.first().is_none_or(is_option);
    }
    let grammar = own.grammar();
    let verbs = grammar.find_subcommand(first).map(|command| {
        command
            .get_subcommands()
            .any(|verb| verb.get_name() == second)
    });
    verbs.unwrap_or_default()
}

#[cfg(test)]
mod tests;
