//! `az aks nodepool get-upgrades` and `get-rollback-versions`: two views of one upgrade profile.

use azq_document::Value;
use azq_proto::v1;
use serde_json::Value as Json;

use super::upgrade_schema::AGENT_POOL_UPGRADE_PROFILE;
use super::{PoolCall, Printed};
use azq_command::CommandError;
use azq_schema::select_all;

/// The columns of the table of versions (azure-cli, `acs/_format.py`).
const COLUMNS: [(&str, &str); 3] = [
    ("kubernetesVersion", "orchestratorVersion"),
    ("nodeImageVersion", "nodeImageVersion"),
    ("timestamp", "timestamp"),
];

/// Returns the versions to which the pool can be upgraded.
///
/// # Errors
/// An error of Azure's.
pub async fn upgrades(call: &PoolCall<'_, v1::GetNodePoolUpgradesRequest>) -> Printed {
    call.check_name()?;
    let profile = profile(call).await?;
    Ok(Some(AGENT_POOL_UPGRADE_PROFILE.resource(&profile)))
}

/// Returns the versions that the pool ran before; `null`, which prints nothing, if Azure names
/// none.
///
/// # Errors
/// An error of Azure's.
pub async fn rollback_versions(
    call: &PoolCall<'_, v1::GetNodePoolRollbackVersionsRequest>,
) -> Printed {
    call.check_name()?;
    Ok(Some(recently_used(&profile(call).await?)))
}

/// Returns the table of `get-rollback-versions`: a row for each version.
pub fn rollback_versions_table(document: &Value) -> Value {
    select_all(document, &COLUMNS)
}

/// Reads the pool's upgrade profile.
pub(super) async fn profile<R>(call: &PoolCall<'_, R>) -> Result<Json, CommandError> {
    let path = format!("{}/upgradeProfiles/default", call.path());
    call.get(&path).await
}

/// Returns the versions that an upgrade profile names as used before, as az shows them; `null` if
/// there are none.
pub(super) fn recently_used(profile: &Json) -> Value {
    let document = AGENT_POOL_UPGRADE_PROFILE.document(profile);
    document
        .get("recentlyUsedVersions")
        .cloned()
        .unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn versions_are_shown_in_azs_shape() {
        let profile = json!({"properties": {"recentlyUsedVersions": [
            {"timestamp": "2026-01-10T08:09:10.1234567Z", "orchestratorVersion": "1.32.6"}]}});
        let expected = json!([{"orchestratorVersion": "1.32.6", "nodeImageVersion": null,
            "timestamp": "2026-01-10T08:09:10.123456+00:00"}]);
        let versions = recently_used(&profile);
        assert_eq!(versions, Value::from(&expected));
        let row = json!([{"kubernetesVersion": "1.32.6", "nodeImageVersion": null,
            "timestamp": "2026-01-10T08:09:10.123456+00:00"}]);
        assert_eq!(rollback_versions_table(&versions), Value::from(&row));
        assert_eq!(recently_used(&json!({"properties": {}})), Value::Null);
    }
}
