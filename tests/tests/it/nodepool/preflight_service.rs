//! Pre-flight beside a service that refuses the same changes as the real one: the emulator has
//! rules of its own, and the two must not contradict each other.

use crate::prelude::*;

/// Sizes of both generations, of one each, of Arm64, and with `NVMe` alone; and the image of their
/// Linux nodes.
const SIZES: [(&str, &str); 7] = [
    ("Standard_D2_v2", ""),
    ("Standard_D4_v3", ""),
    ("Standard_DS3_v2", "gen2"),
    ("Standard_D4s_v5", "gen2"),
    ("Standard_D4as_v6", "gen2"),
    ("Standard_D4ps_v5", "gen2arm64"),
    ("Standard_D4ps_v6", "gen2arm64"),
];

/// The checks of changes that the service refuses.
const CHANGES: [&str; 5] = [
    "generation-change",
    "disk-controller-change",
    "architecture-change",
    "one-change",
    "max-surge",
];

/// Starts a cluster whose service refuses a change of generation.
fn emulator() -> Emulator {
    let names = SIZES.map(|(name, _)| name).join("|");
    let cluster = ClusterSpecification {
        resource_group: "g".to_owned(),
        ..ClusterSpecification::default()
    };
    start(Specification {
        skus: Some("three".to_owned()),
        sku_names: Some(names),
        clusters: [("c".to_owned(), cluster)].into(),
        vmss_resize: true,
        generations: Generations::Refused,
        ..Specification::default()
    })
}

/// Gives the cluster one pool.
fn put(emulator: &Emulator, size: &str, image: &str, surge: &str) {
    let pool = json!({"id": "/x", "name": "np", "properties": {
        "vmSize": size, "count": 1, "osType": "Linux", "osSKU": "Ubuntu", "mode": "User",
        "type": "VirtualMachineScaleSets", "provisioningState": "Succeeded",
        "nodeImageVersion": format!("AKSUbuntu-2204{image}containerd-202508.20.0"),
        "upgradeSettings": {"maxSurge": surge}}});
    let mut state = emulator.state();
    state.clusters.get_mut("c").unwrap().pools = Map::from_iter([("np".to_owned(), pool)]);
}

fn line(size: &str) -> String {
    format!("aks nodepool update -g g --cluster-name c -n np --node-vm-size {size}")
}

#[test]
fn pre_flight_and_the_service_do_not_contradict_each_other() {
    let (emulator, home) = logged_in_to(emulator());
    let (mut refused, mut taken) = (0, 0);
    for (from, image) in SIZES {
        for (to, _) in SIZES.iter().filter(|(to, _)| *to != from) {
            for surge in ["1", "0"] {
                put(&emulator, from, image, surge);
                let checked = home.line(&format!("{} --preflight -o json", line(to)));
                let checks: Vec<Value> = serde_json::from_slice(&checked.stdout).unwrap();
                let changes = checks
                    .iter()
                    .filter(|check| CHANGES.iter().any(|name| check["check"] == **name));
                let fails = changes.filter(|check| check["verdict"] == "fail").count() > 0;
                let outcome = home.line(&format!("{} -o none", line(to)));
                let is_refused = outcome.code == Some(1);
                assert_eq!(fails, is_refused, "{from} {to} {surge}: {}", outcome.stderr);
                refused += usize::from(is_refused);
                taken += usize::from(!is_refused);
            }
        }
    }
    assert!(refused > 50 && taken > 3, "{refused} {taken}");
}

#[test]
fn a_refused_change_of_generation_has_its_hint() {
    let (emulator, mut home) = logged_in_to(emulator());
    put(&emulator, "Standard_D2_v2", "", "1");
    home.set("TERM", "dumb");
    let (code, shown) = Screen::line(&home, &line("Standard_D4s_v5")).finish();
    assert_eq!(code, Some(1));
    let hint = shown.lines().last().unwrap();
    let plan = "azq gen2 plan -g g -n c --nodepool-name np";
    hint.assert_starts_with("hint: ");
    hint.assert_ends_with(plan);
    let planned = home.line(plan.trim_start_matches("azq "));
    assert_ne!(planned.code, Some(2), "{}", planned.stderr);
}
