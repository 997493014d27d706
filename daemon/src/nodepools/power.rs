//! `az aks nodepool start` and `stop`.

use azq_document::Value;
use azq_proto::v1;
use serde_json::json;

use super::{PoolName, checks, operation};
use azq_arm::Arm;
use azq_arm::Report;
use azq_command::CommandError;

/// Starts a stopped pool. Like az it accepts `--aks-custom-headers` and ignores it.
///
/// # Errors
/// A pool that the cluster's list does not have; an error of Azure's.
pub async fn start(
    arm: &Arm,
    pool: &PoolName,
    request: &v1::StartNodePoolRequest,
    report: &dyn Report,
) -> Result<Option<Value>, CommandError> {
    switch(arm, pool, "Running", request.no_wait, report).await
}

/// Stops a running pool. Like az it accepts `--aks-custom-headers` and ignores it.
///
/// # Errors
/// A pool that the cluster's list does not have; an error of Azure's.
pub async fn stop(
    arm: &Arm,
    pool: &PoolName,
    request: &v1::StopNodePoolRequest,
    report: &dyn Report,
) -> Result<Option<Value>, CommandError> {
    switch(arm, pool, "Stopped", request.no_wait, report).await
}

async fn switch(
    arm: &Arm,
    pool: &PoolName,
    state: &str,
    no_wait: bool,
    report: &dyn Report,
) -> Result<Option<Value>, CommandError> {
    checks::pool_name(&pool.pool)?;
    operation::require_listed(arm, pool, report).await?;
    let mut body = operation::read(arm, pool, report).await?;
    let power = json!({"code": state});
    operation::set(operation::properties(&mut body), "powerState", Some(power));
    operation::write(arm, pool, (body, Vec::new()), no_wait, report).await
}
