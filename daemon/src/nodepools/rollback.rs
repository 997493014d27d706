//! `az aks nodepool rollback`: back to the Kubernetes and node image versions that the pool ran
//! last.

use std::cmp::Reverse;

use azq_document::Value;
use azq_proto::v1;
use serde_json::Value as Json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{API_VERSION, PoolName, checks, operation, upgrades};
use azq_arm::Arm;
use azq_arm::Report;
use azq_command::CommandError;

/// Rolls the pool back, after warnings about changes that the cluster's automatic upgrades will
/// undo.
///
/// # Errors
/// A pool that was never upgraded; an error of Azure's.
pub async fn rollback(
    arm: &Arm,
    pool: &PoolName,
    request: &v1::RollbackNodePoolRequest,
    report: &dyn Report,
) -> Result<Option<Value>, CommandError> {
    checks::pool_name(&pool.pool)?;
    let cluster = arm
        .get(&pool.cluster_path(arm.subscription()), API_VERSION, report)
        .await?;
    if let Some(warning) = upgrade_warning(&cluster, &pool.cluster) {
        report.warning(&warning);
    }
    let versions = upgrades::recently_used(&upgrades::profile(arm, pool, report).await?);
    let latest = latest(versions.as_array().unwrap_or_default()).ok_or_else(|| {
        CommandError::new(
            "No rollback versions available. The nodepool must have been upgraded at least once to have \
             rollback history available.",
        )
    })?;
    let mut body = operation::read(arm, pool, report).await?;
    let properties = operation::properties(&mut body);
    for name in ["orchestratorVersion", "nodeImageVersion"] {
        let version = latest.get(name).and_then(Value::as_str).map(Json::from);
        operation::set(properties, name, version);
    }
    let headers = operation::headers(
        request.aks_custom_headers.as_deref(),
        request.if_match.as_deref(),
        request.if_none_match.as_deref(),
    )?;
    operation::write(arm, pool, (body, headers), request.no_wait, report).await
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
