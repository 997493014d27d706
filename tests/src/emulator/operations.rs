//! Long-running operations: `Azure-AsyncOperation` has their status, `Location` their result.
//!
//! An operation advances only when it is polled, never with time, so that a test determines how
//! long it takes.

use http::StatusCode;
use serde_json::json;

use super::errors;
use super::exchange::Answer;
use super::state::State;

/// A started operation.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    polls_left: u32,
    /// The pool: its subscription, resource group, cluster and name.
    names: [String; 4],
    outcome: Outcome,
}

/// The effect of an operation on its agent pool once it has succeeded.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// The pool's provisioning state becomes that of the operation.
    Settles,
    /// The pool is deleted.
    Deletes,
    /// The pool loses this number of nodes.
    Shrinks(u64),
    /// The pool's latest operation is canceled.
    Aborts,
}

/// Starts an operation on a pool and adds its URLs to the response.
pub(super) fn start(
    state: &mut State,
    names: [&str; 4],
    outcome: Outcome,
    answer: Answer,
) -> Answer {
    let [subscription, group, cluster, _] = names;
    state.operations_started += 1;
    let id = format!("op{}", state.operations_started);
    let location = state
        .cluster(group, cluster)
        .and_then(|cluster| cluster.location.clone())
        .unwrap_or_else(|| "eastus".to_owned());
    let operation = Operation {
        polls_left: state.specification.lro_polls,
        names: names.map(str::to_owned),
        outcome,
    };
    state.operations.insert(id.clone(), operation);
    let url = |kind: &str| {
        format!(
            "https://{{host}}/subscriptions/{subscription}/providers/Microsoft.ContainerService\
             /locations/{location}/{kind}/{id}?api-version=2016-03-30"
        )
    };
    answer
        .header("Azure-AsyncOperation", url("operations"))
        .header("Location", url("operationresults"))
}

/// Starts an operation whose response has no body.
pub(super) fn accept(state: &mut State, names: [&str; 4], outcome: Outcome) -> Answer {
    start(state, names, outcome, Answer::empty(StatusCode::ACCEPTED))
}

/// Returns the value of `Retry-After`. Clients ignore `0` and wait as long as they choose, so no
/// wait is expressed as a very short one.
pub(super) fn retry_after(state: &State) -> String {
    match state.specification.retry_after {
        0 => "0.02".to_owned(),
        seconds => seconds.to_string(),
    }
}

/// Answers a poll of an operation's status.
pub(super) fn status(state: &mut State, id: &str) -> Answer {
    let Some((ended, _)) = advance(state, id) else {
        return not_found();
    };
    let mut document =
        json!({"name": id, "status": "InProgress", "startTime": "2026-01-01T00:00:00Z"});
    if ended {
        document["status"] = json!("Succeeded");
        document["endTime"] = json!("2026-01-01T00:05:00Z");
        if let Some(error) = &state.specification.lro_error {
            document["status"] = json!("Failed");
            document["error"] = error.clone();
        }
    }
    Answer::ok(document).header("Retry-After", retry_after(state))
}

/// Answers a poll of an operation's result: 202 until it has ended, then the error, the pool, or
/// 204 if there is no result.
pub(super) fn result(state: &mut State, id: &str) -> Answer {
    let Some((ended, operation)) = advance(state, id) else {
        return not_found();
    };
    if !ended {
        return Answer::empty(StatusCode::ACCEPTED).header("Retry-After", retry_after(state));
    }
    if let Some(error) = &state.specification.lro_error {
        return Answer::document(StatusCode::CONFLICT, json!({ "error": error }));
    }
    match state.pool(operation.names()) {
        Ok(pool) if matches!(operation.outcome, Outcome::Settles) => Answer::ok(pool.clone()),
        _ => Answer::empty(StatusCode::NO_CONTENT),
    }
}

fn not_found() -> Answer {
    errors::missing("NotFound", "The operation could not be found.")
}

/// Counts a poll for every operation on the pools of a cluster.
pub(super) fn look_at(state: &mut State, cluster: &str) {
    let is_of = |(_, operation): &(&String, &Operation)| {
        operation.names[2].eq_ignore_ascii_case(cluster) && operation.polls_left > 0
    };
    let of_it = state.operations.iter().filter(is_of);
    let ids: Vec<_> = of_it.map(|(id, _)| id.clone()).collect();
    for id in ids {
        let _ended = advance(state, &id);
    }
}

/// Counts one poll, and applies the outcome at the last one. Returns whether the operation has
/// ended.
fn advance(state: &mut State, id: &str) -> Option<(bool, Operation)> {
    let operation = state.operations.get_mut(id)?;
    let ended_before = operation.polls_left == 0;
    operation.polls_left = operation.polls_left.saturating_sub(1);
    let operation = operation.clone();
    let ended = operation.polls_left == 0;
    if ended && !ended_before {
        conclude(state, &operation);
    }
    Some((ended, operation))
}

fn conclude(state: &mut State, operation: &Operation) {
    let failed = state.specification.lro_error.is_some();
    let [_, group, cluster, pool] = operation.names();
    if matches!(operation.outcome, Outcome::Deletes) && !failed {
        if let Some(cluster) = state.cluster(group, cluster) {
            cluster.pools.shift_remove(&pool.to_lowercase());
        }
        // This removes the pods on its nodes.
        let _gone = state.kubernetes(cluster);
        return;
    }
    let pool = state.pool(operation.names()).ok();
    let Some(properties) = pool.and_then(|pool| pool.get_mut("properties")) else {
        return;
    };
    properties["provisioningState"] = json!(match operation.outcome {
        _ if failed => "Failed",
        Outcome::Aborts => "Canceled",
        _ => "Succeeded",
    });
    if let (Outcome::Shrinks(nodes), false) = (&operation.outcome, failed) {
        let count = properties["count"].as_u64().unwrap_or_default();
        properties["count"] = json!(count.saturating_sub(*nodes));
    }
}

impl Operation {
    fn names(&self) -> [&str; 4] {
        self.names.each_ref().map(String::as_str)
    }
}
