//! Generation 2 of AKS node pools: the verdict on a pool, the plan for a cluster, and the migration
//! as a state machine.
//!
//! | module | contents |
//! | --- | --- |
//! | `pool`, `generation`, `report` | the properties of a pool, and the verdict on it |
//! | `quota`, `target`, `names`, `plan` | the size, the name and the method for a new pool |
//! | `settings`, `command_lines`, `kubectl` | documents, command lines of az and of kubectl |
//! | `cluster_view`, `budget` | nodes, pods and disruption budgets, read from kubectl |
//! | `migration`, `step`, `next` | the state of a migration, and its next step |
//!
//! The invariants of a migration are documented in `next`. Unexpected data from Azure or Kubernetes
//! never causes a panic.
//!
//! Deliberately absent: files, the network and clocks. The caller reads from Azure and Kubernetes,
//! passes the data in, and carries out the steps.

mod budget;
mod cluster_view;
mod command_lines;
mod generation;
pub mod kubectl;
mod migration;
mod names;
mod next;
mod plan;
mod pool;
mod quota;
mod report;
mod settings;
mod step;
mod target;

pub use self::{
    budget::Budget,
    cluster_view::{Node, Pod, ViewError, budgets, nodes, pods},
    generation::NodeGeneration,
    migration::{BeginError, Limits, Migration, PoolMigration, STATE_VERSION, Stage, Status},
    next::{held_up, next},
    plan::{Method, PLAN_VERSION, Plan, PlanError, PoolPlan, SizesByName, Wishes},
    pool::Pool,
    report::{ClusterName, PoolReport, Verdict, generations},
    settings::{lost, new_pool, resized},
    step::{Action, Needs, Obstacle, Step, View},
    target::PriceOf,
};
