//! `azq daemon start|stop|restart|status|logs` and `azq config`.
//!
//! Only `start` and `restart` start a daemon, only `stop` and `restart` end one; looking never does
//! either, not even where a service manager would start one for whoever connects.

use crate::daemon::{self, ConnectError};
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

/// Ends the daemon, if there is one, and starts a new one; but not if the configuration would keep
/// that from starting.
pub(crate) fn restart() -> Result<ExitCode, OwnError> {
    next_config()?.map_err(OwnError::NoNext)?;
    if let Some((pid, true)) = daemon::end(&daemon::place(), "azq daemon restart")? {
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
    let mut command = Command::new(daemon::daemon_binary()?);
    command.arg("logs");
    if follow {
        command.arg("--follow");
    }
    Err(OwnError::Run(command.exec()))
}

/// The effective configuration: the running daemon's, else what a new daemon would have.
pub(crate) fn config() -> Result<ExitCode, OwnError> {
    let next = next_config()?;
    let Some(mut connection) = running()? else {
        return match next {
            Ok(lines) => Ok(say(&lines)),
            Err(reason) => {
                show::error(&reason);
                Ok(ExitCode::FAILURE)
            }
        };
    };
    let request = v1::ShowConfigRequest {};
    let reply: v1::ShowConfigReply = unary(&mut connection, "ShowConfig", &request)?;
    let lines = reply
        .entry
        .iter()
        .map(|entry| format!("{} = \"{}\"  # {}\n", entry.key, entry.value, entry.source));
    let lines: String = lines.collect();
    let told = say(&lines);
    match next {
        Ok(next) => differences(&lines, &next)
            .iter()
            .for_each(|line| show::warning(line)),
        Err(reason) => show::warning(&format!("the next azqd will not start: {reason}")),
    }
    Ok(told)
}

/// The settings that a new daemon would have and the running one has not: they were changed since
/// that has started.
fn differences(running: &str, next: &str) -> Vec<String> {
    let changed = next
        .lines()
        .filter(|line| !running.lines().any(|other| other == *line));
    let mut told: Vec<_> = changed
        .map(|line| format!("changed since azqd has started: {line}"))
        .collect();
    if !told.is_empty() {
        told.push("what has changed counts after: azq daemon restart".to_owned());
    }
    told
}

/// The lines of the configuration that a new daemon would have, or why it would not start.
fn next_config() -> Result<Result<String, String>, OwnError> {
    let mut command = daemon::daemon_command()?;
    let output = command.arg("config").output().map_err(OwnError::Run)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(Ok(text(&output.stdout)));
    }
    let words = text(&output.stderr);
    let words = words.trim();
    Ok(Err(words
        .strip_prefix("ERROR: ")
        .unwrap_or(words)
        .to_owned()))
}

fn running() -> Result<Option<Connection>, ConnectError> {
    let place = daemon::place();
    // To connect to a service manager's socket would start a daemon. Whoever serves holds the lock
    // for life.
    if !place.check()? || !daemon::is_held(&place) {
        return Ok(None);
    }
    daemon::existing(&place)
}

fn say(text: &str) -> ExitCode {
    show::exit_code(show::stdout(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_changed_since_the_start_is_told() {
        let running = "cache_fresh = \"1h\"  # default\nlog = \"info\"  # default\n";
        assert!(differences(running, running).is_empty());
        let next = running.replace("\"1h\"  # default", "\"2h\"  # /c/config.toml");
        let told = differences(running, &next);
        let [changed, advice] = &told[..] else {
            panic!("{told:?}")
        };
        assert!(changed.ends_with("cache_fresh = \"2h\"  # /c/config.toml"));
        assert!(advice.contains("azq daemon restart"));
    }
}
