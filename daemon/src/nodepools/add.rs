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
use super::{PoolCall, options};
use azq_command::{CommandError, ensure};

/// Drafts a new node pool.
///
/// The errors are az's: of a check, of a file, of Azure.
pub async fn draft(call: &PoolCall<'_, AddNodePoolRequest>) -> Result<Option<Draft>, CommandError> {
    let request = call.request;
    call.check_name()?;
    options::check(OPTIONS, request, call.report)?;
    refuse_existing(call).await?;
    let snapshot = Snapshot::fetch(call, request.snapshot_id.as_deref()).await?;
    let plan = ResolvedOptions::new(request, snapshot.unwrap_or_default())?;
    Ok(Some(Draft {
        action: Action::Add,
        path: call.path(),
        sent: plan.sent(),
        current: None,
        asked_os_type: None,
    }))
}

/// Fails if the cluster has a pool of exactly this name, as az does.
async fn refuse_existing(call: &PoolCall<'_, AddNodePoolRequest>) -> Result<(), CommandError> {
    let (pools, name) = (call.pools().await?, &call.pool.pool);
    ensure!(
        pools
            .iter()
            .all(|known| known["name"].as_str() != Some(name)),
        "Node pool {name} already exists, please try a different name, use 'aks nodepool list' to get \
         current list of node pool"
    );
    Ok(())
}
