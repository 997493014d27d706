//! The Kubernetes of an emulated cluster: nodes that follow its pools, pods that follow their
//! owners, disruption budgets, and kubectl's output.
//!
//! It has no clock: each command that runs in it is a step, in which nodes and pods grow older and
//! pods without a node are placed. Events that must not happen to pods are recorded as
//! [`Incident`]s, which tests check.
//!
//! Deliberately absent: resources of pods, affinities, priorities, and an autoscaler that acts.

mod kubectl;
mod objects;
mod scheduling;
mod workload;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::machines;
pub(super) use kubectl::Output;
pub use workload::{Workload, WorkloadKind};

/// The label by which AKS marks the pool of a node.
const POOL_LABEL: &str = "kubernetes.azure.com/agentpool";
/// Number of steps until a pod with a node is ready.
const POD_READY_AFTER: u32 = 1;

/// The state of one cluster's Kubernetes.
#[derive(Clone, Debug, Default)]
pub struct Kubernetes {
    workloads: Vec<Workload>,
    nodes: BTreeMap<String, Node>,
    /// By namespace and name.
    pods: BTreeMap<(String, String), Pod>,
    serial: u64,
    /// Number of steps until a new node is ready.
    ready_after: u32,
    /// The events that happened to pods and must not.
    pub incidents: Vec<Incident>,
    /// The number of evicted pods.
    pub evictions: u32,
    /// The number of commands that changed something: cordons, uncordons and drains.
    pub changes: u32,
}

/// An event that must not happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Incident {
    /// A workload has fewer ready pods than its budget demands, because nodes were removed.
    BudgetViolated {
        /// The workload's name.
        workload: String,
        /// The number of its ready pods.
        ready: u32,
    },
    /// A pod without an owner was lost.
    PodLost(String),
    /// A pool was deleted while pods of workloads were on it.
    PoolDeletedEarly(String),
}

#[derive(Clone, Debug, Default)]
struct Node {
    pool: String,
    labels: BTreeMap<String, String>,
    taints: Vec<String>,
    age: u32,
    is_cordoned: bool,
}

#[derive(Clone, Debug)]
struct Pod {
    /// The index of its owner.
    workload: usize,
    node: Option<String>,
    /// The number of steps since it got its node.
    age: u32,
}

impl Kubernetes {
    /// Creates the nodes of these pools with the pods of these workloads, all of them ready.
    pub(super) fn new<'p>(
        workloads: &[Workload],
        pools: impl Iterator<Item = &'p Value>,
        ready_after: u32,
    ) -> Self {
        let mut kubernetes = Self {
            workloads: workloads.to_vec(),
            ready_after,
            ..Self::default()
        };
        kubernetes.follow(pools);
        for node in kubernetes.nodes.values_mut() {
            node.age = ready_after;
        }
        kubernetes.add_bare_pods();
        for _ in 0..=POD_READY_AFTER {
            kubernetes.step();
        }
        kubernetes
    }

    /// Sets the number of ready pods that a workload's budget demands.
    pub fn set_budget(&mut self, workload: &str, min_available: u32) {
        let mut workloads = self.workloads.iter_mut();
        if let Some(found) = workloads.find(|known| known.name == workload) {
            found.min_available = Some(min_available);
        }
    }

    /// Returns the pods on a node, by namespace and name.
    fn on_node(&self, node: &str) -> impl Iterator<Item = (&(String, String), &Pod)> {
        let is_there = move |(_, pod): &(_, &Pod)| pod.node.as_deref() == Some(node);
        self.pods.iter().filter(is_there)
    }

    /// Whether any node is cordoned.
    pub fn is_any_cordoned(&self) -> bool {
        self.nodes.values().any(|node| node.is_cordoned)
    }

    /// Updates the nodes to those of the pools: adds new ones, and removes pods with their nodes.
    pub(super) fn follow<'p>(&mut self, pools: impl Iterator<Item = &'p Value>) {
        let mut wanted = BTreeSet::new();
        for pool in pools {
            for name in machines::names(pool) {
                let node = Node::of(pool);
                match self.nodes.get_mut(&name) {
                    Some(known) => (known.labels, known.taints) = (node.labels, node.taints),
                    None => drop(self.nodes.insert(name.clone(), node)),
                }
                wanted.insert(name);
            }
        }
        let before = self.nodes.len();
        self.nodes.retain(|name, _| wanted.contains(name));
        if self.nodes.len() == before {
            return;
        }
        let has = |node: &String| self.nodes.contains_key(node);
        let is_kept = |(_, pod): &(_, Pod)| pod.node.as_ref().is_none_or(has);
        let pods = std::mem::take(&mut self.pods).into_iter();
        let (kept, gone): (BTreeMap<_, _>, BTreeMap<_, _>) = pods.partition(is_kept);
        self.pods = kept;
        for ((_, name), pod) in gone {
            self.lose(&name, &pod);
        }
    }

    /// Records the incidents that the loss of a pod with its node causes.
    fn lose(&mut self, name: &str, pod: &Pod) {
        let Some(workload) = self.workloads.get(pod.workload) else {
            return;
        };
        if workload.kind == WorkloadKind::Bare {
            self.incidents.push(Incident::PodLost(name.to_owned()));
        }
        let ready = self.ready_pods(pod.workload);
        if workload.min_available.is_some_and(|wanted| ready < wanted) {
            let workload = workload.name.clone();
            let violated = Incident::BudgetViolated { workload, ready };
            self.incidents.push(violated);
        }
    }

    /// Records an incident if a pool is to be deleted while pods of workloads are on it.
    pub(super) fn before_deletion(&mut self, pool: &str) {
        let is_there = |pod: &Pod| {
            let node = pod.node.as_ref().and_then(|node| self.nodes.get(node));
            let workload = self.workloads.get(pod.workload);
            node.is_some_and(|node| node.pool.eq_ignore_ascii_case(pool))
                && workload.is_some_and(|known| known.kind != WorkloadKind::DaemonSet)
        };
        if self.pods.values().any(is_there) {
            let early = Incident::PoolDeletedEarly(pool.to_owned());
            self.incidents.push(early);
        }
    }
}
