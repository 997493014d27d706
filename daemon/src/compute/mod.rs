//! `az vm list-sizes` and `az vm list-usage`: what a region has, and how much of it the
//! subscription uses.
//!
//! Both always ask Azure. Deliberately absent: resource SKUs (see `skus`).

pub mod list_vm_sizes;
pub mod list_vm_usage;
mod vm_schema;
pub mod vms;

use serde_json::Value as Json;

use azq_arm::Arm;
use azq_arm::Report;
use azq_arm::segment;
use azq_command::CommandError;

/// The `Microsoft.Compute` version that az 2.91 speaks here.
const API_VERSION: &str = "2024-11-01";

/// The path of what a region has.
fn path(subscription: &str, location: &str, what: &str) -> String {
    format!(
        "/subscriptions/{}/providers/Microsoft.Compute/locations/{}/{what}",
        segment(subscription),
        segment(location)
    )
}

/// How much of a region's quotas the subscription uses, as Azure tells it.
///
/// # Errors
/// Azure's.
pub async fn usages(
    arm: &Arm,
    location: &str,
    report: &dyn Report,
) -> Result<Vec<Json>, CommandError> {
    let path = path(arm.subscription(), location, "usages");
    Ok(arm.list(&path, API_VERSION, &[], report).await?)
}
