//! `az vm list-sizes` and `az vm list-usage`: the VM sizes of a region, and how much of its quotas
//! the subscription uses.
//!
//! Neither is cached. Deliberately absent: resource SKUs (see `skus`).

pub mod list_vm_sizes;
pub mod list_vm_usage;
mod vm_schema;
pub mod vms;

use serde_json::Value as Json;

use azq_arm::Arm;
use azq_arm::Report;
use azq_arm::segment;
use azq_command::CommandError;

/// The API version of `Microsoft.Compute` that az 2.91 uses here.
const API_VERSION: &str = "2024-11-01";

/// Returns the path of a collection of a region.
fn path(subscription: &str, location: &str, what: &str) -> String {
    format!(
        "/subscriptions/{}/providers/Microsoft.Compute/locations/{}/{what}",
        segment(subscription),
        segment(location)
    )
}

/// Returns how much of a region's quotas the subscription uses, as in Azure's response.
///
/// # Errors
/// An error of Azure's.
pub async fn usages(
    arm: &Arm,
    location: &str,
    report: &dyn Report,
) -> Result<Vec<Json>, CommandError> {
    let path = path(arm.subscription(), location, "usages");
    Ok(arm.list(&path, API_VERSION, &[], report).await?)
}
