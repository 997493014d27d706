//! azq's own commands, by clap: the batch, the daemon, the cache, the operations, the configuration, the demonstration,
//! `which`.
//!
//! az has groups of the names `batch`, `cache`, `config` and `demo`. azq takes those lines that its own grammar knows
//! and leaves the others to az. Reserved for later: `completion`.

use std::ffi::OsString;

use azq_proto::v1::{
    ClearCacheRequest, Context, ListOperationsRequest, RefreshCacheRequest, ShowCacheRequest,
    WaitOperationRequest,
};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command as Clap};

use super::Invocation;
use super::batch::{self, BatchOptions};
use super::command::{Command, Rows};
use super::globals::{self, FORMAT_NAMES, Logging};
use super::request::{CommandCall, Request};
use super::usage::UsageError;
use crate::environment::Environment;

/// What azq does itself, without the service `Commands`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnCommand {
    /// The command lines on standard input.
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

/// The words that begin azq's own commands, and whether az has a group of the same name.
const WORDS: [(&str, bool); 7] = [
    ("batch", true),
    ("cache", true),
    ("config", true),
    ("daemon", false),
    ("demo", true),
    ("operation", false),
    ("which", false),
];

/// The command, if the arguments name one of azq's own.
pub(super) fn parse(argv: &[OsString], environment: &dyn Environment) -> Option<Invocation> {
    let first = argv.first()?.to_str()?;
    let (_, is_shared) = WORDS.iter().find(|(word, _)| *word == first)?;
    let arguments = std::iter::once(OsString::from("azq")).chain(argv.iter().cloned());
    match grammar().try_get_matches_from(arguments) {
        Ok(matches) => invocation(&matches, environment),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp => Some(Invocation::Help(error.to_string())),
            _ if *is_shared && !is_ours(argv) => None,
            _ => Some(Invocation::Usage(UsageError::own(&error.to_string()))),
        },
    }
}

/// Whether a word that az has too is followed by something that only azq can mean.
fn is_ours(argv: &[OsString]) -> bool {
    let [first, second, ..] = argv else {
        return true;
    };
    // az wants a word there; a mistake in azq's options is better said by azq.
    if first == "batch" {
        return second.as_encoded_bytes().starts_with(b"-");
    }
    let verbs = grammar().find_subcommand(first).map(|command| {
        command
            .get_subcommands()
            .any(|verb| verb.get_name() == second)
    });
    verbs.unwrap_or_default()
}

fn grammar() -> Clap {
    let output = Arg::new("output")
        .short('o')
        .long("output")
        .value_name("FORMAT");
    let location = Arg::new("location")
        .short('l')
        .long("location")
        .value_name("LOCATION");
    let location = location.help("Only this region");
    let format = output.clone().value_parser(FORMAT_NAMES).ignore_case(true);
    let format = format.help("How to print the answer");
    let query = Arg::new("query")
        .long("query")
        .value_name("JMESPATH")
        .help("What to print of it");
    let subscription = Arg::new("subscription")
        .long("subscription")
        .value_name("SUBSCRIPTION");
    let subscription = subscription.help("Name or ID of the subscription");
    let asking = |name, about| verb(name, about).args([format.clone(), query.clone()]);
    let cache = |name, about| asking(name, about).arg(subscription.clone());
    let id = Arg::new("id")
        .value_name("ID")
        .help("Which one; may be left out while there is only one");
    Clap::new("azq").disable_help_subcommand(true).subcommands([
        batch::grammar(),
        verb("cache", "The kept catalogues of SKUs")
            .subcommand_required(true)
            .subcommands([
                cache("show", "List the kept catalogues"),
                cache("clear", "Forget them").arg(location.clone()),
                cache("refresh", "Ask Azure for them now").arg(location),
            ]),
        verb("config", "Show azq's settings and where each comes from"),
        verb("daemon", "azqd, which holds credentials and catalogues")
            .subcommand_required(true)
            .subcommands([
                verb("start", "Start it, unless it runs"),
                verb("stop", "Let it finish what it does and end"),
                verb("restart", "Stop it, then start it"),
                verb("status", "What it is and holds").arg(
                    output
                        .value_parser(["table", "json"])
                        .help("How to print it"),
                ),
                verb("logs", "Its log").arg(flag("follow", "Go on as it grows").short('f')),
            ]),
        verb("demo", "See azq at work against an emulated Azure")
            .arg(flag("keep", "Leave the emulator and its daemon running")),
        verb(
            "operation",
            "Azure's long-running operations that azq has begun",
        )
        .subcommand_required(true)
        .subcommands([
            asking("list", "List those that are under way"),
            asking(
                "wait",
                "Wait for one, and print what its command would have printed",
            )
            .arg(id),
        ]),
        verb(
            "which",
            "Tell who answers a command line: azq or the real az",
        )
        .arg(
            Arg::new("arguments")
                .value_name("ARGS")
                .num_args(1..)
                .trailing_var_arg(true)
                .allow_hyphen_values(true)
                .value_parser(clap::value_parser!(OsString))
                .required(true),
        ),
    ])
}

