//! Tests of reading SKU documents.

use serde_json::{Value, json};

use crate::{
    Candidate, Generation, NodePoolMinimum, Order, Quotas, Shortage, VmSize, family_key, is_alike,
    likeness, resize_obstacles,
};

/// Returns a size with these capabilities.
fn size(name: &str, capabilities: &[(&str, &str)]) -> VmSize {
    let capabilities = capabilities.iter();
    let capabilities: Vec<_> = capabilities
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    let sku = json!({"name": name, "locations": ["eastus"], "capabilities": capabilities});
    VmSize::all_of(&sku).remove(0)
}

fn offered(zones: &[&str], restrictions: &Value) -> VmSize {
    let sku = json!({
        "name": "Standard_D2s_v5", "locations": ["EastUS"],
        "locationInfo": [{"location": "EastUS", "zones": zones}],
        "restrictions": restrictions,
    });
    VmSize::all_of(&sku).remove(0)
}

#[test]
fn a_block_of_zones_is_no_block_of_the_location() {
    let zone = |zones: &[&str]| {
        json!({"type": "Zone", "reasonCode": "NotAvailableForSubscription",
               "restrictionInfo": {"locations": ["eastus"], "zones": zones}})
    };
    let location = json!({"type": "Location", "values": ["eastus"], "reasonCode": "QuotaId"});
    let elsewhere = json!({"type": "Location", "restrictionInfo": {"locations": ["westus"]}});
    let not_available = Some("NotAvailableForSubscription");
    for (restrictions, is_restricted, open, reason) in [
        (json!([]), false, &["1", "2", "3"][..], None),
        (json!([zone(&["3"])]), false, &["1", "2"], not_available),
        (
            json!([zone(&["1", "3"]), zone(&["2"])]),
            false,
            &[],
            not_available,
        ),
        (json!([zone(&[])]), false, &[], not_available),
        (json!([zone(&["1"]), location]), true, &[], Some("QuotaId")),
        (json!([elsewhere]), false, &["1", "2", "3"], None),
        (
            json!([{"type": "Future"}, {}]),
            false,
            &["1", "2", "3"],
            None,
        ),
        (json!([{"type": "Location"}]), true, &[], Some("")),
    ] {
        let size = offered(&["3", "1", "2"], &restrictions);
        assert_eq!(size.is_restricted(), is_restricted, "{restrictions}");
        assert!(size.open_zones().eq(open.iter().copied()), "{restrictions}");
        assert_eq!(size.offer.restriction_reason(), reason, "{restrictions}");
    }
}

#[test]
fn a_document_gives_one_size_for_each_location_and_none_if_it_is_of_no_size() {
    let sku = json!({"name": "a", "locations": ["eastus", "westus"],
        "locationInfo": [{"location": "EastUS", "zones": ["1"]}]});
    let sizes = VmSize::all_of(&sku);
    let places: Vec<_> = sizes
        .iter()
        .map(|size| (size.location(), size.offer.zones.len()))
        .collect();
    assert_eq!(places, [("EastUS", 1), ("westus", 0)]);
    for sku in [
        json!({"resourceType": "disks", "name": "a", "locations": ["eastus"]}),
        json!({"locations": ["eastus"]}),
        json!({"name": "a"}),
        json!(null),
    ] {
        assert_eq!(VmSize::all_of(&sku), [], "{sku}");
    }
    let shared = azq_document::Value::from(&sku);
    assert_eq!(VmSize::all_of(&shared), sizes);
}

#[test]
fn the_largest_ephemeral_disk_is_that_of_the_placements_that_the_size_has() {
    let cache = ("CachedDiskBytes", "107374182400");
    let temp = ("MaxResourceVolumeMB", "153600");
    let nvme = [
        ("NvmeDiskSizeInMiB", "7208960"),
        ("NvmeSizePerDiskInMiB", "1802240"),
    ];
    let placed = |placement| ("SupportedEphemeralOSDiskPlacements", placement);
    let has = ("EphemeralOSDiskSupported", "True");
    for (capabilities, expected) in [
        (vec![cache, temp], None),
        (vec![has], None),
        (vec![has, cache], Some(100)),
        (vec![has, cache, temp], Some(150)),
        (vec![has, cache, temp, placed("CacheDisk")], Some(100)),
        (vec![has, cache, temp, nvme[0], nvme[1]], Some(150)),
        (
            vec![has, cache, nvme[0], nvme[1], placed("NvmeDisk")],
            Some(1760),
        ),
        (vec![has, nvme[0], placed("NvmeDisk")], Some(7040)),
        (vec![has, temp, placed("NvmeDisk")], None),
    ] {
        let size = size("a", &capabilities);
        assert_eq!(
            size.max_ephemeral_os_disk_gb(),
            expected,
            "{capabilities:?}"
        );
    }
}

