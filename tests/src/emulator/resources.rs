//! Resources of any kind, and their providers: read-only, from the specification.

use serde_json::Value;

use super::errors;
use super::exchange::{Answer, Request};
use super::state::State;

/// Lists the resources of a subscription that match `$filter`.
pub(super) fn list(state: &State, request: &Request, subscription: &str) -> Answer {
    let filter = request.parameter("$filter").unwrap_or_default();
    let is_listed = |(id, resource): &(&String, &Value)| {
        let mut parts = filter.split(" and ");
        segment(id, 1).eq_ignore_ascii_case(subscription)
            && parts.all(|part| matches(id, resource, part, filter))
    };
    let listed = state.specification.resources.iter().filter(is_listed);
    Answer::list(listed.map(|(_, resource)| resource))
}

/// Shows one resource, or lists those right below the path.
pub(super) fn show(state: &State, request: &Request) -> Answer {
    let path = format!("/{}", request.segments.join("/"));
    let resources = &state.specification.resources;
    let mut known = resources.iter();
    if let Some((_, resource)) = known.find(|(id, _)| id.eq_ignore_ascii_case(&path)) {
        return Answer::ok(resource.clone());
    }
    let is_below = |(id, _): &(&String, &Value)| {
        let parent = id.rsplit_once('/').map_or("", |(parent, _)| parent);
        parent.eq_ignore_ascii_case(&path)
    };
    let mut below = resources.iter().filter(is_below).peekable();
    if below.peek().is_none() {
        let message = format!("The Resource '{path}' was not found.");
        return errors::missing("ResourceNotFound", &message);
    }
    Answer::list(below.map(|(_, resource)| resource))
}

/// Shows a resource provider.
pub(super) fn provider(state: &State, request: &Request) -> Answer {
    let namespace = request.segments.get(3).map_or("", String::as_str);
    let mut providers = state.specification.providers.iter();
    let found = providers.find(|(name, _)| name.eq_ignore_ascii_case(namespace));
    let message = format!("The resource namespace '{namespace}' is invalid.");
    let missing = || errors::missing("InvalidResourceNamespace", &message);
    found.map_or_else(missing, |(_, provider)| Answer::ok(provider.clone()))
}

/// Returns a segment of an id, counted from zero.
fn segment(id: &str, index: usize) -> &str {
    id.split('/').nth(index + 1).unwrap_or_default()
}

/// Whether a resource matches a part of a filter such as `name eq 'x'`.
fn matches(id: &str, resource: &Value, part: &str, filter: &str) -> bool {
    let value = part.split('\'').nth(1).unwrap_or_default();
    let text = |name: &str| resource[name].as_str().unwrap_or_default();
    let tags = resource["tags"].as_object();
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
