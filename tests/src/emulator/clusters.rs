//! Managed clusters and node pool snapshots: read only, made from the specification.

use serde_json::{Map, Value, json};

use super::exchange::{Answer, Request};
use super::pools::KUBERNETES;
use super::specification::{ClusterSpecification, TENANT};
use super::state::State;
use super::{errors, routes};

/// Lists the managed clusters of a subscription, or of a resource group in it.
pub(super) fn list(state: &State, subscription: &str, group: Option<&str>) -> Answer {
    let wanted = |cluster: &ClusterSpecification| {
        group.is_none_or(|group| cluster.resource_group.eq_ignore_ascii_case(group))
    };
    let listed = state.clusters.iter().filter(|(_, cluster)| wanted(cluster));
    let value: Vec<Value> = listed
        .map(|(name, cluster)| document(subscription, name, cluster))
        .collect();
    Answer::ok(json!({ "value": value }))
}

/// One managed cluster.
pub(super) fn show(state: &State, subscription: &str, name: &str) -> Answer {
    let found = state.clusters.get_key_value(name);
    found.map_or_else(errors::not_found, |(name, cluster)| {
        Answer::ok(document(subscription, name, cluster))
    })
}

/// One node pool snapshot.
pub(super) fn snapshot(state: &State, request: &Request, name: &str) -> Answer {
    state.snapshots.get(name).map_or_else(
        || routes::missing(request, "snapshots"),
        |document| Answer::ok(document.clone()),
    )
}

fn document(subscription: &str, key: &str, cluster: &ClusterSpecification) -> Value {
    let name = cluster.name.as_deref().unwrap_or(key);
    let group = &cluster.resource_group;
    let location = cluster.location.as_deref().unwrap_or("eastus");
    let mut document = json!({
        "id": format!("/subscriptions/{subscription}/resourcegroups/{group}/providers/Microsoft.ContainerService/managedClusters/{name}"),
        "location": location,
        "name": name,
        "type": "Microsoft.ContainerService/ManagedClusters",
        "properties": properties(subscription, name, location, cluster),
        "identity": {"type": "SystemAssigned", "principalId": "33333333-3333-3333-3333-333333333333", "tenantId": TENANT},
        "sku": {"name": "Base", "tier": "Free"},
        "eTag": "c1a2b3c4-0000-4000-8000-000000000001",
    });
    if let Some(tags) = &cluster.tags {
        document["tags"] = tags.clone();
    }
    document
}

fn properties(
    subscription: &str,
    name: &str,
    location: &str,
    cluster: &ClusterSpecification,
) -> Value {
    let version = cluster.kubernetes_version.as_deref().unwrap_or(KUBERNETES);
    let group = &cluster.resource_group;
    let node_group = format!("MC_{group}_{name}_{location}");
    let prefix = format!("{}-{}-000000", name.to_lowercase(), group.to_lowercase());
    let identity = format!(
        "/subscriptions/{subscription}/resourcegroups/{node_group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
    );
    let address = format!(
        "/subscriptions/{subscription}/resourceGroups/{node_group}/providers/Microsoft.Network/publicIPAddresses/outbound"
    );
    let mut properties = json!({
        "provisioningState": "Succeeded",
        "powerState": {"code": "Running"},
        "kubernetesVersion": version,
        "currentKubernetesVersion": version,
        "dnsPrefix": prefix,
        "fqdn": format!("{prefix}-a1b2c3d4.hcp.{location}.azmk8s.io"),
        "azurePortalFQDN": format!("{prefix}-a1b2c3d4.portal.hcp.{location}.azmk8s.io"),
        "agentPoolProfiles": cluster.pools.values().map(profile).collect::<Vec<_>>(),
        "servicePrincipalProfile": {"clientId": "msi"},
        "nodeResourceGroup": node_group,
        "enableRBAC": true,
        "supportPlan": "KubernetesOfficial",
        "networkProfile": {
            "networkPlugin": "azure",
            "networkPluginMode": "overlay",
            "networkPolicy": "none",
            "networkDataplane": "azure",
            "loadBalancerSku": "standard",
            "loadBalancerProfile": {
                "managedOutboundIPs": {"count": 1},
                "effectiveOutboundIPs": [{ "id": address }],
                "backendPoolType": "nodeIPConfiguration",
            },
            "podCidr": "10.244.0.0/16",
            "serviceCidr": "10.0.0.0/16",
            "dnsServiceIP": "10.0.0.10",
            "outboundType": "loadBalancer",
            "podCidrs": ["10.244.0.0/16"], "serviceCidrs": ["10.0.0.0/16"], "ipFamilies": ["IPv4"],
        },
        "maxAgentPools": 100,
        "identityProfile": {
            "kubeletidentity": {
                "resourceId": format!("{identity}/{name}-agentpool"),
                "clientId": "44444444-4444-4444-4444-444444444444",
                "objectId": "55555555-5555-5555-5555-555555555555",
            },
        },
        "autoUpgradeProfile": {"nodeOSUpgradeChannel": "NodeImage"},
        "disableLocalAccounts": false,
        "securityProfile": {},
        "storageProfile": {"diskCSIDriver": {"enabled": true}, "fileCSIDriver": {"enabled": true}, "snapshotController": {"enabled": true}},
        "oidcIssuerProfile": {"enabled": false},
        "workloadAutoScalerProfile": {},
        "resourceUID": "64b2d1c0f0e1d2c3b4a59687",
        "metricsProfile": {"costAnalysis": {"enabled": false}},
        "bootstrapProfile": {"artifactSource": "Direct"},
    });
    for (name, value) in &cluster.properties {
        properties[name] = value.clone();
    }
    properties
}

/// An agent pool as it stands in its cluster: its properties, with its name among them.
fn profile(pool: &Value) -> Value {
    let mut profile = Map::new();
    profile.insert(
        "name".to_owned(),
        pool.get("name").cloned().unwrap_or_default(),
    );
    for (name, value) in pool
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        profile.insert(name.clone(), value.clone());
    }
    Value::Object(profile)
}
