//! `azq gen2 migrate --abort`: allows pods on the old nodes again, restores the autoscaler, and
//! keeps both pools.

use azq_migration::{PoolMigration, Stage, Status, kubectl, resized};
use serde_json::Value as Json;

use super::cluster::Cluster;
use super::journal::{Entry, Record};
use super::run::find;
use azq_command::CommandError;

/// Undoes the steps that keep pods away from the old pools.
pub(super) async fn abort(
    entry: &Entry,
    record: &Record,
    cluster: &Cluster<'_>,
) -> Result<(), CommandError> {
    for pool in &record.migration.pools {
        if pool.stage < Stage::HoldingAutoscaler || pool.stage == Stage::Finished {
            continue;
        }
        let name = &pool.plan.nodepool;
        let planned = PoolMigration {
            stage: Stage::Planned,
            ..pool.clone()
        };
        let view = cluster.view(&planned, 0).await?;
        let old = find(&view, name);
        let state = old.pointer("/properties/provisioningState");
        if old.is_null() || state.and_then(Json::as_str) == Some("Deleting") {
            entry.log(
                record,
                name,
                "is deleted or being deleted, which cannot be undone",
            );
            continue;
        }
        if pool.stage >= Stage::Cordoning {
            let output = cluster.must(&kubectl::uncordon(name)).await?;
            entry.log(record, name, output.text.trim());
        }
        if pool.had_autoscaler()
            && old.pointer("/properties/enableAutoScaling") != Some(&Json::Bool(true))
        {
            cluster.put(name, released(pool, &old), false).await?;
            entry.log(record, name, "its autoscaler is on again");
        }
    }
    Ok(())
}

/// Returns the current pool with the autoscaler's original settings.
fn released(pool: &PoolMigration, old: &Json) -> Json {
    let mut body = resized(old, &pool.plan.vm_size);
    if let Some(properties) = body.get_mut("properties").and_then(Json::as_object_mut) {
        for name in ["enableAutoScaling", "minCount", "maxCount"] {
            if let Some(value) = pool.old.pointer(&format!("/properties/{name}")) {
                properties.insert(name.to_owned(), value.clone());
            }
        }
    }
    body
}

/// Returns the state of a pool in words.
pub(super) fn state(status: Status, pool: &PoolMigration) -> String {
    let (old, new) = (&pool.plan.nodepool, &pool.plan.new_nodepool);
    match (status, pool.stage) {
        (_, Stage::Finished) => format!("migrated to {new}"),
        (Status::Aborted, Stage::Planned | Stage::Resizing) => format!("{old} as it was"),
        (Status::Aborted, Stage::Creating | Stage::AwaitingNodes) => {
            format!("{old} as it was, {new} as far as it was made")
        }
        (Status::Aborted, Stage::Deleting) => {
            format!("pods on {new}, {old} kept unless it was being deleted")
        }
        (Status::Aborted, _) => format!("both {old} and {new} take pods"),
        (_, stage) => stage.words().to_owned(),
    }
}
