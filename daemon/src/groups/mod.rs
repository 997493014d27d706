//! `az group show`, `exists` and `list`: resource groups, as az shows them.
//!
//! The SDK behind these commands is older than that of agent pools: it shows a property that its
//! model does not know unchanged (azure-mgmt-resource, `ResourceGroup`).
//!
//! Deliberately absent: any command that changes a group; the real az carries those out.

pub mod exists;
pub mod list;
pub mod show;

use azq_document::Value;
use serde_json::Value as Json;

use azq_arm::segment;
use azq_schema::models;

/// The API version of `Microsoft.Resources` that az 2.91 uses here.
pub(crate) const API_VERSION: &str = "2024-11-01";

models! {
    RESOURCE_GROUP {
        "id": Text,
        "name": Text,
        "type": Text,
        "properties": Object { "provisioningState": Text },
        "location": Text,
        "managedBy": Text,
        "tags": Map(Text),
    }
}

/// Returns the path of a resource group. As in az, an empty name gives the path of all groups.
fn path(subscription: &str, name: &str) -> String {
    format!(
        "/subscriptions/{}/resourcegroups/{}",
        segment(subscription),
        segment(name)
    )
}

/// Returns the path of the resources of a type (`Provider/type`) in a resource group, or in the
/// subscription.
pub(crate) fn resources_path(subscription: &str, group: Option<&str>, kind: &str) -> String {
    let group = group.map_or_else(String::new, |group| {
        format!("/resourceGroups/{}", segment(group))
    });
    let subscription = segment(subscription);
    format!("/subscriptions/{subscription}{group}/providers/{kind}")
}

/// Returns az's document of a resource group that Resource Manager has returned.
fn document(group: &Json) -> Value {
    RESOURCE_GROUP.open_document(group)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn other_properties_follow_those_of_the_model() {
        let group = json!({"new": 1, "name": "g", "properties": {"more": 2}});
        let expected = json!({"id": null, "name": "g", "type": null,
            "properties": {"provisioningState": null, "more": 2}, "location": null,
            "managedBy": null, "tags": null, "new": 1});
        assert_eq!(document(&group), Value::from(&expected));
    }

    #[test]
    fn a_name_is_one_segment_of_the_path() {
        assert_eq!(
            path("s", "my group/(x)"),
            "/subscriptions/s/resourcegroups/my%20group%2F%28x%29"
        );
    }
}
