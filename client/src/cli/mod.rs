//! az's command line: converts arguments to a typed request, or to a text that needs no daemon.
//!
//! Invariants: a command line that az refuses is refused in az's words and order, without a request
//! to Azure; this module does not depend on Azure, JSON or `JMESPath`; only the rows of the named
//! command are read.
//!
//! Deliberately left to the daemon: defaults from az's configuration, and therefore whether a
//! required option is really missing; queries; every check that is not argparse's.

// First, so that all modules below have its macro.
#[macro_use]
mod options;

mod account;
mod aks;
mod aks_command;
mod batch;
mod command;
pub(crate) mod completion;
mod expand;
mod file;
mod globals;
mod group;
mod groups;
mod help;
mod node_pools;
mod node_pools_add;
mod node_pools_scale;
mod node_pools_snapshot;
mod node_pools_update;
mod node_pools_upgrade;
mod option;
mod outcome;
mod own;
mod parser;
mod reading;
pub mod reference;
mod request;
mod resource;
mod rest;
mod scope;
mod sizes;
mod suggest;
mod usage;
mod values;
mod vm;
mod vm_machines;

use std::borrow::Cow;
use std::ffi::OsString;

pub use batch::{BatchForm, BatchOptions};
pub use own::{CompletionCommand, ConfigCommand, DaemonCommand, OwnCommand, Printing};
pub use request::{CommandCall, Request};
pub use usage::UsageError;

use command::Node;
use globals::Logging;
use groups::TOP;
pub(crate) use groups::{AZ_VERSION, WHO_ANSWERS};
use outcome::Outcome;
use parser::Parsed;
use scope::{EarlyExit, Unknown};

use crate::environment::Environment;

/// An argument, as typed or after az's expansion.
type Argument<'a> = Cow<'a, str>;

/// The result of reading a command line.
#[derive(Debug)]
pub enum Invocation {
    /// A request for the daemon.
    Command(Box<CommandCall>),
    /// A text for stdout.
    Help(String),
    /// The version, for stdout.
    Version(String),
    /// A usage error, with which az refuses the line.
    Usage(UsageError),
    /// A line for the real az.
    PassOn(HandOver),
    /// One of azq's own commands.
    Own(OwnCommand),
}

impl Invocation {
    /// Returns the invocation for an installation without a real az.
    #[must_use]
    pub fn alone(self) -> Self {
        let mut invocation = self;
        while let Self::PassOn(HandOver { otherwise, .. }) = invocation {
            invocation = *otherwise;
        }
        invocation
    }
}

/// A command line that azq does not implement.
#[derive(Debug)]
pub struct HandOver {
    /// The reason why azq does not implement it.
    pub reason: Reason,
    /// The invocation if there is no real az, which is azq's own error.
    pub otherwise: Box<Invocation>,
}

/// The reason why a command line is for the real az.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// An unknown word where a command was expected.
    #[error("azq has no command '{0}'")]
    Command(String),
    /// An unknown option, or one that azq leaves to az.
    #[error("azq does not know the option '{0}' here")]
    Option(String),
    /// A value that the option does not take, in the version of az that azq implements.
    #[error("azq does not know the value '{value}' for '{option}'")]
    Value {
        /// The option.
        option: &'static str,
        /// Its value.
        value: String,
    },
    /// The version, which a real az reports itself.
    #[error("a real az tells its own version")]
    Version,
    /// The help for a group, of which azq implements only a part.
    #[error("azq answers only a part of the group")]
    GroupHelp,
    /// An argument that is not UTF-8.
    #[error("an argument is not UTF-8")]
    NotUnicode,
    /// A command of an extension that is installed in a newer version than azq implements.
    #[error("the extension {name} {installed} is newer than {known}, which azq knows")]
    Extension {
        /// The extension's name.
        name: &'static str,
        /// The installed version.
        installed: String,
        /// The newest version that azq implements.
        known: &'static str,
    },
}

/// Reads the arguments after the program's name, if they name one of azq's own commands.
pub fn own(argv: &[OsString], environment: &dyn Environment) -> Option<Invocation> {
    if environment.is_called_az() {
        return None;
    }
    own::parse(argv, environment)
}

/// Returns the own command that resembles the first word, which is not a command itself.
pub(crate) fn resembling(argv: &[OsString]) -> Option<&'static str> {
    own::resembling(argv.first()?.to_str()?)
}

