//! Nodes, pods and disruption budgets as `kubectl get -o json` prints them, reduced to the members
//! that azq and the tests read.

use serde_json::{Value, json};

use super::{Kubernetes, Node, Pod, Workload, WorkloadKind};

impl Kubernetes {
    pub(super) fn node_document(&self, name: &str, node: &Node) -> Value {
        let taints: Value = node
            .taints
            .iter()
            .map(|taint| taint_document(taint))
            .collect();
        let ready = if self.is_ready(node) { "True" } else { "False" };
        let mut document = json!({
            "apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "labels": node.labels},
            "spec": {"taints": taints},
            "status": {"conditions": [{"type": "Ready", "status": ready}]},
        });
        if node.is_cordoned {
            document["spec"]["unschedulable"] = true.into();
        }
        document
    }

    pub(super) fn pod_document(&self, namespace: &str, name: &str, pod: &Pod) -> Value {
        let fallback = Workload::default();
        let workload = self.workloads.get(pod.workload).unwrap_or(&fallback);
        let (phase, ready) = if pod.is_ready() {
            ("Running", "True")
        } else {
            ("Pending", "False")
        };
        let mut document = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace, "labels": {"app": workload.name}},
            "spec": {"nodeSelector": workload.node_selector},
            "status": {"phase": phase, "conditions": [{"type": "Ready", "status": ready}]},
        });
        if let Some(node) = &pod.node {
            document["spec"]["nodeName"] = node.as_str().into();
        }
        if workload.empty_dir {
            document["spec"]["volumes"] = json!([{"name": "scratch", "emptyDir": {}}]);
        }
        let (kind, owner) = match workload.kind {
            WorkloadKind::Bare => return document,
            WorkloadKind::Deployment => ("ReplicaSet", format!("{}-5d8f", workload.name)),
            WorkloadKind::DaemonSet => ("DaemonSet", workload.name.clone()),
        };
        document["metadata"]["ownerReferences"] =
            json!([{"apiVersion": "apps/v1", "kind": kind, "name": owner, "controller": true}]);
        document
    }

    /// Returns the budget of a workload, if it has one.
    pub(super) fn budget_document(&self, number: usize, workload: &Workload) -> Option<Value> {
        let wanted = workload.min_available?;
        let ready = self.ready_pods(number);
        let expression = json!({"key": "app", "operator": "In", "values": [workload.name]});
        let selector = if workload.budget_by_expression {
            json!({"matchExpressions": [expression]})
        } else {
            json!({"matchLabels": {"app": workload.name}})
        };
        Some(json!({
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
            "metadata": {"name": format!("{}-budget", workload.name), "namespace": workload.namespace},
            "spec": {"minAvailable": wanted, "selector": selector},
            "status": {
                "currentHealthy": ready, "desiredHealthy": wanted,
                "disruptionsAllowed": ready.saturating_sub(wanted), "expectedPods": workload.replicas,
            },
        }))
    }
}

/// Parses a taint, `key=value:Effect`.
fn taint_document(taint: &str) -> Value {
    let (pair, effect) = taint.rsplit_once(':').unwrap_or((taint, "NoSchedule"));
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    json!({"key": key, "value": value, "effect": effect})
}
