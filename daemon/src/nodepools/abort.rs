//! `az aks nodepool operation-abort`.

use azq_proto::v1;

use super::{API_VERSION, PoolCall, Printed};
use azq_arm::{Declared, Request};

/// Aborts Azure's current operation on the pool. Prints nothing.
///
/// # Errors
/// A pool that the cluster's list does not have; an error of Azure's, such as that no operation is
/// in progress.
pub async fn abort(call: &PoolCall<'_, v1::AbortNodePoolOperationRequest>) -> Printed {
    call.check_name()?;
    call.require_listed().await?;
    // az also reads the pool; it uses nothing of it, but fails if it cannot be read.
    call.read().await?;
    let path = format!("{}/abort", call.path());
    let abortion = Request::post(path, API_VERSION, None, Declared::ABORT);
    call.send(&abortion, call.request.no_wait).await?;
    Ok(None)
}
