//! A small subscription, and command lines whose answers from it are known.

use crate::demo;
use crate::emulator::{Emulator, Fault, Specification, StartError};
use serde_json::json;

/// Asks for a size: answered from the cache, once it is filled.
pub const LIST_SKUS: &str = "vm list-skus -l eastus --size D4s_v5 --query [].name -o tsv";
/// The answer to [`LIST_SKUS`].
pub const SKUS: &str = "Standard_D4s_v5\n";
/// Asks for a node pool: never answered from a cache.
pub const SHOW_POOL: &str = "aks nodepool show -g myResourceGroup --cluster-name myAKSCluster -n mynodepool --query vmSize -o tsv";
/// The answer to [`SHOW_POOL`].
pub const POOL: &str = "Standard_D2_v2\n";
/// Gives that node pool another size.
pub const UPDATE_POOL: &str = "aks nodepool update -g myResourceGroup --cluster-name myAKSCluster -n mynodepool --node-vm-size Standard_D4s_v5 --query vmSize -o tsv";

/// The demo's cluster with two sizes in three regions, whose operations end without a wait.
pub fn emulator() -> Result<Emulator, StartError> {
    Emulator::start(Specification {
        sku_names: Some("Standard_D[24]s_v5".to_owned()),
        retry_after: 0,
        ..demo::specification()
    })
}

/// How often Azure was asked for SKUs.
pub fn sku_requests(emulator: &Emulator) -> usize {
    emulator.request_count("/providers/Microsoft.Compute/skus")
}

/// The demo's cluster, whose operations do not end before the emulator's faults are cleared.
pub fn endless_operations() -> Result<Emulator, StartError> {
    let emulator = Emulator::start(Specification {
        retry_after: 0,
        ..demo::specification()
    })?;
    let running = json!({"status": "InProgress"});
    let fault = Fault::answer("GET .*/operations/.*", 200, running).header("Retry-After", "0");
    emulator.inject(fault.times(u32::MAX));
    Ok(emulator)
}

/// How often Azure was asked to change something.
pub fn writes(emulator: &Emulator) -> usize {
    let requests = emulator.requests();
    requests
        .iter()
        .filter(|request| request.method != "GET")
        .count()
}
