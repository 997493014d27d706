//! azq's own commands, which az does not have: many command lines at once, the daemon's life, the
//! configuration, the demo.

pub(crate) mod batch;
pub(crate) mod completion;
mod config;
pub(crate) mod daemon;
pub(crate) mod demo;
mod doctor;
pub(crate) mod printing;

use std::process::ExitCode;

use crate::cli::{DaemonCommand, OwnCommand};
use crate::show;

/// Carries out an own command that is not about other commands.
pub(crate) fn run(command: &OwnCommand) -> ExitCode {
    let outcome = match command {
        OwnCommand::Demo { keep } => demo::run(*keep).map_err(|error| error.to_string()),
        OwnCommand::Completion(command) => Ok(completion::run(command)),
        OwnCommand::Config(command) => text(config::run(command)),
        OwnCommand::Doctor(printing) => text(doctor::run(printing)),
        OwnCommand::Daemon(command) => text(match command {
            DaemonCommand::Start => daemon::start(),
            DaemonCommand::Stop => daemon::stop(),
            DaemonCommand::Restart => daemon::restart(),
            DaemonCommand::Status { limits, printing } => daemon::status(*limits, printing),
            DaemonCommand::Logs { follow } => daemon::logs(*follow),
        }),
        // `run` answers these itself.
        OwnCommand::Which(..) | OwnCommand::Batch(_) => Ok(ExitCode::FAILURE),
    };
    outcome.unwrap_or_else(|error| {
        show::error(&error);
        ExitCode::FAILURE
    })
}

fn text(outcome: Result<ExitCode, daemon::OwnError>) -> Result<ExitCode, String> {
    outcome.map_err(|error| error.to_string())
}
