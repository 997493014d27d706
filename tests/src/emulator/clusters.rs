//! Managed clusters and node pool snapshots: read-only, from the specification.

use serde_json::{Value, json};

use super::exchange::{Answer, Request};
use super::pools::KUBERNETES;
use super::specification::{ClusterSpecification, TENANT};
use super::state::State;
use super::{errors, routes};

/// A managed cluster with default properties.
const TEMPLATE: &str = include_str!("managed_cluster.json");

/// Lists the managed clusters of a subscription, or of a resource group in it.
pub(super) fn list(state: &State, subscription: &str, group: Option<&str>) -> Answer {
    let wanted = |(_, cluster): &(&String, &ClusterSpecification)| {
        group.is_none_or(|group| cluster.resource_group.eq_ignore_ascii_case(group))
    };
    let listed = state.clusters.iter().filter(wanted);
    Answer::list(listed.map(|(name, cluster)| document(subscription, name, cluster)))
}

/// Shows one managed cluster.
pub(super) fn show(state: &State, subscription: &str, name: &str) -> Answer {
    document_of(state, subscription, name).map_or_else(errors::not_found, Answer::ok)
}

/// Returns the document of a managed cluster, if there is one.
pub(super) fn document_of(state: &State, subscription: &str, name: &str) -> Option<Value> {
    let (name, cluster) = state.clusters.get_key_value(name)?;
    Some(document(subscription, name, cluster))
}

/// Lists the node pool snapshots of a subscription, or of a resource group in it.
pub(super) fn snapshots(state: &State, group: Option<&str>) -> Answer {
    let is_listed = |snapshot: &&Value| {
        let id = snapshot["id"].as_str().unwrap_or_default();
        let found = id.split('/').nth(4).unwrap_or_default();
        group.is_none_or(|group| group.eq_ignore_ascii_case(found))
    };
    Answer::list(state.snapshots.values().filter(is_listed))
}

/// Shows one node pool snapshot.
pub(super) fn snapshot(state: &State, request: &Request, name: &str) -> Answer {
    state.snapshots.get(name).map_or_else(
        || routes::missing(request, "snapshots"),
        |document| Answer::ok(document.clone()),
    )
}

/// Builds a managed cluster as AKS gives it: `managed_cluster.json` with the specification's
/// values.
fn document(subscription: &str, key: &str, cluster: &ClusterSpecification) -> Value {
    let name = cluster.name.as_deref().unwrap_or(key);
    let group = cluster.resource_group.as_str();
    let location = cluster.location.as_deref().unwrap_or("eastus");
    let version = cluster.kubernetes_version.as_deref().unwrap_or(KUBERNETES);
    let replacements = [
        ("{subscription}", subscription),
        ("{tenant}", TENANT),
        ("{name}", name),
        ("{group}", group),
        ("{nodeGroup}", &format!("MC_{group}_{name}_{location}")),
        ("{location}", location),
        ("{version}", version),
        ("{prefix}", &format!("{name}-{group}-000000").to_lowercase()),
    ];
    // The file is compiled in; every test that lists clusters reads it.
    let mut document = serde_json::from_str(TEMPLATE).unwrap_or_default();
    fill(&mut document, &replacements);
    document["properties"]["agentPoolProfiles"] = cluster.pools.values().map(profile).collect();
    for (name, value) in &cluster.properties {
        document["properties"][name] = value.clone();
    }
    if let Some(tags) = &cluster.tags {
        document["tags"] = tags.clone();
    }
    document
}

/// Replaces placeholders by their values in every text of the template.
fn fill(template: &mut Value, replacements: &[(&str, &str)]) {
    match template {
        Value::String(text) => {
            for (name, value) in replacements {
                *text = text.replace(name, value);
            }
        }
        Value::Array(elements) => {
            elements
                .iter_mut()
                .for_each(|element| fill(element, replacements));
        }
        Value::Object(members) => {
            members
                .values_mut()
                .for_each(|member| fill(member, replacements));
        }
        _ => {}
    }
}

/// Returns an agent pool as it appears in its cluster: its properties, with its name among them.
fn profile(pool: &Value) -> Value {
    let mut profile = json!({"name": pool["name"]});
    for (name, value) in pool["properties"].as_object().into_iter().flatten() {
        profile[name] = value.clone();
    }
    profile
}
