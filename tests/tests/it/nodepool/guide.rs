//! The commands of Microsoft's guide on Generation 2 VMs in AKS, unchanged, through azq, azqd and
//! an emulated Azure.

use crate::prelude::*;

const LIST_SKUS: &str = "vm list-skus --location eastus --size Standard_D4s_v5 --output table";
const ADD: &str = "aks nodepool add --resource-group myResourceGroup --cluster-name myAKSCluster --name npnew --node-vm-size Standard_D4s_v5 --os-type Windows --os-sku Windows2022 --aks-custom-headers UseWindowsGen2VM=true";
const UPDATE_LINUX: &str = "aks nodepool update --resource-group myResourceGroup --cluster-name myAKSCluster --name mynodepool --node-vm-size Standard_D4s_v5 --os-type Linux";
const UPDATE_WINDOWS: &str = "aks nodepool update --resource-group myResourceGroup --cluster-name myAKSCluster --name npwin --node-vm-size Standard_D4s_v5 --os-type Windows --os-sku Windows2022 --aks-custom-headers UseWindowsGen2VM=true";
const SHOW: &str = "aks nodepool show --resource-group myResourceGroup --cluster-name myAKSCluster --name npwin --output table";

/// Starts an emulator with the demo's cluster and SKUs, without waits.
fn emulator() -> Emulator {
    start(Specification {
        sku_names: Some("Standard_D4.*".to_owned()),
        retry_after: 0,
        ..demo::specification()
    })
}

/// Returns a pool as az shows it.
fn pool(home: &Home, name: &str) -> Value {
    let line =
        format!("aks nodepool show -g myResourceGroup --cluster-name myAKSCluster -n {name}");
    home.line(&line).json()
}

#[test]
fn the_guides_five_commands_run_end_to_end() {
    let (emulator, home) = logged_in_to(emulator());
    let run = |line| home.line(line).success();

    assert_eq!(
        run(LIST_SKUS),
        "ResourceType     Locations    Name             Zones    Restrictions\n\
         ---------------  -----------  ---------------  -------  --------------\n\
         virtualMachines  eastus       Standard_D4s_v5  1,2,3    None\n"
    );
    let added: Value = serde_json::from_str(&run(ADD)).unwrap();
    assert_eq!(
        (&added["osSku"], &added["vmSize"]),
        (&json!("Windows2022"), &json!("Standard_D4s_v5"))
    );
    for line in [UPDATE_LINUX, UPDATE_WINDOWS] {
        let updated: Value = serde_json::from_str(&run(line)).unwrap();
        assert_eq!(updated["vmSize"], "Standard_D4s_v5");
        assert_eq!(updated["provisioningState"], "Succeeded");
    }
    let shown = run(SHOW);
    let (mut cells, line) = (shown.lines().skip(2), "npwin   Windows   1.33.3");
    assert!(cells.next().unwrap().starts_with(line), "{shown}");

    let headers: Vec<_> = written(&emulator)
        .iter()
        .map(|put| put.header("usewindowsgen2vm").map(str::to_owned))
        .collect();
    assert_eq!(
        headers,
        [Some("true".to_owned()), None, Some("true".to_owned())]
    );
}

#[test]
fn an_update_turns_generation_1_into_generation_2() {
    let (_emulator, home) = logged_in_to(emulator());
    for (line, name) in [(UPDATE_LINUX, "mynodepool"), (UPDATE_WINDOWS, "npwin")] {
        let before = pool(&home, name);
        assert_eq!(before["vmSize"], "Standard_D2_v2");
        let image = |pool: &Value| pool["nodeImageVersion"].as_str().unwrap().to_owned();
        assert!(!image(&before).contains("gen2"), "{before}");
        home.line(line).success();
        let after = pool(&home, name);
        assert_eq!(after["vmSize"], "Standard_D4s_v5");
        assert!(image(&after).contains("gen2"), "{after}");
        assert_eq!(before["osType"], after["osType"]);
    }
}

#[test]
fn an_update_keeps_unknown_properties() {
    let emulator = emulator();
    let unheard = json!({"depth": [1, null, {"π": 1e300}], "text": "ü"});
    for name in ["mynodepool", "npwin"] {
        let mut state = emulator.state();
        let cluster = state.clusters.get_mut("myakscluster").unwrap();
        cluster.pools[name]["properties"]["unheardOf"] = unheard.clone();
        cluster.pools[name]["properties"]["upgradeSettings"]["unheardOf"] = unheard.clone();
    }
    let home = Home::new(&emulator).unwrap();
    for line in [UPDATE_LINUX, UPDATE_WINDOWS] {
        home.line(line).success();
    }
    let writes = written(&emulator);
    assert_eq!(writes.len(), 2);
    for put in &writes {
        let properties = &put.body["properties"];
        assert_eq!(properties["unheardOf"], unheard);
        assert_eq!(properties["upgradeSettings"]["unheardOf"], unheard);
        assert_eq!(properties["upgradeSettings"]["maxSurge"], "10%");
    }
}

#[test]
fn another_os_is_refused_before_anything_is_sent() {
    let (emulator, home) = logged_in_to(emulator());
    let pools = [
        ("mynodepool", "Windows", "Linux"),
        ("npwin", "linux", "Windows"),
    ];
    for (name, asked, has) in pools {
        let line = format!(
            "aks nodepool update -g myResourceGroup --cluster-name myAKSCluster -n {name} --node-vm-size Standard_D4s_v5 --os-type {asked}"
        );
        let refused = home.line(&line);
        let refused = refused.failure(1);
        let says = "and the OS of a node pool cannot change.";
        refused.assert_starts_with("ERROR: ");
        refused.assert_contains(&format!("node pool '{name}' runs {has}, {says}"));
    }
    assert!(written(&emulator).is_empty());
}

#[test]
fn an_update_without_options_writes_the_pool_back_as_az_does() {
    let (emulator, home) = logged_in_to(emulator());
    let before = pool(&home, "mynodepool");
    let line = "aks nodepool update -g myResourceGroup --cluster-name myAKSCluster -n mynodepool";
    home.line(line).success();
    let writes = written(&emulator);
    let [put] = writes.as_slice() else {
        panic!("{writes:?}")
    };
    assert_eq!(put.method, "PUT");
    assert_eq!(put.body["properties"]["vmSize"], before["vmSize"]);
    assert_eq!(put.body["properties"]["count"], before["count"]);
}

#[test]
fn a_failed_operation_is_an_error() {
    let (emulator, home) = logged_in_to(emulator());
    let quota = json!({"code": "QuotaExceeded", "message": "No more cores."});
    emulator.state().specification.lro_error = Some(quota);
    let failed = home.line(UPDATE_LINUX);
    assert_eq!(
        failed.failure(1),
        "ERROR: (QuotaExceeded) No more cores.\nCode: QuotaExceeded\nMessage: No more cores.\n"
    );
}
