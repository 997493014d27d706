//! The `resourceGroup` that az adds to every object with a resource id (azure-cli-core,
//! `commands/transform.py`).

use azq_document::{Object, Value};
use std::sync::Arc;

/// Adds `resourceGroup` at the end of every object, at any depth, whose `id` contains one, unless
/// the object has that key already.
#[must_use]
pub fn add_resource_groups(document: Value) -> Value {
    match document {
        Value::Array(items) => {
            Value::Array(items.iter().cloned().map(add_resource_groups).collect())
        }
        Value::Object(object) => Value::Object(Arc::new(with_resource_group(&object))),
        scalar => scalar,
    }
}

fn with_resource_group(object: &Object) -> Object {
    let entries = object.entries.iter().map(|(key, value)| {
        let value = match &**key {
            "sourceVault" => value.clone(),
            _ => add_resource_groups(value.clone()),
        };
        (key.clone(), value)
    });
    let mut changed = Object {
        entries: entries.collect(),
        origin: object.origin,
    };
    let mut keys = object.entries.iter().map(|(key, _)| key);
    let has_one = keys.any(|key| key.eq_ignore_ascii_case("resourceGroup"));
    if !has_one && let Some(group) = object.get("id").and_then(Value::as_str).and_then(group) {
        changed.entries.push(("resourceGroup".into(), group.into()));
    }
    changed
}

/// Returns the resource group of a resource's id, which must go on up to a resource's name.
fn group(id: &str) -> Option<&str> {
    let parts: Vec<&str> = id.split('/').collect();
    parts.get(8)?;
    parts
        .get(3)
        .filter(|part| part.eq_ignore_ascii_case("resourceGroups"))?;
    parts.get(4).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ID: &str = "/subscriptions/s/resourcegroups/Group/providers/P/t/n";

    #[test]
    fn ids_give_resource_groups_at_any_depth() {
        let document =
            Value::from(&json!({"id": ID, "list": [{"id": ID}], "sourceVault": {"id": ID}}));
        let expected = json!({"id": ID, "list": [{"id": ID, "resourceGroup": "Group"}],
            "sourceVault": {"id": ID}, "resourceGroup": "Group"});
        assert_eq!(add_resource_groups(document), Value::from(&expected));
    }

    #[test]
    fn other_ids_and_present_groups_are_left_alone() {
        for same in [
            json!({"id": "/subscriptions/s/resourceGroups/Group"}),
            json!({"id": 5}),
            json!({"id": ID, "RESOURCEGROUP": null}),
            json!({"id": "/a/b/c/d/e/f/g/h/i"}),
        ] {
            assert_eq!(add_resource_groups(Value::from(&same)), Value::from(&same));
        }
    }
}
