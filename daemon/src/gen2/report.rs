//! `azq gen2 report`: every pool of a cluster, of a group, of a subscription or of all
//! subscriptions.
//!
//! A list of clusters contains their pools, so a subscription takes one request for each page. If a
//! list omits the images of nodes, the pools of that cluster are requested separately, a few
//! clusters at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use azq_document::Value;
use azq_migration::{ClusterName, Pool, PoolReport};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value as Json;

use super::place;
use super::sizes::{Sizes, SizesOfLocation};
use crate::clusters::{cluster_path, list::KIND};
use crate::groups::resources_path;
use crate::nodepools::API_VERSION;
use azq_arm::Report;
use azq_arm::{Arm, Request, Session};
use azq_command::CommandError;
use azq_schema::select_all;
use azq_skus::Catalogues;

/// The number of subscriptions that are read at once.
const SUBSCRIPTIONS: usize = 4;
/// The number of clusters of a subscription whose pools are requested at once.
const CLUSTERS: usize = 8;

/// The selection of clusters.
#[derive(Clone, Copy, Debug, Default)]
pub struct Range<'r> {
    /// The resource group, if only one is selected.
    pub resource_group: Option<&'r str>,
    /// The cluster of the group, if only one is selected.
    pub cluster: Option<&'r str>,
}

/// The result of a report.
#[derive(Debug, Default)]
pub struct Found {
    /// The pools, by place and name.
    pub pools: Vec<PoolReport>,
}

impl Found {
    /// Whether a pool is on Generation 1.
    pub fn has_gen1(&self) -> bool {
        self.pools.iter().any(PoolReport::is_on_gen1)
    }

    /// Returns the document that is printed.
    pub fn document(&self) -> Value {
        super::document(&self.pools)
    }
}

/// Reads the pools of these subscriptions.
///
/// # Errors
/// Azure's error for the first subscription that fails.
pub async fn look(
    sessions: Vec<Arc<Session>>,
    range: Range<'_>,
    catalogues: &Catalogues,
    report: &dyn Report,
) -> Result<Found, CommandError> {
    let progress = Progress {
        report,
        clusters: AtomicUsize::new(0),
    };
    let looks = sessions
        .into_iter()
        .map(|session| subscription(session, range, catalogues, &progress));
    let found: Vec<_> = stream::iter(looks)
        .buffer_unordered(SUBSCRIPTIONS)
        .try_collect()
        .await?;
    let mut pools: Vec<_> = found.into_iter().flatten().collect();
    pools.sort_by_cached_key(|row| {
        let place = &row.place;
        [
            place.subscription.to_lowercase(),
            place.resource_group.to_lowercase(),
            place.cluster.to_lowercase(),
            row.nodepool.to_lowercase(),
        ]
    });
    Ok(Found { pools })
}

/// Reports how many clusters were read.
struct Progress<'r> {
    report: &'r dyn Report,
    clusters: AtomicUsize,
}

impl Progress<'_> {
    fn more(&self, clusters: usize) {
        let all = self.clusters.fetch_add(clusters, Ordering::Relaxed) + clusters;
        self.report.progress(&format!("{all} clusters read"));
    }
}

/// The part of a cluster that is kept until it is reported.
struct Cluster {
    place: ClusterName,
    /// The profiles, reduced to the properties that a report shows.
    pools: Vec<Json>,
    /// Whether the list has omitted what shows the generation.
    is_incomplete: bool,
}

async fn subscription(
    session: Arc<Session>,
    range: Range<'_>,
    catalogues: &Catalogues,
    progress: &Progress<'_>,
) -> Result<Vec<PoolReport>, CommandError> {
    let arm = &session.arm;
    let sizes = Sizes::new(catalogues, Arc::clone(&session));
    let clusters = clusters(arm, range, progress).await?;
    let names = locations(&clusters);
    let completions = clusters
        .into_iter()
        .map(|cluster| completed(arm, cluster, progress));
    let completions = stream::iter(completions)
        .buffer_unordered(CLUSTERS)
        .try_collect::<Vec<_>>();
    let (clusters, sizes) = tokio::join!(completions, sizes_of(names, &sizes, progress.report));
    Ok(clusters?
        .iter()
        .flat_map(|cluster| cluster.rows(&sizes))
        .collect())
}

/// Returns the selected clusters. Of each page, only what a report shows is kept.
async fn clusters(
    arm: &Arm,
    range: Range<'_>,
    progress: &Progress<'_>,
) -> Result<Vec<Cluster>, CommandError> {
    let subscription = arm.subscription();
    if let (Some(group), Some(name)) = (range.resource_group, range.cluster) {
        let path = cluster_path(subscription, group, name);
        let document = arm.get(&path, API_VERSION, progress.report).await?;
        progress.more(1);
        return Ok(vec![Cluster::of(subscription, &document)]);
    }
    let path = resources_path(subscription, range.resource_group, KIND);
    let mut clusters = Vec::new();
    let take = |page: Vec<Json>| {
        progress.more(page.len());
        clusters.extend(page.iter().map(|found| Cluster::of(subscription, found)));
    };
    arm.pages(Request::get(path, API_VERSION), progress.report, take)
        .await?;
    Ok(clusters)
}

