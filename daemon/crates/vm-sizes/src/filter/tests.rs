//! Tests of each option: the sizes that it selects, and the values that it refuses.

use serde_json::json;

use super::*;

fn size() -> VmSize {
    let sku = json!({
        "resourceType": "virtualMachines", "name": "Standard_D4ds_v5",
        "family": "standardDDSv5Family", "locations": ["eastus"],
        "locationInfo": [{"location": "eastus", "zones": ["3", "1", "2"], "zoneDetails": [
            {"Name": ["2", "1"],
             "capabilities": [{"name": "UltraSSDAvailable", "value": "True"}]},
        ]}],
        "capabilities": [
            {"name": "HyperVGenerations", "value": "V1,V2"}, {"name": "vCPUs", "value": "8"},
            {"name": "vCPUsAvailable", "value": "4"}, {"name": "MemoryGB", "value": "14"},
            {"name": "CachedDiskBytes", "value": "107374182400"},
            {"name": "MaxResourceVolumeMB", "value": "153600"},
            {"name": "EphemeralOSDiskSupported", "value": "True"},
            {"name": "SupportedEphemeralOSDiskPlacements", "value": "ResourceDisk,CacheDisk"},
            {"name": "PremiumIO", "value": "True"}, {"name": "LowPriorityCapable", "value": "False"},
        ],
        "restrictions": [{"type": "Zone", "values": ["eastus"], "reasonCode": "QuotaId",
            "restrictionInfo": {"locations": ["eastus"], "zones": ["3"]}}],
    });
    VmSize::all_of(&sku).remove(0)
}

fn takes(option: &'static str, values: &[&str]) -> Result<bool, FilterError> {
    let given = Given::default().with(option, values.iter().copied());
    Filter::of(&given).map(|filter| filter.takes(&size()))
}

#[test]
fn each_option_selects_what_it_says() {
    for (option, values, expected) in [
        ("gen1", &[][..], true),
        ("gen2", &[], true),
        ("vcpus", &["4"], true),
        ("vcpus", &["8"], false),
        ("vcpus", &["5.."], false),
        ("memory", &["..14"], true),
        ("memory", &["14.5..20"], false),
        ("memory-per-vcpu", &["3.5"], true),
        ("gpus", &["0"], true),
        ("gpus", &["1.."], false),
        ("arch", &["X64"], true),
        ("arch", &["arm64"], false),
        ("zone", &["1"], true),
        ("zone", &["1", "2"], true),
        ("zone", &["1", "3"], false),
        ("accelerated-networking", &[], false),
        ("premium-io", &[], true),
        ("ephemeral-os-disk", &[], true),
        ("ephemeral-os-disk", &["150"], true),
        ("ephemeral-os-disk", &["151"], false),
        ("encryption-at-host", &[], false),
        ("ultra-ssd", &[], true),
        ("trusted-launch", &[], true),
        ("confidential", &[], false),
        ("spot", &[], false),
        ("nvme", &[], false),
        ("scsi", &[], true),
        ("capability", &["premiumio=true"], true),
        ("capability", &["MemoryGB=14.0"], true),
        ("capability", &["vCPUs>=8", "vCPUs<9"], true),
        ("capability", &["vCPUs>8"], false),
        ("capability", &["vCPUs<=7"], false),
        ("capability", &["HyperVGenerations=~V2$"], true),
        ("capability", &["HyperVGenerations=V2"], false),
        ("capability", &["GPUs!=4"], true),
        ("capability", &["GPUs<4"], false),
        ("family", &["dDsV5"], true),
        ("family", &["other", "Standard DDSv5 Family"], true),
        ("family", &["dsv5"], false),
        ("allow", &["_d4ds"], true),
        ("allow", &["^E", "^F"], false),
        ("deny", &["v5$"], false),
        ("deny", &["^E"], true),
        ("available", &[], true),
    ] {
        assert_eq!(takes(option, values), Ok(expected), "{option} {values:?}");
    }
}

#[test]
fn every_option_is_tried_above() {
    let text = include_str!("tests.rs");
    for row in OPTIONS {
        assert!(
            text.contains(&format!("(\"{}\", ", row.name)),
            "{}",
            row.name
        );
    }
}

#[test]
fn ultra_disks_must_be_in_the_zones_that_are_wanted() {
    for (zones, expected) in [(&["1"][..], true), (&["1", "2"], true), (&["3"], false)] {
        let given = Given::default().with_flag("ultra-ssd", true);
        let given = given.with("zone", zones.iter().copied());
        assert_eq!(Filter::of(&given).unwrap().takes(&size()), expected);
    }
}

#[test]
fn what_an_option_does_not_take_is_an_error_that_names_it() {
    let long = "a".repeat(LONGEST_PATTERN + 1);
    for (option, value) in [
        ("vcpus", ""),
        ("vcpus", ".."),
        ("vcpus", "8..4"),
        ("vcpus", "-1"),
        ("vcpus", "NaN"),
        ("vcpus", "inf"),
        ("memory", "1.2.3"),
        ("arch", "x86"),
        ("ephemeral-os-disk", "1.5"),
        ("capability", "vCPUs"),
        ("capability", "=4"),
        ("capability", "vCPUs!4"),
        ("capability", "vCPUs>=many"),
        ("capability", "vCPUs=~("),
        ("allow", "("),
        ("allow", &long),
        ("deny", "a{1000}{1000}{1000}"),
    ] {
        let error = takes(option, &[value]).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with(&format!("argument --{option}: ")),
            "{error}"
        );
    }
    assert_eq!(
        takes("nonsense", &[]),
        Err(FilterError::Unknown("nonsense".into()))
    );
    let many = vec!["1"; MOST_VALUES + 1];
    assert_eq!(
        takes("zone", &many),
        Err(FilterError::TooMany { option: "zone" })
    );
}
