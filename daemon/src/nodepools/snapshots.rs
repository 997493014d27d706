//! `az aks nodepool snapshot list` and `show`.

use azq_document::Value;
use azq_proto::v1;

use super::snapshot_schema::SNAPSHOT;
use super::{API_VERSION, checks};
use crate::groups::resources_path;
use azq_arm::Arm;
use azq_arm::Report;
use azq_arm::segment;
use azq_command::CommandError;
use azq_schema::{select, select_all};

/// Reads the snapshots of a resource group, or of the subscription, from Azure, without a cache.
///
/// # Errors
/// An error of Azure's.
pub async fn list(
    arm: &Arm,
    request: &v1::ListNodePoolSnapshotsRequest,
    report: &dyn Report,
) -> Result<Value, CommandError> {
    let group = request.resource_group_name.as_deref();
    let path = path(arm.subscription(), group);
    let snapshots = arm.list(&path, API_VERSION, &[], report).await?;
    Ok(SNAPSHOT.resources(&snapshots))
}

/// Reads a snapshot from Azure, without a cache.
///
/// # Errors
/// A name that no snapshot can have; an error of Azure's.
pub async fn show(
    arm: &Arm,
    request: &v1::ShowNodePoolSnapshotRequest,
    report: &dyn Report,
) -> Result<Value, CommandError> {
    let name = request.snapshot_name.as_deref().unwrap_or_default();
    checks::snapshot_name(name)?;
    let group = request.resource_group_name.as_deref();
    // Here, unlike in a list, an empty group stays in the path.
    let path = resource_path(arm.subscription(), group, name);
    let snapshot = arm.get(&path, API_VERSION, report).await?;
    Ok(SNAPSHOT.resource(&snapshot))
}

/// The type of snapshots.
const KIND: &str = "Microsoft.ContainerService/snapshots";

/// Returns the list's path. As in Python, an empty group counts as none.
fn path(subscription: &str, group: Option<&str>) -> String {
    resources_path(subscription, group.filter(|group| !group.is_empty()), KIND)
}

/// Returns the path of a snapshot.
pub(super) fn resource_path(subscription: &str, group: Option<&str>, name: &str) -> String {
    let snapshots = resources_path(subscription, group, KIND);
    format!("{snapshots}/{}", segment(name))
}

/// The table's columns and the properties that they show (azure-cli, `acs/_format.py`).
/// `enableFIPS` is az's own mistake for `enableFips`: that column is always empty, and so never
/// printed.
const COLUMNS: [(&str, &str); 7] = [
    ("name", "name"),
    ("location", "location"),
    ("resourceGroup", "resourceGroup"),
    ("nodeImageVersion", "nodeImageVersion"),
    ("kubernetesVersion", "kubernetesVersion"),
    ("osType", "osType"),
    ("enableFIPS", "enableFIPS"),
];

/// Returns the table of several snapshots: a row for each.
pub fn list_table(document: &Value) -> Value {
    select_all(document, &COLUMNS)
}

/// Returns the table of one snapshot: one row.
pub fn table(document: &Value) -> Value {
    vec![select(document, &COLUMNS)].into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_that_of_the_group_or_of_the_subscription() {
        let all = "/subscriptions/s/providers/Microsoft.ContainerService/snapshots";
        assert_eq!(path("s", None), all);
        assert_eq!(path("s", Some("")), all);
        assert_eq!(
            path("s", Some("my group")),
            "/subscriptions/s/resourceGroups/my%20group/providers/Microsoft.ContainerService/snapshots"
        );
    }
}
