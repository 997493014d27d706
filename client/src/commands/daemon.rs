//! `azq daemon start|stop|restart|status|logs`.
//!
//! Only `start` and `restart` start a daemon, only `stop` and `restart` end one. The other commands
//! do neither, not even where a service manager starts a daemon for each connection.

use super::{config, printing};
use crate::cli::Printing;
use crate::daemon::{self, ConnectError};
use crate::show;
use crate::transport::{Connection, UnaryError, unary};
use azq_proto::v1;
use serde_json::{Value, json};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

/// The errors of azq's own commands.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OwnError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("azqd does not answer: {0}")]
    Call(#[from] UnaryError),
    #[error("azqd cannot be run: {0}")]
    Run(std::io::Error),
    #[error("{0}")]
    Refused(String),
    #[error("azq has no setting '{0}'; to see them, run: azq config show")]
    NoSetting(String),
    #[error("azqd's status cannot be read: {0}")]
    Status(serde_json::Error),
    #[error("azqd could not be started again, and was not ended: {0}")]
    NoNext(String),
}

/// Starts the daemon if there is none.
pub(crate) fn start() -> Result<ExitCode, OwnError> {
    let mut connection = daemon::greeted(&daemon::place())?;
    let hello = daemon::hello(&mut connection)?;
    Ok(say(&format!(
        "azqd {} runs, pid {}\n",
        hello.daemon_version, hello.pid
    )))
}

/// Ends the daemon and waits until it is gone.
pub(crate) fn stop() -> Result<ExitCode, OwnError> {
    let ended = daemon::end(&daemon::place(), "azq daemon stop")?;
    Ok(say(&match ended {
        None => "no azqd runs\n".to_owned(),
        Some((pid, false)) => format!("azqd, pid {pid}, has ended\n"),
        Some((pid, true)) => format!("azqd, pid {pid}, did not answer and was killed\n"),
    }))
}

/// Ends the daemon, if there is one, and starts a new one; does neither if the configuration would
/// keep the new one from starting.
pub(crate) fn restart() -> Result<ExitCode, OwnError> {
    config::check_next()?;
    if let Some((pid, true)) = daemon::end(&daemon::place(), "azq daemon restart")? {
        show::warning(&format!("azqd, pid {pid}, did not answer and was killed"));
    }
    start()
}

/// Shows the daemon's state; exit code 3 if there is no daemon, as service managers have it.
pub(crate) fn status(limits: bool, printing: &Printing) -> Result<ExitCode, OwnError> {
    let Some(mut connection) = running()? else {
        if printing.is_asked_for() {
            printing::document(&json!({}), printing)?;
        } else {
            say("no azqd runs\n");
        }
        return Ok(ExitCode::from(3));
    };
    let status: v1::StatusReply = unary(&mut connection, "Status", &v1::StatusRequest {})?;
    let is_for_people =
        printing.query.is_none() && matches!(printing.format.as_deref(), None | Some("table"));
    if is_for_people {
        return Ok(say(&lines(&status.fact, limits)));
    }
    let document: Value = serde_json::from_str(&status.json).map_err(OwnError::Status)?;
    let document = if limits {
        document["limits"].clone()
    } else {
        document
    };
    printing::document(&document, printing)
}

/// A line for each fact: the daemon's state on one screen, or its limits.
fn lines(facts: &[v1::Fact], limits: bool) -> String {
    let facts: Vec<_> = facts
        .iter()
        .filter(|fact| fact.limit.is_some() == limits)
        .collect();
    let widths = facts.iter().map(|fact| fact.name.len());
    let width = widths.max().unwrap_or_default();
    let lines = facts.iter().map(|fact| {
        let name = &fact.name;
        match fact.limit.as_deref() {
            None => format!("{name:width$}  {}\n", fact.value),
            Some("never") => format!("{name:width$}  never\n"),
            Some(limit) if fact.value.is_empty() => format!("{name:width$}  at most {limit}\n"),
            Some(limit) => format!("{name:width$}  {} (at most {limit})\n", fact.value),
        }
    });
    lines.collect()
}

/// Shows the log by the daemon's own binary, which knows its path. Returns only if that fails.
pub(crate) fn logs(follow: bool) -> Result<ExitCode, OwnError> {
    let mut command = Command::new(daemon::daemon_binary()?);
    command.arg("logs");
    if follow {
        command.arg("--follow");
    }
    Err(OwnError::Run(command.exec()))
}

/// The running daemon, if there is one.
pub(super) fn running() -> Result<Option<Connection>, ConnectError> {
    let place = daemon::place();
    // A connection to a service manager's socket would start a daemon. A daemon that serves holds
    // the lock for life.
    if !place.check()? || !daemon::is_held(&place) {
        return Ok(None);
    }
    daemon::existing(&place)
}

/// Prints a text on stdout.
pub(super) fn say(text: &str) -> ExitCode {
    show::exit_code(show::stdout(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_told_apart_from_what_the_daemon_is() {
        let fact = |name: &str, value: &str, limit: Option<&str>| v1::Fact {
            name: name.to_owned(),
            value: value.to_owned(),
            limit: limit.map(str::to_owned),
        };
        let facts = [
            fact("pid", "7", None),
            fact("uptime", "3h 12m", None),
            fact("connections", "", Some("512")),
            fact("requests", "1", Some("1024")),
            fact("idle", "", Some("never")),
        ];
        assert_eq!(lines(&facts, false), "pid     7\nuptime  3h 12m\n");
        let limits =
            "connections  at most 512\nrequests     1 (at most 1024)\nidle         never\n";
        assert_eq!(lines(&facts, true), limits);
    }
}
