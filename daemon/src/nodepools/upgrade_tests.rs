//! Tests of `upgrade`, against the observed behaviour of az 2.91.

use super::*;

fn request() -> v1::UpgradeNodePoolRequest {
    v1::UpgradeNodePoolRequest::default()
}

fn refusal(request: &v1::UpgradeNodePoolRequest) -> Option<String> {
    let pool = PoolName {
        resource_group: "g".into(),
        cluster: "c".into(),
        pool: "np1".into(),
    };
    check(&pool, request).err().map(|error| error.message)
}

#[test]
fn a_node_image_upgrade_takes_no_other_option() {
    let image = v1::UpgradeNodePoolRequest {
        node_image_only: true,
        ..request()
    };
    assert_eq!(refusal(&image), None);
    let version = v1::UpgradeNodePoolRequest {
        kubernetes_version: Some("1.34.1".into()),
        max_surge: Some("1".into()),
        ..image.clone()
    };
    let message = refusal(&version).unwrap_or_default();
    assert!(
        message.starts_with("Conflicting flags. Upgrading the Kubernetes version"),
        "{message}"
    );
    for settings in [
        v1::UpgradeNodePoolRequest {
            max_surge: Some("5".into()),
            ..image.clone()
        },
        v1::UpgradeNodePoolRequest {
            drain_timeout: Some(5),
            ..image.clone()
        },
        v1::UpgradeNodePoolRequest {
            undrainable_node_behavior: Some("Cordon".into()),
            ..image.clone()
        },
    ] {
        let message = refusal(&settings).unwrap_or_default();
        assert!(
            message.starts_with("Conflicting flags. Unable to specify max-surge/"),
            "{message}"
        );
    }
    let nothing = v1::UpgradeNodePoolRequest {
        drain_timeout: Some(0),
        node_soak_duration: Some(0),
        kubernetes_version: Some(String::new()),
        ..image
    };
    assert_eq!(refusal(&nothing), None);
}

#[test]
fn the_current_version_is_asked_about() {
    let pool = |state: &str| json!({"properties": {"orchestratorVersion": "1.33.3", "provisioningState": state}});
    let begin = |pool: &Json, version| {
        question(pool, version).map(|text| text.chars().take(22).collect::<String>())
    };
    assert_eq!(
        begin(&pool("Succeeded"), Some("1.33.3")).as_deref(),
        Some("The cluster is already")
    );
    assert_eq!(
        begin(&pool("Failed"), Some("")).as_deref(),
        Some("Cluster currently in f")
    );
    assert_eq!(
        begin(&pool("Updating"), Some("")).as_deref(),
        Some("The new kubernetes ver")
    );
    assert_eq!(begin(&pool("Succeeded"), Some("1.34.1")), None);
    assert_eq!(begin(&pool("Succeeded"), None), None);
    assert_eq!(
        begin(&json!({}), None).as_deref(),
        Some("The new kubernetes ver")
    );
}

#[test]
fn options_are_written_into_the_pool() {
    let mut pool = json!({"properties": {"orchestratorVersion": "1", "creationData": {"sourceResourceId": "old"},
        "upgradeSettings": {"maxSurge": "10%", "future": 1}, "count": 3}});
    let all = v1::UpgradeNodePoolRequest {
        max_surge: Some("50%".into()),
        max_unavailable: Some("1".into()),
        drain_timeout: Some(20),
        node_soak_duration: Some(0),
        undrainable_node_behavior: Some("Cordon".into()),
        ..request()
    };
    change(&mut pool, Some("1.34.1".into()), &all);
    let expected = json!({"properties": {"orchestratorVersion": "1.34.1", "count": 3, "upgradeSettings": {
        "maxSurge": "50%", "future": 1, "drainTimeoutInMinutes": 20, "nodeSoakDurationInMinutes": 0,
        "undrainableNodeBehavior": "Cordon", "maxUnavailable": "1"}}});
    assert_eq!(pool, expected);
}

#[test]
fn settings_are_made_where_there_are_none_and_zero_and_empty_say_nothing() {
    let mut pool = json!({"properties": {"orchestratorVersion": "1", "upgradeSettings": null}});
    let nothing = v1::UpgradeNodePoolRequest {
        drain_timeout: Some(0),
        node_soak_duration: Some(-1),
        undrainable_node_behavior: Some(String::new()),
        snapshot_id: Some("/snapshot".into()),
        ..request()
    };
    change(&mut pool, None, &nothing);
    let expected = json!({"properties": {"upgradeSettings": {}, "creationData": {"sourceResourceId": "/snapshot"}}});
    assert_eq!(pool, expected);
}
