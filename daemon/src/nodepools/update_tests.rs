#![allow(
    clippy::unnecessary_wraps,
    reason = "options of a request are optional"
)]

use azq_proto::v1::Words;
use serde_json::json;

use super::*;
use crate::fixtures::{filled, words};
use crate::nodepools::autoscaler::{Decision, decide};
use crate::nodepools::options;
use azq_arm::Silent;

type Request = UpdateNodePoolRequest;
type Fill = fn(&mut Request);

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn sent(request: &Request, pool: &Json, snapshot: Snapshot) -> Result<PutRequest, CommandError> {
    options::check(OPTIONS, request, &Silent)?;
    refuse_another_os(request, pool)?;
    match decide(request, pool)? {
        Decision::Change(scaling) => {
            Ok(ResolvedOptions::new(request, pool, scaling, snapshot)?.sent(pool))
        }
        Decision::Already(warning) => panic!("{warning}"),
    }
}

fn body(properties: &Json, fill: impl FnOnce(&mut Request)) -> Json {
    let pool = json!({"name": "np", "properties": properties});
    sent(&filled(fill), &pool, Snapshot::default())
        .unwrap()
        .body["properties"]
        .clone()
}

#[test]
fn everything_is_written_back_but_what_only_azure_writes() {
    let pool = json!({
        "id": "/x", "name": "np", "type": "T", "systemData": {}, "future": {"id": 1},
        "properties": {
            "eTag": "e", "currentOrchestratorVersion": "1", "provisioningState": "Succeeded", "type": "AvailabilitySet",
            "nodeLabels": null, "futureProperty": {"nested": [1, {"eTag": null}]},
            "status": {"provisioningError": {"code": "c"}, "more": 1}, "localDNSProfile": {"mode": "m", "state": "s"}
        }
    });
    let sent = sent(&Request::default(), &pool, Snapshot::default()).unwrap();
    assert_eq!(
        sent.body,
        json!({"future": {"id": 1}, "properties": {
            "type": "AvailabilitySet", "nodeLabels": null, "futureProperty": {"nested": [1, {"eTag": null}]},
            "status": {"more": 1}, "localDNSProfile": {"mode": "m"}
        }})
    );
    assert_eq!(sent.headers, []);
}

#[test]
fn options_change_only_their_properties() {
    let cases: [(Json, Fill, Json); 11] = [
        (
            json!({"a": 1}),
            |r| r.labels = Some(Words::default()),
            json!({"a": 1, "nodeLabels": {}}),
        ),
        (
            json!({"nodeTaints": ["x"]}),
            |r| r.node_taints = text(""),
            json!({"nodeTaints": []}),
        ),
        (json!({}), |r| r.max_unavailable = text("1"), json!({})),
        (
            json!({}),
            |r| (r.max_unavailable, r.max_surge) = (text("1"), text("2")),
            json!({"upgradeSettings": {"maxSurge": "2", "maxUnavailable": "1"}}),
        ),
        (
            json!({"upgradeSettings": {"new": 1}}),
            |r| (r.max_unavailable, r.drain_timeout) = (text("1"), Some(0)),
            json!({"upgradeSettings": {"new": 1, "maxUnavailable": "1"}}),
        ),
        (
            json!({"securityProfile": {"sshAccess": "x"}, "enableFIPS": true}),
            |r| (r.enable_secure_boot, r.disable_vtpm, r.disable_fips_image) = (true, true, true),
            json!({"securityProfile": {"sshAccess": "x", "enableVTPM": false, "enableSecureBoot": true}, "enableFIPS": false}),
        ),
        // Here az fails: it makes the missing profile under a wrong name.
        (
            json!({}),
            |r| r.enable_secure_boot = true,
            json!({"securityProfile": {"enableSecureBoot": true}}),
        ),
        (
            json!({"gpuProfile": {"driver": "Install", "x": 1}}),
            |r| r.gpu_driver = text("None"),
            json!({"gpuProfile": {"driver": "None"}}),
        ),
        (
            json!({"networkProfile": {"dranet": {"x": 1}, "y": 2}}),
            |r| r.enable_managed_dranet = true,
            json!({"networkProfile": {"dranet": {"mode": "Managed"}, "y": 2}}),
        ),
        (
            json!({"enableAutoScaling": true, "minCount": 1, "maxCount": 2}),
            |r| r.disable_cluster_autoscaler = true,
            json!({"enableAutoScaling": false}),
        ),
        (
            json!({"artifactStreamingProfile": null}),
            |r| r.disable_artifact_streaming = true,
            json!({"artifactStreamingProfile": {"enabled": false}}),
        ),
    ];
    for (before, fill, after) in cases {
        assert_eq!(body(&before, fill), after);
    }
}

