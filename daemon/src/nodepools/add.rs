//! `az aks nodepool add`: checks the options, makes sure that the pool is new, and drafts it.
//!
//! The request is az's own, including the properties that it leaves out; see the table in
//! `add_options`.

use azq_preflight::Action;
use azq_proto::v1::AddNodePoolRequest;

use super::add_options::OPTIONS;
use super::draft::Draft;
use super::resolve_add::ResolvedOptions;
use super::snapshot::Snapshot;
use super::{API_VERSION, PoolName, checks, options};
use azq_arm::Arm;
use azq_arm::Report;
use azq_command::CommandError;

/// Drafts a new node pool.
///
/// The errors are az's: of a check, of a file, of Azure.
pub async fn draft(
    arm: &Arm,
    pool: &PoolName,
    request: &AddNodePoolRequest,
    report: &dyn Report,
) -> Result<Option<Draft>, CommandError> {
    checks::pool_name(&pool.pool)?;
    options::check(OPTIONS, request, report)?;
    refuse_existing(arm, pool, report).await?;
    let snapshot = Snapshot::fetch(arm, request.snapshot_id.as_deref(), report).await?;
    let plan = ResolvedOptions::new(request, snapshot.unwrap_or_default())?;
    Ok(Some(Draft {
        action: Action::Add,
        path: pool.path(arm.subscription()),
        sent: plan.sent(),
        current: None,
        asked_os_type: None,
    }))
}

/// Fails if the cluster has a pool of exactly this name, as az does.
async fn refuse_existing(
    arm: &Arm,
    pool: &PoolName,
    report: &dyn Report,
) -> Result<(), CommandError> {
    let path = pool.collection_path(arm.subscription());
    let pools = arm.list(&path, API_VERSION, &[], report).await?;
    if pools
        .iter()
        .any(|known| known["name"].as_str() == Some(&pool.pool))
    {
        return Err(CommandError::new(format!(
            "Node pool {} already exists, please try a different name, use 'aks nodepool list' to get \
             current list of node pool",
            pool.pool
        )));
    }
    Ok(())
}
