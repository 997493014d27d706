//! The resource groups of the clusters, from the specification.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Value, json};

use super::errors;
use super::exchange::{Answer, Request};
use super::state::State;

/// Lists the resource groups of a subscription that have the tag of `$filter`.
pub(super) fn list(state: &State, request: &Request, subscription: &str) -> Answer {
    let filter = request.parameter("$filter");
    let groups = groups(state, subscription);
    let has = |group: &&Value| filter.is_none_or(|filter| has_tag(group, filter));
    Answer::list(groups.values().filter(has))
}

/// Shows a resource group, or checks whether it exists.
pub(super) fn show(state: &State, request: &Request, subscription: &str, name: &str) -> Answer {
    let found = groups(state, subscription).remove(name);
    match (request.method(), found) {
        ("HEAD", Some(_)) => Answer::empty(StatusCode::NO_CONTENT),
        ("HEAD", None) => Answer::empty(StatusCode::NOT_FOUND),
        ("GET", Some(group)) => Answer::ok(group),
        ("GET", None) => {
            let asked = request.segments.get(3).map_or("", String::as_str);
            let message = format!("Resource group '{asked}' could not be found.");
            errors::missing("ResourceGroupNotFound", &message)
        }
        _ => errors::not_found(),
    }
}

/// Returns the groups by their names in lower case.
fn groups(state: &State, subscription: &str) -> BTreeMap<String, Value> {
    let groups = state.clusters.values().map(|cluster| {
        let name = &cluster.resource_group;
        let group = json!({
            "id": format!("/subscriptions/{subscription}/resourceGroups/{name}"),
            "name": name,
            "type": "Microsoft.Resources/resourceGroups",
            "location": cluster.location.as_deref().unwrap_or("eastus"),
            "tags": cluster.tags,
            "properties": {"provisioningState": "Succeeded"},
        });
        (name.to_lowercase(), group)
    });
    groups.collect()
}

/// Whether a group has the tag of `tagname eq 'NAME' and tagvalue eq 'VALUE'`, or of its first
/// half.
fn has_tag(group: &Value, filter: &str) -> bool {
    let quoted = |text: &str| text.split('\'').nth(1).unwrap_or_default().to_owned();
    let (name, value) = filter
        .split_once(" and ")
        .map_or((filter, None), |(name, value)| (name, Some(quoted(value))));
    let tag = group["tags"].get(quoted(name));
    tag.is_some_and(|tag| value.is_none_or(|value| *tag == *value))
}
