//! `az aks nodepool delete`.

use azq_document::Value;
use azq_proto::v1;

use super::{API_VERSION, PoolName, checks, operation};
use azq_arm::Report;
use azq_arm::{Arm, Request};
use azq_command::CommandError;

/// Deletes the pool. Prints nothing.
///
/// # Errors
/// A pool that the cluster's list does not have; an error of Azure's.
pub async fn delete(
    arm: &Arm,
    pool: &PoolName,
    request: &v1::DeleteNodePoolRequest,
    report: &dyn Report,
) -> Result<Option<Value>, CommandError> {
    checks::pool_name(&pool.pool)?;
    operation::require_listed(arm, pool, report).await?;
    let mut deletion = Request::delete(pool.path(arm.subscription()), API_VERSION);
    deletion.headers = operation::etags(request.if_match.as_deref(), None);
    if request.ignore_pdb {
        deletion
            .query
            .push(("ignore-pod-disruption-budget".into(), "true".into()));
    }
    let started = arm.send(&deletion, report).await?;
    let outcome = operation::finish(arm, &deletion, started, request.no_wait, report).await;
    operation::deleted(outcome)?;
    Ok(None)
}
