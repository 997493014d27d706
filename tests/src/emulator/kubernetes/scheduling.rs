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
        let without_node = self.pods.iter().filter(|(_, pod)| pod.node.is_none());
        let waiting: Vec<_> = without_node
            .map(|(key, pod)| (key.clone(), pod.workload))
            .collect();
        for (key, workload) in waiting {
            let place = self.place_for(workload);
            if let (Some(place), Some(pod)) = (place, self.pods.get_mut(&key)) {
                pod.node = Some(place);
            }
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
                let lacking: Vec<_> = self.nodes.iter().filter(lacks).collect();
                let lacking: Vec<_> = lacking.iter().map(|(name, _)| (*name).clone()).collect();
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
        let ready = self
            .pods
            .values()
            .filter(|pod| pod.workload == workload && pod.is_ready());
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
        let property = |name: &str| {
            let text = pool.pointer(&format!("/properties/{name}"));
            text.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let name = pool.get("name").and_then(Value::as_str).unwrap_or_default();
        let own = [
            (POOL_LABEL, name.to_owned()),
            ("agentpool", name.to_owned()),
            ("kubernetes.io/os", property("osType").to_lowercase()),
            ("node.kubernetes.io/instance-type", property("vmSize")),
        ];
        let mut labels: BTreeMap<_, _> = own
            .map(|(key, value)| (key.to_owned(), value))
            .into_iter()
            .collect();
        let given = pool
            .pointer("/properties/nodeLabels")
            .and_then(Value::as_object);
        for (key, value) in given.into_iter().flatten() {
            let value = value.as_str().unwrap_or_default().to_owned();
            labels.insert(key.clone(), value);
        }
        let given = pool
            .pointer("/properties/nodeTaints")
            .and_then(Value::as_array);
        let given = given.into_iter().flatten().filter_map(Value::as_str);
        let mut taints: Vec<_> = given.map(str::to_owned).collect();
        if property("scaleSetPriority") == "Spot" {
            let key = "kubernetes.azure.com/scalesetpriority";
            labels.insert(key.to_owned(), "spot".to_owned());
            taints.push(format!("{key}=spot:NoSchedule"));
            taints.dedup();
        }
        Self {
            pool: name.to_owned(),
            labels,
            taints,
            age: 0,
            is_cordoned: false,
        }
    }
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or_default()
}
