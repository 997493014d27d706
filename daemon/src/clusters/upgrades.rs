//! `az aks get-upgrades`: the versions to which a cluster's control plane can be upgraded.

use azq_document::Value;

use super::cluster_path;
use super::version_schema::MANAGED_CLUSTER_UPGRADE_PROFILE;
use super::versions::joined_versions;
use crate::nodepools::{API_VERSION, Printed};
use azq_arm::Arm;
use azq_arm::Report;
use azq_schema::selection;

/// Reads a cluster's upgrade profile from Azure, without a cache.
///
/// # Errors
/// An error of Azure's.
pub async fn upgrades(arm: &Arm, resource_group: &str, name: &str, report: &dyn Report) -> Printed {
    let cluster = cluster_path(arm.subscription(), resource_group, name);
    let path = format!("{cluster}/upgradeProfiles/default");
    let profile = arm.get(&path, API_VERSION, report).await?;
    Ok(Some(MANAGED_CLUSTER_UPGRADE_PROFILE.resource(&profile)))
}

/// Returns the table: one row. `None` if a member is missing that az's own table needs (azure-cli,
/// `acs/_format.py`, `aks_upgrades_table_format`).
pub fn table(document: &Value) -> Option<Value> {
    // A profile without properties has no such member; az's table accepts that.
    let profile = document.get("controlPlaneProfile");
    let upgrades = match profile {
        Some(profile) => profile.get("upgrades")?.as_array()?,
        None => &[],
    };
    let version = |upgrade: &Value| Some(upgrade.get("kubernetesVersion")?.as_str()?.to_owned());
    let is_preview = |upgrade: &&Value| upgrade.get("isPreview") == Some(&Value::Bool(true));
    let previews: Vec<String> = upgrades
        .iter()
        .filter(is_preview)
        .filter_map(version)
        .collect();
    let versions: Vec<String> = upgrades.iter().filter_map(version).collect();
    let versions = versions.iter().map(String::as_str).collect();
    let current = profile.and_then(|profile| profile.get("kubernetesVersion")?.as_str());
    let current = current.filter(|version| !version.is_empty());
    let of_document = |name| document.get(name).cloned().unwrap_or(Value::Null);
    let is_preview = |version: &str| previews.iter().any(|preview| preview == version);
    Some(selection([
        ("name", of_document("name")),
        ("resourceGroup", of_document("resourceGroup")),
        ("masterVersion", current.unwrap_or("unknown").into()),
        ("upgrades", joined_versions(versions, is_preview).into()),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_cluster_is_one_row_with_its_upgrades_in_order() {
        let document = json!({"name": "default", "resourceGroup": "g", "controlPlaneProfile": {
            "kubernetesVersion": "", "upgrades": [
                {"kubernetesVersion": "1.10.1", "isPreview": true},
                {"kubernetesVersion": null}, {"kubernetesVersion": "1.9.1"}]}});
        let expected = json!({"name": "default", "resourceGroup": "g", "masterVersion": "unknown",
            "upgrades": "1.9.1, 1.10.1(preview)"});
        assert_eq!(table(&Value::from(&document)), Some(Value::from(&expected)));
    }

    #[test]
    fn a_profile_without_upgrades_has_no_table() {
        for profile in [json!(null), json!({"upgrades": null})] {
            let document = json!({ "controlPlaneProfile": profile });
            assert_eq!(table(&Value::from(&document)), None);
        }
    }
}
