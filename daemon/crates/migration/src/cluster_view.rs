//! Nodes, pods and disruption budgets, read from kubectl's JSON.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::budget::Budget;
use crate::kubectl::POOL_LABEL;

/// The label that older versions of AKS set beside [`POOL_LABEL`].
const OLD_POOL_LABEL: &str = "agentpool";

/// The reason why kubectl's output cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// The output is not JSON, or is cut off.
    #[error(
        "kubectl's answer is no JSON ({0}); the cluster may have more than a command's answer holds"
    )]
    NotJson(String),
    /// The name of a node is invalid.
    #[error("'{0}' is no name of a node")]
    NodeName(String),
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// The pool that it belongs to.
    pub pool: String,
    /// Whether it can run pods.
    pub is_ready: bool,
    /// Whether it accepts no new pods.
    pub is_cordoned: bool,
}

/// A pod.
#[allow(
    clippy::struct_excessive_bools,
    reason = "what kubectl says of a pod, each independent of the others"
)]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pod {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The node that it runs on.
    pub node: Option<String>,
    /// The kind and the name of its controller, such as a `ReplicaSet`. A pod without a controller
    /// is not recreated.
    pub owner: Option<(String, String)>,
    /// Whether it has an `emptyDir` volume, whose data is lost with the pod.
    pub has_empty_dir: bool,
    /// Whether it belongs to its node and no drain moves it: a pod of a daemon set, or the mirror
    /// of a pod that the kubelet reads from a file.
    pub is_of_node: bool,
    /// Whether it has ended.
    pub has_ended: bool,
    /// Whether its condition `Ready` is true.
    pub is_ready: bool,
    /// Whether it has not been started on its node yet.
    pub is_pending: bool,
    /// Whether its deletion was requested.
    pub is_ending: bool,
    /// The labels that its node must have.
    pub node_selector: BTreeMap<String, String>,
    pub(crate) labels: BTreeMap<String, String>,
}

/// Reads a list of nodes.
///
/// # Errors
/// The text is not a list of nodes.
pub fn nodes(text: &str) -> Result<Vec<Node>, ViewError> {
    items(text)?.iter().map(node).collect()
}

/// Reads a list of pods.
///
/// # Errors
/// The text is not a list.
pub fn pods(text: &str) -> Result<Vec<Pod>, ViewError> {
    Ok(items(text)?.iter().map(pod).collect())
}

/// Reads a list of disruption budgets.
///
/// # Errors
/// The text is not a list.
pub fn budgets(text: &str) -> Result<Vec<Budget>, ViewError> {
    Ok(items(text)?.iter().map(Budget::of).collect())
}

impl Pod {
    /// Returns the namespace and the name.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// Whether a drain has to move it.
    pub fn is_workload(&self) -> bool {
        !self.is_of_node && !self.has_ended
    }

    /// Whether its eviction is granted regardless of budgets.
    pub(crate) fn is_free_to_go(&self) -> bool {
        self.has_ended || self.is_pending || self.is_ending
    }

    /// Whether it can only run on nodes of this pool.
    pub fn is_pinned_to(&self, pool: &str) -> bool {
        let mut labels = [POOL_LABEL, OLD_POOL_LABEL].iter();
        labels.any(|label| {
            self.node_selector
                .get(*label)
                .is_some_and(|wanted| wanted == pool)
        })
    }

    /// Returns the name by which the pod is recognised after it was recreated: its owner's, or else
    /// its own.
    pub fn identity(&self) -> String {
        match &self.owner {
            Some((kind, name)) => format!("{}/{kind}/{name}", self.namespace),
            None => self.full_name(),
        }
    }
}

fn items(text: &str) -> Result<Vec<Value>, ViewError> {
    let mut document: Value =
        serde_json::from_str(text.trim()).map_err(|error| ViewError::NotJson(error.to_string()))?;
    match document.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => Ok(items),
        _ => Err(ViewError::NotJson("it has no items".to_owned())),
    }
}

