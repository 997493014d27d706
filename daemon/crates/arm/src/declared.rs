//! Which answers are a success: the statuses that az's operations declare.
//!
//! az takes any other status for an error, `203` and `206` too, whatever the body says. This is the
//! one table of them; polls of a long-running operation have a rule of their own (see `operation`).

use http::StatusCode;

/// The statuses by which an operation's answer is a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared(&'static [u16]);

impl Declared {
    /// Every operation that only reads: `AgentPools.get`, `.list`, `.getUpgradeProfile`,
    /// `ManagedClusters.get` and `.list`, `Snapshots.get`, `ResourceSkus.list`, `Usages.list`,
    /// `VirtualMachineSizes.list`, `Subscriptions.listLocations`, `ResourceGroups.get` and `.list`,
    /// `ManagedClusters.getUpgradeProfile` and `.listKubernetesVersions`.
    pub const READ: Self = Self(&[200]);
    /// `ResourceGroups.checkExistence`. A `404` says no.
    pub const EXISTENCE: Self = Self(&[204, 404]);
    /// `AgentPools.createOrUpdate`.
    pub const CREATE_OR_UPDATE: Self = Self(&[200, 201]);
    /// `AgentPools.delete`. A `200` is none.
    pub const DELETE: Self = Self(&[202, 204]);
    /// `AgentPools.abortLatestOperation`.
    pub const ABORT: Self = Self(&[202, 204]);
    /// `AgentPools.deleteMachines`.
    pub const DELETE_MACHINES: Self = Self(&[202]);
    /// `ManagedClusters.runCommand` and `.getCommandResult`.
    pub const RUN_COMMAND: Self = Self(&[200, 202]);
    /// `AgentPools.upgradeNodeImageVersion`.
    pub const UPGRADE_NODE_IMAGE: Self = Self(&[200, 202]);
    /// What may begin or poll a long-running operation (azure-core, `base_polling.py`).
    pub(super) const POLL: Self = Self(&[200, 201, 202, 204]);

    /// Whether an answer of this status is a success.
    pub fn has(self, status: StatusCode) -> bool {
        self.0.contains(&status.as_u16())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_declared_statuses_are_a_success() {
        let successes = |declared: Declared| {
            (100..600)
                .filter(|status| {
                    StatusCode::from_u16(*status).is_ok_and(|status| declared.has(status))
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(successes(Declared::READ), [200]);
        assert_eq!(successes(Declared::CREATE_OR_UPDATE), [200, 201]);
        assert_eq!(successes(Declared::DELETE), [202, 204]);
        assert_eq!(successes(Declared::UPGRADE_NODE_IMAGE), [200, 202]);
    }
}
