//! Tests of `upgrade`, against the observed behaviour of az 2.91.
#![allow(
    clippy::unnecessary_wraps,
    reason = "options of a request are optional"
)]

use super::*;
use crate::fixtures::filled;

type Request = v1::UpgradeNodePoolRequest;
type Fill = fn(&mut Request);

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_node_image_upgrade_takes_no_other_option() {
    let pool = PoolName {
        resource_group: "g".into(),
        cluster: "c".into(),
        pool: "np1".into(),
    };
    let settings = "Conflicting flags. Unable to specify max-surge/";
    let cases: [(Fill, &str); 6] = [
        (|_| {}, ""),
        (
            |r| (r.kubernetes_version, r.max_surge) = (text("1.34.1"), text("1")),
            "Conflicting flags. Upgrading the Kubernetes version",
        ),
        (|r| r.max_surge = text("5"), settings),
        (|r| r.drain_timeout = Some(5), settings),
        (|r| r.undrainable_node_behavior = text("Cordon"), settings),
        (
            |r| {
                (r.drain_timeout, r.node_soak_duration) = (Some(0), Some(0));
                r.kubernetes_version = text("");
            },
            "",
        ),
    ];
    for (fill, begin) in cases {
        let mut request: Request = filled(fill);
        request.node_image_only = true;
        let said = check(&pool, &request).err().map(|error| error.message);
        let said = said.unwrap_or_default();
        let is_as_expected = said.starts_with(begin) && said.is_empty() == begin.is_empty();
        assert!(is_as_expected, "{request:?}: {said}");
    }
}

#[test]
fn the_current_version_is_asked_about() {
    let pool = |state: &str| json!({"properties": {"orchestratorVersion": "1.33.3", "provisioningState": state}});
    let begin = |pool: &Json, version| {
        question(pool, version).map(|text| text.chars().take(22).collect::<String>())
    };
    for (pool, version, expected) in [
        (
            pool("Succeeded"),
            Some("1.33.3"),
            Some("The cluster is already"),
        ),
        (pool("Failed"), Some(""), Some("Cluster currently in f")),
        (pool("Updating"), Some(""), Some("The new kubernetes ver")),
        (pool("Succeeded"), Some("1.34.1"), None),
        (pool("Succeeded"), None, None),
        (json!({}), None, Some("The new kubernetes ver")),
    ] {
        assert_eq!(
            begin(&pool, version).as_deref(),
            expected,
            "{pool} {version:?}"
        );
    }
}

#[test]
fn options_are_written_into_the_pool() {
    let mut pool = json!({"properties": {"orchestratorVersion": "1", "creationData": {"sourceResourceId": "old"},
        "upgradeSettings": {"maxSurge": "10%", "future": 1}, "count": 3}});
    let all = filled(|r: &mut Request| {
        (r.max_surge, r.max_unavailable) = (text("50%"), text("1"));
        (r.drain_timeout, r.node_soak_duration) = (Some(20), Some(0));
        r.undrainable_node_behavior = text("Cordon");
    });
    change(&mut pool, Some("1.34.1".into()), &all);
    let expected = json!({"properties": {"orchestratorVersion": "1.34.1", "count": 3, "upgradeSettings": {
        "maxSurge": "50%", "future": 1, "drainTimeoutInMinutes": 20, "nodeSoakDurationInMinutes": 0,
        "undrainableNodeBehavior": "Cordon", "maxUnavailable": "1"}}});
    assert_eq!(pool, expected);
}

#[test]
fn settings_are_made_where_there_are_none_and_zero_and_empty_say_nothing() {
    let mut pool = json!({"properties": {"orchestratorVersion": "1", "upgradeSettings": null}});
    let nothing = filled(|r: &mut Request| {
        (r.drain_timeout, r.node_soak_duration) = (Some(0), Some(-1));
        (r.undrainable_node_behavior, r.snapshot_id) = (text(""), text("/snapshot"));
    });
    change(&mut pool, None, &nothing);
    let expected = json!({"properties": {"upgradeSettings": {}, "creationData": {"sourceResourceId": "/snapshot"}}});
    assert_eq!(pool, expected);
}