impl Cluster {
    /// Returns the rows of its pools.
    fn rows(&self, sizes: &HashMap<String, Arc<SizesOfLocation>>) -> Vec<PoolReport> {
        let known = sizes.get(&self.place.location.to_lowercase());
        let row = |profile| {
            let pool = Pool::of_profile(profile);
            let size = known.and_then(|known| known.get(&pool.vm_size().to_lowercase()));
            PoolReport::new(&self.place, &pool, size.map(|size| &*size.definition))
        };
        self.pools.iter().map(row).collect()
    }

    fn of(subscription: &str, document: &Json) -> Self {
        let profiles = document.pointer("/properties/agentPoolProfiles");
        let profiles = profiles.and_then(Json::as_array);
        let profiles = profiles.map(Vec::as_slice).unwrap_or_default();
        Self {
            place: place(subscription, "", document),
            is_incomplete: profiles.iter().any(|profile| {
                let pool = Pool::of_profile(profile);
                pool.is_of_scale_sets() && pool.node_image_version().is_empty()
            }),
            pools: profiles.iter().map(reduced).collect(),
        }
    }
}

/// The properties of a profile that a report shows.
const SHOWN: [&str; 9] = [
    "name",
    "vmSize",
    "nodeImageVersion",
    "osType",
    "osSKU",
    "mode",
    "count",
    "type",
    "securityProfile",
];

fn reduced(profile: &Json) -> Json {
    let member = |name: &&str| Some(((*name).to_owned(), profile.get(*name)?.clone()));
    Json::Object(SHOWN.iter().filter_map(member).collect())
}

/// Returns the cluster with the data that its list has omitted.
async fn completed(
    arm: &Arm,
    mut cluster: Cluster,
    progress: &Progress<'_>,
) -> Result<Cluster, CommandError> {
    if !cluster.is_incomplete {
        return Ok(cluster);
    }
    let place = &cluster.place;
    let path = cluster_path(arm.subscription(), &place.resource_group, &place.cluster);
    let path = format!("{path}/agentPools");
    let pools = arm.list(&path, API_VERSION, &[], progress.report).await?;
    let profile = |resource: &Json| {
        let mut profile = reduced(resource.get("properties").unwrap_or(&Json::Null));
        profile["name"] = resource.get("name").cloned().unwrap_or_default();
        profile
    };
    cluster.pools = pools.iter().map(profile).collect();
    Ok(cluster)
}

/// Returns the clusters' locations, in lower case.
fn locations(clusters: &[Cluster]) -> Vec<String> {
    let mut names: Vec<_> = clusters
        .iter()
        .map(|cluster| cluster.place.location.to_lowercase())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Returns the sizes of locations. A location whose sizes cannot be read is left out with a
/// warning, because the images still show the generation.
async fn sizes_of(
    names: Vec<String>,
    sizes: &Sizes<'_>,
    report: &dyn Report,
) -> HashMap<String, Arc<SizesOfLocation>> {
    let mut found = HashMap::new();
    for name in names {
        match sizes.of(&name, report).await {
            Ok(known) => drop(found.insert(name, known)),
            Err(error) => report.warning(&format!(
                "What the VM sizes of {name} can run is not known: {error}"
            )),
        }
    }
    found
}

/// Returns the table.
pub fn table(document: &Value) -> Value {
    let columns = [
        ("ResourceGroup", "resourceGroup"),
        ("Cluster", "cluster"),
        ("Nodepool", "nodepool"),
        ("Os", "osSku"),
        ("VmSize", "vmSize"),
        ("Nodes", "count"),
        ("Generation", "generation"),
        ("SizeCan", "sizeGenerations"),
        ("Verdict", "reason"),
        ("Action", "action"),
    ];
    select_all(document, &columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_cluster_without_its_nodes_images_is_asked_for_its_pools() {
        let cluster = |profile: Json| {
            let properties = json!({"agentPoolProfiles": [profile]});
            let id = "/subscriptions/s/resourcegroups/G/providers/p/managedClusters/c";
            Cluster::of(
                "s",
                &json!({"id": id, "name": "c", "location": "eastus", "properties": properties}),
            )
        };
        let whole =
            cluster(json!({"name": "p", "vmSize": "v", "nodeImageVersion": "i", "tags": {}}));
        assert!(!whole.is_incomplete);
        assert_eq!(whole.place.resource_group, "G");
        assert_eq!(
            whole.pools,
            [json!({"name": "p", "vmSize": "v", "nodeImageVersion": "i"})]
        );
        assert!(cluster(json!({"name": "p", "nodeImageVersion": null})).is_incomplete);
        let machines = json!({"name": "p", "type": "VirtualMachines"});
        assert!(!cluster(machines).is_incomplete);
    }
}
