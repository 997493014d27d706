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

use azq_migration::ClusterName;
use serde::Serialize;
use serde_json::Value as Json;

/// Converts a value of a crate without documents into a document.
fn document(value: &impl Serialize) -> azq_document::Value {
    let json = serde_json::to_value(value).unwrap_or_default();
    azq_document::Value::from(&json)
}

/// Returns the names of a cluster. The group is that of its id, else `group`.
fn place(subscription: &str, group: &str, cluster: &Json) -> ClusterName {
    let text = |name: &str| cluster.get(name).and_then(Json::as_str).unwrap_or_default();
    ClusterName {
        subscription: subscription.to_owned(),
        resource_group: text("id").split('/').nth(4).unwrap_or(group).to_owned(),
        cluster: text("name").to_owned(),
        location: text("location").to_owned(),
    }
}
