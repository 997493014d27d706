#![allow(
    clippy::unnecessary_wraps,
    reason = "options of a request are optional"
)]

use azq_proto::v1::file::Outcome;
use azq_proto::v1::{File, Words};

use super::*;
use crate::fixtures::{self, filled};
use crate::nodepools::options;
use azq_arm::Silent;

type Request = AddNodePoolRequest;
type Fill = fn(&mut Request);

fn words(words: &[&str]) -> Option<Words> {
    Some(fixtures::words(words))
}

fn file(content: &str) -> Option<File> {
    Some(File {
        path: "f".into(),
        outcome: Some(Outcome::Content(content.to_owned().into())),
    })
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn sent(request: &Request, snapshot: Snapshot) -> Result<PutRequest, String> {
    options::check(OPTIONS, request, &Silent)
        .and_then(|()| ResolvedOptions::new(request, snapshot))
        .map(|plan| plan.sent())
        .map_err(|error| error.message)
}

/// Returns what a request adds to or removes from (`null`) the properties of a pool without
/// options.
fn difference(fill: impl FnOnce(&mut Request)) -> Json {
    let with = sent(&filled(fill), Snapshot::default()).unwrap().body;
    let (mut with, without) = (with["properties"].clone(), defaults());
    let with = with.as_object_mut().unwrap();
    for (name, value) in without.as_object().unwrap() {
        match with.get(name) {
            Some(same) if same == value => drop(with.remove(name)),
            Some(_) => {}
            None => drop(with.insert(name.clone(), Json::Null)),
        }
    }
    with.clone().into()
}

fn defaults() -> Json {
    json!({
        "vmSize": "", "osType": "Linux", "enableNodePublicIP": false, "count": 3, "enableAutoScaling": false,
        "scaleSetPriority": "Regular", "nodeTaints": [], "upgradeSettings": {"undrainableNodeBehavior": "Schedule"},
        "type": "VirtualMachineScaleSets", "enableEncryptionAtHost": false, "enableUltraSSD": false,
        "enableFIPS": false, "mode": "User", "scaleDownMode": "Delete"
    })
}

#[test]
fn without_options_azs_defaults_are_sent() {
    let sent = sent(&Request::default(), Snapshot::default()).unwrap();
    assert_eq!(sent.body, json!({"properties": defaults()}));
    assert_eq!(sent.headers, []);
}

#[test]
fn the_guides_windows_pool() {
    let guide = filled(|r: &mut Request| {
        r.node_vm_size = text("Standard_D4s_v5");
        r.os_type = text("Windows");
        r.os_sku = text("Windows2022");
        r.aks_custom_headers = text("UseWindowsGen2VM=true");
    });
    let sent = sent(&guide, Snapshot::default()).unwrap();
    let properties = &sent.body["properties"];
    assert_eq!(properties["vmSize"], "Standard_D4s_v5");
    assert_eq!(
        (&properties["osType"], &properties["osSKU"]),
        (&json!("Windows"), &json!("Windows2022"))
    );
    assert_eq!(
        sent.headers,
        [("UseWindowsGen2VM".to_owned(), "true".to_owned())]
    );
}

#[test]
fn options_become_properties() {
    let cases: [(Fill, Json); 14] = [
        (
            |r| r.kubernetes_version = text("v1.33"),
            json!({"orchestratorVersion": "1.33"}),
        ),
        (|r| r.labels = words(&[]), json!({"nodeLabels": {}})),
        (
            |r| r.node_taints = text("a=b:NoExecute"),
            json!({"nodeTaints": ["a=b:NoExecute"]}),
        ),
        (|r| r.vnet_subnet_id = text(""), json!({"vnetSubnetID": ""})),
        (
            |r| (r.max_pods, r.drain_timeout) = (Some(0), Some(0)),
            json!({}),
        ),
        (|r| r.node_osdisk_size = Some(0), json!({"osDiskSizeGB": 0})),
        (
            |r| r.undrainable_node_behavior = text(""),
            json!({"upgradeSettings": {}}),
        ),
        (|r| r.eviction_policy = text("Deallocate"), json!({})),
        (
            |r| r.priority = text("Spot"),
            json!({"scaleSetPriority": "Spot", "scaleSetEvictionPolicy": "Delete", "spotMaxPrice": -1.0}),
        ),
        (
            |r| (r.enable_cluster_autoscaler, r.min_count, r.max_count) = (true, Some(1), Some(5)),
            json!({"enableAutoScaling": true, "minCount": 1, "maxCount": 5}),
        ),
        (
            |r| (r.mode, r.gateway_prefix_size) = (text("Gateway"), Some(30)),
            json!({"mode": "Gateway", "gatewayProfile": {"publicIPPrefixSize": 30}}),
        ),
        (
            |r| (r.enable_managed_dranet, r.node_public_ip_tags) = (true, words(&["a=b"])),
            json!({"networkProfile": {"dranet": {"mode": "Managed"}, "nodePublicIPTags": [{"ipTagType": "a", "tag": "b"}]}}),
        ),
        (
            |r| (r.kubelet_config, r.message_of_the_day) = (file("{'x': None}"), file("hi\n")),
            json!({"kubeletConfig": {"x": null}, "messageOfTheDay": "aGkK"}),
        ),
        (
            |r| (r.enable_vtpm, r.enable_artifact_streaming) = (true, true),
            json!({
            "securityProfile": {"enableVTPM": true}, "artifactStreamingProfile": {"enabled": true}}),
        ),
    ];
    for (fill, change) in cases {
        assert_eq!(difference(fill), change);
    }
}

#[test]
fn a_pool_of_single_machines_keeps_sizes_and_counts_in_its_profile() {
    let without = json!({"type": "VirtualMachines", "vmSize": null, "count": null});
    let with = |profile: Json| {
        let mut expected = without.clone();
        expected["virtualMachinesProfile"] = profile;
        expected
    };
    assert_eq!(
        difference(|r| r.vm_set_type = text("virtualmachines")),
        with(json!({"scale": {"manual": [{"size": "Standard_DS2_v2", "count": 3}]}}))
    );
    assert_eq!(
        difference(|r| {
            r.vm_set_type = text("VirtualMachines");
            r.vm_sizes = text(" A ");
            (r.enable_cluster_autoscaler, r.min_count, r.max_count) = (true, Some(1), Some(3));
        }),
        with(json!({"scale": {"autoscale": [{"size": "A", "minCount": 1, "maxCount": 3}]}}))
    );
}

#[test]
fn a_snapshot_supplies_what_is_not_typed() {
    let snapshot = Snapshot {
        kubernetes_version: text("1.32.7"),
        vm_size: text("Standard_D4s_v5"),
        os_type: text("Windows"),
        os_sku: text("Windows2022"),
    };
    let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/snapshots/x";
    let from_snapshot =
        filled(|r: &mut Request| (r.snapshot_id, r.node_vm_size) = (text(id), text("Mine")));
    let body = sent(&from_snapshot, snapshot).unwrap().body;
    let properties = &body["properties"];
    assert_eq!(properties["creationData"], json!({"sourceResourceId": id}));
    for (name, value) in [
        ("orchestratorVersion", "1.32.7"),
        ("vmSize", "Mine"),
        ("osType", "Windows"),
        ("osSKU", "Windows2022"),
    ] {
        assert_eq!(properties[name], value);
    }
}

#[test]
fn the_first_thing_wrong_is_said() {
    let cases: [(Fill, &str); 9] = [
        (
            |r| r.os_sku = text("Windows2022"),
            "OS SKU is invalid for Linux OS Type. Please",
        ),
        (
            |r| r.vm_sizes = text("A"),
            "--vm-sizes can only be used with --vm-set-type VirtualMachines.",
        ),
        (
            |r| (r.vm_set_type, r.vm_sizes) = (text("VirtualMachines"), text("A, B")),
            "We only accept single sku size for scale profile. ['A', 'B'] is invalid.",
        ),
        (
            |r| {
                (r.vm_set_type, r.vm_sizes, r.node_vm_size) =
                    (text("VirtualMachines"), text("A"), text("B"));
            },
            "Cannot specify -vm-sizes and --node-vm-size at the same time.",
        ),
        (|r| r.vm_set_type = text(""), "--vm-set-type can only be"),
        // The default count is checked like a given one.
        (
            |r| (r.enable_cluster_autoscaler, r.min_count, r.max_count) = (true, Some(5), Some(9)),
            "node-count is not in the range of min-count and max-count",
        ),
        // Checks of single options come first, in the order of the table; then files; then headers.
        (
            |r| (r.labels, r.max_surge, r.os_sku) = (words(&["x"]), text("x"), text("Windows2022")),
            "Invalid label: x.",
        ),
        (
            |r| (r.linux_os_config, r.kubelet_config) = (file("[]"), file("1")),
            "Error reading kubelet configuration from f.",
        ),
        (
            |r| (r.aks_custom_headers, r.localdns_config) = (text("x"), file("1")),
            "Error reading local DNS config from f.",
        ),
    ];
    for (fill, wrong) in cases {
        let error = sent(&filled(fill), Snapshot::default()).unwrap_err();
        assert!(error.starts_with(wrong), "{error}");
    }
}
