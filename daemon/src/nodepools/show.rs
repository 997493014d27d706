//! `az aks nodepool show`.

use azq_document::Value;
use azq_proto::v1;

use super::{PoolCall, Printed, document::document};
use azq_schema::select;

/// The table's columns and the properties that they show (azure-cli, `acs/_format.py`).
/// `osDiskSizeGB` is az's own mistake for `osDiskSizeGb`: that column is always empty, and so never
/// printed.
pub(super) const COLUMNS: [(&str, &str); 9] = [
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
pub async fn show(call: &PoolCall<'_, v1::ShowNodePoolRequest>) -> Printed {
    call.check_name()?;
    Ok(Some(document(&call.get(&call.path()).await?)))
}

/// Returns the table: one row.
pub fn table(document: &Value) -> Value {
    vec![select(document, &COLUMNS)].into()
}
