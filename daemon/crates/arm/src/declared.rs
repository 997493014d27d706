//! The statuses of successful responses, as az's operations declare them.
//!
//! az takes any other status as an error, `203` and `206` too, regardless of the body. This is the
//! only table of them; polls of a long-running operation have a rule of their own (see
//! `operation`).

use http::StatusCode;

/// The statuses of an operation's successful responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared(&'static [u16]);

impl Declared {
    /// Every operation that only reads: `AgentPools.get`, `.list`, `.getUpgradeProfile`,
    /// `ManagedClusters.get` and `.list`, `Snapshots.get`, `ResourceSkus.list`, `Usages.list`,
    /// `VirtualMachineSizes.list`, `Subscriptions.listLocations`, `ResourceGroups.get` and `.list`,
    /// `ManagedClusters.getUpgradeProfile` and `.listKubernetesVersions`.
    pub const READ: Self = Self(&[200]);
    /// `ResourceGroups.checkExistence`. A `404` means that the group does not exist.
    pub const EXISTENCE: Self = Self(&[204, 404]);
    /// `AgentPools.createOrUpdate`.
    pub const CREATE_OR_UPDATE: Self = Self(&[200, 201]);
    /// `AgentPools.delete`. A `200` is not a success.
    pub const DELETE: Self = Self(&[202, 204]);
    /// `AgentPools.abortLatestOperation`.
    pub const ABORT: Self = Self(&[202, 204]);
    /// `AgentPools.deleteMachines`.
    pub const DELETE_MACHINES: Self = Self(&[202]);
    /// `ManagedClusters.runCommand` and `.getCommandResult`.
    pub const RUN_COMMAND: Self = Self(&[200, 202]);
    /// `AgentPools.upgradeNodeImageVersion`.
    pub const UPGRADE_NODE_IMAGE: Self = Self(&[200, 202]);
    /// The statuses of a response that begins or polls a long-running operation (azure-core,
    /// `base_polling.py`).
    pub(super) const POLL: Self = Self(&[200, 201, 202, 204]);

    /// Whether a response with this status is a success.
    pub fn has(self, status: StatusCode) -> bool {
        self.0.contains(&status.as_u16())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_declared_statuses_are_a_success() {
        for (declared, successes) in [
            (Declared::READ, &[200][..]),
            (Declared::CREATE_OR_UPDATE, &[200, 201]),
            (Declared::DELETE, &[202, 204]),
            (Declared::UPGRADE_NODE_IMAGE, &[200, 202]),
        ] {
            let all = (100..600).filter_map(|status| StatusCode::from_u16(status).ok());
            let has = all.filter(|status| declared.has(*status));
            assert!(
                has.map(|status| status.as_u16())
                    .eq(successes.iter().copied())
            );
        }
    }
}
