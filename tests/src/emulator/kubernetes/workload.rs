//! The workloads of an emulated cluster, as a specification describes them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The owner of pods.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Workload {
    /// Its namespace.
    pub namespace: String,
    /// Its name, with which its pods' names begin, and which is their label `app`.
    pub name: String,
    /// Its kind.
    pub kind: WorkloadKind,
    /// The number of its pods; a daemon set has one on each node instead.
    pub replicas: u32,
    /// The labels that its pods' nodes must have.
    pub node_selector: BTreeMap<String, String>,
    /// The keys of the taints that its pods tolerate; `*` is all.
    pub tolerates: Vec<String>,
    /// The number of ready pods that its disruption budget demands; none means that there is no
    /// budget.
    pub min_available: Option<u32>,
    /// Whether its budget selects its pods by an expression instead of a label.
    pub budget_by_expression: bool,
    /// Whether its pods have an `emptyDir` volume, which is deleted with them.
    pub empty_dir: bool,
}

/// The kinds of owners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum WorkloadKind {
    /// A pod that is evicted is replaced.
    #[default]
    Deployment,
    /// One pod a node, which no drain evicts.
    DaemonSet,
    /// A pod without an owner, which is not replaced when it is evicted.
    Bare,
}

impl Default for Workload {
    fn default() -> Self {
        Self {
            namespace: "default".to_owned(),
            name: String::new(),
            kind: WorkloadKind::default(),
            replicas: 1,
            node_selector: BTreeMap::new(),
            tolerates: Vec::new(),
            min_available: None,
            budget_by_expression: false,
            empty_dir: false,
        }
    }
}

impl Workload {
    /// Whether its pods may run on a node with these labels and taints (`key=value:Effect`).
    pub(super) fn may_run_on(&self, labels: &BTreeMap<String, String>, taints: &[String]) -> bool {
        let has = |(key, value): (&String, &String)| labels.get(key) == Some(value);
        let is_tolerated = |taint: &String| {
            let key = taint.split(['=', ':']).next().unwrap_or_default();
            let mut tolerates = self.tolerates.iter();
            tolerates.any(|known| known == "*" || known == key)
        };
        let is_preference = |taint: &String| taint.ends_with(":PreferNoSchedule");
        let allows = |taint| is_preference(taint) || is_tolerated(taint);
        self.node_selector.iter().all(has) && taints.iter().all(allows)
    }
}
