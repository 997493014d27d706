//! `az account list-locations`, and the names of locations.

use azq_document::Value;
use azq_proto::v1;
use serde_json::Value as Json;

use azq_arm::Arm;
use azq_arm::Report;
use azq_arm::segment;
use azq_command::CommandError;
use azq_schema::models;

/// The API version of the list of locations that az 2.91 uses.
pub(crate) const API_VERSION: &str = "2022-12-01";

models! {
    LOCATION {
        "availabilityZoneMappings": List(Object { "logicalZone": Text, "physicalZone": Text }),
        "displayName": Text,
        "id": Text,
        "metadata": Object {
            "geography": Text,
            "geographyGroup": Text,
            "homeLocation": Text,
            "latitude": Text,
            "longitude": Text,
            "pairedRegion": List(Object { "id": Text, "name": Text, "subscriptionId": Text }),
            "physicalLocation": Text,
            "regionCategory": Text,
            "regionType": Text,
        },
        "name": Text,
        "regionalDisplayName": Text,
        "subscriptionId": Text,
        "type": Text,
    }
}

/// Returns the locations that the subscription may use.
///
/// # Errors
/// An error of Azure's.
pub async fn list_locations(
    arm: &Arm,
    request: &v1::ListLocationsRequest,
    report: &dyn Report,
) -> Result<Option<Value>, CommandError> {
    let locations = read(arm, request.include_extended_locations, report).await?;
    let shown = locations
        .iter()
        .map(|location| LOCATION.sparse_document(location));
    Ok(Some(shown.collect::<Vec<_>>().into()))
}

/// Returns Azure's name for a location that the user has given. Like az, this sends a request only
/// for a text that looks like a display name, such as `East US`, and keeps one that Azure does not
/// know.
///
/// # Errors
/// An error of Azure's.
pub async fn name_of(arm: &Arm, typed: &str, report: &dyn Report) -> Result<String, CommandError> {
    if !typed.contains(' ') {
        return Ok(typed.to_owned());
    }
    let locations = read(arm, None, report).await?;
    Ok(find(&locations, typed).unwrap_or(typed).to_owned())
}

fn find<'a>(locations: &'a [Json], display_name: &str) -> Option<&'a str> {
    let wanted = display_name.to_lowercase();
    let found = locations.iter().find(|location| {
        let name = location.get("displayName").and_then(Json::as_str);
        name.is_some_and(|name| name.to_lowercase() == wanted)
    });
    found?.get("name")?.as_str()
}

/// Returns the list's path.
pub(crate) fn path(subscription: &str) -> String {
    format!("/subscriptions/{}/locations", segment(subscription))
}

async fn read(
    arm: &Arm,
    extended: Option<bool>,
    report: &dyn Report,
) -> Result<Vec<Json>, CommandError> {
    let path = path(arm.subscription());
    let query =
        extended.map(|extended| ("includeExtendedLocations".to_owned(), extended.to_string()));
    Ok(arm
        .list(&path, API_VERSION, query.as_slice(), report)
        .await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn locations_have_azs_order_and_only_what_azure_sent() {
        let location = json!({"name": "eastus", "id": "/subscriptions/s/locations/eastus", "new": 1,
            "metadata": {"regionType": "Physical", "pairedRegion": [{"name": "westus"}], "longitude": "-79"}});
        let Value::Object(shown) = LOCATION.sparse_document(&location) else {
            panic!("not an object")
        };
        let keys: Vec<&str> = shown.entries.iter().map(|(key, _)| &**key).collect();
        assert_eq!(keys, ["id", "metadata", "name"]);
        let metadata = json!({"longitude": "-79", "pairedRegion": [{"name": "westus"}], "regionType": "Physical"});
        assert_eq!(shown.get("metadata"), Some(&Value::from(&metadata)));
    }

    #[test]
    fn a_display_name_is_found_in_any_case() {
        let locations = [
            json!({"name": "eastus"}),
            json!({"name": "westus", "displayName": "West US"}),
        ];
        assert_eq!(find(&locations, "west us"), Some("westus"));
        assert_eq!(find(&locations, "no where"), None);
    }
}
