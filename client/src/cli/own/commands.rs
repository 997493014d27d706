//! The table of azq's own commands, their grammar by clap, and the conversion of their lines.
//!
//! Every list of own commands (the grammar, the top help page, `azq help WORD`) is generated from
//! [`COMMANDS`].

use std::ffi::OsString;

use azq_proto::v1::{
    ClearCacheRequest, Context, ExportCacheRequest, ImportCacheRequest, ListOperationsRequest,
    RefreshCacheRequest, ShowCacheRequest, WaitOperationRequest,
};
use clap::builder::NonEmptyStringValueParser;
use clap::{Arg, ArgAction, ArgMatches, Command as Clap};

use super::super::Invocation;
use super::super::batch;
use super::super::command::Command;
use super::super::globals::{self, FORMAT_NAMES, Logging};
use super::super::request::{CommandCall, Request};
use super::{CompletionCommand, DaemonCommand, OwnCommand, Printing, config, gen2};
use crate::environment::{Environment, seen};

/// One of azq's own commands or groups.
pub(in crate::cli) struct Own {
    /// Its name.
    pub(in crate::cli) name: &'static str,
    /// Its description, in one sentence.
    pub(in crate::cli) about: &'static str,
    /// Whether az has a group of the same name.
    pub(super) is_shared: bool,
    /// Adds its options and subcommands to a bare command.
    arguments: fn(Clap) -> Clap,
    /// Converts a line of it to an invocation.
    read: fn(&ArgMatches, &dyn Environment) -> Option<Invocation>,
}

/// The own commands, in alphabetical order.
pub(in crate::cli) const COMMANDS: [Own; 10] = [
    Own {
        name: "batch",
        about: "Answer many command lines, from standard input or a file.",
        is_shared: true,
        arguments: batch::arguments,
        read: |matches, _| Some(OwnCommand::Batch(batch::read(matches)).into()),
    },
    Own {
        name: "cache",
        about: "Show, clear, refresh, export or import the kept catalogues of SKUs.",
        is_shared: true,
        arguments: cache,
        read: |matches, environment| asked(matches.subcommand()?, environment),
    },
    Own {
        name: "completion",
        about: "Print the script by which a shell completes words on TAB.",
        is_shared: false,
        arguments: completion,
        read: |matches, _| {
            let command = read_completion(matches.subcommand()?);
            Some(OwnCommand::Completion(command).into())
        },
    },
    Own {
        name: "config",
        about: "Show and change azq's settings.",
        is_shared: true,
        arguments: config::arguments,
        read: |matches, environment| Some(config::read(matches, environment)),
    },
    Own {
        name: "daemon",
        about: "Start, stop and inspect azqd, which holds credentials and catalogues.",
        is_shared: false,
        arguments: daemon,
        read: |matches, environment| {
            let command = read_daemon(matches.subcommand()?, environment)?;
            Some(OwnCommand::Daemon(command).into())
        },
    },
    Own {
        name: "demo",
        about: "See azq at work against an emulated Azure.",
        is_shared: true,
        arguments: |command| command.arg(flag("keep", "Leave the emulator and its daemon running")),
        read: |matches, _| {
            let keep = matches.get_flag("keep");
            Some(OwnCommand::Demo { keep }.into())
        },
    },
    Own {
        name: "doctor",
        about: "Check the installation, the login and the way to Azure, and say what to do.",
        is_shared: false,
        arguments: |command| command.args(printing_options()),
        read: |matches, environment| {
            Some(OwnCommand::Doctor(printing(matches, environment)).into())
        },
    },
    Own {
        name: "gen2",
        about: "Tell which node pools are on Generation 2, and bring the others there.",
        is_shared: false,
        arguments: gen2::arguments,
        read: gen2::read,
    },
    Own {
        name: "operation",
        about: "List Azure's long-running operations that azq has begun, and wait for one.",
        is_shared: false,
        arguments: operation,
        read: |matches, environment| asked(matches.subcommand()?, environment),
    },
    Own {
        name: "which",
        about: "Tell who answers a command line: azq or the real az.",
        is_shared: false,
        arguments: which,
        read: |matches, environment| {
            let arguments = matches.get_many("arguments").unwrap_or_default();
            let arguments = arguments.cloned().collect();
            let printing = printing(matches, environment);
            Some(OwnCommand::Which(arguments, printing).into())
        },
    },
];

