//! `az aks nodepool show`.

use azq_document::Value;
use azq_proto::v1;

use super::{API_VERSION, PoolName, checks, document::document};
use azq_arm::Arm;
use azq_arm::Report;
use azq_command::CommandError;
use azq_schema::select;

/// The table's columns and the properties that they show (azure-cli, `acs/_format.py`).
/// `osDiskSizeGB` is az's own mistake for `osDiskSizeGb`: that column is always empty, and so never
/// printed.
const COLUMNS: [(&str, &str); 9] = [
    ("name", "name"),
    ("osType", "osType"),
    ("kubernetesVersion", "orchestratorVersion"),
    ("vmSize", "vmSize"),
    ("osDiskSizeGB", "osDiskSizeGB"),
    ("count", "count"),
    ("maxPods", "maxPods"),
    ("provisioningState", "provisioningState"),
    ("mode", "mode"),
];

/// Reads the pool from Azure, without a cache.
///
/// # Errors
/// A name that no pool can have; an error of Azure's.
pub async fn show(
    arm: &Arm,
    pool: &PoolName,
    _: &v1::ShowNodePoolRequest,
    report: &dyn Report,
) -> Result<Option<Value>, CommandError> {
    checks::pool_name(&pool.pool)?;
    let answer = arm
        .get(&pool.path(arm.subscription()), API_VERSION, report)
        .await?;
    Ok(Some(document(&answer)))
}

/// Returns the table: one row.
pub fn table(document: &Value) -> Value {
    vec![row(document)].into()
}

/// Returns the row of a pool.
pub(super) fn row(pool: &Value) -> Value {
    select(pool, &COLUMNS)
}