#[test]
fn trusted_launch_needs_the_second_generation() {
    for (generations, is_disabled, expected) in [
        ("V1", "", false),
        ("V2", "", true),
        ("V1,V2", "False", true),
        ("V1,V2", "True", false),
    ] {
        let capabilities = [
            ("HyperVGenerations", generations),
            ("TrustedLaunchDisabled", is_disabled),
        ];
        assert_eq!(size("a", &capabilities).trusted_launch(), expected);
    }
}

#[test]
fn families_are_one_however_they_are_written() {
    for family in [
        "standardDSv5Family",
        "Standard DSv5 Family",
        "DSV5",
        "dsv5family",
    ] {
        assert_eq!(family_key(family), "dsv5");
    }
    assert_eq!(
        family_key("standard NDAMSv4_A100Family"),
        family_key("NDAMSv4A100")
    );
}

#[test]
fn a_pool_is_resized_only_to_the_same_generation_disks_architecture_and_confidentiality() {
    let of = |name: &str, generations, more: &[(&str, &str)]| {
        size(
            name,
            &[&[("HyperVGenerations", generations)], more].concat(),
        )
    };
    let old = of("old", "V1", &[]);
    let both = of("both", "V1,V2", &[]);
    let new = of("new", "V2", &[]);
    let nvme = of("nvme", "V2", &[("DiskControllerTypes", "NVMe")]);
    let any = of("any", "V2", &[("DiskControllerTypes", "SCSI, NVMe")]);
    let arm = of("arm", "V2", &[("CpuArchitectureType", "Arm64")]);
    let snp = of("snp", "V2", &[("ConfidentialComputingType", "SNP")]);
    let (v1, v2) = (Some(Generation::V1), Some(Generation::V2));
    for (from, to, running, expected) in [
        (&both, &new, None, None),
        (&new, &both, None, None),
        (&old, &both, None, Some("from V1 to V2")),
        (&old, &new, None, Some("from V1 to V2")),
        (&old, &old, None, None),
        (&both, &both, v1, None),
        (&both, &new, v1, Some("from V1 to V2")),
        (&both, &old, v2, Some("from V2 to V1")),
        (&new, &any, None, None),
        (&new, &nvme, None, Some("from SCSI to NVMe")),
        (&any, &nvme, None, Some("from SCSI to NVMe")),
        (&nvme, &any, None, Some("from NVMe to SCSI")),
        (&new, &arm, None, Some("from x64 to Arm64")),
        (&new, &snp, None, Some("from none to SNP")),
        (&snp, &new, None, Some("from SNP to none")),
    ] {
        let found = resize_obstacles(from, to, running);
        let words: Vec<_> = found.iter().map(ToString::to_string).collect();
        let case = format!("{} {} {running:?} {words:?}", from.name, to.name);
        match expected {
            None => assert_eq!(found, [], "{case}"),
            Some(expected) => {
                assert_eq!(words.len(), 1, "{case}");
                assert!(words[0].ends_with(expected), "{case}");
            }
        }
    }
    let obstacle = resize_obstacles(&new, &nvme, None).remove(0);
    assert_eq!(obstacle.property, "the disk controller");
}

#[test]
fn aks_asks_for_two_vcpus_and_some_memory() {
    for (vcpus, memory, user, system) in [
        (
            "1",
            "3.5",
            &[Shortage::Vcpus][..],
            &[Shortage::Vcpus, Shortage::Memory][..],
        ),
        ("2", "2", &[], &[Shortage::Memory]),
        ("2", "4", &[], &[]),
        ("4", "1", &[Shortage::Memory], &[Shortage::Memory]),
    ] {
        let size = size("a", &[("vCPUs", vcpus), ("MemoryGB", memory)]);
        assert!(
            NodePoolMinimum::USER
                .shortages(&size)
                .eq(user.iter().copied())
        );
        assert!(
            NodePoolMinimum::SYSTEM
                .shortages(&size)
                .eq(system.iter().copied())
        );
        assert_eq!(NodePoolMinimum::SYSTEM.is_met_by(&size), system.is_empty());
    }
}

