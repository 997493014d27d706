//! `az aks nodepool delete`.

use azq_proto::v1;

use super::{API_VERSION, PoolCall, Printed, headers};
use azq_arm::Request;

/// Deletes the pool. Prints nothing.
///
/// # Errors
/// A pool that the cluster's list does not have; an error of Azure's.
pub async fn delete(call: &PoolCall<'_, v1::DeleteNodePoolRequest>) -> Printed {
    let request = call.request;
    call.check_name()?;
    call.require_listed().await?;
    let mut deletion = Request::delete(call.path(), API_VERSION);
    deletion.headers = headers::etags(request.if_match.as_deref(), None);
    if request.ignore_pdb {
        deletion
            .query
            .push(("ignore-pod-disruption-budget".into(), "true".into()));
    }
    call.delete(&deletion, request.no_wait).await
}
