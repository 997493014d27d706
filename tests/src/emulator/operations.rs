//! Long-running operations: `Azure-AsyncOperation` has their status, `Location` their result.
//!
//! An operation advances only when it is polled, never with time, so that a test determines how
//! long it takes.

use http::StatusCode;
use serde_json::{Value, json};

use super::errors;
use super::exchange::Answer;
use super::state::State;

/// A started operation.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    polls_left: u32,
    group: String,
    cluster: String,
    pool: String,
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
    let [subscription, group, cluster, pool] = names;
    state.operations_started += 1;
    let id = format!("op{}", state.operations_started);
    let location = state
        .cluster(group, cluster)
        .and_then(|cluster| cluster.location.clone())
        .unwrap_or_else(|| "eastus".to_owned());
    let operation = Operation {
        polls_left: state.specification.lro_polls,
        group: group.into(),
        cluster: cluster.into(),
        pool: pool.into(),
        outcome,
    };
    state.operations.insert(id.clone(), operation);
    let base = format!(
        "https://{{host}}/subscriptions/{subscription}/providers/Microsoft.ContainerService/locations/{location}"
    );
    answer
        .header(
            "Azure-AsyncOperation",
            format!("{base}/operations/{id}?api-version=2016-03-30"),
        )
        .header(
            "Location",
            format!("{base}/operationresults/{id}?api-version=2016-03-30"),
        )
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
    let Some(ended) = advance(state, id) else {
        return errors::wrapped(
            StatusCode::NOT_FOUND,
            "NotFound",
            "The operation could not be found.",
        );
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
    let Some(ended) = advance(state, id) else {
        return errors::wrapped(
            StatusCode::NOT_FOUND,
            "NotFound",
            "The operation could not be found.",
        );
    };
    if !ended {
        return Answer::empty(StatusCode::ACCEPTED).header("Retry-After", retry_after(state));
    }
    if let Some(error) = &state.specification.lro_error {
        return Answer::document(StatusCode::CONFLICT, json!({ "error": error }));
    }
    let Some(operation) = state.operations.get(id).cloned() else {
        return errors::not_found();
    };
    match state.pool(&operation.group, &operation.cluster, &operation.pool) {
        Some(pool) if matches!(operation.outcome, Outcome::Settles) => Answer::ok(pool.clone()),
        _ => Answer::empty(StatusCode::NO_CONTENT),
    }
}

/// Counts a poll for every operation on the pools of a cluster.
pub(super) fn look_at(state: &mut State, cluster: &str) {
    let is_of = |operation: &Operation| {
        operation.cluster.eq_ignore_ascii_case(cluster) && operation.polls_left > 0
    };
    let operations = state.operations.iter();
    let ids: Vec<_> = operations
        .filter(|(_, operation)| is_of(operation))
        .map(|(id, _)| id.clone())
        .collect();
    for id in ids {
        let _ended = advance(state, &id);
    }
}

/// Counts one poll, and applies the outcome at the last one. Returns whether the operation has
/// ended.
fn advance(state: &mut State, id: &str) -> Option<bool> {
    let operation = state.operations.get_mut(id)?;
    let ended_before = operation.polls_left == 0;
    operation.polls_left = operation.polls_left.saturating_sub(1);
    let operation = operation.clone();
    if operation.polls_left > 0 {
        return Some(false);
    }
    if !ended_before {
        conclude(state, &operation);
    }
    Some(true)
}

fn conclude(state: &mut State, operation: &Operation) {
    let failed = state.specification.lro_error.is_some();
    let Some(cluster) = state.cluster(&operation.group, &operation.cluster) else {
        return;
    };
    let name = operation.pool.to_lowercase();
    if matches!(operation.outcome, Outcome::Deletes) && !failed {
        cluster.pools.shift_remove(&name);
        // This removes the pods on its nodes.
        let _gone = state.kubernetes(&operation.cluster);
        return;
    }
    let Some(properties) = cluster
        .pools
        .get_mut(&name)
        .and_then(|pool| pool.get_mut("properties"))
    else {
        return;
    };
    let aborts = matches!(operation.outcome, Outcome::Aborts);
    properties["provisioningState"] = json!(if failed {
        "Failed"
    } else if aborts {
        "Canceled"
    } else {
        "Succeeded"
    });
    if let (Outcome::Shrinks(nodes), false) = (&operation.outcome, failed) {
        let count = properties
            .get("count")
            .and_then(Value::as_u64)
            .unwrap_or_default();
        properties["count"] = json!(count.saturating_sub(*nodes));
    }
}
