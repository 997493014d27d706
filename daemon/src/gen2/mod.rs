//! `azq gen2 …`: reports which node pools are on Generation 2, and migrates the others.
//!
//! The decisions and their rules are in the crate `azq-migration`. This module reads from Azure and
//! Kubernetes, carries out the decisions and saves the state.
//!
//! Invariants: a report and a plan send nothing that changes anything. The number of concurrent
//! requests to Azure is bounded, and they share one throttle. `migrate` documents the invariants of
//! a migration.

pub mod migrate;
pub mod plan;
pub mod report;
mod sizes;

use serde::Serialize;

/// Converts a value of a crate without documents into a document.
fn document(value: &impl Serialize) -> azq_document::Value {
    let json = serde_json::to_value(value).unwrap_or_default();
    azq_document::Value::from(&json)
}

/// Returns the path of a managed cluster.
fn cluster_path(subscription: &str, group: &str, name: &str) -> String {
    let cluster = crate::nodepools::PoolName {
        resource_group: group.to_owned(),
        cluster: name.to_owned(),
        pool: String::new(),
    };
    cluster.cluster_path(subscription)
}
