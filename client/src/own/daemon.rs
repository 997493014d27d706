//! `azq daemon start|stop|restart|status|logs` and `azq config`.
//!
//! Only `start` and `restart` start a daemon, only `stop` and `restart` end one; looking never does either.

use crate::connect::{self, ConnectError};
use crate::show;
use crate::transport::{Connection, UnaryError, unary};
use azq_proto::v1;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

/// What can fail here.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OwnError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("azqd does not answer: {0}")]
    Call(#[from] UnaryError),
    #[error("azqd cannot be run: {0}")]
    Run(std::io::Error),
}

/// Starts the daemon if there is none.
pub(crate) fn start() -> Result<ExitCode, OwnError> {
    let mut connection = connect::greeted(&connect::place())?;
    let hello = connect::hello(&mut connection)?;
    Ok(say(&format!(
        "azqd {} runs, pid {}\n",
        hello.daemon_version, hello.pid
    )))
}

/// Ends the daemon and waits until it is gone.
pub(crate) fn stop() -> Result<ExitCode, OwnError> {
    let ended = connect::end(&connect::place(), "azq daemon stop")?;
    Ok(say(&match ended {
        None => "no azqd runs\n".to_owned(),
        Some((pid, false)) => format!("azqd, pid {pid}, has ended\n"),
        Some((pid, true)) => format!("azqd, pid {pid}, did not answer and was killed\n"),
    }))
}

/// Ends the daemon, if there is one, and starts a new one.
pub(crate) fn restart() -> Result<ExitCode, OwnError> {
    if let Some((pid, true)) = connect::end(&connect::place(), "azq daemon restart")? {
        show::warning(&format!("azqd, pid {pid}, did not answer and was killed"));
    }
    start()
}

/// What the daemon is doing; exit code 3 if there is none, as service managers have it.
pub(crate) fn status(json: bool) -> Result<ExitCode, OwnError> {
    let Some(mut connection) = running()? else {
        say(if json { "{}\n" } else { "no azqd runs\n" });
        return Ok(ExitCode::from(3));
    };
    let status: v1::StatusReply = unary(&mut connection, "Status", &v1::StatusRequest {})?;
    if json {
        return Ok(say(&format!("{}\n", status.json)));
    }
    let width = status
        .fact
        .iter()
        .map(|fact| fact.name.len())
        .max()
        .unwrap_or_default();
    let lines = status.fact.iter().map(|fact| match &fact.limit {
        None => format!("{:width$}  {}\n", fact.name, fact.value),
        Some(limit) if fact.value.is_empty() => format!("{:width$}  at most {limit}\n", fact.name),
        Some(limit) => format!("{:width$}  {} (at most {limit})\n", fact.name, fact.value),
    });
    Ok(say(&lines.collect::<String>()))
}

/// The log, by the daemon's own binary, which knows where it lies. Returns only if that fails.
pub(crate) fn logs(follow: bool) -> Result<ExitCode, OwnError> {
    let mut command = Command::new(connect::daemon_binary()?);
    command.arg("logs");
    if follow {
        command.arg("--follow");
    }
    Err(OwnError::Run(command.exec()))
}

/// The effective configuration: the running daemon's, else what a new daemon would have.
pub(crate) fn config() -> Result<ExitCode, OwnError> {
    let Some(mut connection) = running()? else {
        return Err(OwnError::Run(
            Command::new(connect::daemon_binary()?).arg("config").exec(),
        ));
    };
    let request = v1::ShowConfigRequest {};
    let reply: v1::ShowConfigReply = unary(&mut connection, "ShowConfig", &request)?;
    let lines = reply
        .entry
        .iter()
        .map(|entry| format!("{} = \"{}\"  # {}\n", entry.key, entry.value, entry.source));
    Ok(say(&lines.collect::<String>()))
}

fn running() -> Result<Option<Connection>, ConnectError> {
    connect::existing(&connect::place())
}

fn say(text: &str) -> ExitCode {
    match show::stdout(text.as_bytes()) {
        Err(show::Closed::Failed) => ExitCode::FAILURE,
        Ok(()) | Err(show::Closed::Pipe) => ExitCode::SUCCESS,
    }
}