pub(super) fn verb(name: &'static str, about: &'static str) -> Clap {
    Clap::new(name).about(about).disable_help_subcommand(true)
}

pub(super) fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .action(ArgAction::SetTrue)
        .help(help)
}

fn invocation(matches: &ArgMatches, environment: &dyn Environment) -> Option<Invocation> {
    let (word, matches) = matches.subcommand()?;
    let own = match word {
        "cache" | "operation" => return asked(matches.subcommand()?, environment),
        "batch" => OwnCommand::Batch(batch::read(matches)),
        "config" => OwnCommand::Config,
        "daemon" => OwnCommand::Daemon(daemon(matches.subcommand()?)?),
        "demo" => OwnCommand::Demo {
            keep: matches.get_flag("keep"),
        },
        "which" => {
            let arguments = matches.get_many("arguments").unwrap_or_default();
            OwnCommand::Which(arguments.cloned().collect())
        }
        _ => return None,
    };
    Some(Invocation::Own(own))
}

fn daemon((verb, matches): (&str, &ArgMatches)) -> Option<DaemonCommand> {
    Some(match verb {
        "start" => DaemonCommand::Start,
        "stop" => DaemonCommand::Stop,
        "restart" => DaemonCommand::Restart,
        "status" => DaemonCommand::Status(match text(matches, "output").as_deref() {
            Some("json") => StatusFormat::Json,
            _ => StatusFormat::Table,
        }),
        "logs" => DaemonCommand::Logs {
            follow: matches.get_flag("follow"),
        },
        _ => return None,
    })
}

/// The daemon is asked like by a command of az: its answer has a format and a query.
fn asked(
    (verb, matches): (&str, &ArgMatches),
    environment: &dyn Environment,
) -> Option<Invocation> {
    let mut context = globals::context(Logging::of(&[]), environment);
    context.subscription = matches
        .try_get_one::<String>("subscription")
        .ok()
        .flatten()
        .cloned();
    let output = context.output.get_or_insert_default();
    output.query = text(matches, "query");
    if let Some(format) = text(matches, "output") {
        output.set_format(globals::format(&format));
    }
    let request = request(verb, matches, context)?;
    Some(Invocation::Command(Box::new(CommandCall::new(
        request,
        &ASKED,
        Vec::new(),
        None,
    ))))
}

fn request(verb: &str, matches: &ArgMatches, context: Context) -> Option<Request> {
    let context = Some(context);
    Some(match verb {
        "show" => ShowCacheRequest { context }.into(),
        "clear" => ClearCacheRequest {
            context,
            location: text(matches, "location"),
        }
        .into(),
        "refresh" => RefreshCacheRequest {
            context,
            location: text(matches, "location"),
        }
        .into(),
        "list" => ListOperationsRequest { context }.into(),
        "wait" => WaitOperationRequest {
            context,
            id: text(matches, "id"),
            operation: None,
        }
        .into(),
        _ => return None,
    })
}

/// What the daemon's usage errors about these commands need to know.
static ASKED: Command = Command {
    path: "",
    summary: "",
    details: "",
    examples: &[],
    subscription: true,
    policy: false,
    deprecation: "",
    table: &Rows::<ShowCacheRequest>(&[]),
};

fn text(matches: &ArgMatches, name: &str) -> Option<String> {
    matches.get_one::<String>(name).cloned()
}

#[cfg(test)]
mod tests;
