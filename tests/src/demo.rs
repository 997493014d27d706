//! The subscription of `azq demo`: the guide's cluster with a Gen 1 Linux pool and a Gen 1 Windows pool
//! (whose name has six characters, as a Windows pool's must at most).

use serde_json::{Map, Value, json};

use crate::emulator::{ClusterSpecification, SUBSCRIPTION, Specification};

/// The guide's resource group.
pub const RESOURCE_GROUP: &str = "myResourceGroup";
/// The guide's cluster.
pub const CLUSTER: &str = "myAKSCluster";

/// What the emulator holds for a demonstration.
pub fn specification() -> Specification {
    let pools = [
        pool(
            "nodepool1",
            "System",
            &json!({"vmSize": "Standard_D2s_v5", "nodeImageVersion": "AKSUbuntu-2204gen2containerd-202508.20.0"}),
        ),
        pool(
            "mynodepool",
            "User",
            &json!({"vmSize": "Standard_D2_v2", "nodeImageVersion": "AKSUbuntu-2204containerd-202508.20.0"}),
        ),
        pool(
            "npwin",
            "User",
            &json!({"vmSize": "Standard_D2_v2", "osType": "Windows", "osSKU": "Windows2022", "maxPods": 30,
                    "nodeImageVersion": "AKSWindows-2022-containerd-20348.4052.250814"}),
        ),
    ];
    let cluster = ClusterSpecification {
        resource_group: RESOURCE_GROUP.to_owned(),
        pools: pools.into_iter().collect(),
        upgrade_profile: Some(upgrade_profile()),
        ..ClusterSpecification::default()
    };
    Specification {
        skus: Some("three".to_owned()),
        clusters: [(CLUSTER.to_owned(), cluster)].into(),
        lro_polls: 3,
        retry_after: 1,
        vmss_resize: true,
        ..Specification::default()
    }
}

fn pool(name: &str, mode: &str, differing: &Value) -> (String, Value) {
    let id = format!(
        "/subscriptions/{SUBSCRIPTION}/resourcegroups/{RESOURCE_GROUP}/providers/Microsoft.ContainerService/managedClusters/{CLUSTER}/agentPools/{name}"
    );
    let mut properties = json!({
        "count": 3, "vmSize": "", "osDiskSizeGB": 128, "osDiskType": "Managed", "kubeletDiskType": "OS", "maxPods": 110,
        "type": "VirtualMachineScaleSets", "enableAutoScaling": false, "scaleDownMode": "Delete", "provisioningState": "Succeeded",
        "powerState": {"code": "Running"}, "orchestratorVersion": "1.33.3", "currentOrchestratorVersion": "1.33.3",
        "enableNodePublicIP": false, "mode": mode, "enableEncryptionAtHost": false, "enableUltraSSD": false, "osType": "Linux",
        "osSKU": "Ubuntu", "nodeImageVersion": "", "upgradeSettings": {"maxSurge": "10%", "maxUnavailable": "0"}, "enableFIPS": false,
        "securityProfile": {"enableVTPM": false, "enableSecureBoot": false}, "eTag": "\"6b4b3b1f-0000-4000-8000-000000000001\"",
    });
    for (property, value) in differing.as_object().unwrap_or(&Map::new()) {
        properties[property] = value.clone();
    }
    let kind = "Microsoft.ContainerService/managedClusters/agentPools";
    (
        name.to_owned(),
        json!({"id": id, "name": name, "type": kind, "properties": properties}),
    )
}

fn upgrade_profile() -> Value {
    json!({
        "id": format!("/subscriptions/{SUBSCRIPTION}/resourcegroups/{RESOURCE_GROUP}/providers/Microsoft.ContainerService/managedClusters/{CLUSTER}/agentPools/nodepool1/upgradeProfiles/default"),
        "name": "default",
        "type": "Microsoft.ContainerService/managedClusters/agentPools/upgradeProfiles",
        "properties": {
            "kubernetesVersion": "1.33.3", "osType": "Linux",
            "upgrades": [{"kubernetesVersion": "1.34.1"}, {"kubernetesVersion": "1.34.2", "isPreview": true}],
            "latestNodeImageVersion": "AKSUbuntu-2204gen2containerd-202509.11.0",
        },
    })
}
