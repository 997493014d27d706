//! The current content of an emulated subscription, and the log of requests.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::watch;

use super::commands::Started;
use super::entra::TokenRequest;
use super::errors;
use super::exchange::{Answered, LoggedRequest};
use super::fault::Fault;
use super::kubernetes::Kubernetes;
use super::operations::Operation;
use super::server::Parting;
use super::specification::{ClusterSpecification, Specification};
use super::throttle::Bucket;
use crate::catalogue::{Catalogue, CatalogueError};

/// The state of one emulator.
#[derive(Debug)]
pub struct State {
    /// The specification, without the parts that change: clusters, snapshots and faults are below.
    pub specification: Specification,
    /// The resource SKUs.
    pub catalogue: Arc<Catalogue>,
    /// Managed clusters by lower-case name; their pools by lower-case name.
    pub clusters: BTreeMap<String, ClusterSpecification>,
    /// Node pool snapshots by lower-case name.
    pub snapshots: BTreeMap<String, Value>,
    /// The Kubernetes of clusters with known workloads, by lower-case name.
    pub kubernetes: BTreeMap<String, Kubernetes>,
    /// Faults that may still apply.
    pub faults: Vec<Fault>,
    /// Every request, in order of arrival.
    pub requests: Vec<LoggedRequest>,
    /// Every request for a token of Microsoft Entra ID, in order of arrival.
    pub token_requests: Vec<TokenRequest>,
    /// Notified when every connection is to end.
    pub(super) parting: watch::Sender<Parting>,
    pub(super) operations: HashMap<String, Operation>,
    pub(super) commands: HashMap<String, Started>,
    pub(super) operations_started: u64,
    pub(super) writes: u64,
    pub(super) reads_left: Option<Bucket>,
    /// The number of access tokens so far, so that each one differs.
    pub(super) tokens: u64,
}

impl State {
    /// Creates the state that a specification describes.
    pub fn new(mut specification: Specification) -> Result<Self, CatalogueError> {
        let catalogue = match &specification.skus {
            Some(source) => Catalogue::open(
                source,
                &specification.folder,
                specification.sku_names.as_deref(),
            )?,
            None => Arc::default(),
        };
        let clusters: BTreeMap<_, _> = std::mem::take(&mut specification.clusters)
            .into_iter()
            .map(|(name, cluster)| (name.to_lowercase(), normalized(name, cluster)))
            .collect();
        Ok(Self {
            catalogue,
            kubernetes: clusters.iter().filter_map(kubernetes_of).collect(),
            reads_left: specification.read_limit.map(Bucket::full),
            clusters,
            snapshots: std::mem::take(&mut specification.snapshots),
            faults: std::mem::take(&mut specification.faults),
            requests: Vec::new(),
            token_requests: Vec::new(),
            parting: watch::Sender::default(),
            operations: HashMap::new(),
            commands: HashMap::new(),
            operations_started: 0,
            writes: 0,
            tokens: 0,
            specification,
        })
    }

    /// Returns the first fault that applies to a request.
    pub(super) fn strike(&mut self, request: &LoggedRequest) -> Option<Fault> {
        let fault = self
            .faults
            .iter_mut()
            .find_map(|fault| fault.strike(request).then_some(fault));
        fault.cloned()
    }

    /// Finds a cluster by resource group and name, in any case.
    pub(super) fn cluster(&mut self, group: &str, name: &str) -> Option<&mut ClusterSpecification> {
        let cluster = self.clusters.get_mut(&name.to_lowercase())?;
        cluster
            .resource_group
            .eq_ignore_ascii_case(group)
            .then_some(cluster)
    }

    /// Returns a cluster's Kubernetes, with the nodes that its pools have now.
    pub(super) fn kubernetes(&mut self, cluster: &str) -> Option<&mut Kubernetes> {
        let cluster = cluster.to_lowercase();
        let kubernetes = self.kubernetes.get_mut(&cluster)?;
        let pools = self.clusters.get(&cluster)?.pools.values();
        kubernetes.follow(pools);
        Some(kubernetes)
    }

    /// Finds an agent pool by its subscription, resource group, cluster and name.
    pub(super) fn pool(&mut self, names: [&str; 4]) -> Answered<&mut Value> {
        let [_, group, cluster, pool] = names;
        let cluster = self.cluster(group, cluster);
        let pool = cluster.and_then(|cluster| cluster.pools.get_mut(&pool.to_lowercase()));
        pool.ok_or_else(errors::pool_not_found)
    }
}

/// Locks the state of an emulator.
pub(super) fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the cluster with its name kept as it was given and its pools under lower-case names.
fn normalized(name: String, mut cluster: ClusterSpecification) -> ClusterSpecification {
    let pools = std::mem::take(&mut cluster.pools).into_iter();
    let pools = pools.map(|(name, pool)| (name.to_lowercase(), pool));
    cluster.pools = pools.collect();
    cluster.name.get_or_insert(name);
    cluster
}

/// Returns a cluster's Kubernetes as it is when the emulator starts.
fn kubernetes_of(
    (name, cluster): (&String, &ClusterSpecification),
) -> Option<(String, Kubernetes)> {
    let workloads = cluster.workloads.as_ref()?;
    let (pools, ready_after) = (cluster.pools.values(), cluster.nodes_ready_after);
    Some((name.clone(), Kubernetes::new(workloads, pools, ready_after)))
}
