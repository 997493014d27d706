//! `az aks nodepool delete-machines`.

use azq_document::Value;
use azq_proto::v1;
use serde_json::json;

use super::{API_VERSION, PoolName, checks, operation};
use azq_arm::Report;
use azq_arm::{Arm, Declared, Request};
use azq_command::{CommandError, ErrorKind};

/// Deletes machines of the pool by name. Prints nothing.
///
/// # Errors
/// A pool that the cluster's list does not have; an error of Azure's.
pub async fn delete_machines(
    arm: &Arm,
    pool: &PoolName,
    request: &v1::DeleteMachinesRequest,
    report: &dyn Report,
) -> Result<Option<Value>, CommandError> {
    checks::pool_name(&pool.pool)?;
    if !operation::is_listed(arm, pool, report).await? {
        return Err(missing(&pool.pool));
    }
    let machines = request
        .machine_names
        .as_ref()
        .map_or(&[][..], |names| &names.word);
    if machines.is_empty() {
        return Err(CommandError::new(
            "--machine-names doesn't provide, use 'az aks machine list' to get current machine list",
        ));
    }
    let path = format!("{}/deleteMachines", pool.path(arm.subscription()));
    let body = json!({"machineNames": machines});
    let deletion = Request::post(path, API_VERSION, Some(body), Declared::DELETE_MACHINES);
    let started = arm.send(&deletion, report).await?;
    let outcome = operation::finish(arm, &deletion, started, request.no_wait, report).await;
    operation::deleted(outcome)?;
    Ok(None)
}

/// Returns the error for a missing pool. Unlike in the other commands, it has the exit code of a
/// missing resource.
fn missing(pool: &str) -> CommandError {
    CommandError::new(format!(
        "Node pool {pool} doesn't exist, use 'az aks nodepool list' to get current node pool list"
    ))
    .of_kind(ErrorKind::NotFound)
}
