//! Commands in clusters: nothing runs; the command itself says what it comes to.

use http::StatusCode;
use serde_json::{Value, json};

use super::errors;
use super::exchange::{Answer, Request};
use super::state::State;

/// A command that was started.
#[derive(Clone, Debug)]
pub(super) struct Started {
    polls_left: u32,
    command: String,
}

/// Starts a command; its result is at `Location`.
pub(super) fn run(state: &mut State, request: &Request, names: [&str; 3]) -> Answer {
    let [subscription, group, cluster] = names;
    let command = request.logged.body.get("command").and_then(Value::as_str);
    let started = Started {
        polls_left: state.specification.lro_polls,
        command: command.unwrap_or_default().to_owned(),
    };
    let id = format!("cmd{}", state.commands.len() + 1);
    state.commands.insert(id.clone(), started);
    let location = format!(
        "https://{{host}}/subscriptions/{subscription}/resourceGroups/{group}/providers\
         /Microsoft.ContainerService/managedClusters/{cluster}/commandResults/{id}\
         ?api-version=2026-06-01"
    );
    Answer::document(StatusCode::ACCEPTED, running(&id))
        .header("Location", location)
        .header("Retry-After", "1")
}

/// The result of a command: a failure if it begins with `fail`, else a success.
pub(super) fn result(state: &mut State, id: &str) -> Answer {
    let Some(started) = state.commands.get_mut(id) else {
        let message = format!("Command result {id} not found.");
        return errors::wrapped(StatusCode::NOT_FOUND, "NotFound", &message);
    };
    if started.polls_left > 0 {
        started.polls_left -= 1;
        return Answer::document(StatusCode::ACCEPTED, running(id)).header("Retry-After", "1");
    }
    let mut properties = json!({
        "startedAt": "2026-01-02T03:04:05Z",
        "finishedAt": "2026-01-02T03:04:06.5Z",
    });
    if started.command.starts_with("fail") {
        properties["provisioningState"] = "Failed".into();
        properties["reason"] = "KubernetesPerformanceError".into();
    } else {
        properties["provisioningState"] = "Succeeded".into();
        properties["exitCode"] = u8::from(started.command.starts_with("false")).into();
        properties["logs"] = format!("ran {}\nü\n", started.command).into();
    }
    Answer::ok(json!({"id": id, "properties": properties}))
}

fn running(id: &str) -> Value {
    json!({"id": id, "properties": {"provisioningState": "Running", "startedAt": "2026-01-02T03:04:05Z"}})
}
