//! Printing a document of azq's own as az prints one: by `azqd render`, which has az's formats.
//!
//! `azqd render` runs as a process of its own, so that printing needs no daemon and starts none.

use std::io::Write as _;
use std::process::{ExitCode, Stdio};

use serde_json::Value;

use super::daemon::OwnError;
use crate::az_config;
use crate::cli::Printing;
use crate::daemon;
use crate::environment::Process;
use crate::show;

impl Printing {
    /// Whether the options ask for a document instead of the text for people.
    pub(crate) fn is_asked_for(&self) -> bool {
        self.format.is_some() || self.query.is_some()
    }

    /// The requested format, else az's configured one, else JSON.
    fn format(&self) -> String {
        let asked = self.format.clone();
        let configured = || az_config::core_option(&Process, "output");
        asked
            .or_else(configured)
            .unwrap_or_else(|| "json".to_owned())
    }
}

/// Prints a document on stdout.
pub(crate) fn document(document: &Value, printing: &Printing) -> Result<ExitCode, OwnError> {
    let mut command = daemon::daemon_command()?;
    command.arg("render").arg("--output").arg(printing.format());
    if let Some(query) = &printing.query {
        command.arg("--query").arg(query);
    }
    if printing.color && !az_config::is_on(&Process, "no_color") {
        command.arg("--color");
    }
    let mut child = command
        .stdin(Stdio::piped())
        .spawn()
        .map_err(OwnError::Run)?;
    if let Some(mut input) = child.stdin.take() {
        // A process that has ended reports the reason itself.
        let _ended = input.write_all(document.to_string().as_bytes());
    }
    let output = child.wait_with_output().map_err(OwnError::Run)?;
    if output.status.success() {
        return Ok(show::exit_code(show::stdout(&output.stdout)));
    }
    let words = String::from_utf8_lossy(&output.stderr);
    show::line("", words.trim_end());
    let code = output
        .status
        .code()
        .and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
