//! The next step for a pool, derived from its stage and the observed state.
//!
//! Invariants, regardless of what happens in between:
//! - Nothing is cordoned or drained before the new pool is of Generation 2 and its nodes were seen
//!   ready.
//! - Nothing is deleted before that, or before the old nodes were seen cordoned and without pods of
//!   workloads. The cluster's last system pool is never deleted.
//! - A completed step is not repeated, and a running one is waited for.

use crate::budget::Budget;
use crate::cluster_view::{Node, Pod};
use crate::generation::NodeGeneration;
use crate::migration::{Limits, PoolMigration, Stage};
use crate::pool::Pool;
use crate::step::{Action, Needs, Obstacle, Step, View};
use azq_vm_sizes::Definition;

impl Stage {
    /// Returns the parts that must be read in this stage, in addition to the pools.
    pub const fn needs(self) -> Needs {
        let (nodes, pods) = match self {
            Self::Resizing | Self::Creating | Self::Finished => (false, false),
            // `Planned` reads the nodes only to verify, before anything is created, that commands
            // can run.
            Self::Planned | Self::AwaitingNodes | Self::HoldingAutoscaler => (true, false),
            Self::Cordoning | Self::Draining | Self::Deleting => (true, true),
        };
        Needs { nodes, pods }
    }
}

/// The provisioning states in which no operation is running.
const SETTLED: [&str; 3] = ["Succeeded", "Failed", "Canceled"];

/// Returns the next step for a pool. `size` describes the new size, if it is known.
pub fn next(pool: &PoolMigration, limits: &Limits, view: &View, size: Option<&Definition>) -> Step {
    let case = Case {
        pool,
        limits,
        view,
        size,
    };
    match pool.stage {
        Stage::Planned => case.begin(),
        Stage::Resizing => case.resize(),
        Stage::Creating => case.create(),
        Stage::AwaitingNodes => case.await_nodes(),
        Stage::HoldingAutoscaler => case.hold_autoscaler(),
        Stage::Cordoning => case.cordon(),
        Stage::Draining => case.drain(),
        Stage::Deleting => case.delete(),
        Stage::Finished => Step::Enter(Stage::Finished),
    }
}

struct Case<'c> {
    pool: &'c PoolMigration,
    limits: &'c Limits,
    view: &'c View,
    size: Option<&'c Definition>,
}

