//! Commands in clusters. If the specification gives the cluster workloads, an emulated kubectl runs
//! the command; otherwise nothing runs, and the command's text decides the outcome.

use http::StatusCode;
use serde_json::{Value, json};

use super::exchange::{Answer, Request};
use super::kubernetes::Output;
use super::state::State;
use super::{errors, operations};

/// A command that was started.
#[derive(Clone, Debug)]
pub(super) struct Started {
    polls_left: u32,
    command: String,
    /// The output of kubectl, if it has run.
    output: Option<Output>,
}

/// Starts a command; its result is at `Location`.
pub(super) fn run(state: &mut State, request: &Request, names: [&str; 3]) -> Answer {
    let [subscription, group, cluster] = names;
    let command = request.logged.body["command"].as_str();
    let command = command.unwrap_or_default().to_owned();
    let kubernetes = state.kubernetes(cluster);
    let output = kubernetes.map(|kubernetes| kubernetes.run(&command));
    let pause = match output {
        Some(_) => "0.02".to_owned(),
        None => operations::retry_after(state),
    };
    let started = Started {
        // kubectl has already run.
        polls_left: output.as_ref().map_or(state.specification.lro_polls, |_| 0),
        output,
        command,
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
        .header("Retry-After", pause)
}

/// Returns the result of a command: a failure if it begins with `fail`, else a success.
pub(super) fn result(state: &mut State, id: &str) -> Answer {
    let pause = operations::retry_after(state);
    let Some(started) = state.commands.get_mut(id) else {
        let message = format!("Command result {id} not found.");
        return errors::missing("NotFound", &message);
    };
    if started.polls_left > 0 {
        started.polls_left -= 1;
        return Answer::document(StatusCode::ACCEPTED, running(id)).header("Retry-After", pause);
    }
    let mut properties = json!({
        "startedAt": "2026-01-02T03:04:05Z",
        "finishedAt": "2026-01-02T03:04:06.5Z",
    });
    if let Some(output) = &started.output {
        properties["provisioningState"] = "Succeeded".into();
        properties["exitCode"] = output.code.into();
        properties["logs"] = output.text.as_str().into();
    } else if started.command.starts_with("fail") {
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
