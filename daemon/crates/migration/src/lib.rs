//! Generation 2 of AKS node pools: the verdict on a pool, the plan for a cluster, and the migration
//! as a state machine.
//!
//! | module | what it does |
//! | --- | --- |
//! | `pool`, `generation`, `report` | what a pool is, and the verdict on it |
//! | `quota`, `target`, `names`, `plan` | the size, the name and the way of a new pool |
//! | `settings`, `command_lines`, `kubectl` | what is sent: documents, lines of az, lines of kubectl |
//! | `cluster_view`, `budget` | nodes, pods and disruption budgets, read from kubectl |
//! | `migration`, `step`, `next` | how far a migration is, and what comes next |
//!
//! Invariants of a migration stand at `next`. Nothing here fails on what Azure or Kubernetes say.
//!
//! Deliberately absent: files, the network and clocks. The caller reads Azure and Kubernetes, hands
//! over what was seen, and carries out what comes next.

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
