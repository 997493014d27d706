//! The node pool snapshot from which a pool is made; it supplies values that the command line does
//! not set (azure-cli, `acs/_helpers.py`, `get_snapshot_by_snapshot_id`).

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value as Json;

use super::PoolCall;
use super::snapshots::resource_path;
use azq_command::{CommandError, ErrorKind, bail, error};

/// The values that a snapshot supplies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Snapshot {
    /// `kubernetesVersion`.
    pub(super) kubernetes_version: Option<String>,
    /// `vmSize`.
    pub(super) vm_size: Option<String>,
    /// `osType`.
    pub(super) os_type: Option<String>,
    /// `osSku`.
    pub(super) os_sku: Option<String>,
}

impl Snapshot {
    /// Reads the snapshot with this id from Azure, if there is an id.
    pub(super) async fn fetch<R>(
        call: &PoolCall<'_, R>,
        id: Option<&str>,
    ) -> Result<Option<Self>, CommandError> {
        let Some(id) = id.filter(|id| !id.is_empty()) else {
            return Ok(None);
        };
        let [subscription, path, name] = locate(id)?;
        call.arm.require_subscription(&subscription)?;
        match call.get(&path).await {
            Ok(document) => Ok(Some(Self::read(&document))),
            Err(error) => Err(named(error, &name)),
        }
    }

    /// Reads the values from the snapshot's document.
    pub(super) fn read(document: &Json) -> Self {
        let text = |name: &str| document["properties"][name].as_str().map(str::to_owned);
        Self {
            kubernetes_version: text("kubernetesVersion"),
            vm_size: text("vmSize"),
            os_type: text("osType"),
            os_sku: text("osSku"),
        }
    }
}

/// Returns the subscription, the path and the name in a snapshot's id, in lower case as in az.
fn locate(id: &str) -> Result<[String; 3], CommandError> {
    static ID: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            "/subscriptions/(.*?)/resourcegroups/(.*?)/providers/microsoft.containerservice/snapshots/(.*)",
        )
        .ok()
    });
    let id = id.to_lowercase();
    let parts = ID.as_ref().and_then(|regex| regex.captures(&id));
    let Some((_, [subscription, group, name])) = parts.map(|parts| parts.extract()) else {
        bail!("Cannot parse snapshot name from provided resource id '{id}'.");
    };
    let path = resource_path(subscription, Some(group), name);
    Ok([subscription.to_owned(), path, name.to_owned()])
}

/// Returns az's message with the name for a missing snapshot, and other errors as Azure sent them.
fn named(error: CommandError, name: &str) -> CommandError {
    if error.message.contains("not found") {
        error!("Snapshot '{name}' not found.").of_kind(ErrorKind::NotFound)
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_taken_apart_in_lower_case() {
        let id = "/subscriptions/S/resourceGroups/My Group/providers/Microsoft.ContainerService/snapshots/Snap";
        let [_, path, name] = locate(id).unwrap();
        assert_eq!(
            path,
            "/subscriptions/s/resourceGroups/my%20group/providers/Microsoft.ContainerService/snapshots/snap"
        );
        assert_eq!(name, "snap");
        let error = locate("/subscriptions/S/Other").err().unwrap();
        assert_eq!(
            error.message,
            "Cannot parse snapshot name from provided resource id '/subscriptions/s/other'."
        );
    }

    #[test]
    fn only_a_missing_snapshot_is_renamed() {
        let missing = named(CommandError::new("(X) was not found"), "snap");
        assert_eq!(
            (missing.kind, missing.message.as_str()),
            (ErrorKind::NotFound, "Snapshot 'snap' not found.")
        );
        let denied = CommandError::new("(AuthorizationFailed) no");
        assert_eq!(named(denied.clone(), "snap"), denied);
    }
}
