//! The settings of a pool: those that a new pool gets, and those in which two pools differ.
//!
//! The document of a new pool is the old one's with another size, so a property that this version
//! does not know is kept. The properties that are left out are listed here with the reason.

use serde_json::{Map, Value};

/// Properties that only Azure sets, or that would keep the new pool on the old one's image.
const NOT_CARRIED_OVER: [&str; 9] = [
    "eTag",
    "provisioningState",
    "currentOrchestratorVersion",
    "powerState",
    "status",
    // These two name an image of Generation 1.
    "nodeImageVersion",
    "creationData",
    // Azure derives it from the pool's contents.
    "nodeImageUpgradeStatus",
    "vmSize",
];

/// The properties in which a new pool may differ from the old one without a loss.
const FREE_TO_DIFFER: [&str; 1] = ["count"];

/// Returns the document of a new pool with the settings of an old one.
pub fn new_pool(old: &Value, vm_size: &str) -> Value {
    let mut properties = Map::new();
    properties.insert("vmSize".to_owned(), vm_size.into());
    let given = old.get("properties").and_then(Value::as_object);
    for (name, value) in given.into_iter().flatten() {
        if !NOT_CARRIED_OVER.contains(&name.as_str()) && !value.is_null() {
            properties.insert(name.clone(), value.clone());
        }
    }
    if let Some(dns) = properties
        .get_mut("localDNSProfile")
        .and_then(Value::as_object_mut)
    {
        // Only Azure sets it.
        dns.shift_remove("state");
    }
    let mut pool = Map::new();
    pool.insert("properties".to_owned(), properties.into());
    for (name, value) in old.as_object().into_iter().flatten() {
        if !["id", "name", "type", "systemData", "properties"].contains(&name.as_str()) {
            pool.insert(name.clone(), value.clone());
        }
    }
    pool.into()
}

/// Returns the document that changes an old pool's size in place.
pub fn resized(old: &Value, vm_size: &str) -> Value {
    let mut pool = new_pool(old, vm_size);
    let version = old.pointer("/properties/nodeImageVersion");
    if let (Some(properties), Some(version)) = (pool["properties"].as_object_mut(), version) {
        properties.insert("nodeImageVersion".to_owned(), version.clone());
    }
    pool
}

/// Returns the paths of the old pool's settings that the new one does not have.
pub fn lost(old: &Value, new: &Value) -> Vec<String> {
    let wanted = new_pool(old, "");
    let mut paths = Vec::new();
    let members = wanted.as_object().into_iter().flatten();
    for (name, value) in members {
        let is_properties = name == "properties";
        for (key, value) in value
            .as_object()
            .filter(|_| is_properties)
            .into_iter()
            .flatten()
        {
            if key != "vmSize" && !FREE_TO_DIFFER.contains(&key.as_str()) {
                let found = new.pointer(&format!("/properties/{key}"));
                compare(key, value, found, &mut paths);
            }
        }
        if !is_properties {
            compare(name, value, new.get(name), &mut paths);
        }
    }
    paths
}

/// Compares two values. Objects are compared member by member, because the service may add members.
fn compare(path: &str, wanted: &Value, found: Option<&Value>, lost: &mut Vec<String>) {
    match (wanted, found) {
        (Value::Object(wanted), Some(Value::Object(found))) => {
            for (name, value) in wanted {
                compare(&format!("{path}.{name}"), value, found.get(name), lost);
            }
        }
        (Value::Array(wanted), None | Some(Value::Null)) if wanted.is_empty() => {}
        (Value::Null, None) => {}
        (wanted, found) if Some(wanted) == found => {}
        _ => lost.push(path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn old() -> Value {
        json!({
            "id": "/x", "name": "p", "type": "t", "zonal": 1,
            "properties": {
                "vmSize": "Standard_D2_v2", "count": 3, "eTag": "e", "provisioningState": "Succeeded",
                "nodeImageVersion": "AKSUbuntu-1", "creationData": {"sourceResourceId": "/s"},
                "nodeTaints": ["a=b:NoSchedule"], "nodeLabels": {"x": "y"}, "tags": null,
                "fromTheFuture": {"deep": [1]}, "upgradeSettings": {"maxSurge": "10%"},
            },
        })
    }

    #[test]
    fn everything_is_kept_but_what_is_of_the_old_machines() {
        let new = new_pool(&old(), "Standard_D2s_v5");
        let expected = json!({
            "zonal": 1,
            "properties": {
                "vmSize": "Standard_D2s_v5", "count": 3, "nodeTaints": ["a=b:NoSchedule"],
                "nodeLabels": {"x": "y"}, "fromTheFuture": {"deep": [1]},
                "upgradeSettings": {"maxSurge": "10%"},
            },
        });
        assert_eq!(new, expected);
    }

    #[test]
    fn a_setting_that_is_lost_is_named_and_one_that_was_added_is_not() {
        let mut new = new_pool(&old(), "Standard_D2s_v5");
        assert_eq!(lost(&old(), &new), Vec::<String>::new());
        new["properties"]["upgradeSettings"]["maxUnavailable"] = "0".into();
        new["properties"]["count"] = 5.into();
        assert_eq!(lost(&old(), &new), Vec::<String>::new());
        new["properties"]["fromTheFuture"]["deep"] = json!([]);
        new["properties"]["nodeTaints"] = Value::Null;
        new["zonal"] = 2.into();
        assert_eq!(
            lost(&old(), &new),
            ["nodeTaints", "fromTheFuture.deep", "zonal"]
        );
    }
}