impl Own {
    /// Returns the command of this name.
    pub(super) fn of(word: &str) -> Option<&'static Self> {
        COMMANDS.iter().find(|own| own.name == word)
    }

    /// Returns the grammar of `azq` with this command alone.
    pub(in crate::cli) fn grammar(&self) -> Clap {
        let command = (self.arguments)(verb(self.name, self.about));
        Clap::new("azq")
            .disable_help_subcommand(true)
            .subcommand(command)
    }

    /// Converts the parsed arguments to an invocation.
    pub(super) fn invocation(
        &self,
        matches: &ArgMatches,
        environment: &dyn Environment,
    ) -> Option<Invocation> {
        let (_, matches) = matches.subcommand()?;
        (self.read)(matches, environment)
    }
}

/// Returns an argument that must not be empty, because an empty value is mostly an unset variable
/// and would mean every value.
pub(super) fn named(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .value_name(value)
        .value_parser(NonEmptyStringValueParser::new())
        .help(help)
}

/// Returns an option whose value must not be empty.
pub(super) fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    named(name, value, help).long(name)
}

/// Returns the options for the format and query of an answer, as in az's commands.
fn printing_options() -> [Arg; 2] {
    let format = Arg::new("output")
        .short('o')
        .long("output")
        .value_name("FORMAT");
    let format = format.value_parser(FORMAT_NAMES).ignore_case(true);
    let query = Arg::new("query").long("query").value_name("JMESPATH");
    [
        format.help("How to print the answer"),
        query.help("What to print of it"),
    ]
}

/// Reads those options.
pub(super) fn printing(matches: &ArgMatches, environment: &dyn Environment) -> Printing {
    let context = globals::context(Logging::of(&[]), environment);
    Printing {
        format: text(matches, "output"),
        query: text(matches, "query"),
        color: context.output.is_some_and(|output| output.color),
    }
}

/// Returns a subcommand with those options.
pub(super) fn asking(name: &'static str, about: &'static str) -> Clap {
    verb(name, about).args(printing_options())
}

fn cache(command: Clap) -> Clap {
    let only_one = "Only this one, by name or ID";
    let subscription = option("subscription", "SUBSCRIPTION", only_one);
    let location = option("location", "LOCATION", "Only this region").short('l');
    let file = named("file", "FILE", "The file").required(true);
    let asking = |name, about| asking(name, about).arg(subscription.clone());
    command.subcommand_required(true).subcommands([
        asking("show", "List the kept catalogues"),
        asking("clear", "Forget them").arg(location.clone()),
        asking("refresh", "Ask Azure for them now").arg(location.clone()),
        asking("export", "Write them to a file, for another machine")
            .arg(location)
            .arg(file.clone()),
        asking("import", "Take them from such a file").arg(file),
    ])
}

fn daemon(command: Clap) -> Clap {
    let limits = flag(
        "limits",
        "Show its limits instead, and how much of each is used",
    );
    command.subcommand_required(true).subcommands([
        verb("start", "Start it, unless it runs"),
        verb("stop", "Let it finish what it does and end"),
        verb("restart", "Stop it, then start it"),
        asking("status", "What it is and holds").arg(limits),
        verb("logs", "Its log").arg(flag("follow", "Go on as it grows").short('f')),
    ])
}

fn operation(command: Clap) -> Clap {
    let id = named(
        "id",
        "ID",
        "Which one; may be left out while only one is under way",
    );
    let list = "List those that are under way, and those that ended unseen within a day";
    let wait = "Wait for one, and print what its command would have printed";
    command
        .subcommand_required(true)
        .subcommands([asking("list", list), asking("wait", wait).arg(id)])
}

/// The shells with a completion script, each with its script.
const SHELLS: [(&str, &str); 4] = [
    ("bash", include_str!("../../commands/completion/azq.bash")),
    ("fish", include_str!("../../commands/completion/azq.fish")),
    (
        "powershell",
        include_str!("../../commands/completion/azq.ps1"),
    ),
    ("zsh", include_str!("../../commands/completion/azq.zsh")),
];