#[test]
fn the_guide_changes_the_size_of_a_windows_pool() {
    let guide = filled(|r: &mut Request| {
        r.node_vm_size = text("Standard_D4s_v5");
        r.os_type = text("windows");
        r.os_sku = text("Windows2022");
        r.aks_custom_headers = text("UseWindowsGen2VM=true");
        r.if_match = text("tag");
    });
    let pool = json!({"name": "npwin", "properties": {"vmSize": "Standard_D2_v2", "osType": "Windows", "osSKU": "Windows2019", "new": 1}});
    let sent = sent(&guide, &pool, Snapshot::default()).unwrap();
    assert_eq!(
        sent.body,
        json!({"properties": {"vmSize": "Standard_D4s_v5", "osType": "Windows", "osSKU": "Windows2022", "new": 1}})
    );
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        sent.headers,
        [
            header("UseWindowsGen2VM", "true"),
            header("if-match", "\"tag\"")
        ]
    );
}

#[test]
fn a_pool_keeps_its_os() {
    let linux = json!({"name": "np", "properties": {"osType": "Linux"}});
    let refused = |fill: Fill, pool: &Json| refuse_another_os(&filled(fill), pool).err();
    let error = refused(|r| r.os_type = text("Windows"), &linux).unwrap();
    assert_eq!(
        error.message,
        "--os-type Windows: node pool 'np' runs Linux, and the OS of a node pool cannot change."
    );
    assert!(
        error
            .recommendation
            .unwrap()
            .contains("az aks nodepool add --os-type Windows")
    );
    let error = refused(|r| r.os_sku = text("Windows2022"), &linux).unwrap();
    assert!(
        error
            .message
            .starts_with("--os-sku Windows2022: node pool 'np' runs Linux")
    );
    assert_eq!(refused(|r| r.os_type = text("LINUX"), &linux), None);
    assert_eq!(
        refused(|r| r.os_type = text("linux"), &json!({"properties": {}})),
        None
    );
    let windows = json!({"properties": {"osType": "Windows"}});
    assert_eq!(refused(|r| r.os_sku = text("AzureLinux"), &windows), None);
}

#[test]
fn a_snapshot_decides_the_sku_unless_one_is_typed() {
    let pool = json!({"properties": {"osSKU": "Ubuntu"}});
    let snapshot = || Snapshot {
        os_sku: text("AzureLinux"),
        ..Snapshot::default()
    };
    let from_snapshot = sent(&Request::default(), &pool, snapshot()).unwrap();
    assert_eq!(
        from_snapshot.body,
        json!({"properties": {"osSKU": "AzureLinux"}})
    );
    let typed = sent(
        &filled(|r: &mut Request| r.os_sku = text("Ubuntu2404")),
        &pool,
        snapshot(),
    )
    .unwrap();
    assert_eq!(typed.body, json!({"properties": {"osSKU": "Ubuntu2404"}}));
}

#[test]
fn opposites_are_refused_in_azs_order() {
    let all = filled(|r: &mut Request| {
        (r.enable_fips_image, r.disable_fips_image) = (true, true);
        (r.enable_vtpm, r.disable_vtpm) = (true, true);
    });
    let error = sent(&all, &json!({"properties": {}}), Snapshot::default()).unwrap_err();
    assert!(
        error
            .message
            .starts_with("Cannot specify \"--enable-fips-image\"")
    );
    let streaming = filled(|r: &mut Request| {
        (r.enable_artifact_streaming, r.disable_artifact_streaming) = (true, true);
        r.labels = Some(words(&["x"]));
    });
    let error = sent(&streaming, &Json::Null, Snapshot::default()).unwrap_err();
    assert!(error.message.starts_with("Invalid label"));
}
