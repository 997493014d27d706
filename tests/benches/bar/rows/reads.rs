//! Commands that read, each beside the same GET by a warm client. All but `aks list-vm-skus`
//! request Azure each time.

use azq_tests::demo;
use azq_tests::emulator::{SUBSCRIPTION, Specification};
use serde_json::json;

use super::Bench;
use crate::error::BenchError;
use crate::report::Figure;
use crate::site::Site;

/// The most times as long as `/bin/true` that a command may take in addition to its GET.
const AT_MOST: f64 = 1.5;
/// The commands, and the URL that each requests last.
const LINES: [&str; 17] = [
    "aks show -g myResourceGroup -n myAKSCluster",
    "aks list -g myResourceGroup",
    "aks get-upgrades -g myResourceGroup -n myAKSCluster",
    "aks get-versions -l eastus",
    "aks list-vm-skus -l eastus --size Standard_D4s_v5 -o table",
    "aks machine list -g myResourceGroup --cluster-name myAKSCluster --nodepool-name mynodepool",
    "aks machine show -g myResourceGroup --cluster-name myAKSCluster --nodepool-name mynodepool \
     --machine-name aks-mynodepool-12345678-vmss000000",
    "aks nodepool list -g myResourceGroup --cluster-name myAKSCluster",
    "aks nodepool snapshot list -g myResourceGroup",
    "aks nodepool snapshot show -g myResourceGroup -n snapshot",
    "group list",
    "group show -n myResourceGroup",
    "group exists -n myResourceGroup",
    "resource list",
    "vm list -g myResourceGroup",
    "vm show -g myResourceGroup -n machine",
    "rest -u /subscriptions/{subscriptionId}/resourcegroups/myResourceGroup?api-version=2024-11-01",
];

pub(super) fn measure(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let rounds = bench.rounds(2);
    let site = site()?;
    let figures = LINES.iter().map(|line| {
        // The URL that the command requests last when nothing is cached yet.
        site.web.forget()?;
        site.answer(line)?;
        let url = site.last_url(line)?;
        site.daemon()?.settle()?;
        site.beside_get(line, &url, rounds, AT_MOST)
    });
    figures.collect()
}

/// Creates a site with the demonstration's subscription, a snapshot and a virtual machine.
fn site() -> Result<Site, BenchError> {
    let id = |kind: &str, name: &str| {
        let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/myResourceGroup");
        format!("{group}/providers/Microsoft.{kind}/{name}")
    };
    let snapshot = id("ContainerService", "snapshots/snapshot");
    let machine = id("Compute", "virtualMachines/machine");
    let resource = |id: &str, name: &str| json!({"id": id, "name": name, "location": "eastus"});
    Site::of(&Specification {
        snapshots: [("snapshot".to_owned(), resource(&snapshot, "snapshot"))].into(),
        resources: [(machine.clone(), resource(&machine, "machine"))].into(),
        ..demo::specification()
    })
}
