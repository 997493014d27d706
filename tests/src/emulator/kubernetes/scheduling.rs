//! Steps: nodes and pods grow older, owners create missing pods, and pods get nodes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Kubernetes, Node, POD_READY_AFTER, POOL_LABEL, Pod, Workload, WorkloadKind};

impl Kubernetes {
    /// Advances by one step.
    pub(super) fn step(&mut self) {
        for node in self.nodes.values_mut() {
            node.age = node.age.saturating_add(1);
        }
        for pod in self.pods.values_mut().filter(|pod| pod.node.is_some()) {
            pod.age = pod.age.saturating_add(1);
        }
        for number in 0..self.workloads.len() {
            self.replenish(number);
        }
        let waiting = self.pods.iter().filter(|(_, pod)| pod.node.is_none());
        let waiting: Vec<_> = waiting.map(|(key, _)| key.clone()).collect();
        for key in waiting {
            let place = self.place_for(self.pods[&key].workload);
            self.pods.entry(key).and_modify(|pod| pod.node = place);
        }
    }

    /// Creates the pods that an owner lacks.
    fn replenish(&mut self, number: usize) {
        let Some(workload) = self.workloads.get(number).cloned() else {
            return;
        };
        let own = self.pods.values().filter(|pod| pod.workload == number);
        match workload.kind {
            WorkloadKind::Bare => {}
            WorkloadKind::Deployment => {
                for _ in own.count()..count(workload.replicas) {
                    self.add_pod(number, &workload, None);
                }
            }
            WorkloadKind::DaemonSet => {
                let has: BTreeSet<_> = own.filter_map(|pod| pod.node.clone()).collect();
                let lacks = |(name, node): &(&String, &Node)| {
                    !has.contains(*name) && workload.may_run_on(&node.labels, &[])
                };
                let lacking = self.nodes.iter().filter(lacks);
                let lacking: Vec<_> = lacking.map(|(name, _)| name.clone()).collect();
                for node in lacking {
                    self.add_pod(number, &workload, Some(node));
                }
            }
        }
    }

    /// Creates the pods without an owner, which are not replaced when they are lost.
    pub(super) fn add_bare_pods(&mut self) {
        for (number, workload) in self.workloads.clone().iter().enumerate() {
            if workload.kind == WorkloadKind::Bare {
                for _ in 0..workload.replicas {
                    self.add_pod(number, workload, None);
                }
            }
        }
    }

    fn add_pod(&mut self, number: usize, workload: &Workload, node: Option<String>) {
        self.serial += 1;
        let name = format!("{}-{:05}", workload.name, self.serial);
        let pod = Pod {
            workload: number,
            node,
            age: 0,
        };
        self.pods.insert((workload.namespace.clone(), name), pod);
    }

    /// Returns the node for a pod: of those that accept it, the one with the fewest pods.
    fn place_for(&self, workload: usize) -> Option<String> {
        let workload = self.workloads.get(workload)?;
        let mut load: BTreeMap<&str, usize> = BTreeMap::new();
        for node in self.pods.values().filter_map(|pod| pod.node.as_deref()) {
            *load.entry(node).or_default() += 1;
        }
        let takes = |(_, node): &(&String, &Node)| {
            !node.is_cordoned
                && self.is_ready(node)
                && workload.may_run_on(&node.labels, &node.taints)
        };
        let open = self.nodes.iter().filter(takes);
        let emptiest =
            open.min_by_key(|(name, _)| load.get(name.as_str()).copied().unwrap_or_default());
        emptiest.map(|(name, _)| name.clone())
    }

    pub(super) fn is_ready(&self, node: &Node) -> bool {
        node.age >= self.ready_after
    }

    /// Returns the number of a workload's ready pods.
    pub(super) fn ready_pods(&self, workload: usize) -> u32 {
        let is_ready = |pod: &&Pod| pod.workload == workload && pod.is_ready();
        let ready = self.pods.values().filter(is_ready);
        u32::try_from(ready.count()).unwrap_or(u32::MAX)
    }
}

impl Pod {
    pub(super) fn is_ready(&self) -> bool {
        self.node.is_some() && self.age >= POD_READY_AFTER
    }
}

impl Node {
    /// Creates a node of a pool.
    pub(super) fn of(pool: &Value) -> Self {
        let properties = &pool["properties"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let name = text(&pool["name"]);
        let own = [
            (POOL_LABEL, name.clone()),
            ("agentpool", name.clone()),
            (
                "kubernetes.io/os",
                text(&properties["osType"]).to_lowercase(),
            ),
            (
                "node.kubernetes.io/instance-type",
                text(&properties["vmSize"]),
            ),
        ];
        let own = own.map(|(key, value)| (key.to_owned(), value));
        let mut labels = BTreeMap::from(own);
        let given = properties["nodeLabels"].as_object().into_iter().flatten();
        labels.extend(given.map(|(key, value)| (key.clone(), text(value))));
        let given = properties["nodeTaints"].as_array().into_iter().flatten();
        let given = given.filter_map(Value::as_str);
        let mut taints: Vec<_> = given.map(str::to_owned).collect();
        if properties["scaleSetPriority"] == "Spot" {
            let key = "kubernetes.azure.com/scalesetpriority";
            labels.insert(key.to_owned(), "spot".to_owned());
            taints.push(format!("{key}=spot:NoSchedule"));
            taints.dedup();
        }
        Self {
            pool: name,
            labels,
            taints,
            ..Self::default()
        }
    }
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or_default()
}
