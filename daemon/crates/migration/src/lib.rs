//! Generation 2 of AKS node pools: the verdict on a pool, the plan for a cluster, and the migration
//! as a state machine.
//!
//! Deliberately absent: files, the network and clocks. Whoever calls reads Azure and Kubernetes,
//! hands over what was seen, and carries out what [`PoolReport`] and its relatives say.

mod generation;
mod pool;
mod report;

pub use self::{
    generation::NodeGeneration,
    pool::Pool,
    report::{ClusterName, PoolReport, Verdict, generations},
};
