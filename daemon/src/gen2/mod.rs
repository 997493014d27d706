//! `azq gen2 …`: which node pools are on Generation 2, and how the others come there.
//!
//! What is decided, and by which rules, is the crate `azq-migration`'s; here Azure and Kubernetes
//! are asked, and what was decided is carried out and written down.
//!
//! Invariants: a report and a plan send nothing that changes anything; requests to Azure are
//! bounded in number at once, and share one throttle; see `migrate` for those of a migration.

pub mod migrate;
pub mod plan;
pub mod report;
mod sizes;

use serde::Serialize;

/// A document from what a crate without documents says.
fn document(value: &impl Serialize) -> azq_document::Value {
    let json = serde_json::to_value(value).unwrap_or_default();
    azq_document::Value::from(&json)
}

/// The path of a managed cluster.
fn cluster_path(subscription: &str, group: &str, name: &str) -> String {
    let cluster = crate::nodepools::PoolName {
        resource_group: group.to_owned(),
        cluster: name.to_owned(),
        pool: String::new(),
    };
    cluster.cluster_path(subscription)
}
