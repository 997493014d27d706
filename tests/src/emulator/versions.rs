//! The versions of Kubernetes that AKS offers, and the possible upgrades of a cluster.

use serde_json::{Map, Value, json};

use super::errors;
use super::exchange::Answer;
use super::pools::KUBERNETES;
use super::state::State;

/// A minor version: its name, its patch versions, its support plans, and whether it is a preview.
type Minor = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    bool,
);

const BOTH: &[&str] = &["KubernetesOfficial", "AKSLongTermSupport"];
const MINORS: [Minor; 4] = [
    ("1.32", &["1.32.6", "1.32.9"], BOTH, false),
    ("1.33", &["1.33.3", "1.33.10"], BOTH, false),
    ("1.34", &["1.34.0"], &["KubernetesOfficial"], true),
    (
        "1.31",
        &["1.31.13", "1.31.2"],
        &["AKSLongTermSupport"],
        false,
    ),
];

/// Returns all patch versions, each with whether it is a preview.
fn patches() -> impl Iterator<Item = (&'static str, bool)> {
    let of = |minor: Minor| minor.1.iter().map(move |patch| (*patch, minor.3));
    MINORS.into_iter().flat_map(of)
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
    let values: Vec<Value> = MINORS.iter().map(minor).collect();
    Answer::ok(json!({ "values": values }))
}

fn minor((version, own, plans, is_preview): &Minor) -> Value {
    let patch_versions: Map<String, Value> = own
        .iter()
        .map(|patch| {
            let upgrades: Vec<&str> = patches()
                .map(|(other, _)| other)
                .filter(|other| follows(patch, other))
                .collect();
            ((*patch).to_owned(), json!({ "upgrades": upgrades }))
        })
        .collect();
    let mut document = json!({
        "version": version,
        "capabilities": {"supportPlan": plans},
        "patchVersions": patch_versions,
    });
    if *is_preview {
        document["isPreview"] = true.into();
    }
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
    let upgrades: Vec<Value> = patches()
        .filter(|(other, _)| follows(version, other))
        .map(|(other, is_preview)| {
            let mut upgrade = json!({ "kubernetesVersion": other });
            if is_preview {
                upgrade["isPreview"] = true.into();
            }
            upgrade
        })
        .collect();
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
