//! The state of a migration that is being carried out.
//!
//! It is written down before and after each step that changes something. A stage says what was
//! resolved on, not what Azure has done of it: that is looked up, so that a step which may or may
//! not have been sent is found out. See `next` for what follows from what was seen.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kubectl::DrainLicence;
use crate::names;
use crate::plan::{Method, Plan, PoolPlan};
use crate::report::ClusterName;

/// The version of the state's file.
pub const STATE_VERSION: u32 = 1;

/// How far a pool is: the stage that was entered last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// Nothing.
    Planned,
    /// To give the pool its new size in place.
    Resizing,
    /// To make the new pool.
    Creating,
    /// To wait for its nodes.
    AwaitingNodes,
    /// To keep the autoscaler's hands off the old pool.
    HoldingAutoscaler,
    /// To keep new pods away from the old pool.
    Cordoning,
    /// To move its pods.
    Draining,
    /// To delete it.
    Deleting,
    /// All is done.
    Finished,
}

impl Stage {
    /// Its words, for people.
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
    /// How long the drain of one pool may go on, in seconds.
    pub drain_seconds: u64,
    /// How long the nodes of one pool may take until they are ready, in seconds.
    pub node_seconds: u64,
    /// Evict pods that nothing makes again.
    pub force: bool,
    /// Evict pods whose data goes with them.
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
    /// The permissions of a drain.
    pub fn licence(&self) -> DrainLicence {
        DrainLicence {
            force: self.force,
            delete_emptydir_data: self.delete_emptydir_data,
        }
    }
}

/// How a migration is as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// It is being carried out, or can be resumed.
    Active,
    /// Every pool is on Generation 2.
    Finished,
    /// It was given up; what was done stays.
    Aborted,
}

/// One pool of a migration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolMigration {
    /// Its plan.
    pub plan: PoolPlan,
    /// The stage that was entered last.
    pub stage: Stage,
    /// The old pool as it was before anything was changed.
    #[serde(default)]
    pub old: Value,
    /// The pods that had no node before the old nodes were cordoned, by what they are known by.
    #[serde(default)]
    pub pending_before: Vec<String>,
}

/// A migration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Migration {
    /// The version of its form.
    pub version: u32,
    /// The request that has begun it, which may be sent again.
    pub attempt: String,
    /// The cluster.
    pub place: ClusterName,
    /// Its permissions and time limits.
    pub limits: Limits,
    /// Its status.
    pub status: Status,
    /// The pools, in their order.
    pub pools: Vec<PoolMigration>,
}

/// Why a plan cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeginError {
    /// Something stands in the way of a pool.
    #[error("Node pool '{nodepool}' cannot be migrated: {problem}.")]
    Problem {
        /// The pool.
        nodepool: String,
        /// The obstacle.
        problem: String,
    },
    /// The new pool's name is none.
    #[error("'{name}' is no name for the pool that takes the place of '{nodepool}'.")]
    Name {
        /// The pool.
        nodepool: String,
        /// The name.
        name: String,
    },
}

impl Migration {
    /// Begins to carry a plan out.
    ///
    /// # Errors
    /// Something stands in the way of a pool.
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

    /// The number of the pool that is next, if one is left.
    pub fn current(&self) -> Option<usize> {
        self.pools
            .iter()
            .position(|pool| pool.stage != Stage::Finished)
    }
}

impl PoolMigration {
    /// The way to begin.
    pub(crate) fn first_stage(&self) -> Stage {
        match self.plan.method {
            Method::InPlace => Stage::Resizing,
            Method::NewPool => Stage::Creating,
        }
    }

    /// Tells whether the old pool's autoscaler was on before it was touched.
    pub fn had_autoscaler(&self) -> bool {
        self.old.pointer("/properties/enableAutoScaling") == Some(&Value::Bool(true))
    }
}
