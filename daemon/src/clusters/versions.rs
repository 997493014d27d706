//! `az aks get-versions`: the versions of Kubernetes that AKS has in a region.

use std::cmp::Reverse;

use azq_document::Value;
use azq_python::number;

use super::version_schema::KUBERNETES_VERSION_LIST_RESULT;
use crate::nodepools::{API_VERSION, Printed};
use azq_arm::Arm;
use azq_arm::Report;
use azq_arm::segment;
use azq_schema::selection;

/// Reads the versions of a region from Azure, without a cache.
///
/// # Errors
/// An error of Azure's.
pub async fn versions(arm: &Arm, location: &str, report: &dyn Report) -> Printed {
    let path = format!(
        "/subscriptions/{}/providers/Microsoft.ContainerService/locations/{}/kubernetesVersions",
        segment(arm.subscription()),
        segment(location)
    );
    let answer = arm.get(&path, API_VERSION, report).await?;
    Ok(Some(KUBERNETES_VERSION_LIST_RESULT.document(&answer)))
}

/// Returns the table: a row for each patch version, the newest first. `None` if a member is missing
/// that az's own table needs (azure-cli, `acs/_format.py`, `aks_versions_table_format`).
pub fn table(document: &Value) -> Option<Value> {
    let mut rows = Vec::new();
    for release in document.get("values")?.as_array()? {
        let is_preview = release.get("isPreview").unwrap_or(&Value::Null);
        let (Value::Object(capabilities), Value::Object(patches)) =
            (release.get("capabilities")?, release.get("patchVersions")?)
        else {
            return None;
        };
        let plans = capabilities.get("supportPlan");
        for (version, patch) in &patches.entries {
            let upgrades = texts(patch.get("upgrades")?).unwrap_or_default();
            let row = selection([
                ("kubernetesVersion", version.as_ref().into()),
                ("isPreview", is_preview.clone()),
                ("upgrades", joined_versions(upgrades, |_| false).into()),
                ("supportPlan", texts(plans?)?.join(", ").into()),
            ]);
            rows.push((Reverse(parts(version)?), row));
        }
    }
    rows.sort_by(|(one, _), (other, _)| one.cmp(other));
    let rows: Vec<Value> = rows.into_iter().map(|(_, row)| row).collect();
    Some(rows.into())
}

/// Returns the texts of a list; `None` if it is not a list of texts.
pub(super) fn texts(list: &Value) -> Option<Vec<&str>> {
    list.as_array()?.iter().map(Value::as_str).collect()
}

/// Returns the versions that a table's cell names, the oldest first; `is_preview` marks some of
/// them.
pub(super) fn joined_versions(
    mut versions: Vec<&str>,
    is_preview: impl Fn(&str) -> bool,
) -> String {
    if versions.is_empty() {
        versions.push("None available");
    }
    // If a version is not a number, all of them stay in Azure's order.
    if versions.iter().all(|version| parts(version).is_some()) {
        versions.sort_by_key(|version| parts(version));
    }
    let marked = versions.iter().map(|version| {
        let mark = if is_preview(version) { "(preview)" } else { "" };
        format!("{version}{mark}")
    });
    marked.collect::<Vec<_>>().join(", ")
}

/// Returns the numbers of a version, by which versions are sorted (`version_to_tuple`).
fn parts(version: &str) -> Option<Vec<i128>> {
    let version = version.strip_suffix("(preview)").unwrap_or(version);
    let number = |part| number::parse_int(part)?.parse().ok();
    version.split('.').map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn patch_versions_are_sorted_as_numbers_and_the_newest_is_first() {
        let release = |version: &str, patches: serde_json::Value| {
            json!({"version": version, "isPreview": null, "patchVersions": patches,
                "capabilities": {"supportPlan": ["A", "B"]}})
        };
        let document = json!({"values": [
            release("1.9", json!({"1.9.10": {"upgrades": ["1.10.0", "1.9.11"]},
                "1.9.2": {"upgrades": null}})),
            release("1.10", json!({"1.10.0": {"upgrades": []}})),
        ]});
        let expected = |version, upgrades| {
            json!({"kubernetesVersion": version, "isPreview": null, "upgrades": upgrades,
                "supportPlan": "A, B"})
        };
        let expected = json!([
            expected("1.10.0", "None available"),
            expected("1.9.10", "1.9.11, 1.10.0"),
            expected("1.9.2", "None available"),
        ]);
        assert_eq!(table(&Value::from(&document)), Some(Value::from(&expected)));
    }

    #[test]
    fn what_is_not_there_leaves_no_table() {
        for document in [
            json!({"values": null}),
            json!({"values": [{"patchVersions": {}, "capabilities": null}]}),
            json!({"values": [{"patchVersions": null, "capabilities": {"supportPlan": []}}]}),
            json!({"values": [{"patchVersions": {"1.x": {"upgrades": []}},
                "capabilities": {"supportPlan": []}}]}),
        ] {
            assert_eq!(table(&Value::from(&document)), None, "{document}");
        }
    }

    #[test]
    fn previews_are_marked_and_odd_versions_stay_in_order() {
        let joined = |versions: &[&str]| joined_versions(versions.to_vec(), |v| v == "1.10.1");
        assert_eq!(joined(&["1.10.1", "1.9.1"]), "1.9.1, 1.10.1(preview)");
        assert_eq!(joined(&["1.10.1", "b", "a"]), "1.10.1(preview), b, a");
    }
}
