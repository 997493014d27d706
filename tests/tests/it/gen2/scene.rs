//! A cluster with a pool of every kind on Generation 1, each with settings of its own, and
//! workloads with budgets in it.

use crate::prelude::*;

pub(crate) const GROUP: &str = "g";
pub(crate) const CLUSTER: &str = "c";
pub(crate) const MIGRATE: &str = "gen2 migrate -g g -n c";

/// Returns the pools, each with the properties that differ from the common ones.
fn particular() -> [(&'static str, Value); 6] {
    [
        (
            "system",
            json!({"mode": "System", "count": 2, "nodeTaints": ["CriticalAddonsOnly=true:NoSchedule"],
                   "tags": {"team": "platform"}, "upgradeSettings": {"maxSurge": "33%", "maxUnavailable": "0", "drainTimeoutInMinutes": 7}}),
        ),
        (
            "linux",
            json!({"count": 3, "nodeLabels": {"tier": "web"}, "availabilityZones": ["1", "2"], "maxPods": 57, "osDiskSizeGB": 200,
                   "kubeletConfig": {"podMaxPids": 99, "cpuManagerPolicy": "static"},
                   "linuxOSConfig": {"sysctls": {"vmMaxMapCount": 262_144}, "swapFileSizeMB": 64},
                   "fromTheFuture": {"kept": ["as", "it", "is"]}}),
        ),
        (
            "win",
            json!({"count": 2, "osType": "Windows", "osSKU": "Windows2022", "maxPods": 33,
                   "nodeImageVersion": "AKSWindows-2022-containerd-20348.4052.250814",
                   "windowsProfile": {"disableOutboundNat": true}}),
        ),
        (
            "spot",
            json!({"count": 2, "scaleSetPriority": "Spot", "scaleSetEvictionPolicy": "Delete", "spotMaxPrice": 0.05,
                   "nodeLabels": {"kubernetes.azure.com/scalesetpriority": "spot"},
                   "nodeTaints": ["kubernetes.azure.com/scalesetpriority=spot:NoSchedule"]}),
        ),
        (
            "gpu",
            json!({"count": 1, "vmSize": "Standard_NC4as_T4_v3", "nodeTaints": ["sku=gpu:NoSchedule"],
                   "nodeLabels": {"accelerator": "nvidia"}, "gpuProfile": {"driver": "Install"}}),
        ),
        (
            "auto",
            json!({"count": 2, "enableAutoScaling": true, "minCount": 1, "maxCount": 5,
                   "nodeLabels": {"tier": "batch"}, "scaleDownMode": "Deallocate"}),
        ),
    ]
}

fn pool(name: &str, particular: &Value) -> Value {
    let id = format!(
        "/subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups/{GROUP}/providers\
         /Microsoft.ContainerService/managedClusters/{CLUSTER}/agentPools/{name}"
    );
    let mut properties = json!({
        "count": 1, "vmSize": "Standard_D2_v2", "osDiskSizeGB": 128, "osDiskType": "Managed", "kubeletDiskType": "OS",
        "maxPods": 110, "type": "VirtualMachineScaleSets", "enableAutoScaling": false, "provisioningState": "Succeeded",
        "powerState": {"code": "Running"}, "orchestratorVersion": "1.33.3", "currentOrchestratorVersion": "1.33.3",
        "enableNodePublicIP": false, "mode": "User", "osType": "Linux", "osSKU": "Ubuntu",
        "nodeImageVersion": "AKSUbuntu-2204containerd-202508.20.0", "eTag": "\"1\"",
        "upgradeSettings": {"maxSurge": "10%", "maxUnavailable": "0"},
        "securityProfile": {"enableVTPM": false, "enableSecureBoot": false}, "enableFIPS": false,
    });
    for (name, value) in particular.as_object().unwrap() {
        properties[name] = value.clone();
    }
    json!({"id": id, "name": name, "type": "Microsoft.ContainerService/managedClusters/agentPools",
           "properties": properties})
}

/// Returns the pools in their initial state.
pub(crate) fn pools() -> Map<String, Value> {
    let pools = particular().into_iter();
    pools
        .map(|(name, particular)| (name.to_owned(), pool(name, &particular)))
        .collect()
}

fn on(labels: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = labels.iter();
    pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// Returns workloads for each pool, most with budgets that allow one eviction at a time.
pub(crate) fn workloads() -> Vec<Workload> {
    let of =
        |name: &str, replicas: u32, least: u32, labels: &[(&str, &str)], tolerates: &[&str]| {
            Workload {
                name: name.to_owned(),
                replicas,
                min_available: Some(least),
                node_selector: on(labels),
                tolerates: tolerates.iter().map(|key| (*key).to_owned()).collect(),
                ..Workload::default()
            }
        };
    let dns = Workload {
        namespace: "kube-system".to_owned(),
        ..of(
            "coredns",
            3,
            2,
            &[("kubernetes.io/os", "linux")],
            &["CriticalAddonsOnly"],
        )
    };
    let everywhere = Workload {
        namespace: "kube-system".to_owned(),
        name: "kube-proxy".to_owned(),
        kind: WorkloadKind::DaemonSet,
        tolerates: vec!["*".to_owned()],
        ..Workload::default()
    };
    vec![
        dns,
        everywhere,
        of("web", 5, 4, &[("tier", "web")], &[]),
        of("iis", 3, 2, &[("kubernetes.io/os", "windows")], &[]),
        of(
            "preemptible",
            3,
            1,
            &[("kubernetes.azure.com/scalesetpriority", "spot")],
            &["kubernetes.azure.com/scalesetpriority"],
        ),
        of("training", 2, 1, &[("accelerator", "nvidia")], &["sku"]),
        of("batch", 4, 3, &[("tier", "batch")], &[]),
    ]
}

/// Returns the emulator's specification.
pub(crate) fn specification() -> Specification {
    let cluster = ClusterSpecification {
        resource_group: GROUP.to_owned(),
        pools: pools(),
        workloads: Some(workloads()),
        nodes_ready_after: 3,
        ..ClusterSpecification::default()
    };
    Specification {
        skus: Some("three".to_owned()),
        clusters: [(CLUSTER.to_owned(), cluster)].into(),
        lro_polls: 2,
        looks_are_polls: true,
        generations: Generations::Refused,
        vmss_resize: true,
        ..Specification::default()
    }
}

/// Returns the same cluster with only these pools, and only the workloads that fit them.
pub(crate) fn with_pools(names: &[&str], workloads: Vec<Workload>) -> Specification {
    let mut specification = specification();
    let cluster = specification.clusters.get_mut(CLUSTER).unwrap();
    cluster.pools.retain(|name, _| names.contains(&&**name));
    cluster.workloads = Some(workloads);
    specification
}

/// Returns a workload on the pool `linux`.
pub(crate) fn web(replicas: u32, least: u32) -> Workload {
    Workload {
        name: "web".to_owned(),
        replicas,
        min_available: Some(least),
        node_selector: on(&[("tier", "web")]),
        ..Workload::default()
    }
}

/// Returns the cluster's pools now, by name.
pub(crate) fn pools_now(emulator: &Emulator) -> Map<String, Value> {
    emulator.state().clusters[CLUSTER].pools.clone()
}

/// Asserts that every pool has a successor of Generation 2 with all its settings, and that no
/// incident was recorded.
#[track_caller]
pub(crate) fn assert_migrated(emulator: &Emulator, old: &Map<String, Value>) {
    let now = pools_now(emulator);
    assert_eq!(now.len(), old.len(), "{:?}", now.keys().collect::<Vec<_>>());
    for (name, before) in old {
        assert!(!now.contains_key(name), "{name} is still there");
        let beginning = name.get(..name.len().min(4)).unwrap();
        let mut successors = now.iter().filter(|(new, _)| new.starts_with(beginning));
        let Some((_, after)) = successors.next() else {
            panic!("{name} has no successor")
        };
        assert_same_settings(name, &before["properties"], &after["properties"]);
    }
    let state = emulator.state();
    assert_eq!(state.kubernetes[CLUSTER].incidents, [], "nothing is lost");
}

/// Properties that Azure sets, or that differ on Generation 2.
const OF_THE_MACHINES: [&str; 5] = [
    "vmSize",
    "nodeImageVersion",
    "eTag",
    "provisioningState",
    "count",
];

#[track_caller]
fn assert_same_settings(name: &str, before: &Value, after: &Value) {
    let image = after["nodeImageVersion"].as_str().unwrap();
    assert!(image.contains("gen2"), "{name}: {image}");
    assert_eq!(after["provisioningState"], "Succeeded", "{name}");
    assert_eq!(after["count"], before["count"], "{name}");
    for (property, value) in before.as_object().unwrap() {
        if !OF_THE_MACHINES.contains(&property.as_str()) {
            assert_eq!(after[property], *value, "{name}: {property}");
        }
    }
}
