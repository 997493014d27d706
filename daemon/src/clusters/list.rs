//! `az aks list`.

use azq_document::Value;

use super::row;
use super::schema::MANAGED_CLUSTER;
use crate::groups::resources_path;
use crate::nodepools::{API_VERSION, Printed};
use azq_arm::Arm;
use azq_arm::Report;

/// Reads the clusters of a resource group, or of the subscription, from Azure, without a cache.
///
/// # Errors
/// An error of Azure's.
pub async fn list(arm: &Arm, resource_group: Option<&str>, report: &dyn Report) -> Printed {
    let path = path(arm.subscription(), resource_group);
    let clusters = arm.list(&path, API_VERSION, &[], report).await?;
    Ok(Some(MANAGED_CLUSTER.resources(&clusters)))
}

/// The type of managed clusters.
pub(crate) const KIND: &str = "Microsoft.ContainerService/managedClusters";

/// Returns the list's path. As in Python, an empty group counts as none.
pub(crate) fn path(subscription: &str, resource_group: Option<&str>) -> String {
    let group = resource_group.filter(|group| !group.is_empty());
    resources_path(subscription, group, KIND)
}

/// Returns the table: a row for each cluster.
pub fn table(document: &Value) -> Value {
    let clusters = document.as_array().unwrap_or_default();
    clusters.iter().map(row).collect::<Vec<_>>().into()
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn the_path_is_that_of_the_group_or_of_the_subscription() {
        let all = "/subscriptions/s/providers/Microsoft.ContainerService/managedClusters";
        assert_eq!(path("s", None), all);
        assert_eq!(path("s", Some("")), all);
        let group = "/subscriptions/s/resourceGroups/my%20group/providers/Microsoft.ContainerService/managedClusters";
        assert_eq!(path("s", Some("my group")), group);
    }
}
