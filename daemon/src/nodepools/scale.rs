//! `az aks nodepool scale`.

use azq_preflight::Action;
use azq_proto::v1;
use serde_json::Value as Json;

use super::draft::Draft;
use super::options::{PutRequest, restore_large_integers};
use super::resolve_update::writable;
use super::{PoolCall, operation};
use azq_command::{CommandError, bail, ensure};

/// az's default number of nodes.
const DEFAULT_COUNT: i64 = 3;

/// Drafts the pool with another number of nodes.
///
/// # Errors
/// A pool that the autoscaler scales, that has that many nodes already, or that has several sizes;
/// an error of Azure's.
pub async fn draft(
    call: &PoolCall<'_, v1::ScaleNodePoolRequest>,
) -> Result<Option<Draft>, CommandError> {
    let request = call.request;
    call.check_name()?;
    let current = call.read().await?;
    let mut body = current.clone();
    let count = request.node_count.unwrap_or(DEFAULT_COUNT);
    let before = body.pointer("/properties/count").and_then(Json::as_i64);
    resize(&mut body, count)?;
    let before = before.map_or(String::new(), |before| format!("{before} → "));
    call.report.change(&format!("{before}{count} nodes"));
    restore_large_integers(&mut body, &request.large_integers);
    let sent = PutRequest {
        body: writable(&body),
        headers: Vec::new(),
    };
    Ok(Some(Draft {
        action: Action::Scale,
        path: call.path(),
        sent,
        current: Some(current),
        asked_os_type: None,
    }))
}

/// Changes the count at its place for this kind of pool.
fn resize(pool: &mut Json, count: i64) -> Result<(), CommandError> {
    let properties = operation::properties(pool);
    ensure!(
        properties.get("enableAutoScaling").and_then(Json::as_bool) != Some(true),
        "Cannot scale cluster autoscaler enabled node pool."
    );
    ensure!(
        properties.get("count").and_then(Json::as_i64) != Some(count),
        "The new node count is the same as the current node count."
    );
    if properties.get("type").and_then(Json::as_str) != Some("VirtualMachines") {
        properties.insert("count".into(), count.into());
        return Ok(());
    }
    let profile = properties.get_mut("virtualMachinesProfile");
    let manual = profile.and_then(|profile| profile.pointer_mut("/scale/manual"));
    match manual.and_then(Json::as_array_mut).map(Vec::as_mut_slice) {
        Some([Json::Object(only)]) => {
            only.insert("count".into(), count.into());
            Ok(())
        }
        Some(_) => bail!("Cannot scale virtual machines node pool with more than one size."),
        // Here az fails with a traceback.
        None => bail!("Cannot scale virtual machines node pool without a manual scale profile."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn resized(properties: &Json) -> Result<Json, String> {
        let mut pool = json!({"properties": properties});
        resize(&mut pool, 5).map_err(|error| error.message)?;
        Ok(pool.get("properties").cloned().unwrap_or_default())
    }

    #[test]
    fn the_count_is_set_where_the_kind_of_pool_has_it() {
        let set = resized(&json!({"count": 3, "type": "VirtualMachineScaleSets"}));
        assert_eq!(
            set,
            Ok(json!({"count": 5, "type": "VirtualMachineScaleSets"}))
        );
        let machines = |count: i64| {
            json!({"type": "VirtualMachines",
                "virtualMachinesProfile": {"scale": {"manual": [{"size": "S", "count": count}]}}})
        };
        assert_eq!(resized(&machines(1)), Ok(machines(5)));
    }

    #[test]
    fn pools_that_cannot_be_scaled_are_refused() {
        let manual = |manual: Json| json!({"type": "VirtualMachines", "virtualMachinesProfile": {"scale": {"manual": manual}}});
        for (properties, begin) in [
            (
                json!({"enableAutoScaling": true, "count": 5}),
                "Cannot scale cluster autoscaler",
            ),
            (json!({"count": 5}), "The new node count is the same"),
            (
                manual(json!([{"count": 1}, {"count": 2}])),
                "Cannot scale virtual machines node pool with more",
            ),
            (
                manual(json!(null)),
                "Cannot scale virtual machines node pool without",
            ),
            (
                json!({"type": "VirtualMachines"}),
                "Cannot scale virtual machines node pool without",
            ),
        ] {
            let message = resized(&properties).unwrap_err();
            assert!(message.starts_with(begin), "{message}");
        }
    }
}
