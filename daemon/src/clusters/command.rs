//! `az aks command invoke` and `result`: runs a command in a cluster's own shell and shows its
//! result (azure-cli, `acs/custom.py`, `aks_runcommand` and `aks_command_result`).
//!
//! Deliberately absent: files for the command, which az packs.

use std::time::{Duration, Instant};

use azq_document::Value;
use azq_proto::v1;
use http::StatusCode;
use http::header::LOCATION;
use serde_json::{Value as Json, json};

use super::cluster_path;
use super::command_schema::RUN_COMMAND_RESULT;
use crate::nodepools::API_VERSION;
use azq_arm::Report;
use azq_arm::segment;
use azq_arm::{Arm, Declared, Request, Response};
use azq_command::{CommandError, bail, ensure};
use azq_schema::selection;

/// How long az waits for the end, and how often it polls where Azure names no interval.
const DEADLINE: Duration = Duration::from_secs(300);
const INTERVAL: Duration = Duration::from_secs(5);

/// The output of a command: sentences, or the document if the caller names a format.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The lines, with az's colours.
    pub text: String,
    /// The document, if there is one.
    pub document: Option<Value>,
}

/// Runs a command in a cluster. `token` gets the token with which the command runs as the caller,
/// for clusters that Microsoft Entra ID manages.
///
/// # Errors
/// No command; an error of Azure's.
pub async fn invoke<T: Future<Output = Result<String, CommandError>>>(
    arm: &Arm,
    request: &v1::InvokeClusterCommandRequest,
    token: impl FnOnce() -> T,
    report: &dyn Report,
) -> Result<Outcome, CommandError> {
    let names = [&request.resource_group_name, &request.name];
    let path = path(arm, names);
    let cluster = arm.get(&path, API_VERSION, report).await?;
    let command = request.command_string.as_deref().unwrap_or_default();
    ensure!(!command.is_empty(), "Command cannot be empty.");
    let token = if takes_token(&cluster) {
        Some(token().await?)
    } else {
        None
    };
    let (started, location) = start(arm, &path, command, token, report).await?;
    if request.no_wait {
        let id = location.as_deref().and_then(command_id).unwrap_or_default();
        return in_progress(arm, &path, id, names, report).await;
    }
    let result = finished(arm, started, location, report).await?;
    Ok(outcome(&RUN_COMMAND_RESULT.document(&result)))
}

/// Whether a command runs as the caller, for which it needs a token.
pub(crate) fn takes_token(cluster: &Json) -> bool {
    let managed = cluster.pointer("/properties/aadProfile/managed");
    managed.is_some_and(azq_python::is_true)
}

/// Runs a command in the cluster at a path, waits for its end, and returns its result.
///
/// # Errors
/// An error of Azure's.
pub(crate) async fn run(
    arm: &Arm,
    path: &str,
    command: &str,
    token: Option<String>,
    report: &dyn Report,
) -> Result<Json, CommandError> {
    let (started, location) = start(arm, path, command, token, report).await?;
    finished(arm, started, location, report).await
}

/// Starts a command. Returns Azure's response and the location of the result.
async fn start(
    arm: &Arm,
    path: &str,
    command: &str,
    token: Option<String>,
    report: &dyn Report,
) -> Result<(Response, Option<String>), CommandError> {
    let mut body = json!({"command": command, "context": ""});
    if let Some(token) = token {
        body["clusterToken"] = token.into();
    }
    let run = format!("{path}/runCommand");
    let run = Request::post(run, API_VERSION, Some(body), Declared::RUN_COMMAND);
    let started = arm.send(&run, report).await?;
    let location = started.headers.get(LOCATION);
    let location = location
        .and_then(|location| location.to_str().ok())
        .map(str::to_owned);
    Ok((started, location))
}

/// Returns the result of a command, by its id.
///
/// # Errors
/// No id; an error of Azure's.
pub async fn result(
    arm: &Arm,
    request: &v1::GetClusterCommandResultRequest,
    report: &dyn Report,
) -> Result<Outcome, CommandError> {
    let id = request.command_id.as_deref().unwrap_or_default();
    ensure!(!id.is_empty(), "CommandID cannot be empty.");
    let names = [&request.resource_group_name, &request.name];
    let path = path(arm, names);
    let answer = ask(arm, &path, id, report).await?;
    if answer.status == StatusCode::OK {
        let document = answer.document()?.unwrap_or_default();
        return Ok(outcome(&RUN_COMMAND_RESULT.document(&document)));
    }
    in_progress(arm, &path, id, names, report).await
}

fn path(arm: &Arm, names: [&Option<String>; 2]) -> String {
    let [group, name] = names.map(|name| name.as_deref().unwrap_or_default());
    cluster_path(arm.subscription(), group, name)
}

async fn ask(
    arm: &Arm,
    cluster: &str,
    id: &str,
    report: &dyn Report,
) -> Result<Response, CommandError> {
    let path = format!("{cluster}/commandResults/{}", segment(id));
    let asked = Request {
        declared: Declared::RUN_COMMAND,
        ..Request::get(path, API_VERSION)
    };
    Ok(arm.send(&asked, report).await?)
}

/// Returns the id in the URL of a command's result (`commandResults\/(\w*)\?`).
fn command_id(location: &str) -> Option<&str> {
    let (_, rest) = location.split_once("commandResults/")?;
    let (id, _) = rest.split_once('?')?;
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    id.chars().all(is_word).then_some(id)
}

