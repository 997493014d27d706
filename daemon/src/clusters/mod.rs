//! `az aks show`, `list`, `get-upgrades`, `get-versions`, `get-credentials` and `command`: managed
//! clusters, as az shows them.
//!
//! az removes some empty properties before it prints (`_remove_nulls` in `acs/custom.py`), but its
//! SDK prints them as `null` all the same, so there is nothing to do.
//!
//! Deliberately absent: any command that changes a cluster; the real az carries those out.

pub mod command;
mod command_schema;
pub mod credentials;
mod feature_schema;
pub mod list;
mod network_schema;
mod schema;
pub mod show;
pub mod upgrades;
mod version_schema;
pub mod versions;

use azq_document::Value;

use crate::groups::resources_path;
use azq_arm::segment;
use azq_schema::select;

/// Returns the path of a managed cluster.
pub(crate) fn cluster_path(subscription: &str, group: &str, name: &str) -> String {
    let clusters = resources_path(subscription, Some(group), list::KIND);
    format!("{clusters}/{}", segment(name))
}

/// Returns the table's row of a cluster (azure-cli, `acs/_format.py`).
fn row(cluster: &Value) -> Value {
    let fqdn = cluster
        .get("fqdn")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let fqdn = if fqdn.is_empty() {
        "privateFqdn"
    } else {
        "fqdn"
    };
    let columns = [
        ("name", "name"),
        ("location", "location"),
        ("resourceGroup", "resourceGroup"),
        ("kubernetesVersion", "kubernetesVersion"),
        ("currentKubernetesVersion", "currentKubernetesVersion"),
        ("provisioningState", "provisioningState"),
        ("fqdn", fqdn),
    ];
    select(cluster, &columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_azs_and_resource_groups_are_added_at_any_depth() {
        let id = |name: &str| format!("/subscriptions/s/resourceGroups/{name}/providers/P/t/x");
        let cluster = json!({"id": id("g"), "sku": {"tier": "Free"}, "properties": {
            "enableRBAC": true, "azurePortalFQDN": "p",
            "agentPoolProfiles": [{"name": "np1", "osDiskSizeGB": 128}],
            "securityProfile": {"customCATrustCertificates": ["LS0tCg=="]},
            "networkProfile": {"loadBalancerProfile": {"effectiveOutboundIPs": [{"id": id("mc")}]}}}});
        let document = schema::MANAGED_CLUSTER.resource(&cluster);
        let at = |path: &[&str]| {
            path.iter()
                .try_fold(&document, |value, step| match step.parse::<usize>() {
                    Ok(index) => value.as_array()?.get(index),
                    Err(_) => value.get(step),
                })
        };
        assert_eq!(at(&["resourceGroup"]), Some(&"g".into()));
        assert_eq!(at(&["enableRbac"]), Some(&true.into()));
        assert_eq!(at(&["azurePortalFqdn"]), Some(&"p".into()));
        assert_eq!(at(&["tags"]), Some(&Value::Null));
        assert_eq!(
            at(&["agentPoolProfiles", "0", "osDiskSizeGb"]),
            Some(&128.into())
        );
        assert_eq!(
            at(&["agentPoolProfiles", "0", "vnetSubnetId"]),
            Some(&Value::Null)
        );
        assert_eq!(
            at(&["securityProfile", "customCaTrustCertificates", "0"]),
            Some(&Value::Bytes(b"---\n".as_slice().into()))
        );
        let address = [
            "networkProfile",
            "loadBalancerProfile",
            "effectiveOutboundIPs",
            "0",
            "resourceGroup",
        ];
        assert_eq!(at(&address), Some(&"mc".into()));
    }

    #[test]
    fn a_private_cluster_shows_its_private_name() {
        let fqdn = |cluster| row(&Value::from(&cluster)).get("fqdn").cloned();
        assert_eq!(
            fqdn(json!({"fqdn": null, "privateFqdn": "p"})),
            Some("p".into())
        );
        assert_eq!(
            fqdn(json!({"fqdn": "f", "privateFqdn": "p"})),
            Some("f".into())
        );
    }
}
