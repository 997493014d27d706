//! Resources of any kind, and their providers: read-only, from the specification.

use http::StatusCode;
use serde_json::{Value, json};

use super::errors;
use super::exchange::{Answer, Request};
use super::state::State;

/// Lists the resources of a subscription that match `$filter`.
pub(super) fn list(state: &State, request: &Request, subscription: &str) -> Answer {
    let filter = request.parameter("$filter").unwrap_or_default();
    let resources = state.specification.resources.iter();
    let value: Vec<&Value> = resources
        .filter(|(id, _)| segment(id, 1).eq_ignore_ascii_case(subscription))
        .filter(|(id, resource)| {
            filter
                .split(" and ")
                .all(|part| matches(id, resource, part, filter))
        })
        .map(|(_, resource)| resource)
        .collect();
    Answer::ok(json!({ "value": value }))
}

/// Shows one resource, or lists those right below the path.
pub(super) fn show(state: &State, request: &Request) -> Answer {
    let path = format!("/{}", request.segments.join("/"));
    let resources = &state.specification.resources;
    let found = resources
        .iter()
        .find(|(id, _)| id.eq_ignore_ascii_case(&path));
    if let Some((_, resource)) = found {
        return Answer::ok(resource.clone());
    }
    let is_below = |id: &str| {
        let parent = id.rsplit_once('/').map_or("", |(parent, _)| parent);
        parent.eq_ignore_ascii_case(&path)
    };
    let below: Vec<&Value> = resources
        .iter()
        .filter(|(id, _)| is_below(id))
        .map(|(_, resource)| resource)
        .collect();
    if below.is_empty() {
        let message = format!("The Resource '{path}' was not found.");
        return errors::wrapped(StatusCode::NOT_FOUND, "ResourceNotFound", &message);
    }
    Answer::ok(json!({ "value": below }))
}

/// Shows a resource provider.
pub(super) fn provider(state: &State, request: &Request) -> Answer {
    let namespace = request.segments.get(3).map_or("", String::as_str);
    let mut providers = state.specification.providers.iter();
    let found = providers.find(|(name, _)| name.eq_ignore_ascii_case(namespace));
    found.map_or_else(
        || {
            let message = format!("The resource namespace '{namespace}' is invalid.");
            errors::wrapped(StatusCode::NOT_FOUND, "InvalidResourceNamespace", &message)
        },
        |(_, provider)| Answer::ok(provider.clone()),
    )
}

/// Returns a segment of an id, counted from zero.
fn segment(id: &str, index: usize) -> &str {
    id.split('/').nth(index + 1).unwrap_or_default()
}

/// Whether a resource matches a part of a filter such as `name eq 'x'`.
fn matches(id: &str, resource: &Value, part: &str, filter: &str) -> bool {
    let value = part.split('\'').nth(1).unwrap_or_default();
    let text = |name: &str| {
        resource
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let tags = resource.get("tags").and_then(Value::as_object);
    match part.split([' ', '(']).next().unwrap_or_default() {
        "" => true,
        "resourceGroup" => segment(id, 3).eq_ignore_ascii_case(value),
        "resourceType" => text("type").eq_ignore_ascii_case(value),
        "startswith" => tags.is_some_and(|tags| tags.keys().any(|name| name.starts_with(value))),
        "tagname" => tags.is_some_and(|tags| tags.contains_key(value)),
        "tagvalue" => {
            let name = filter.split('\'').nth(1).unwrap_or_default();
            tags.and_then(|tags| tags.get(name)?.as_str()) == Some(value)
        }
        name => text(name).eq_ignore_ascii_case(value),
    }
}