/// Returns az's output for a command that is still running.
async fn in_progress(
    arm: &Arm,
    path: &str,
    id: &str,
    names: [&Option<String>; 2],
    report: &dyn Report,
) -> Result<Outcome, CommandError> {
    let [group, name] = names;
    let answer = ask(arm, path, id, report).await?;
    let body = answer.document().ok().flatten().unwrap_or_default();
    let property = |name: &str| match body.pointer(&format!("/properties/{name}")) {
        Some(value) => azq_python::str(value),
        None => "None".to_owned(),
    };
    let text = if azq_python::is_true(&body) {
        format!(
            "command id: {id}, started at: {}, status: {}\nPlease use command \"az aks command \
             result -g {} -n {} -i {id}\" to get the future execution result\n",
            property("startedAt"),
            property("provisioningState"),
            group.as_deref().unwrap_or("None"),
            name.as_deref().unwrap_or("None"),
        )
    } else {
        format!("failed to fetch command result for command id: {id}\n")
    };
    Ok(Outcome {
        text,
        document: None,
    })
}

/// Waits until a command has ended, at most as long as az waits. Returns its last result.
async fn finished(
    arm: &Arm,
    started: Response,
    location: Option<String>,
    report: &dyn Report,
) -> Result<Json, CommandError> {
    let begun = Instant::now();
    let mut last = started;
    loop {
        let result = last.document()?.unwrap_or_default();
        let state = result.pointer("/properties/provisioningState");
        let state = state
            .and_then(Json::as_str)
            .unwrap_or_default()
            .to_lowercase();
        match (state.as_str(), &location) {
            ("failed" | "canceled", _) => {
                let phrase = last.status.canonical_reason().unwrap_or_default();
                bail!("Operation returned an invalid status '{phrase}'");
            }
            ("succeeded", _) | (_, None) => return Ok(result),
            _ if begun.elapsed() >= DEADLINE => return Ok(result),
            (_, Some(url)) => {
                report.progress(&state);
                tokio::time::sleep(last.wish().unwrap_or(INTERVAL)).await;
                let asked = Request {
                    declared: Declared::RUN_COMMAND,
                    ..Request::follow(url)
                };
                last = arm.send(&asked, report).await?;
            }
        }
    }
}

/// Returns az's output for a result.
fn outcome(result: &Value) -> Outcome {
    let text = |name: &str| result.get(name).map_or("None".to_owned(), azq_python::str);
    // az prints points in time like Python's `str`.
    let time = |name: &str| text(name).replacen('T', " ", 1);
    let state = text("provisioningState");
    let line = match state.as_str() {
        "Succeeded" => format!(
            "{GREEN}command started at {}, finished at {} with exitcode={}{RESET}\n{}\n",
            time("startedAt"),
            time("finishedAt"),
            text("exitCode"),
            text("logs")
        ),
        "Failed" => format!(
            "{RED}command failed with reason: {}{RESET}\n",
            text("reason")
        ),
        _ => format!(
            "{BLUE}command (id: {}) is in {state} state{RESET}\n",
            text("id")
        ),
    };
    Outcome {
        text: line,
        document: Some(result.clone()),
    }
}

const GREEN: &str = "\x1b[32m";
const RED: &str = "\x1b[31m";
const BLUE: &str = "\x1b[34m";
const RESET: &str = "\x1b[0m";

/// Returns a text without az's colours.
pub fn uncolored(text: &str) -> String {
    [GREEN, RED, BLUE, RESET]
        .iter()
        .fold(text.to_owned(), |text, color| text.replace(color, ""))
}

/// Returns the table (azure-cli, `acs/_format.py`, `aks_run_command_result_format`).
pub fn table(result: &Value) -> Option<Value> {
    let cell = |name: &str| result.get(name).cloned();
    let cells = match result.get("provisioningState")?.as_str() {
        Some("Succeeded") => [("exit code", cell("exitCode")?), ("logs", cell("logs")?)],
        Some("Failed") => [
            ("provisioning state", cell("provisioningState")?),
            ("reason", cell("reason")?),
        ],
        _ => [
            ("provisioning state", cell("provisioningState")?),
            ("started At", cell("startedAt")?),
        ],
    };
    Some(selection(cells))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_word_before_the_query() {
        for (location, id) in [
            (
                "https://h/x/commandResults/ab_1?api-version=1",
                Some("ab_1"),
            ),
            ("https://h/commandResults/a-b?x", None),
            ("https://h/commandResults/ab", None),
            ("https://h/other/ab?x", None),
        ] {
            assert_eq!(command_id(location), id, "{location}");
        }
    }

    #[test]
    fn a_result_is_a_sentence_by_its_state() {
        let sentence = |properties: &Json| {
            let result = RUN_COMMAND_RESULT.document(&json!({"id": "i", "properties": properties}));
            uncolored(&outcome(&result).text)
        };
        let succeeded = json!({"provisioningState": "Succeeded", "exitCode": 0, "logs": "hi",
            "startedAt": "2026-01-02T03:04:05Z", "finishedAt": "2026-01-02T03:04:06.5Z"});
        assert_eq!(
            sentence(&succeeded),
            "command started at 2026-01-02 03:04:05+00:00, finished at 2026-01-02 \
             03:04:06.500000+00:00 with exitcode=0\nhi\n"
        );
        let failed = json!({"provisioningState": "Failed", "reason": "why"});
        assert_eq!(sentence(&failed), "command failed with reason: why\n");
        let running = json!({"provisioningState": "Running"});
        assert_eq!(sentence(&running), "command (id: i) is in Running state\n");
    }
}
