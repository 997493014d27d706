//! The versions of Kubernetes that AKS offers, and the possible upgrades of a cluster.

use serde_json::{Value, json};

use super::errors;
use super::exchange::Answer;
use super::pools::KUBERNETES;
use super::state::State;

type Texts = &'static [&'static str];

const OFFICIAL: Texts = &["KubernetesOfficial"];
const LONG_TERM: Texts = &["AKSLongTermSupport"];
const BOTH: Texts = &["KubernetesOfficial", "AKSLongTermSupport"];
/// The minor versions: name, patch versions, and support plans.
const MINORS: [(&str, Texts, Texts); 4] = [
    ("1.32", &["1.32.6", "1.32.9"], BOTH),
    ("1.33", &["1.33.3", "1.33.10"], BOTH),
    ("1.34", &["1.34.0"], OFFICIAL),
    ("1.31", &["1.31.13", "1.31.2"], LONG_TERM),
];
/// The minor version that is a preview.
const PREVIEW: &str = "1.34";

/// Adds the mark of a preview to the document of a version.
fn marked(version: &str, mut document: Value) -> Value {
    if version.starts_with(PREVIEW) {
        document["isPreview"] = true.into();
    }
    document
}

/// Returns all patch versions to which AKS upgrades from a version.
fn upgrades(from: &str) -> impl Iterator<Item = &'static str> {
    let all = MINORS.into_iter().flat_map(|(_, patches, _)| patches);
    all.copied().filter(move |to| follows(from, to))
}

/// Returns a version's numbers.
fn numbers(version: &str) -> Vec<u32> {
    let parts = version.split('.');
    parts.map(|part| part.parse().unwrap_or_default()).collect()
}

/// Whether AKS upgrades from one version to the other: within a minor version, or to the next.
fn follows(from: &str, to: &str) -> bool {
    let (from, to) = (numbers(from), numbers(to));
    let minor = |numbers: &[u32]| numbers.get(1).copied().unwrap_or_default();
    to > from && minor(&to) <= minor(&from) + 1
}

/// Lists the versions of a region.
pub(super) fn list(location: &str) -> Answer {
    if let Some(refusal) = errors::unavailable_location(location) {
        return refusal;
    }
    Answer::ok(json!({"values": MINORS.iter().map(minor).collect::<Vec<_>>()}))
}

fn minor((version, own, plans): &(&str, Texts, Texts)) -> Value {
    let upgrades = |patch: &str| json!({"upgrades": upgrades(patch).collect::<Vec<_>>()});
    let patches = own
        .iter()
        .map(|patch| ((*patch).to_owned(), upgrades(patch)));
    let document = json!({
        "version": version,
        "capabilities": {"supportPlan": plans},
        "patchVersions": patches.collect::<Value>(),
    });
    let mut document = marked(version, document);
    if *version == "1.33" {
        document["isDefault"] = true.into();
    }
    document
}

/// Lists the versions to which a cluster's control plane can be upgraded.
pub(super) fn upgrade_profile(
    state: &mut State,
    subscription: &str,
    group: &str,
    cluster: &str,
) -> Answer {
    let Some(found) = state.cluster(group, cluster) else {
        return errors::not_found();
    };
    let version = found.kubernetes_version.as_deref().unwrap_or(KUBERNETES);
    let upgrades =
        upgrades(version).map(|other| marked(other, json!({"kubernetesVersion": other})));
    let upgrades: Vec<Value> = upgrades.collect();
    let group = &found.resource_group;
    Answer::ok(json!({
        "id": format!(
            "/subscriptions/{subscription}/resourcegroups/{group}/providers\
             /Microsoft.ContainerService/managedClusters/{cluster}/upgradeprofiles/default"
        ),
        "name": "default",
        "type": "Microsoft.ContainerService/managedClusters/upgradeprofiles",
        "properties": {
            "controlPlaneProfile": {
                "kubernetesVersion": version,
                "osType": "Linux",
                "upgrades": upgrades,
            },
            "agentPoolProfiles": null,
        },
    }))
}
