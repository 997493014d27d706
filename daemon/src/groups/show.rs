//! `az group show`.

use azq_document::Value;

use super::{API_VERSION, document, path};
use azq_arm::Arm;
use azq_arm::Report;
use azq_command::CommandError;

/// Reads a resource group from Azure, without a cache.
///
/// # Errors
/// An error of Azure's.
pub async fn show(arm: &Arm, name: &str, report: &dyn Report) -> Result<Value, CommandError> {
    let path = path(arm.subscription(), name);
    Ok(document(&arm.get(&path, API_VERSION, report).await?))
}
