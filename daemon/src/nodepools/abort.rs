//! `az aks nodepool operation-abort`.

use azq_document::Value;
use azq_proto::v1;

use super::{API_VERSION, PoolName, checks, operation};
use azq_arm::Report;
use azq_arm::{Arm, Declared, Request};
use azq_command::CommandError;

/// Aborts Azure's current operation on the pool. Prints nothing.
///
/// # Errors
/// A pool that the cluster's list does not have; an error of Azure's, such as that no operation is
/// in progress.
pub async fn abort(
    arm: &Arm,
    pool: &PoolName,
    request: &v1::AbortNodePoolOperationRequest,
    report: &dyn Report,
) -> Result<Option<Value>, CommandError> {
    checks::pool_name(&pool.pool)?;
    operation::require_listed(arm, pool, report).await?;
    // az also reads the pool; it uses nothing of it, but fails if it cannot be read.
    operation::read(arm, pool, report).await?;
    let path = format!("{}/abort", pool.path(arm.subscription()));
    let abortion = Request::post(path, API_VERSION, None, Declared::ABORT);
    let started = arm.send(&abortion, report).await?;
    operation::finish(arm, &abortion, started, request.no_wait, report).await?;
    Ok(None)
}
