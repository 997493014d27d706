//! `az aks nodepool rollback`: back to the Kubernetes and node image versions that the pool ran
//! last.

use std::cmp::Reverse;

use azq_document::Value;
use azq_proto::v1;
use serde_json::Value as Json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{PoolCall, Printed, headers, operation, upgrades};
use azq_command::error;

/// Rolls the pool back, after warnings about changes that the cluster's automatic upgrades will
/// undo.
///
/// # Errors
/// A pool that was never upgraded; an error of Azure's.
pub async fn rollback(call: &PoolCall<'_, v1::RollbackNodePoolRequest>) -> Printed {
    let request = call.request;
    call.check_name()?;
    let cluster = call.pool.cluster_path(call.arm.subscription());
    let cluster = call.get(&cluster).await?;
    if let Some(warning) = upgrade_warning(&cluster, &call.pool.cluster) {
        call.report.warning(&warning);
    }
    let versions = upgrades::recently_used(&upgrades::profile(call).await?);
    let latest = latest(versions.as_array().unwrap_or_default()).ok_or_else(|| {
        error!(
            "No rollback versions available. The nodepool must have been upgraded at least once to have \
             rollback history available."
        )
    })?;
    let mut body = call.read().await?;
    let properties = operation::properties(&mut body);
    for name in ["orchestratorVersion", "nodeImageVersion"] {
        let version = latest.get(name).and_then(Value::as_str).map(Json::from);
        operation::set(properties, name, version);
    }
    let headers = headers::of_request!(request)?;
    call.write(&body, headers, request.no_wait).await
}

/// Returns the version with the latest timestamp, the first of several; those without one come
/// last.
fn latest(versions: &[Value]) -> Option<&Value> {
    let instant = |version: &&Value| {
        let text = version.get("timestamp")?.as_str()?;
        OffsetDateTime::parse(text, &Rfc3339).ok()
    };
    versions
        .iter()
        .min_by_key(|version| Reverse(instant(version)))
}

/// Returns az's warning about a cluster that upgrades itself.
fn upgrade_warning(cluster: &Json, name: &str) -> Option<String> {
    let channel = |channel: &str, harmless: &[&str]| {
        let profile = cluster.get("properties")?.get("autoUpgradeProfile")?;
        let value = profile
            .get(channel)?
            .as_str()
            .filter(|value| !value.is_empty())?;
        (!harmless.contains(&value.to_lowercase().as_str())).then_some(value)
    };
    if let Some(channel) = channel("upgradeChannel", &["none"]) {
        return Some(format!(
            "Auto-upgrade is enabled on cluster '{name}' (upgradeChannel={channel}). Rollback will not succeed \
             until auto-upgrade is disabled. Please disable auto-upgrade to roll back the node pool."
        ));
    }
    let channel = channel("nodeOSUpgradeChannel", &["none", "unmanaged"])?;
    Some(format!(
        "nodeOSUpgradeChannel is enabled on cluster '{name}' (nodeOSUpgradeChannel={channel}). The orchestrator \
         version rollback will proceed, but the node image rollback will not succeed. Please disable \
         nodeOSUpgradeChannel if you want to roll back the node image."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn latest_of(timestamps: &[Option<&str>]) -> Option<usize> {
        let versions: Vec<Value> = timestamps
            .iter()
            .enumerate()
            .map(|(index, timestamp)| Value::from(&json!({"timestamp": timestamp, "index": index})))
            .collect();
        let index = latest(&versions)?.get("index").cloned();
        (0..timestamps.len()).find(|i| index == i64::try_from(*i).ok().map(Value::from))
    }

    #[test]
    fn the_latest_version_is_taken_and_of_equals_the_first() {
        let (old, new) = (
            Some("2026-01-10T08:09:10.5+00:00"),
            Some("2026-01-10T08:09:10.6+00:00"),
        );
        assert_eq!(latest_of(&[old, new, old]), Some(1));
        assert_eq!(latest_of(&[None, None]), Some(0));
        assert_eq!(latest_of(&[None, old]), Some(1));
        assert_eq!(
            latest_of(&[old, Some("2026-01-10T09:09:10.5+01:00")]),
            Some(0)
        );
        assert_eq!(latest_of(&[]), None);
    }

    #[test]
    fn automatic_upgrades_are_warned_of() {
        let warning = |profile: Json| {
            let cluster = json!({"properties": {"autoUpgradeProfile": profile}});
            upgrade_warning(&cluster, "c")
                .and_then(|text| text.split(' ').next().map(str::to_owned))
        };
        let stable = json!({"upgradeChannel": "stable", "nodeOSUpgradeChannel": "NodeImage"});
        assert_eq!(warning(stable).as_deref(), Some("Auto-upgrade"));
        let image = json!({"upgradeChannel": "None", "nodeOSUpgradeChannel": "NodeImage"});
        assert_eq!(warning(image).as_deref(), Some("nodeOSUpgradeChannel"));
        assert_eq!(warning(json!({"nodeOSUpgradeChannel": "Unmanaged"})), None);
        assert_eq!(warning(json!(null)), None);
    }
}
