use super::*;
use crate::fixtures::{RecordedReport, words};

fn message(checked: Checked) -> String {
    checked.err().map(|error| error.message).unwrap_or_default()
}

#[test]
fn pool_names() {
    for (name, wrong) in [
        ("np1", ""),
        ("", ""),
        ("twelveletter", ""),
        (
            "thirteenchars",
            "--nodepool-name can contain at most 12 characters",
        ),
        (
            "np-1",
            "--nodepool-name should contain only alphanumeric characters",
        ),
    ] {
        assert_eq!(message(pool_name(name)), wrong, "{name:?}");
    }
}

#[test]
fn kubernetes_versions_lose_their_v() {
    for (typed, version) in [
        ("1.33.3", Some("1.33.3")),
        ("v1.33", Some("1.33")),
        ("", Some("")),
        ("1", None),
        ("1.2.3.4", None),
        ("1.x", None),
    ] {
        assert_eq!(bare_version(typed).ok(), version, "{typed:?}");
    }
}

#[test]
fn resource_ids_are_those_that_az_can_take_apart_and_put_together() {
    let base = "/subscriptions/a/resourceGroups/b/providers/n/t/x";
    for id in [
        "/subscriptions/a",
        "/Subscriptions/a/resourcegroups/b",
        base,
        "/subscriptions/a/providers/n//x",
    ] {
        assert!(is_resource_id(id), "{id}");
    }
    for tail in ["/y/z", "/providers/m/u/w", "/providers/m", "//z"] {
        assert!(is_resource_id(&format!("{base}{tail}")), "{tail}");
    }
    for id in [
        "",
        "x",
        "/subscriptions/a/",
        "/subscriptions/a/foo",
        "/subscriptions/a/resourceGroups/b/providers/n/t",
    ] {
        assert!(!is_resource_id(id), "{id}");
    }
    for tail in ["/y", "/", "/providers/m/u", "/providers//u/w"] {
        assert!(!is_resource_id(&format!("{base}{tail}")), "{tail}");
    }
    assert_eq!(message(optional_resource_id("--ppg", Some(""))), "");
    assert_eq!(
        message(resource_id("--crg-id", Some(""))),
        "--crg-id is not a valid Azure resource ID."
    );
}

#[test]
fn spot_prices() {
    for (price, priority, wrong) in [
        (None, "Regular", ""),
        (Some(f64::NAN), "Regular", ""),
        (Some(1.0), "Regular", "only be set when"),
        (Some(-1.0), "Spot", ""),
        (Some(-1.000_000_1), "Spot", "5 decimal"),
        (Some(0.12345), "Spot", ""),
        (Some(0.123_456), "Spot", "5 decimal"),
        (Some(0.000_01), "Spot", ""),
        (Some(0.0), "Spot", "greater than zero"),
        (Some(f64::INFINITY), "Spot", ""),
        (Some(f64::NEG_INFINITY), "Spot", "greater than zero"),
    ] {
        let said = message(spot_max_price(price, priority));
        assert!(
            said.contains(wrong) && said.is_empty() == wrong.is_empty(),
            "{price:?}: {said}"
        );
    }
}

#[test]
fn taints_are_checked_one_by_one() {
    for (typed, wrong) in [
        ("", ""),
        ("k=v:NoSchedule", ""),
        ("example.com/k=v-1.2:PreferNoSchedule,,a=b:NoExecute", ""),
        (
            "k=v:NoSchedule, k=v:NoSchedule",
            "Invalid node taint:  k=v:NoSchedule",
        ),
        ("k=v", "Invalid node taint: k=v"),
        ("k=v:Never", "Invalid node taint: k=v:Never"),
        ("k=:NoSchedule", "Invalid node taint: k=:NoSchedule"),
        ("_k=v:NoSchedule", "Invalid node taint: _k=v:NoSchedule"),
    ] {
        assert_eq!(message(taints(Some(typed))), wrong, "{typed:?}");
    }
    assert!(is_taint(&format!(
        "{}={}:NoExecute",
        "k".repeat(253),
        "v".repeat(63)
    )));
    assert!(!is_taint(&format!("{}=v:NoExecute", "k".repeat(254))));
    assert!(!is_taint(&format!("k={}:NoExecute", "v".repeat(64))));
}

#[test]
fn surges_are_numbers_or_percentages() {
    for (typed, wrong) in [
        ("5", ""),
        ("33%", ""),
        ("5%%", ""),
        ("-1", "--max-surge must be positive"),
        ("", "--max-surge should be an int or percentage"),
        ("%", "--max-surge should be an int or percentage"),
        ("3.5%", "--max-surge should be an int or percentage"),
    ] {
        assert_eq!(
            message(surge("--max-surge", Some(typed))),
            wrong,
            "{typed:?}"
        );
    }
}

#[test]
fn options_that_need_another() {
    let ports = words(&["80/tcp"]);
    let asg = words(&["nope"]);
    assert_eq!(
        message(security_groups(Some(&asg), None)),
        "--asg-ids must be used with --allowed-host-ports"
    );
    assert_eq!(
        message(security_groups(Some(&asg), Some(&ports))),
        "nope is not a valid Azure resource ID."
    );
    assert_eq!(
        message(gateway_prefix_size(Some(30), "User")),
        "--gateway-prefix-size can only be set for Gateway-mode nodepools"
    );
    assert_eq!(
        message(gateway_prefix_size(Some(27), "Gateway")),
        "--gateway-prefix-size must be in the range [28, 31]"
    );
    let motd = v1::File {
        path: "motd".into(),
        outcome: None,
    };
    assert!(message_of_the_day(Some(&motd), Some("linux")).is_err());
    assert!(message_of_the_day(Some(&motd), Some("Linux")).is_ok());
    assert!(windows_outbound_nat(true, Some("WINDOWS")).is_ok());
    assert!(windows_outbound_nat(true, None).is_err());
    assert!(artifact_streaming(true, Some("windows")).is_err());
}

#[test]
fn counts_are_bounded() {
    assert_eq!(message(node_counts(Some(0), Some(1000))), "");
    assert_eq!(
        message(node_counts(Some(-1), Some(2000))),
        "--min-count must be in the range [0,1000]"
    );
    assert_eq!(
        message(node_counts(None, Some(1001))),
        "--max-count must be in the range [0,1000]"
    );
}

#[test]
fn retiring_skus_are_warned_of() {
    let heard = RecordedReport::default();
    for sku in ["Ubuntu", "Mariner", "CBLMariner"] {
        warn_of_retiring_os_sku(Some(sku), &heard);
    }
    assert_eq!(heard.0.lock().unwrap().len(), 2);
}