fn completion(command: Clap) -> Clap {
    let words = Arg::new("words")
        .num_args(0..)
        .trailing_var_arg(true)
        .allow_hyphen_values(true);
    command
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(SHELLS.map(|(shell, _)| verb(shell, "Print the script for this shell")))
        .subcommand(
            verb("words", "Print candidates, for the scripts")
                .hide(true)
                .arg(flag("describe", "Say of each what it is"))
                .arg(words),
        )
}

fn read_completion((verb, matches): (&str, &ArgMatches)) -> CompletionCommand {
    if let Some((_, script)) = SHELLS.iter().find(|(shell, _)| *shell == verb) {
        return CompletionCommand::Script(script);
    }
    let words = matches.get_many::<String>("words").unwrap_or_default();
    CompletionCommand::Words {
        words: words.cloned().collect(),
        described: matches.get_flag("describe"),
    }
}

fn which(command: Clap) -> Clap {
    command.args(printing_options()).arg(
        Arg::new("arguments")
            .value_name("ARGS")
            .num_args(1..)
            .trailing_var_arg(true)
            .allow_hyphen_values(true)
            .value_parser(clap::value_parser!(OsString))
            .required(true),
    )
}

pub(super) fn verb(name: &'static str, about: &'static str) -> Clap {
    Clap::new(name).about(about).disable_help_subcommand(true)
}

pub(in crate::cli) fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .action(ArgAction::SetTrue)
        .help(help)
}

fn read_daemon(
    (verb, matches): (&str, &ArgMatches),
    environment: &dyn Environment,
) -> Option<DaemonCommand> {
    Some(match verb {
        "start" => DaemonCommand::Start,
        "stop" => DaemonCommand::Stop,
        "restart" => DaemonCommand::Restart,
        "status" => DaemonCommand::Status {
            limits: matches.get_flag("limits"),
            printing: printing(matches, environment),
        },
        "logs" => DaemonCommand::Logs {
            follow: matches.get_flag("follow"),
        },
        _ => return None,
    })
}

/// Builds a request to the daemon, like that of az's commands, because its answer has a format and
/// a query.
fn asked(
    (verb, matches): (&str, &ArgMatches),
    environment: &dyn Environment,
) -> Option<Invocation> {
    let mut context = context(matches, environment);
    let file = named_file(verb, matches, environment, &mut context);
    request(verb, matches, context, file.unwrap_or_default()).map(call)
}

/// Returns the file of `cache export` and `import`, and adds it to the context. A daemon that sees
/// a different file, or would write into a different directory, must not serve the request.
fn named_file(
    verb: &str,
    matches: &ArgMatches,
    environment: &dyn Environment,
    context: &mut Context,
) -> Option<String> {
    let file = environment.current_directory().join(text(matches, "file")?);
    let read = if verb == "export" {
        file.parent()
    } else {
        Some(file.as_path())
    };
    let read = read.map(|path| seen(environment, path));
    context.seen.extend(read);
    Some(file.to_string_lossy().into_owned())
}

/// Returns the context of a request: the caller, and the form of the answer.
pub(super) fn context(matches: &ArgMatches, environment: &dyn Environment) -> Context {
    let mut context = globals::context(Logging::of(&[]), environment);
    context.subscription = text(matches, "subscription");
    let output = context.output.get_or_insert_default();
    output.query = text(matches, "query");
    if let Some(format) = text(matches, "output") {
        output.set_format(globals::format(&format));
    }
    context
}

/// Returns the invocation of a request to the daemon.
pub(super) fn call(request: Request) -> Invocation {
    Invocation::Command(Box::new(CommandCall::new(
        request,
        &ASKED,
        Vec::new(),
        None,
    )))
}

fn request(verb: &str, matches: &ArgMatches, context: Context, path: String) -> Option<Request> {
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
        "export" => ExportCacheRequest {
            context,
            location: text(matches, "location"),
            path,
        }
        .into(),
        "import" => ImportCacheRequest { context, path }.into(),
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

/// The command of these requests, for the daemon's usage errors. The only one that asks a question,
/// `gen2 migrate`, is cancelled by a no.
static ASKED: Command = Command {
    is_cancelled: true,
    ..Command::DEFAULT
};

/// Returns the value of an argument, if the command has it and the line gives it.
pub(super) fn text(matches: &ArgMatches, name: &str) -> Option<String> {
    matches.try_get_one(name).ok().flatten().cloned()
}
