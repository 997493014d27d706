//! azq's own commands, parsed by clap, and the distinction between their lines and az's.
//!
//! az has groups with the names `batch`, `cache`, `config` and `demo`. azq takes those lines that
//! its own grammar accepts and leaves the others to az.

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
pub(super) use page::{names, sentence, visible};

/// A command that azq carries out itself, without the service `Commands`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnCommand {
    /// `azq batch`: runs many command lines.
    Batch(BatchOptions),
    /// `azq daemon`: controls the daemon.
    Daemon(DaemonCommand),
    /// `azq config`: shows and changes the configuration.
    Config(ConfigCommand),
    /// `azq doctor`: reports problems of the installation.
    Doctor(Printing),
    /// `azq demo`: runs the guide's steps against an emulated Azure.
    Demo {
        /// Whether the emulator and its daemon are left running.
        keep: bool,
    },
    /// `azq which`: shows which program would run these arguments.
    Which(Vec<OsString>, Printing),
    /// `azq completion`: completes words on TAB.
    Completion(CompletionCommand),
}

impl OwnCommand {
    /// Whether it depends on the program that answers az's commands and on the daemon that serves
    /// them.
    pub const fn is_about_commands(&self) -> bool {
        matches!(self, Self::Batch(_) | Self::Which(..))
    }
}

impl From<OwnCommand> for Invocation {
    fn from(own: OwnCommand) -> Self {
        Self::Own(own)
    }
}

/// A subcommand of `azq completion`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompletionCommand {
    /// The script for a shell.
    Script(&'static str),
    /// The candidates for the last of these words, which the scripts request.
    Words {
        /// The words after the program's name.
        words: Vec<String>,
        /// Whether each candidate is followed by a tab and its description.
        described: bool,
    },
}

/// The options for printing a document of azq's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printing {
    /// The name of the format (`--output`).
    pub format: Option<String>,
    /// The query (`--query`).
    pub query: Option<String>,
    /// Whether the terminal shows colours.
    pub color: bool,
}

/// A subcommand of `azq config`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigCommand {
    /// Prints the effective settings, a line each.
    Lines,
    /// Prints the effective settings as a document.
    Show(Printing),
    /// Prints one setting, in the form in which az shows one of its own.
    Get {
        /// The setting, without azq's prefix.
        key: String,
        /// The options for printing it.
        printing: Printing,
    },
    /// Writes these assignments to `config.toml`.
    Set(Vec<String>),
    /// Removes these settings from `config.toml`.
    Unset(Vec<String>),
    /// Prints the path of `config.toml`.
    Path,
}

/// A subcommand of `azq daemon`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DaemonCommand {
    /// Starts the daemon, unless it is running.
    Start,
    /// Lets the daemon finish its calls, then ends it.
    Stop,
    /// Stops the daemon, then starts it.
    Restart,
    /// Prints the daemon's state.
    Status {
        /// Whether its limits are printed instead.
        limits: bool,
        /// The options for printing; without a format or a query the output is for people.
        printing: Printing,
    },
    /// Prints the daemon's log.
    Logs {
        /// Whether new lines are printed as the log grows.
        follow: bool,
    },
}

/// The words of az's group `cache` that azq's group does not have. They remove or list az's own
/// cached data, which a user who looks for azq's catalogues does not mean.
const AZ_CACHE_VERBS: [&str; 3] = ["delete", "list", "purge"];

/// The groups of az's `batch`; azq's `batch` takes a file in their place.
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

/// Reads the command, if the arguments name one of azq's own.
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

/// Returns the command whose name resembles this word.
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

/// Whether help is requested, which a group's name alone also does.
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

/// Whether a line is one of az's because of its first words.
fn is_azs(argv: &[OsString]) -> bool {
    let is_group = |word: &OsStr| AZ_BATCH_GROUPS.iter().any(|group| word == *group);
    match argv {
        [first, second, ..] if first == "batch" => is_group(second),
        [first, ..] if first == "config" => config::is_azs(argv),
        _ => false,
    }
}

/// Returns the error for a line that would run az's command although the user may mean azq's.
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

/// Whether a line whose first word az also has can only be meant for azq.
fn is_ours(own: &Own, argv: &[OsString]) -> bool {
    let [first, second, rest @ ..] = argv else {
        return true;
    };
    // az expects two words here; azq reports a mistake in azq's options better.
    if first == "batch" {
        let is_option = |word: &OsString| word.as_encoded_bytes().starts_with(b"-");
        return is_option(second) || rest.first().is_none_or(is_option);
    }
    let grammar = own.grammar();
    let Some(command) = grammar.find_subcommand(first) else {
        return false;
    };
    // A word that resembles one of azq's is misspelled; az would report it as a word of its own.
    let verbs = command.get_subcommands().map(clap::Command::get_name);
    second
        .to_str()
        .is_some_and(|word| closest(word, verbs).is_some())
}

#[cfg(test)]
mod tests;
