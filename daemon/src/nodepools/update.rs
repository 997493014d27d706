//! `az aks nodepool update`: reads the pool, and drafts it changed and whole, so that a property
//! which this version does not know survives.
//!
//! Beyond az 2.91 it changes the VM size, as the Generation 2 guide requires; see the table in
//! `update_options`.

use azq_preflight::Action;
use azq_proto::v1::UpdateNodePoolRequest;
use serde_json::Value as Json;

use super::autoscaler::{Decision, decide};
use super::draft::Draft;
use super::resolve_update::{ResolvedOptions, refuse_another_os};
use super::snapshot::Snapshot;
use super::update_options::OPTIONS;
use super::{PoolCall, PoolName, options};
use azq_command::CommandError;

/// Drafts a changed node pool; `None` if the autoscaler already is as requested. Pre-flight checks
/// report another OS themselves.
///
/// The errors are az's: of a check, of a file, of Azure.
pub async fn draft(
    call: &PoolCall<'_, UpdateNodePoolRequest>,
) -> Result<Option<Draft>, CommandError> {
    let request = call.request;
    call.check_name()?;
    options::check(OPTIONS, request, call.report)?;
    let before = call.read().await?;
    if !request.preflight {
        refuse_another_os(request, &before)?;
    }
    let scaling = match decide(request, &before)? {
        Decision::Change(scaling) => scaling,
        Decision::Already(warning) => {
            call.report.warning(warning);
            return Ok(None);
        }
    };
    let source = before["properties"]["creationData"]["sourceResourceId"].as_str();
    let snapshot = Snapshot::fetch(call, source).await?;
    let plan = ResolvedOptions::new(request, &before, scaling, snapshot.unwrap_or_default())?;
    Ok(Some(Draft {
        action: Action::Update,
        path: named(call.pool, &before).path(call.arm.subscription()),
        sent: plan.sent(&before),
        current: Some(before),
        asked_os_type: request.os_type.clone(),
    }))
}

/// Returns the pool's name as Azure spells it, under which az writes it.
fn named(pool: &PoolName, document: &Json) -> PoolName {
    let name = document["name"].as_str().unwrap_or(&pool.pool);
    PoolName {
        pool: name.to_owned(),
        ..pool.clone()
    }
}
