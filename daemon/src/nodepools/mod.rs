//! `az aks nodepool …`: turns a request into one to Resource Manager, and its response into az's
//! document.
//!
//! One file per command. An agent pool stays `serde_json::Value` from reading it to writing it
//! back, so a property that this version does not know survives an update.
//!
//! Deliberately absent: HTTP (see `arm`), rendering (see `output`), and command-line syntax.

pub mod abort;
pub mod add;
pub mod delete;
pub mod delete_machines;
pub mod document;
pub mod draft;
pub mod list;
pub mod power;
pub mod preflight;
pub mod rollback;
pub mod scale;
pub mod scale_profiles;
pub(crate) mod schema;
pub mod show;
pub mod snapshots;
pub mod update;
pub mod upgrade;
pub mod upgrades;
pub mod wait;

mod add_options;
mod autoscaler;
pub(crate) mod checks;
mod files;
mod headers;
mod lists;
mod operation;
mod options;
mod resolve_add;
mod resolve_update;
mod snapshot;
mod snapshot_schema;
mod update_options;
mod upgrade_schema;

use crate::clusters::cluster_path;
use azq_arm::segment;

pub use self::operation::{PoolCall, Printed};

/// The API version of `Microsoft.ContainerService` that az 2.91 uses.
pub const API_VERSION: &str = "2026-06-01";

/// The agent pool that a command is about; every part is present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolName {
    /// `--resource-group`.
    pub resource_group: String,
    /// `--cluster-name`.
    pub cluster: String,
    /// `--name`.
    pub pool: String,
}

impl PoolName {
    /// Returns the pool's path under Resource Manager, without the host.
    pub fn path(&self, subscription: &str) -> String {
        format!(
            "{}/{}",
            self.collection_path(subscription),
            segment(&self.pool)
        )
    }

    /// Returns the path of all pools of the cluster.
    pub fn collection_path(&self, subscription: &str) -> String {
        format!("{}/agentPools", self.cluster_path(subscription))
    }

    /// Returns the cluster's path.
    pub fn cluster_path(&self, subscription: &str) -> String {
        cluster_path(subscription, &self.resource_group, &self.cluster)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_azs_and_encoded() {
        let pool = PoolName {
            resource_group: "my group".into(),
            cluster: "c/1".into(),
            pool: "np1".into(),
        };
        assert_eq!(
            pool.path("0000-1"),
            "/subscriptions/0000-1/resourceGroups/my%20group/providers/Microsoft.ContainerService\
             /managedClusters/c%2F1/agentPools/np1"
        );
    }
}
