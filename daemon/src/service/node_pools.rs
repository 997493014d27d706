//! The rpcs of `az aks nodepool`: a row each, with the function that carries it out and az's table.

use super::pool_change::Change;
use super::{Answer, implement_commands};
use crate::machines;
use crate::nodepools::{self, PoolCall, PoolName, checks};
use azq_proto::v1;

macro_rules! pool_commands {
    ($($request:ident $([$field:ident])* $($table:ident($columns:expr))? => $function:path;)*) => {
        implement_commands! { |own, call| $(
            $request [pool] $([$field])* $($table($columns))? => {
                let session = call.session()?;
                let pool = name(own.pool.as_ref());
                $function(&PoolCall::new(&session.arm, &pool, &own, call.report)).await?
            };
        )* }
    };
}

pool_commands! {
    ShowNodePoolRequest Transform(nodepools::show::table) => nodepools::show::show;
    DeleteNodePoolRequest => nodepools::delete::delete;
    UpgradeNodePoolRequest => nodepools::upgrade::upgrade;
    WaitNodePoolRequest => nodepools::wait::wait;
    GetNodePoolUpgradesRequest => nodepools::upgrades::upgrades;
    GetNodePoolRollbackVersionsRequest Transform(nodepools::upgrades::rollback_versions_table)
        => nodepools::upgrades::rollback_versions;
    RollbackNodePoolRequest => nodepools::rollback::rollback;
    StartNodePoolRequest => nodepools::power::start;
    StopNodePoolRequest => nodepools::power::stop;
    AbortNodePoolOperationRequest => nodepools::abort::abort;
    DeleteMachinesRequest => nodepools::delete_machines::delete_machines;
    AddManualScaleRequest => nodepools::scale_profiles::add_manual;
    UpdateManualScaleRequest => nodepools::scale_profiles::update_manual;
    AddAutoScaleRequest => nodepools::scale_profiles::add_auto;
    UpdateAutoScaleRequest => nodepools::scale_profiles::update_auto;
    ListMachinesRequest Attempt(machines::table) => machines::list;
    ShowMachineRequest [machine_name] Attempt(machines::row) => machines::show;
}

macro_rules! drafted_pool_commands {
    ($($request:ident => $draft:path;)*) => {
        implement_commands! { |own, call| $(
            $request [pool] => {
                let session = call.session()?;
                let pool = name(own.pool.as_ref());
                match $draft(&PoolCall::new(&session.arm, &pool, &own, call.report)).await? {
                    None => Answer::Nothing,
                    Some(draft) => {
                        let change = Change { pool, draft, no_wait: own.no_wait };
                        change.carry_out(call, &session, own.preflight).await?
                    }
                }
            };
        )* }
    };
}

drafted_pool_commands! {
    AddNodePoolRequest => nodepools::add::draft;
    UpdateNodePoolRequest => nodepools::update::draft;
    ScaleNodePoolRequest => nodepools::scale::draft;
}

/// az's question before a command that removes something (knack, `commands.py`).
const QUESTION: &str = "Are you sure you want to perform this operation?";

macro_rules! confirmed_pool_commands {
    ($($request:ident => $function:path;)*) => {
        implement_commands! { |own, call| $(
            $request [pool] => {
                let pool = name(own.pool.as_ref());
                checks::pool_name(&pool.pool)?;
                let config = call.profile.config();
                if !own.yes && !config.boolean("core", "disable_confirm_prompt", false)? {
                    return Ok(Answer::Confirm(QUESTION.to_owned()));
                }
                let session = call.session()?;
                $function(&PoolCall::new(&session.arm, &pool, &own, call.report)).await?
            };
        )* }
    };
}

confirmed_pool_commands! {
    DeleteManualScaleRequest => nodepools::scale_profiles::delete_manual;
    DeleteAutoScaleRequest => nodepools::scale_profiles::delete_auto;
}

implement_commands! { |own, call|
    ListNodePoolSnapshotsRequest [resource_group_name? = "group"]
        Transform(nodepools::snapshots::list_table)
        => nodepools::snapshots::list(&call.session()?.arm, &own, call.report).await?;
    ShowNodePoolSnapshotRequest [resource_group_name = "group"] [snapshot_name]
        Transform(nodepools::snapshots::table)
        => nodepools::snapshots::show(&call.session()?.arm, &own, call.report).await?;
    ListNodePoolsRequest [cluster of pool] Transform(nodepools::list::table) => {
        let session = call.session()?;
        let pool = name(own.pool.as_ref());
        nodepools::list::list(&PoolCall::new(&session.arm, &pool, &own, call.report)).await?
    };
}

/// Returns the pool's name; parts that are absent were not required.
fn name(pool: Option<&v1::NodePoolName>) -> PoolName {
    let pool = pool.cloned().unwrap_or_default();
    PoolName {
        resource_group: pool.resource_group_name.unwrap_or_default(),
        cluster: pool.cluster_name.unwrap_or_default(),
        pool: pool.nodepool_name.unwrap_or_default(),
    }
}