/// Reads the arguments after the program's name.
pub fn parse(argv: &[OsString], environment: &dyn Environment) -> Invocation {
    if let Some(own) = own(argv, environment) {
        return own;
    }
    let unicode: Option<Vec<Argument<'_>>> = argv
        .iter()
        .map(|argument| argument.to_str().map(Cow::Borrowed))
        .collect();
    match unicode {
        Some(arguments) => {
            let mut invocation = az(arguments, environment);
            if let Invocation::Command(call) = &mut invocation {
                call.keep_arguments(argv);
            }
            invocation
        }
        None => Invocation::PassOn(HandOver {
            reason: Reason::NotUnicode,
            otherwise: Box::new(Invocation::Usage(UsageError::unanswered(
                "an argument that is not UTF-8",
            ))),
        }),
    }
}

/// Returns the context of every request that this process sends, before any option is read.
pub(crate) fn caller_context(environment: &dyn Environment) -> azq_proto::v1::Context {
    globals::context(Logging::of(&[]), environment)
}

/// Reads a line in the order of az's own start: knack `cli.py` (`invoke`), azure-cli-core
/// `commands/__init__.py` (`execute`).
fn az(mut arguments: Vec<Argument<'_>>, environment: &dyn Environment) -> Invocation {
    let logging = Logging::of(&arguments);
    if logging.is_contradictory() {
        return Invocation::Usage(UsageError::conflicting_log_levels());
    }
    if arguments
        .first()
        .is_some_and(|first| first == "--version" || first == "-v")
    {
        return version(environment);
    }
    expand::expand(&mut arguments, environment);
    if asks_for_all_help(&arguments) {
        return show_help(Node::Group(&TOP), environment);
    }
    let mut parsed = Parsed::default();
    let result = parser::parse(&TOP, arguments, &mut parsed);
    let outcome = Outcome {
        parsed,
        logging,
        environment,
    };
    match result {
        Ok(command) => outcome.conclude(command),
        Err(EarlyExit::Help(node)) => show_help(node, environment),
        Err(EarlyExit::Usage(error)) => outcome.refuse(error),
        Err(EarlyExit::Unknown(unknown, error)) => Invocation::PassOn(HandOver {
            reason: unknown.into(),
            otherwise: Box::new(outcome.refuse(error)),
        }),
    }
}

impl From<Unknown> for Reason {
    fn from(unknown: Unknown) -> Self {
        match unknown {
            Unknown::Command(word) => Self::Command(word),
            Unknown::Value { option, value } => Self::Value { option, value },
        }
    }
}

/// Whether the line is empty apart from logging flags, or asks for help before any word.
fn asks_for_all_help(arguments: &[Argument<'_>]) -> bool {
    let mut leading = arguments
        .iter()
        .take_while(|argument| argument.starts_with('-'));
    arguments.iter().all(|argument| Logging::is_flag(argument))
        || leading.any(|argument| argument == "--help" || argument == "-h")
        || arguments
            .first()
            .is_some_and(|first| first.eq_ignore_ascii_case("help"))
}

fn version(environment: &dyn Environment) -> Invocation {
    if environment.is_called_az() {
        return Invocation::PassOn(HandOver {
            reason: Reason::Version,
            otherwise: Box::new(Invocation::Version(azs_version())),
        });
    }
    Invocation::Version(format!(
        "azq {} (answers as azure-cli {})\n",
        env!("CARGO_PKG_VERSION"),
        AZ_VERSION
    ))
}

/// Returns the lines of `az --version` that scripts read, in az's columns, and a note that azq
/// wrote them (azure-cli-core `util.py`, `get_az_version_string`).
fn azs_version() -> String {
    let line = |name: &str, version: &str| format!("{name:25}{version:>15}\n");
    let az = AZ_VERSION;
    [
        line("azure-cli", az),
        "\n".to_owned(),
        line("core", az),
        line("telemetry", "1.1.0"),
        format!("\n{WHO_ANSWERS}\n"),
    ]
    .concat()
}

fn show_help(node: Node, environment: &dyn Environment) -> Invocation {
    let is_called_az = environment.is_called_az();
    let text = Invocation::Help(help::of(node, if is_called_az { "az" } else { "azq" }));
    match node {
        Node::Group(_) if is_called_az => Invocation::PassOn(HandOver {
            reason: Reason::GroupHelp,
            otherwise: Box::new(text),
        }),
        _ => text,
    }
}