fn node(item: &Value) -> Result<Node, ViewError> {
    let name = text(item, "/metadata/name");
    // The name becomes a part of command lines.
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    if name.is_empty() || name.starts_with('-') || !name.bytes().all(is_part) {
        return Err(ViewError::NodeName(name));
    }
    let labels = texts(item.pointer("/metadata/labels"));
    let pool = labels
        .get(POOL_LABEL)
        .or_else(|| labels.get(OLD_POOL_LABEL));
    Ok(Node {
        pool: pool.cloned().unwrap_or_default(),
        is_ready: is_ready(item),
        is_cordoned: item.pointer("/spec/unschedulable") == Some(&Value::Bool(true)),
        name,
    })
}

/// Whether a node's or a pod's condition `Ready` is true.
fn is_ready(item: &Value) -> bool {
    let mut conditions = list(item, "/status/conditions").iter();
    conditions.any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

fn pod(item: &Value) -> Pod {
    let controller = list(item, "/metadata/ownerReferences")
        .iter()
        .find(|owner| owner["controller"] == true);
    let owner = controller.map(|owner| (text(owner, "/kind"), text(owner, "/name")));
    let is_mirror = item
        .pointer("/metadata/annotations")
        .is_some_and(|known| known.get("kubernetes.io/config.mirror").is_some());
    let is_of_daemon_set = owner.as_ref().is_some_and(|(kind, _)| kind == "DaemonSet");
    let phase = text(item, "/status/phase");
    Pod {
        namespace: text(item, "/metadata/namespace"),
        name: text(item, "/metadata/name"),
        node: Some(text(item, "/spec/nodeName")).filter(|node| !node.is_empty()),
        has_empty_dir: list(item, "/spec/volumes")
            .iter()
            .any(|volume| volume.get("emptyDir").is_some()),
        is_of_node: is_mirror || is_of_daemon_set,
        has_ended: ["Succeeded", "Failed"].contains(&phase.as_str()),
        is_ready: is_ready(item),
        is_pending: phase == "Pending",
        is_ending: !text(item, "/metadata/deletionTimestamp").is_empty(),
        node_selector: texts(item.pointer("/spec/nodeSelector")),
        labels: texts(item.pointer("/metadata/labels")),
        owner,
    }
}

pub(crate) fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_default().to_owned()
}

pub(crate) fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    let found = value.pointer(pointer).and_then(Value::as_array);
    found.map(Vec::as_slice).unwrap_or_default()
}

pub(crate) fn texts(value: Option<&Value>) -> BTreeMap<String, String> {
    let members = value.and_then(Value::as_object).into_iter().flatten();
    members
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn listed(item: &Value) -> String {
        json!({"items": [item]}).to_string()
    }

    #[test]
    fn a_node_whose_name_could_be_more_than_a_name_is_refused() {
        let named = |name: &str| nodes(&listed(&json!({"metadata": {"name": name}})));
        assert!(named("aks-np-1-vmss000000").is_ok());
        for name in ["", "a;reboot", "$(x)", "-l", "a b"] {
            assert_eq!(named(name), Err(ViewError::NodeName(name.to_owned())));
        }
        assert!(matches!(
            nodes("{\"items\": [{"),
            Err(ViewError::NotJson(_))
        ));
        assert!(matches!(nodes("{}"), Err(ViewError::NotJson(_))));
    }

    #[test]
    fn what_stays_with_its_node_is_no_workload() {
        let read = |item: &Value| pods(&listed(item)).unwrap().remove(0);
        let owned = |kind: &str| {
            json!({"metadata": {"name": "p", "namespace": "n", "labels": {"app": "a"},
                "ownerReferences": [{"kind": kind, "name": "o", "controller": true}]}})
        };
        assert!(!read(&owned("DaemonSet")).is_workload());
        let pod = read(&owned("ReplicaSet"));
        assert!(pod.is_workload());
        assert_eq!(pod.identity(), "n/ReplicaSet/o");
        let mirror = json!({"metadata": {"annotations": {"kubernetes.io/config.mirror": "x"}}});
        assert!(!read(&mirror).is_workload());
        assert!(!read(&json!({"status": {"phase": "Succeeded"}})).is_workload());
        let item = json!({"metadata": {"name": "b", "namespace": "n"},
            "spec": {"selector": {"matchLabels": {"app": "a"}}}, "status": {"disruptionsAllowed": 0}});
        let budget = budgets(&listed(&item)).unwrap().remove(0);
        assert!(budget.covers(&pod) && budget.allowed == 0);
    }
}
