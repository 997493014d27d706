//! az's document of an agent pool.
//!
//! The shape is a table (`schema.rs`); this file only names its root and adds what az adds to every
//! resource.

use azq_document::Value;

use super::schema::AGENT_POOL;

/// Returns az's document of an agent pool that Resource Manager has returned: every property that
/// az's model knows, under az's name and in az's order, `null` if absent, and at last
/// `resourceGroup`.
pub fn document(pool: &serde_json::Value) -> Value {
    AGENT_POOL.resource(pool)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_and_order_are_azs() {
        let id = "/subscriptions/s/resourcegroups/G/providers/Microsoft.ContainerService/managedClusters/c/agentPools/p";
        let document = document(&json!({"id": id, "name": "p", "properties": {
            "enableFIPS": true, "type": "VirtualMachineScaleSets", "osDiskSizeGB": 128,
            "kubeletConfig": {"failSwapOn": false}, "fromTheFuture": 1}}));
        assert_eq!(
            document.get("typePropertiesType"),
            Some(&"VirtualMachineScaleSets".into())
        );
        assert_eq!(document.get("type"), Some(&Value::Null));
        assert_eq!(document.get("enableFips"), Some(&true.into()));
        assert_eq!(document.get("osDiskSizeGb"), Some(&128.into()));
        assert_eq!(document.get("fromTheFuture"), None);
        let kubelet = document.get("kubeletConfig");
        assert_eq!(
            kubelet.and_then(|k| k.get("failSwapOn")),
            Some(&false.into())
        );
        assert_eq!(
            kubelet.and_then(|k| k.get("podMaxPids")),
            Some(&Value::Null)
        );
        let Value::Object(object) = &document else {
            panic!("not an object")
        };
        let keys: Vec<&str> = object.entries.iter().map(|(key, _)| &**key).collect();
        assert_eq!(
            keys.get(..6),
            Some(&["id", "name", "type", "systemData", "eTag", "count"][..])
        );
        assert_eq!(keys.last(), Some(&"resourceGroup"));
    }
}
