//! `az vm list-usage`.

use std::sync::Arc;

use azq_document::{Object, Value};
use serde_json::Value as Json;

use crate::nodepools::Printed;
use azq_arm::Arm;
use azq_arm::Report;
use azq_schema::models;

models! {
    USAGE_NAME { "localizedValue": Text, "value": Text }
    USAGE { "currentValue": Integer, "limit": Integer, "name": Object(USAGE_NAME), "unit": Text }
}

/// The query that makes the table.
pub const TABLE: &str = "[].{Name:localName, CurrentValue:currentValue, Limit:limit}";

/// Returns how much of a region's quotas the subscription uses. The location is a name such as
/// `eastus`;
/// see [`crate::subscriptions::list_locations::name_of`].
///
/// # Errors
/// An error of Azure's.
pub async fn list_vm_usage(arm: &Arm, location: &str, report: &dyn Report) -> Printed {
    let usages = super::usages(arm, location, report).await?;
    Ok(Some(usages.iter().map(document).collect::<Vec<_>>().into()))
}

/// Returns az's document: numbers as text, and the localized name repeated (azure-cli,
/// `vm/operations/vm.py`).
fn document(usage: &Json) -> Value {
    let Value::Object(shown) = USAGE.sparse_document(usage) else {
        return Value::from(usage);
    };
    let mut shown = Object::clone(&shown);
    for number in ["currentValue", "limit"] {
        let integer = |value: &&Value| matches!(value, Value::Int(_) | Value::BigInt(_));
        if let Some(value) = shown.get(number).filter(integer).map(azq_python::repr) {
            shown.set(number, value.into());
        }
    }
    let name = shown
        .get("name")
        .and_then(|name| name.get("localizedValue"))
        .cloned();
    shown.set("localName", name.unwrap_or(Value::Null));
    Value::Object(Arc::new(shown))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_text_and_the_local_name_comes_last() {
        let usage = json!({"limit": -1, "unit": "Count", "currentValue": 4, "new": 1,
            "name": {"value": "cores", "localizedValue": "Total Regional vCPUs"}});
        let Value::Object(shown) = document(&usage) else {
            panic!("not an object")
        };
        let keys: Vec<&str> = shown.entries.iter().map(|(key, _)| &**key).collect();
        assert_eq!(keys, ["currentValue", "limit", "name", "unit", "localName"]);
        assert_eq!(shown.get("limit"), Some(&"-1".into()));
        assert_eq!(shown.get("localName"), Some(&"Total Regional vCPUs".into()));
    }

    #[test]
    fn a_usage_without_a_name_is_no_crash() {
        assert_eq!(
            document(&json!({"name": null})),
            Value::from(&json!({"localName": null}))
        );
    }
}
