//! `az vm list-sizes`.

use azq_document::Value;
use serde_json::Value as Json;

use super::{API_VERSION, path};
use crate::nodepools::Printed;
use azq_arm::Arm;
use azq_arm::Report;
use azq_schema::models;

models! {
    VIRTUAL_MACHINE_SIZE {
        "maxDataDiskCount": Integer,
        "memoryInMB": Integer,
        "name": Text,
        "numberOfCores": Integer,
        "osDiskSizeInMB": Integer,
        "resourceDiskSizeInMB": Integer,
    }
}

/// Returns the sizes of a region. The location is a name such as `eastus`; see
/// [`crate::subscriptions::list_locations::name_of`].
///
/// # Errors
/// An error of Azure's.
pub async fn list_vm_sizes(arm: &Arm, location: &str, report: &dyn Report) -> Printed {
    let path = path(arm.subscription(), location, "vmSizes");
    Ok(Some(document(&arm.get(&path, API_VERSION, report).await?)))
}

fn document(answer: &Json) -> Value {
    let sizes = answer.get("value").and_then(Json::as_array);
    let sizes = sizes.into_iter().flatten();
    let documents = sizes.map(|size| VIRTUAL_MACHINE_SIZE.sparse_document(size));
    documents.collect::<Vec<_>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sizes_have_azs_order_and_only_what_azure_sent() {
        let answer =
            json!({"value": [{"numberOfCores": 1, "name": "S", "memoryInMB": null, "new": 1}]});
        let expected = json!([{"name": "S", "numberOfCores": 1}]);
        let document = document(&answer);
        assert_eq!(document, Value::from(&expected));
        let Some(Value::Object(size)) = document.as_array().and_then(<[_]>::first) else {
            panic!("no size")
        };
        assert_eq!(size.entries.first().map(|(key, _)| &**key), Some("name"));
    }
}
