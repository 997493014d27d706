//! `azq config`: the effective settings, and changes of `config.toml`.
//!
//! The running daemon's settings count, else those that a new daemon would have. Nothing here
//! starts a daemon. `azqd` knows the settings and writes the file; this module only runs it.

use std::process::ExitCode;

use azq_proto::v1::{self, ConfigEntry as Setting};
use serde_json::{Value, json};

use super::daemon::{OwnError, running, say};
use super::printing;
use crate::cli::{ConfigCommand, Printing};
use crate::daemon;
use crate::show;
use crate::transport::unary;

/// Carries out `azq config …`.
pub(crate) fn run(command: &ConfigCommand) -> Result<ExitCode, OwnError> {
    match command {
        ConfigCommand::Lines => told(|settings| Ok(say(&lines(settings)))),
        ConfigCommand::Show(printing) => told(|settings| {
            let rows = settings.iter().map(row);
            printing::document(&Value::Array(rows.collect()), printing)
        }),
        ConfigCommand::Get { key, printing } => get(key, printing),
        ConfigCommand::Set(assignments) => edit("--set", assignments),
        ConfigCommand::Unset(keys) => edit("--unset", keys),
        ConfigCommand::Path => Ok(say(&(file()? + "\n"))),
    }
}

fn row(setting: &Setting) -> Value {
    json!({"key": setting.key, "value": setting.value, "source": setting.source})
}

/// A setting as `azqd config` and `azq config` print it.
fn line(setting: &Setting) -> String {
    let Setting { key, value, source } = setting;
    format!("{key} = \"{value}\"  # {source}")
}

/// Reads such a line.
fn parse(line: &str) -> Option<Setting> {
    let (key, rest) = line.split_once(" = \"")?;
    let (value, source) = rest.rsplit_once("\"  # ")?;
    Some(Setting {
        key: key.to_owned(),
        value: value.to_owned(),
        source: source.to_owned(),
    })
}

fn lines(settings: &[Setting]) -> String {
    let lines = settings.iter().map(|setting| line(setting) + "\n");
    lines.collect()
}

/// Prints the effective settings, and those that a new daemon would have instead.
fn told(tell: impl FnOnce(&[Setting]) -> Result<ExitCode, OwnError>) -> Result<ExitCode, OwnError> {
    let next = next()?;
    let Some(current) = current()? else {
        return tell(&next.map_err(OwnError::Refused)?);
    };
    let told = tell(&current);
    match next {
        Ok(next) => differences(&current, &next)
            .iter()
            .for_each(|line| show::warning(line)),
        Err(reason) => show::warning(&format!("the next azqd will not start: {reason}")),
    }
    told
}

/// One setting, in the shape in which az shows one of its own.
fn get(key: &str, printing: &Printing) -> Result<ExitCode, OwnError> {
    let key = key.to_owned();
    told(|settings| {
        let Some(setting) = settings.iter().find(|setting| setting.key == key) else {
            return Err(OwnError::NoSetting(key));
        };
        let document =
            json!({"name": setting.key, "source": setting.source, "value": setting.value});
        printing::document(&document, printing)
    })
}

/// Changes `config.toml`, through `azqd`.
fn edit(option: &str, values: &[String]) -> Result<ExitCode, OwnError> {
    let arguments: Vec<_> = values.iter().flat_map(|value| [option, value]).collect();
    azqd(&arguments)?.map_err(OwnError::Refused)?;
    // A running daemon keeps the settings that it has started with.
    if let (Some(current), Ok(next)) = (current()?, next()?) {
        differences(&current, &next)
            .iter()
            .for_each(|line| show::warning(line));
    }
    Ok(ExitCode::SUCCESS)
}

/// The running daemon's settings, if one runs.
fn current() -> Result<Option<Vec<Setting>>, OwnError> {
    let Some(mut connection) = running()? else {
        return Ok(None);
    };
    let request = v1::ShowConfigRequest {};
    let reply: v1::ShowConfigReply = unary(&mut connection, "ShowConfig", &request)?;
    Ok(Some(reply.entry))
}

/// The path of `config.toml`, also if the file is not there.
pub(super) fn file() -> Result<String, OwnError> {
    let path = azqd(&["--path"])?.map_err(OwnError::Refused)?;
    Ok(path.trim_end_matches('\n').to_owned())
}

/// A setting's effective value, if it can be found out.
pub(super) fn value(key: &str) -> Option<String> {
    let current = current().ok().flatten();
    let settings = current.or_else(|| next().ok()?.ok())?;
    let setting = settings.into_iter().find(|setting| setting.key == key);
    setting.map(|setting| setting.value)
}

/// Whether a new daemon would start with the settings.
pub(super) fn check_next() -> Result<(), OwnError> {
    next()?.map(drop).map_err(OwnError::NoNext)
}

/// The settings that a new daemon would have, or why it would not start.
fn next() -> Result<Result<Vec<Setting>, String>, OwnError> {
    let told = azqd(&[])?;
    Ok(told.map(|lines| lines.lines().filter_map(parse).collect()))
}

/// The output of `azqd config` with these options, or the reason why it fails.
fn azqd(options: &[&str]) -> Result<Result<String, String>, OwnError> {
    let mut command = daemon::daemon_command()?;
    let output = command.arg("config").args(options).output();
    let output = output.map_err(OwnError::Run)?;
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

/// The settings that were changed since the running daemon has started, which has the old ones.
fn differences(running: &[Setting], next: &[Setting]) -> Vec<String> {
    let changed = next.iter().filter(|setting| !running.contains(setting));
    let mut told: Vec<_> = changed
        .map(|setting| format!("changed since azqd has started: {}", line(setting)))
        .collect();
    if !told.is_empty() {
        told.push("what has changed counts after: azq daemon restart".to_owned());
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(lines: &str) -> Vec<Setting> {
        lines.lines().map(|line| parse(line).unwrap()).collect()
    }

    #[test]
    fn only_what_has_changed_since_the_start_is_told() {
        let running = "cache_fresh = \"1h\"  # default\nlog = \"info\"  # default\n";
        let next = running.replace("\"1h\"  # default", "\"2h\"  # /c/config.toml");
        let running = settings(running);
        assert!(differences(&running, &running).is_empty());
        let told = differences(&running, &settings(&next));
        let [changed, advice] = &told[..] else {
            panic!("{told:?}")
        };
        assert!(changed.ends_with("cache_fresh = \"2h\"  # /c/config.toml"));
        assert!(advice.contains("azq daemon restart"));
    }

    #[test]
    fn a_line_is_read_as_it_is_written() {
        let text = "state_dir = \"/a \"  # b\"  # AZQ_STATE_DIR";
        let setting = parse(text).unwrap();
        assert_eq!(setting.value, "/a \"  # b");
        assert_eq!(line(&setting), text);
    }
}
