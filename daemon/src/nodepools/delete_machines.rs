//! `az aks nodepool delete-machines`.

use azq_proto::v1;
use serde_json::json;

use super::{API_VERSION, PoolCall, Printed};
use azq_arm::{Declared, Request};
use azq_command::{CommandError, ErrorKind, ensure, error};

/// Deletes machines of the pool by name. Prints nothing.
///
/// # Errors
/// A pool that the cluster's list does not have; an error of Azure's.
pub async fn delete_machines(call: &PoolCall<'_, v1::DeleteMachinesRequest>) -> Printed {
    call.check_name()?;
    if !call.is_listed().await? {
        return Err(missing(&call.pool.pool));
    }
    let machines = call
        .request
        .machine_names
        .as_ref()
        .map_or(&[][..], |names| &names.word);
    ensure!(
        !machines.is_empty(),
        "--machine-names doesn't provide, use 'az aks machine list' to get current machine list"
    );
    let path = format!("{}/deleteMachines", call.path());
    let body = json!({"machineNames": machines});
    let deletion = Request::post(path, API_VERSION, Some(body), Declared::DELETE_MACHINES);
    call.delete(&deletion, call.request.no_wait).await
}

/// Returns the error for a missing pool. Unlike in the other commands, it has the exit code of a
/// missing resource.
fn missing(pool: &str) -> CommandError {
    error!(
        "Node pool {pool} doesn't exist, use 'az aks nodepool list' to get current node pool list"
    )
    .of_kind(ErrorKind::NotFound)
}
