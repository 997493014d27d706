//! Placeholder.

use std::process::ExitCode;

use crate::cli::{CommandCall, OwnCommand};

pub(crate) fn run(_call: CommandCall) -> ExitCode {
    ExitCode::FAILURE
}

pub(crate) fn own(_command: OwnCommand) -> ExitCode {
    ExitCode::FAILURE
}
