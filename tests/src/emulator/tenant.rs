//! Subscriptions, tenants and locations: the account's data that az reads.

use serde_json::{Value, json};

use super::errors;
use super::exchange::Answer;
use super::specification::{SubscriptionSpecification, TENANT};
use super::state::State;
use crate::catalogue::regions;

/// Lists the account's subscriptions.
pub(super) fn subscriptions(state: &State) -> Answer {
    Answer::list(state.specification.subscriptions.iter().map(document))
}

/// Finds one of them.
pub(super) fn find<'s>(state: &'s State, id: &str) -> Option<&'s SubscriptionSpecification> {
    let mut known = state.specification.subscriptions.iter();
    known.find(|known| known.id.eq_ignore_ascii_case(id))
}

/// Shows one of them.
pub(super) fn subscription(state: &State, id: &str) -> Answer {
    let missing = || errors::subscription_not_found(id);
    find(state, id).map_or_else(missing, |found| Answer::ok(document(found)))
}

fn document(subscription: &SubscriptionSpecification) -> Value {
    json!({
        "id": format!("/subscriptions/{}", subscription.id),
        "subscriptionId": subscription.id,
        "displayName": subscription.name,
        "state": subscription.state, "tenantId": TENANT,
    })
}

/// Lists the account's only tenant.
pub(super) fn tenants() -> Answer {
    Answer::list([json!({"id": format!("/tenants/{TENANT}"), "tenantId": TENANT})])
}

/// Lists the regions (`Subscriptions_ListLocations`).
pub(super) fn locations(subscription: &str) -> Answer {
    let prefix = format!("/subscriptions/{subscription}/locations");
    let location = |region: &regions::Region| {
        let pair = |name| json!({"name": name, "id": format!("{prefix}/{name}")});
        let paired: Vec<Value> = region.paired.into_iter().map(pair).collect();
        let mut location = json!({
            "id": format!("{prefix}/{}", region.name),
            "name": region.name,
            "type": "Region",
            "displayName": region.display_name,
            "regionalDisplayName": format!("({}) {}", region.geography_group, region.display_name),
            "metadata": {
                "regionType": "Physical",
                "regionCategory": region.category,
                "geography": region.geography,
                "geographyGroup": region.geography_group,
                "longitude": region.longitude,
                "latitude": region.latitude,
                "physicalLocation": region.physical_location,
                "pairedRegion": paired,
            },
        });
        if region.zones > 0 {
            location["availabilityZoneMappings"] = zone_mappings(region).into();
        }
        location
    };
    Answer::list(regions::all().iter().map(location))
}

/// Returns the physical zones behind a subscription's zones 1, 2 and 3. They differ between
/// subscriptions in Azure, so the order is arbitrary.
fn zone_mappings(region: &regions::Region) -> Vec<Value> {
    let physical = |logical: u64| (logical + region.display_name.len() as u64) % region.zones + 1;
    let mapping = |logical: u64| json!({"logicalZone": logical.to_string(), "physicalZone": format!("{}-az{}", region.name, physical(logical))});
    (1..=region.zones).map(mapping).collect()
}
