//! azq's own commands, which az does not have: many command lines at once, the daemon's life, the
//! configuration, the demo.

pub(crate) mod batch;
pub(crate) mod completion;
pub(crate) mod daemon;
pub(crate) mod demo;

use std::process::ExitCode;

use crate::cli::{DaemonCommand, OwnCommand, StatusFormat};
use crate::show;

/// Carries out an own command that is not about other commands.
pub(crate) fn run(command: &OwnCommand) -> ExitCode {
    let outcome = match command {
        OwnCommand::Demo { keep } => demo::run(*keep).map_err(|error| error.to_string()),
        OwnCommand::Config => text(daemon::config()),
        OwnCommand::Completion(command) => Ok(completion::run(command)),
        OwnCommand::Daemon(command) => text(match command {
            DaemonCommand::Start => daemon::start(),
            DaemonCommand::Stop => daemon::stop(),
            DaemonCommand::Restart => daemon::restart(),
            DaemonCommand::Status(format) => daemon::status(*format == StatusFormat::Json),
            DaemonCommand::Logs { follow } => daemon::logs(*follow),
        }),
        // `run` answers these itself.
        OwnCommand::Which(_) | OwnCommand::Batch(_) => Ok(ExitCode::FAILURE),
    };
    outcome.unwrap_or_else(|error| {
        show::error(&error);
        ExitCode::FAILURE
    })
}

fn text(outcome: Result<ExitCode, daemon::OwnError>) -> Result<ExitCode, String> {
    outcome.map_err(|error| error.to_string())
}
