//! `az aks nodepool show`.

use super::{API_VERSION, PoolName, document::document};
use crate::arm::Arm;
use crate::document::{Object, Origin, Value};
use crate::error::CommandError;
use crate::report::Report;
use azq_proto::v1;
use std::sync::Arc;

/// What the table shows of a pool: its columns, and the properties that they show. The third-last is az's own
/// misspelling of `osDiskSizeGb` and so always empty (`acs/_format.py`).
const COLUMNS: [&str; 9] = [
    "name",
    "osType",
    "orchestratorVersion",
    "vmSize",
    "osDiskSizeGB",
    "count",
    "maxPods",
    "provisioningState",
    "mode",
];

/// Reads the pool from Azure, always.
///
/// # Errors
/// Azure's, in az's words.
pub async fn show(
    arm: &Arm,
    pool: &PoolName,
    _request: &v1::ShowNodePoolRequest,
    report: &dyn Report,
) -> Result<Option<Value>, CommandError> {
    let answer = arm.get(&pool.path(arm.subscription()), API_VERSION, report).await?;
    Ok(Some(document(&answer)))
}
