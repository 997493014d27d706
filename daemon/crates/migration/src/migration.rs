//! The state of a migration that is being carried out.
//!
//! The state is saved before and after each step that changes something. A stage records a
//! decision, not what Azure has done. That is looked up, because a request may or may not have been
//! sent before a crash. `next` derives the next step from the stage and the observed state.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kubectl::DrainLicence;
use crate::names;
use crate::plan::{Method, Plan, PoolPlan};
use crate::report::ClusterName;

/// The version of the state's file.
pub const STATE_VERSION: u32 = 1;

/// The stage of a pool that was entered last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// Nothing has begun.
    Planned,
    /// Giving the pool its new size in place.
    Resizing,
    /// Creating the new pool.
    Creating,
    /// Waiting for the nodes of the new pool.
    AwaitingNodes,
    /// Turning off the autoscaler of the old pool.
    HoldingAutoscaler,
    /// Keeping new pods away from the old pool.
    Cordoning,
    /// Moving the pods of the old pool.
    Draining,
    /// Deleting the old pool.
    Deleting,
    /// Everything is done.
    Finished,
}

impl Stage {
    /// Returns the stage in words for the user.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Planned => "not begun",
            Self::Resizing => "giving the pool its new size",
            Self::Creating => "making the new pool",
            Self::AwaitingNodes => "waiting until the new nodes are ready",
            Self::HoldingAutoscaler => "looking at the old pool's autoscaler",
            Self::Cordoning => "cordoning the old nodes",
            Self::Draining => "draining the old nodes",
            Self::Deleting => "deleting the old pool",
            Self::Finished => "finished",
        }
    }
}

/// The permissions of a migration, and its time limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// The time limit for draining one pool, in seconds.
    pub drain_seconds: u64,
    /// The time limit for the nodes of one pool to become ready, in seconds.
    pub node_seconds: u64,
    /// Evict pods that have no controller to recreate them.
    pub force: bool,
    /// Evict pods whose data is lost with them.
    pub delete_emptydir_data: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            drain_seconds: 1800,
            node_seconds: 1200,
            force: false,
            delete_emptydir_data: false,
        }
    }
}

impl Limits {
    /// Returns the permissions of a drain.
    pub fn licence(&self) -> DrainLicence {
        DrainLicence {
            force: self.force,
            delete_emptydir_data: self.delete_emptydir_data,
        }
    }
}

/// The status of a migration as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// The migration is being carried out, or can be resumed.
    Active,
    /// Every pool is on Generation 2.
    Finished,
    /// The migration was given up. Completed steps stay.
    Aborted,
}

/// One pool of a migration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolMigration {
    /// The plan for the pool.
    pub plan: PoolPlan,
    /// The stage that was entered last.
    pub stage: Stage,
    /// The old pool as it was before anything was changed.
    #[serde(default)]
    pub old: Value,
    /// The identities of the pods that had no node before the old nodes were cordoned.
    #[serde(default)]
    pub pending_before: Vec<String>,
}

/// A migration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Migration {
    /// The version of the format.
    pub version: u32,
    /// The `attempt` of the request that began the migration. Sent again, it resumes the migration.
    pub attempt: String,
    /// The cluster.
    pub place: ClusterName,
    /// Its permissions and time limits.
    pub limits: Limits,
    /// Its status.
    pub status: Status,
    /// The pools, in the order of their migration.
    pub pools: Vec<PoolMigration>,
}

/// The reason why a plan cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeginError {
    /// A pool has an obstacle.
    #[error("Node pool '{nodepool}' cannot be migrated: {problem}.")]
    Problem {
        /// The pool.
        nodepool: String,
        /// The obstacle.
        problem: String,
    },
    /// The new pool's name is invalid.
    #[error("'{name}' is no name for the pool that takes the place of '{nodepool}'.")]
    Name {
        /// The pool.
        nodepool: String,
        /// The name.
        name: String,
    },
}

impl Migration {
    /// Begins to carry out a plan.
    ///
    /// # Errors
    /// A pool has an obstacle.
    pub fn begin(plan: &Plan, limits: Limits, attempt: &str) -> Result<Self, BeginError> {
        let pools = plan.pools.iter().map(|pool| {
            let nodepool = pool.nodepool.clone();
            if !pool.problem.is_empty() {
                let problem = pool.problem.clone();
                return Err(BeginError::Problem { nodepool, problem });
            }
            let name = &pool.new_nodepool;
            if !names::is_valid(name, pool.is_windows) || name == &pool.nodepool {
                let name = name.clone();
                return Err(BeginError::Name { nodepool, name });
            }
            Ok(PoolMigration {
                plan: pool.clone(),
                stage: Stage::Planned,
                old: Value::Null,
                pending_before: Vec::new(),
            })
        });
        Ok(Self {
            version: STATE_VERSION,
            attempt: attempt.to_owned(),
            place: plan.place.clone(),
            limits,
            status: Status::Active,
            pools: pools.collect::<Result<_, _>>()?,
        })
    }

    /// Returns the index of the next pool, if one is left.
    pub fn current(&self) -> Option<usize> {
        self.pools
            .iter()
            .position(|pool| pool.stage != Stage::Finished)
    }
}

impl PoolMigration {
    /// Returns the first stage after `Planned`.
    pub(crate) fn first_stage(&self) -> Stage {
        match self.plan.method {
            Method::InPlace => Stage::Resizing,
            Method::NewPool => Stage::Creating,
        }
    }

    /// Whether the old pool's autoscaler was on before the migration changed it.
    pub fn had_autoscaler(&self) -> bool {
        self.old.pointer("/properties/enableAutoScaling") == Some(&Value::Bool(true))
    }
}