#[test]
fn the_same_series_with_as_much_of_everything_is_nearest() {
    let with = |name: &str, vcpus: &str, memory: &str| {
        size(
            name,
            &[
                ("vCPUs", vcpus),
                ("MemoryGB", memory),
                ("PremiumIO", "True"),
            ],
        )
    };
    let base = with("Standard_D4s_v3", "4", "16");
    let lacks = size("Standard_D4_v5", &[("vCPUs", "4"), ("MemoryGB", "16")]);
    let others = [
        (with("Standard_D4s_v5", "4", "16"), 0.0),
        (lacks, 0.5),
        (with("Standard_E4s_v5", "4", "32"), 4.0),
        (with("Standard_D8s_v5", "8", "32"), 4.0),
        (with("Standard_DC4s_v3", "4", "16"), 2.0),
    ];
    for (other, expected) in &others {
        assert!(is_alike(other, &base), "{}", other.name);
        let distance = likeness(other, &base);
        assert!(
            (distance - expected).abs() < f64::EPSILON,
            "{} {distance}",
            other.name
        );
    }
    assert!(!is_alike(&with("Standard_D16s_v5", "16", "64"), &base));
    assert_eq!((base.series(), base.version()), ("D", 3));
    assert_eq!(
        (
            size("Standard_DS2", &[]).series(),
            size("Basic_A1", &[]).version()
        ),
        ("DS", 1)
    );
}

#[test]
fn quota_is_what_the_family_and_the_region_have_left() {
    let usage = |name: &str, current: i64, limit: i64| json!({"name": {"value": name, "localizedValue": "…"}, "currentValue": current, "limit": limit});
    let of = |usages: &[Value]| Quotas::of(usages);
    let mut size = size("a", &[("vCPUs", "8"), ("vCPUsAvailable", "2")]);
    std::sync::Arc::make_mut(&mut size.definition).family = "standardDSv5Family".into();
    let family = |current, limit| usage("Standard DSv5 Family", current, limit);
    for (usages, left, machines) in [
        (vec![usage("cores", 0, 100)], None, None),
        (vec![family(0, 100)], None, None),
        (
            vec![usage("cores", 8, 100), family(0, 50)],
            Some(50),
            Some(6),
        ),
        (
            vec![usage("cores", 90, 100), family(0, 50)],
            Some(10),
            Some(1),
        ),
        (
            vec![usage("cores", 0, -1), family(60, 50)],
            Some(0),
            Some(0),
        ),
        (
            vec![json!({}), json!({"name": {"value": "cores"}})],
            None,
            None,
        ),
    ] {
        let quotas = of(&usages);
        assert_eq!(quotas.vcpus_left(&size, false), left, "{usages:?}");
        assert_eq!(quotas.machines_left(&size, false), machines, "{usages:?}");
    }
    let spot = of(&[usage("lowPriorityCores", 4, 100), family(0, 0)]);
    assert_eq!(spot.machines_left(&size, true), Some(12));
}

#[test]
fn sizes_are_sorted_by_columns_and_what_is_not_known_comes_last() {
    let candidate = |name: &str, vcpus: &str, price: Option<f64>| Candidate {
        price,
        ..Candidate::of(size(name, &[("vCPUs", vcpus)]))
    };
    let all = [
        candidate("c", "4", Some(2.0)),
        candidate("b", "2", None),
        candidate("a", "2", Some(3.0)),
    ];
    let sorted = |names: &[&str]| {
        let mut all = all.to_vec();
        Order::of(names).unwrap().sort(&mut all);
        all.iter()
            .map(|one| one.size.name.to_string())
            .collect::<String>()
    };
    for (columns, expected) in [
        (&[][..], "abc"),
        (&["vcpus:desc"], "cab"),
        (&["price"], "cab"),
        (&["price:desc"], "acb"),
        (&["location", "name:desc"], "cba"),
        (&["vcpus:asc", "name:desc"], "bac"),
    ] {
        assert_eq!(sorted(columns), expected, "{columns:?}");
    }
    let error = Order::of(&["cost"]).err().unwrap().to_string();
    assert!(
        error.starts_with("argument --sort: invalid value: 'cost' (one of name, "),
        "{error}"
    );
}