impl<'c> Case<'c> {
    fn find(&self, name: &str) -> Option<Pool<'c>> {
        let mut pools = self.view.pools.iter().map(Pool::of_resource);
        pools.find(|pool| pool.name().eq_ignore_ascii_case(name))
    }

    fn old(&self) -> Option<Pool<'c>> {
        self.find(&self.pool.plan.nodepool)
    }

    fn new_name(&self) -> &'c str {
        &self.pool.plan.new_nodepool
    }

    fn nodes_of(&self, pool: &'c str) -> impl Iterator<Item = &'c Node> {
        let nodes = self.view.nodes.iter();
        nodes.filter(move |node| node.pool.eq_ignore_ascii_case(pool))
    }

    fn old_nodes(&self) -> impl Iterator<Item = &'c Node> {
        self.nodes_of(&self.pool.plan.nodepool)
    }

    /// Returns the pods of workloads on the old nodes.
    fn workload(&self) -> Vec<&'c Pod> {
        let names: Vec<_> = self.old_nodes().map(|node| &node.name).collect();
        let is_there = |pod: &&Pod| pod.node.as_ref().is_some_and(|node| names.contains(&node));
        let pods = self.view.pods.iter();
        pods.filter(|pod| pod.is_workload())
            .filter(is_there)
            .collect()
    }

    fn begin(&self) -> Step {
        let Some(old) = self.old() else {
            return Step::Stop(Obstacle::OldGone);
        };
        if old.is_stopped() {
            return Step::Stop(Obstacle::Stopped);
        }
        if let Some(wait) = busy(&old) {
            return wait;
        }
        // No description of the old size is available here, so the image decides.
        if NodeGeneration::of(&old, None) == NodeGeneration::Gen2 {
            return Step::Enter(Stage::Finished);
        }
        if self.find(self.new_name()).is_some() {
            return Step::Stop(Obstacle::NameTaken(self.new_name().to_owned()));
        }
        Step::Enter(self.pool.first_stage())
    }

    fn resize(&self) -> Step {
        let Some(old) = self.old() else {
            return Step::Stop(Obstacle::OldGone);
        };
        if let Some(wait) = busy(&old) {
            return wait;
        }
        let has_size = old
            .vm_size()
            .eq_ignore_ascii_case(&self.pool.plan.new_vm_size);
        if has_size && NodeGeneration::of(&old, self.size) == NodeGeneration::Gen2 {
            return Step::Enter(Stage::Finished);
        }
        Step::Do(Action::Resize)
    }

    fn create(&self) -> Step {
        let Some(new) = self.find(self.new_name()) else {
            return Step::Do(Action::Create);
        };
        match new.provisioning_state() {
            "Succeeded" => self
                .judge(&new)
                .unwrap_or(Step::Enter(Stage::AwaitingNodes)),
            "Failed" | "Canceled" => Step::Do(Action::Create),
            state => Step::Wait(format!("the new pool is {state}")),
        }
    }

    /// Returns the step if the new pool is not of Generation 2.
    fn judge(&self, new: &Pool<'_>) -> Option<Step> {
        let generation = NodeGeneration::of(new, self.size);
        (generation != NodeGeneration::Gen2).then(|| {
            Step::Stop(Obstacle::NotGen2 {
                pool: new.name().to_owned(),
                generation,
                image: new.node_image_version().to_owned(),
            })
        })
    }

    /// Returns the step if the new pool cannot take the old pool's pods yet.
    fn unless_new_is_ready(&self) -> Option<Step> {
        let Some(new) = self.find(self.new_name()) else {
            return Some(Step::Stop(Obstacle::NewGone(self.new_name().to_owned())));
        };
        if let Some(stop) = self.judge(&new) {
            return Some(stop);
        }
        let ready = self.nodes_of(self.new_name()).filter(|node| node.is_ready);
        let at_least = u64::from(self.old_nodes().next().is_some());
        let (ready, wanted) = (ready.count(), new.count().max(at_least));
        let is_ready = u64::try_from(ready).is_ok_and(|ready| ready >= wanted);
        (!is_ready).then(|| {
            Step::Wait(format!(
                "{ready} of {wanted} nodes of {} are ready",
                new.name()
            ))
        })
    }

    fn await_nodes(&self) -> Step {
        self.unless_new_is_ready()
            .unwrap_or(Step::Enter(Stage::HoldingAutoscaler))
    }

    fn hold_autoscaler(&self) -> Step {
        let Some(old) = self.old() else {
            return Step::Stop(Obstacle::OldGone);
        };
        if let Some(wait) = busy(&old) {
            return wait;
        }
        if old.is_autoscaled() {
            return self
                .unless_new_is_ready()
                .unwrap_or(Step::Do(Action::HoldAutoscaler));
        }
        Step::Enter(Stage::Cordoning)
    }

    fn cordon(&self) -> Step {
        if let Some(step) = self.unless_new_is_ready() {
            return step;
        }
        if self.old_nodes().all(|node| node.is_cordoned) {
            return Step::Enter(Stage::Draining);
        }
        // Checked before the nodes are cordoned, because pods that cannot be moved would block the
        // drain.
        self.obstacle().map_or(Step::Do(Action::Cordon), Step::Stop)
    }

    /// Returns the obstacle if there are pods that no drain moves, or that would be lost.
    fn obstacle(&self) -> Option<Obstacle> {
        let workload = self.workload();
        let named = |is_one: &dyn Fn(&Pod) -> bool| {
            let found = workload.iter().filter(|pod| is_one(pod));
            let names: Vec<_> = found.map(|pod| pod.full_name()).collect();
            (!names.is_empty()).then(|| names.join(", "))
        };
        let old = &self.pool.plan.nodepool;
        if let Some(pods) = named(&|pod| pod.is_pinned_to(old)) {
            return Some(Obstacle::Pinned(pods));
        }
        if let Some(pods) = named(&|pod| pod.owner.is_none()).filter(|_| !self.limits.force) {
            return Some(Obstacle::Bare(pods));
        }
        let data = named(&|pod| pod.has_empty_dir);
        if let Some(pods) = data.filter(|_| !self.limits.delete_emptydir_data) {
            return Some(Obstacle::EmptyDir(pods));
        }
        let budgets = |pod: &Pod| {
            let all = self.view.budgets.iter();
            all.filter(|budget| budget.covers(pod)).count()
        };
        named(&|pod| !pod.is_free_to_go() && budgets(pod) > 1).map(Obstacle::TwoBudgets)
    }

    fn drain(&self) -> Step {
        if let Some(step) = self.unless_new_is_ready() {
            return step;
        }
        if self.old_nodes().any(|node| !node.is_cordoned) {
            return Step::Do(Action::Cordon);
        }
        let workload = self.workload();
        let Some(first) = workload.first() else {
            return Step::Enter(Stage::Deleting);
        };
        if let Some(obstacle) = self.obstacle() {
            return Step::Stop(obstacle);
        }
        // A node with a pod that can be evicted now goes before a node whose pods must all wait.
        let may_go = workload.iter().find(|pod| self.blocking(pod).is_none());
        let node = may_go.unwrap_or(first).node.clone().unwrap_or_default();
        Step::Do(Action::Drain(node))
    }

    /// Returns the budget that keeps a pod from being evicted now.
    fn blocking(&self, pod: &Pod) -> Option<&'c Budget> {
        let mut budgets = self.view.budgets.iter();
        budgets.find(|budget| budget.keeps(pod))
    }

    fn delete(&self) -> Step {
        let Some(old) = self.old() else {
            return Step::Enter(Stage::Finished);
        };
        if let Some(wait) = busy(&old) {
            return wait;
        }
        if let Some(step) = self.unless_new_is_ready() {
            return step;
        }
        let is_open = self.old_nodes().any(|node| !node.is_cordoned);
        if is_open || !self.workload().is_empty() {
            return Step::Enter(Stage::Draining);
        }
        let homeless =
            self.view.pending.iter().find(|pod| {
                pod.node.is_none() && !self.pool.pending_before.contains(&pod.identity())
            });
        if let Some(pod) = homeless {
            return Step::Wait(format!("{} has no node yet", pod.full_name()));
        }
        if old.is_system() && !self.has_other_system_pool() {
            return Step::Stop(Obstacle::LastSystemPool);
        }
        Step::Do(Action::Delete)
    }

    fn has_other_system_pool(&self) -> bool {
        let mut pools = self.view.pools.iter().map(Pool::of_resource);
        pools.any(|pool| {
            pool.is_system()
                && !pool.name().eq_ignore_ascii_case(&self.pool.plan.nodepool)
                && pool.provisioning_state() == "Succeeded"
                && self.nodes_of(pool.name()).any(|node| node.is_ready)
        })
    }
}

/// Returns the step that waits for the operation running on a pool, if there is one.
fn busy(pool: &Pool<'_>) -> Option<Step> {
    let state = pool.provisioning_state();
    (!SETTLED.contains(&state) && !state.is_empty())
        .then(|| Step::Wait(format!("{} is {state}", pool.name())))
}

/// Names the pods that wait, each with the budget that keeps it, for the error of a drain that
/// timed out.
pub fn held_up(pool: &PoolMigration, view: &View) -> String {
    let limits = Limits::default();
    let case = Case {
        pool,
        limits: &limits,
        view,
        size: None,
    };
    let workload = case.workload();
    let said = workload.iter().map(|pod| match case.blocking(pod) {
        Some(budget) => format!(
            "{} (disruption budget {} allows no eviction now)",
            pod.full_name(),
            budget.full_name()
        ),
        None if pod.is_ending => format!("{} (was told to end)", pod.full_name()),
        None => pod.full_name(),
    });
    said.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[path = "next_tests.rs"]
mod tests;
