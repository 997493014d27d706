//! azq's own commands, by clap: which lines are theirs, and which are left to az.
//!
//! az has groups of the names `batch`, `cache`, `config` and `demo`. azq takes those lines that its
//! own grammar knows and leaves the others to az.

mod commands;
mod config;
mod gen2;
mod page;

use std::ffi::{OsStr, OsString};

use clap::error::ErrorKind;

use super::Invocation;
use super::batch::BatchOptions;
use super::suggest::closest;
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
    /// The configuration.
    Config(ConfigCommand),
    /// What is wrong with the installation, if something is.
    Doctor(Printing),
    /// The guide's steps against an emulated Azure.
    Demo {
        /// Leave the emulator and its daemon running.
        keep: bool,
    },
    /// Who would answer these arguments.
    Which(Vec<OsString>, Printing),
    /// What completes words on TAB.
    Completion(CompletionCommand),
}

impl OwnCommand {
    /// Whether it depends on who answers az's commands and who serves them.
    pub const fn is_about_commands(&self) -> bool {
        matches!(self, Self::Batch(_) | Self::Which(..))
    }
}

/// `azq completion …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompletionCommand {
    /// The script for a shell.
    Script(&'static str),
    /// The candidates for the last of these words, for the scripts.
    Words {
        /// What follows the program's name.
        words: Vec<String>,
        /// What is said of each candidate follows it, after a tab.
        described: bool,
    },
}

/// How a document of azq's own is printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printing {
    /// `--output`, by its name.
    pub format: Option<String>,
    /// `--query`.
    pub query: Option<String>,
    /// Whether the terminal shows colours.
    pub color: bool,
}

/// `azq config …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigCommand {
    /// The effective settings, a line each.
    Lines,
    /// The same as a document.
    Show(Printing),
    /// One of them, as az shows one of its own.
    Get {
        /// Without azq's prefix.
        key: String,
        /// How to print it.
        printing: Printing,
    },
    /// Write these assignments to `config.toml`.
    Set(Vec<String>),
    /// Remove these settings from it.
    Unset(Vec<String>),
    /// Where it is.
    Path,
}

/// `azq daemon …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DaemonCommand {
    /// Start it, unless it runs.
    Start,
    /// Let it finish what it does and end.
    Stop,
    /// Stop, then start.
    Restart,
    /// What it is and holds.
    Status {
        /// Its limits instead.
        limits: bool,
        /// For people, unless a format or a query is asked for.
        printing: Printing,
    },
    /// Its log.
    Logs {
        /// Go on as it grows.
        follow: bool,
    },
}

/// The words of az's group `cache` that azq's has not. They remove or list what az has cached,
/// which somebody who looks for azq's catalogues does not mean.
const AZ_CACHE_VERBS: [&str; 3] = ["delete", "list", "purge"];

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
        return Some(
            read(own, &help, environment).unwrap_or_else(|error| refused(own, &help, &error)),
        );
    }
    let own = Own::of(argv.first()?.to_str()?)?;
    if own.is_shared && is_azs(argv) {
        return None;
    }
    if let Some(refused) = neither(argv) {
        return Some(Invocation::Usage(refused));
    }
    match read(own, argv, environment) {
        Ok(invocation) => Some(invocation),
        Err(_) if own.is_shared && !is_ours(own, argv) => None,
        Err(error) => Some(refused(own, argv, &error)),
    }
}

/// The command whose name is like this word.
pub(super) fn resembling(word: &str) -> Option<&'static str> {
    closest(word, COMMANDS.iter().map(|own| own.name)).filter(|name| *name != word)
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
        Err(error) if is_about_help(&error) => {
            Ok(Invocation::Help(page::help(&own.grammar(), &words(argv))))
        }
        Err(error) => Err(error),
    }
}

/// Whether help is asked for, also by a group's name alone.
fn is_about_help(error: &clap::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            | ErrorKind::MissingSubcommand
    )
}

fn words(argv: &[OsString]) -> Vec<String> {
    let texts = argv.iter().map(|word| word.to_string_lossy());
    texts.map(std::borrow::Cow::into_owned).collect()
}

fn refused(own: &Own, argv: &[OsString], error: &clap::Error) -> Invocation {
    Invocation::Usage(page::mistake(&own.grammar(), &words(argv), error))
}

/// Whether a line begins as one of az's whatever follows.
fn is_azs(argv: &[OsString]) -> bool {
    let is_group = |word: &OsStr| AZ_BATCH_GROUPS.iter().any(|group| word == *group);
    match argv {
        [first, second, ..] if first == "batch" => is_group(second),
        [first, ..] if first == "config" => config::is_azs(argv),
        _ => false,
    }
}

/// What is said of a line that would do az's thing to somebody who means azq's.
fn neither(argv: &[OsString]) -> Option<UsageError> {
    let [first, second, ..] = argv else {
        return None;
    };
    let verb = AZ_CACHE_VERBS.iter().find(|verb| second == **verb)?;
    (first == "cache").then(|| {
        UsageError::own(&format!(
            "'cache {verb}' is a command of az, about what az itself has cached; for that, run: az cache {verb}\n\
             For azq's catalogues there are: azq cache show, clear, refresh"
        ))
    })
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
    let Some(command) = grammar.find_subcommand(first) else {
        return false;
    };
    // A word that is like one of azq's is misspelled; az would answer for a word of its own.
    let verbs = command.get_subcommands().map(clap::Command::get_name);
    second
        .to_str()
        .is_some_and(|word| closest(word, verbs).is_some())
}

#[cfg(test)]
mod tests;
