//! The lines of `azq config`, and their distinction from az's.
//!
//! az has a group of the same name. Its settings are `SECTION.KEY`, and azq's are written `azq.KEY`
//! here, so that each line determines which settings it means: a line without one of azq's is az's.

use std::ffi::{OsStr, OsString};

use clap::{Arg, ArgMatches, Command as Clap};

use super::commands::{asking, printing, verb};
use super::{ConfigCommand, OwnCommand};
use crate::cli::Invocation;
use crate::cli::usage::UsageError;
use crate::environment::Environment;

/// The prefix of azq's settings on a command line.
const PREFIX: &str = "azq.";

/// The subcommands that az also has.
const SHARED: [&str; 3] = ["get", "set", "unset"];

pub(super) fn arguments(command: Clap) -> Clap {
    let several = |name: &'static str, value: &'static str, help: &'static str| {
        let argument = Arg::new(name).value_name(value).help(help);
        argument.num_args(1..).required(true)
    };
    command.subcommands([
        asking("show", "Show azq's settings and where each comes from"),
        asking("get", "Show one of azq's settings").arg(
            Arg::new("key")
                .value_name("azq.KEY")
                .required(true)
                .help("The setting"),
        ),
        verb("set", "Write settings of azq to config.toml").arg(several(
            "assignments",
            "azq.KEY=VALUE",
            "What to set; az's own settings are set by: az config set",
        )),
        verb("unset", "Remove settings of azq from config.toml").arg(several(
            "keys",
            "azq.KEY",
            "What to leave to its default",
        )),
        verb("path", "Print where config.toml is"),
    ])
}

pub(super) fn read(matches: &ArgMatches, environment: &dyn Environment) -> Invocation {
    let Some((verb, matches)) = matches.subcommand() else {
        return OwnCommand::Config(ConfigCommand::Lines).into();
    };
    let names = |name: &str| {
        let given = matches.get_many::<String>(name).unwrap_or_default();
        given
            .map(|text| own_name(text))
            .collect::<Result<Vec<_>, _>>()
    };
    let command = match verb {
        "show" => Ok(ConfigCommand::Show(printing(matches, environment))),
        "path" => Ok(ConfigCommand::Path),
        "get" => names("key").map(|keys| ConfigCommand::Get {
            key: keys.concat(),
            printing: printing(matches, environment),
        }),
        "set" => names("assignments").map(ConfigCommand::Set),
        _ => names("keys").map(ConfigCommand::Unset),
    };
    match command {
        Ok(command) => OwnCommand::Config(command).into(),
        Err(error) => Invocation::Usage(error),
    }
}

/// Whether a line concerns only az's settings.
pub(super) fn is_azs(argv: &[OsString]) -> bool {
    let [_, verb, rest @ ..] = argv else {
        return false;
    };
    let is_shared = SHARED.iter().any(|shared| verb == *shared);
    let is_help = |word: &OsString| word == "--help" || word == "-h";
    let is_own = |word: &OsString| text(word).starts_with(PREFIX);
    // A name without a section belongs to neither; azq explains how to write each.
    let is_bare = |word: &OsString| !text(word).starts_with('-') && !name(text(word)).contains('.');
    is_shared
        && !rest
            .iter()
            .any(|word| is_own(word) || is_help(word) || is_bare(word))
}

fn text(word: &OsStr) -> &str {
    word.to_str().unwrap_or_default()
}

/// Returns the name in an assignment.
fn name(assignment: &str) -> &str {
    assignment.split('=').next().unwrap_or(assignment)
}

/// Returns the setting or the assignment without azq's prefix.
fn own_name(text: &str) -> Result<String, UsageError> {
    if let Some(own) = text.strip_prefix(PREFIX) {
        return Ok(own.to_owned());
    }
    let name = name(text);
    Err(UsageError::own(&if name.contains('.') {
        format!(
            "'{name}' is a setting of az; azq's and az's are not changed by one command. For az's, run: az config"
        )
    } else {
        format!(
            "'{name}' is no setting; azq's are written azq.KEY (azq config show lists them), az's SECTION.KEY"
        )
    }))
}
