//! `az aks show`.

use azq_document::Value;

use super::schema::MANAGED_CLUSTER;
use super::{cluster_path, row};
use crate::nodepools::{API_VERSION, Printed};
use azq_arm::Arm;
use azq_arm::Report;

/// Reads a cluster from Azure, without a cache.
///
/// # Errors
/// An error of Azure's.
pub async fn show(arm: &Arm, resource_group: &str, name: &str, report: &dyn Report) -> Printed {
    let path = cluster_path(arm.subscription(), resource_group, name);
    let answer = arm.get(&path, API_VERSION, report).await?;
    Ok(Some(MANAGED_CLUSTER.resource(&answer)))
}

/// Returns the table: one row.
pub fn table(document: &Value) -> Value {
    vec![row(document)].into()
}
