//! `azq gen2 migrate`: carries out a plan, pool by pool.
//!
//! | file | purpose |
//! | --- | --- |
//! | `journal` | the state and the log of each migration, on disk |
//! | `cluster` | reads and changes of Azure and Kubernetes |
//! | `run` | the loop that reads, decides by `azq_migration::next`, saves and acts |
//! | `abort` | gives a migration up: uncordons, keeps both pools |
//!
//! Invariants: the state is on disk before a step begins and after it has ended. Each step first
//! reads from Azure whether it was completed. Only one process at a time carries out a cluster's
//! migration. So a process may be killed at any moment, and the same request or `--resume`
//! continues.
//!
//! Deliberately absent: operations that continue without a client. A migration goes on only while a
//! client waits for it.

mod abort;
mod cluster;
mod journal;
mod run;

use azq_document::Value;
use azq_migration::{Limits, Migration, Plan, Status};
use serde_json::json;

pub use cluster::{Cluster, Token};
pub use journal::{Entry, Journal, JournalError, Key, Record};
pub(crate) use journal::{LARGEST_STATE, MOST_MIGRATIONS};

use azq_account::Scope;
use azq_command::CommandError;
use azq_schema::select_all;

/// Returns the question that the user confirms before a plan is carried out.
pub fn question(plan: &Plan) -> String {
    let pools = plan.pools.iter().map(|pool| {
        format!(
            "  {} ({}, {} nodes) -> {} ({})\n",
            pool.nodepool, pool.vm_size, pool.count, pool.new_nodepool, pool.new_vm_size
        )
    });
    format!(
        "In the cluster '{}' these node pools get successors, are drained and deleted:\n{}Do you want to begin?",
        plan.place.cluster,
        pools.collect::<String>()
    )
}

/// Begins to carry out a plan. From then on its state is on disk.
///
/// # Errors
/// A pool has an obstacle, or the state cannot be written.
pub fn begin(
    entry: &Entry,
    plan: &Plan,
    limits: Limits,
    attempt: &str,
    scope: &Scope,
) -> Result<Record, CommandError> {
    let migration = Migration::begin(plan, limits, attempt);
    let migration = migration.map_err(|error| CommandError::new(error.to_string()))?;
    let record = entry.new_record(scope, migration);
    entry.save(&record)?;
    let names: Vec<_> = plan
        .pools
        .iter()
        .map(|pool| pool.nodepool.as_str())
        .collect();
    entry.log(
        &record,
        "",
        &format!("begun for the node pools {}", names.join(", ")),
    );
    Ok(record)
}

/// Carries out a migration until it is finished.
///
/// # Errors
/// Azure's errors, and obstacles. The state is saved, so the migration can be resumed.
pub async fn carry_out(
    entry: &Entry,
    mut record: Record,
    cluster: &Cluster<'_>,
) -> Result<Value, CommandError> {
    match run::run(entry, &mut record, cluster).await {
        Ok(()) => {
            record.migration.status = Status::Finished;
            entry.save(&record)?;
            entry.log(
                &record,
                "",
                "finished: every node pool of the plan is on Generation 2",
            );
            Ok(document(&record))
        }
        Err(error) => {
            entry.log(&record, "", &format!("stopped: {}", error.message));
            let place = &record.migration.place;
            let again = format!(
                "Nothing is lost. To go on: azq gen2 migrate -g {} -n {} --resume; to give up: the same with --abort.\n\
                 The log is {}.",
                place.resource_group,
                place.cluster,
                record.log.display()
            );
            Err(error.recommend(again))
        }
    }
}

/// Gives a migration up.
///
/// # Errors
/// Azure's errors. The state then stays as it was.
pub async fn give_up(
    entry: &Entry,
    mut record: Record,
    cluster: &Cluster<'_>,
) -> Result<Value, CommandError> {
    abort::abort(entry, &record, cluster).await?;
    record.migration.status = Status::Aborted;
    entry.save(&record)?;
    entry.log(&record, "", "aborted");
    Ok(document(&record))
}

/// Returns the document of a migration.
pub fn document(record: &Record) -> Value {
    let migration = &record.migration;
    let pools = migration.pools.iter().map(|pool| {
        json!({
            "nodepool": pool.plan.nodepool,
            "vmSize": pool.plan.vm_size,
            "newNodepool": pool.plan.new_nodepool,
            "newVmSize": pool.plan.new_vm_size,
            "stage": pool.stage,
            "state": abort::state(migration.status, pool),
        })
    });
    let document = json!({
        "subscription": migration.place.subscription,
        "resourceGroup": migration.place.resource_group,
        "cluster": migration.place.cluster,
        "status": migration.status,
        "log": record.log.display().to_string(),
        "pools": pools.collect::<Vec<_>>(),
    });
    Value::from(&document)
}

/// Returns the table, with a row for each pool.
pub fn table(document: &Value) -> Value {
    let columns = [
        ("Nodepool", "nodepool"),
        ("VmSize", "vmSize"),
        ("NewNodepool", "newNodepool"),
        ("NewVmSize", "newVmSize"),
        ("State", "state"),
    ];
    select_all(document.get("pools").unwrap_or(&Value::Null), &columns)
}
