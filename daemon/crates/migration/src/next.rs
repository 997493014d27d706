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
    let step = match pool.stage {
        Stage::Planned => case.begin(),
        Stage::Resizing => case.resize(),
        Stage::Creating => case.create(),
        Stage::AwaitingNodes => case.await_nodes(),
        Stage::HoldingAutoscaler => case.hold_autoscaler(),
        Stage::Cordoning => case.cordon(),
        Stage::Draining => case.drain(),
        Stage::Deleting => case.delete(),
        Stage::Finished => Ok(Step::Enter(Stage::Finished)),
    };
    step.unwrap_or_else(|first| first)
}

/// The next step of a stage; an error is a step that has to come first.
type Next = Result<Step, Step>;

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

    /// Returns the old pool, which must exist.
    fn old(&self) -> Result<Pool<'c>, Step> {
        let old = self.find(&self.pool.plan.nodepool);
        old.ok_or(Step::Stop(Obstacle::OldGone))
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

    fn begin(&self) -> Next {
        let old = self.old()?;
        if old.is_stopped() {
            return Err(Step::Stop(Obstacle::Stopped));
        }
        require_idle(&old)?;
        // No description of the old size is available here, so the image decides.
        if NodeGeneration::of(&old, None) == NodeGeneration::Gen2 {
            return Ok(Step::Enter(Stage::Finished));
        }
        if self.find(self.new_name()).is_some() {
            return Err(Step::Stop(Obstacle::NameTaken(self.new_name().to_owned())));
        }
        Ok(Step::Enter(self.pool.first_stage()))
    }

    fn resize(&self) -> Next {
        let old = self.old()?;
        require_idle(&old)?;
        let has_size = old
            .vm_size()
            .eq_ignore_ascii_case(&self.pool.plan.new_vm_size);
        if has_size && NodeGeneration::of(&old, self.size) == NodeGeneration::Gen2 {
            return Ok(Step::Enter(Stage::Finished));
        }
        Ok(Step::Do(Action::Resize))
    }

    fn create(&self) -> Next {
        let Some(new) = self.find(self.new_name()) else {
            return Ok(Step::Do(Action::Create));
        };
        match new.provisioning_state() {
            "Succeeded" => {
                self.require_gen2(&new)?;
                Ok(Step::Enter(Stage::AwaitingNodes))
            }
            "Failed" | "Canceled" => Ok(Step::Do(Action::Create)),
            state => Err(Step::Wait(format!("the new pool is {state}"))),
        }
    }

    /// Fails if the new pool is not of Generation 2.
    fn require_gen2(&self, new: &Pool<'_>) -> Result<(), Step> {
        match NodeGeneration::of(new, self.size) {
            NodeGeneration::Gen2 => Ok(()),
            generation => Err(Step::Stop(Obstacle::NotGen2 {
                pool: new.name().to_owned(),
                generation,
                image: new.node_image_version().to_owned(),
            })),
        }
    }

    /// Fails if the new pool cannot take the old pool's pods yet.
    fn require_new(&self) -> Result<(), Step> {
        let name = self.new_name();
        let new = self.find(name);
        let new = new.ok_or_else(|| Step::Stop(Obstacle::NewGone(name.to_owned())))?;
        self.require_gen2(&new)?;
        let ready = self.nodes_of(name).filter(|node| node.is_ready);
        let at_least = u64::from(self.old_nodes().next().is_some());
        let (ready, wanted) = (ready.count(), new.count().max(at_least));
        if u64::try_from(ready).is_ok_and(|ready| ready >= wanted) {
            return Ok(());
        }
        let new = new.name();
        Err(Step::Wait(format!(
            "{ready} of {wanted} nodes of {new} are ready"
        )))
    }

    fn await_nodes(&self) -> Next {
        self.require_new()?;
        Ok(Step::Enter(Stage::HoldingAutoscaler))
    }

    fn hold_autoscaler(&self) -> Next {
        let old = self.old()?;
        require_idle(&old)?;
        if !old.is_autoscaled() {
            return Ok(Step::Enter(Stage::Cordoning));
        }
        self.require_new()?;
        Ok(Step::Do(Action::HoldAutoscaler))
    }

    fn cordon(&self) -> Next {
        self.require_new()?;
        if self.old_nodes().all(|node| node.is_cordoned) {
            return Ok(Step::Enter(Stage::Draining));
        }
        // Checked before the nodes are cordoned, because pods that cannot be moved would block the
        // drain.
        self.require_movable()?;
        Ok(Step::Do(Action::Cordon))
    }

    fn require_movable(&self) -> Result<(), Step> {
        self.obstacle()
            .map_or(Ok(()), |found| Err(Step::Stop(found)))
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

    fn drain(&self) -> Next {
        self.require_new()?;
        if self.old_nodes().any(|node| !node.is_cordoned) {
            return Ok(Step::Do(Action::Cordon));
        }
        let workload = self.workload();
        let Some(first) = workload.first() else {
            return Ok(Step::Enter(Stage::Deleting));
        };
        self.require_movable()?;
        // A node with a pod that can be evicted now goes before a node whose pods must all wait.
        let may_go = workload.iter().find(|pod| self.blocking(pod).is_none());
        let node = may_go.unwrap_or(first).node.clone().unwrap_or_default();
        Ok(Step::Do(Action::Drain(node)))
    }

    /// Returns the budget that keeps a pod from being evicted now.
    fn blocking(&self, pod: &Pod) -> Option<&'c Budget> {
        let mut budgets = self.view.budgets.iter();
        budgets.find(|budget| budget.keeps(pod))
    }

    fn delete(&self) -> Next {
        let Ok(old) = self.old() else {
            return Ok(Step::Enter(Stage::Finished));
        };
        require_idle(&old)?;
        self.require_new()?;
        let is_open = self.old_nodes().any(|node| !node.is_cordoned);
        if is_open || !self.workload().is_empty() {
            return Ok(Step::Enter(Stage::Draining));
        }
        let before = &self.pool.pending_before;
        let is_homeless = |pod: &&Pod| pod.node.is_none() && !before.contains(&pod.identity());
        if let Some(pod) = self.view.pending.iter().find(is_homeless) {
            return Err(Step::Wait(format!("{} has no node yet", pod.full_name())));
        }
        if old.is_system() && !self.has_other_system_pool() {
            return Err(Step::Stop(Obstacle::LastSystemPool));
        }
        Ok(Step::Do(Action::Delete))
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

/// Fails if an operation is running on a pool.
fn require_idle(pool: &Pool<'_>) -> Result<(), Step> {
    let state = pool.provisioning_state();
    if SETTLED.contains(&state) || state.is_empty() {
        return Ok(());
    }
    Err(Step::Wait(format!("{} is {state}", pool.name())))
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
