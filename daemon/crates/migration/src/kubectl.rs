//! The command lines of kubectl, which run in the cluster.

/// The label with which AKS marks the pool of a node.
pub(crate) const POOL_LABEL: &str = "kubernetes.azure.com/agentpool";

/// Returns the command line that waits until all nodes of a pool are ready.
pub fn wait_for_nodes(pool: &str) -> String {
    format!("kubectl wait --for=condition=Ready node -l {POOL_LABEL}={pool} --timeout=240s")
}

/// Returns the command line that lists the nodes of the cluster.
pub fn nodes() -> String {
    "kubectl get nodes -o json".to_owned()
}

/// Returns the command line that lists the pods on a node.
pub fn pods_on(node: &str) -> String {
    format!("kubectl get pods -A --field-selector=spec.nodeName={node} -o json")
}

/// Returns the command line that lists the pods that do not run yet.
pub fn pending_pods() -> String {
    "kubectl get pods -A --field-selector=status.phase=Pending -o json".to_owned()
}

/// Returns the command line that lists the disruption budgets.
pub fn budgets() -> String {
    "kubectl get poddisruptionbudgets -A -o json".to_owned()
}

/// Returns the command line that keeps new pods away from the nodes of a pool.
pub fn cordon(pool: &str) -> String {
    format!("kubectl cordon -l {POOL_LABEL}={pool}")
}

/// Returns the command line that allows new pods on the nodes of a pool again.
pub fn uncordon(pool: &str) -> String {
    format!("kubectl uncordon -l {POOL_LABEL}={pool}")
}

/// Returns the command line with which a user drains all nodes of a pool.
pub fn drain_pool(pool: &str) -> String {
    format!("kubectl drain -l {POOL_LABEL}={pool} --ignore-daemonsets --timeout=240s")
}

/// The permissions of a drain beyond kubectl's defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DrainLicence {
    /// Evict pods that have no controller to recreate them.
    pub force: bool,
    /// Evict pods whose data is lost with them.
    pub delete_emptydir_data: bool,
}

/// Returns the command line that drains a node within a time limit.
pub fn drain(node: &str, licence: DrainLicence, seconds: u64) -> String {
    let mut line = format!("kubectl drain {node} --ignore-daemonsets --timeout={seconds}s");
    if licence.force {
        line.push_str(" --force");
    }
    if licence.delete_emptydir_data {
        line.push_str(" --delete-emptydir-data");
    }
    line
}
