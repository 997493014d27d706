//! The observed state before a step, the steps, and their obstacles.

use serde_json::Value;

use crate::budget::Budget;
use crate::cluster_view::{Node, Pod};
use crate::generation::NodeGeneration;
use crate::migration::Stage;

/// The latest observed state of the cluster.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The cluster's pools, as Resource Manager lists them.
    pub pools: Vec<Value>,
    /// All nodes.
    pub nodes: Vec<Node>,
    /// The pods on the old nodes.
    pub pods: Vec<Pod>,
    /// The pods that have no node.
    pub pending: Vec<Pod>,
    /// The disruption budgets.
    pub budgets: Vec<Budget>,
}

/// The parts that must be read before the next step of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// The nodes.
    pub nodes: bool,
    /// The pods, and the budgets.
    pub pods: bool,
}

/// A step.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Save that this stage was entered.
    Enter(Stage),
    /// Carry out this action, then read the state again.
    Do(Action),
    /// Read the state again after a while. The text is the reason.
    Wait(String),
    /// The migration cannot go on before the user has removed this obstacle.
    Stop(Obstacle),
}

/// An action that changes Azure or the cluster. Each can be repeated safely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Give the old pool its new size.
    Resize,
    /// Create the new pool.
    Create,
    /// Turn the old pool's autoscaler off.
    HoldAutoscaler,
    /// Cordon the old nodes.
    Cordon,
    /// Drain this node.
    Drain(String),
    /// Delete the old pool.
    Delete,
}

/// An obstacle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// The old pool is gone, and this migration has not deleted it.
    #[error("it is gone, and azq has not deleted it; look at the cluster's pools")]
    OldGone,
    /// The new pool is gone.
    #[error("the new pool '{0}' is gone, and azq has not deleted it")]
    NewGone(String),
    /// A pool with the new pool's name existed before.
    #[error(
        "the cluster has a pool '{0}' already; give the new one another name in the plan's file"
    )]
    NameTaken(String),
    /// The old pool is stopped.
    #[error("it is stopped; start it with: az aks nodepool start")]
    Stopped,
    /// The new nodes are not of Generation 2.
    #[error(
        "the nodes of the new pool '{pool}' are of {generation} (image {image}); nothing was drained"
    )]
    NotGen2 {
        /// The new pool.
        pool: String,
        /// Their generation.
        generation: NodeGeneration,
        /// Their image.
        image: String,
    },
    /// These pods have no controller to recreate them.
    #[error("these pods have no owner that makes them again; move them, or add --force: {0}")]
    Bare(String),
    /// These pods have data that is lost with them.
    #[error(
        "these pods keep data on their node, which goes with them; add --delete-emptydir-data: {0}"
    )]
    EmptyDir(String),
    /// These pods can only run on the old pool.
    #[error("these pods can run on the old pool alone (nodeSelector); change that first: {0}")]
    Pinned(String),
    /// The API server does not evict these pods.
    #[error(
        "these pods are covered by more than one disruption budget, so that Kubernetes evicts none \
         of them; narrow or delete one: {0}"
    )]
    TwoBudgets(String),
    /// No other pool could run the system's pods.
    #[error("it is the cluster's last system pool")]
    LastSystemPool,
}
