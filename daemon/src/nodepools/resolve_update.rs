//! The values that `az aks nodepool update` settles before it writes the pool back: from the pool
//! as it is, from a snapshot, and from files.
//!
//! All remaining errors are found here, in az's order (azure-cli, `acs/agentpool_decorator.py`,
//! `update_agentpool_profile_default`), so that writing the request cannot fail.

use azq_proto::v1::UpdateNodePoolRequest;
use serde_json::Value as Json;

use super::autoscaler::Scaling;
use super::headers::Headers;
use super::options::{PutRequest, restore_large_integers, write};
use super::snapshot::Snapshot;
use super::update_options::OPTIONS;
use super::{checks, files, headers, lists};
use azq_command::{CommandError, error};

/// The settled values, which the rows of the table read.
pub(super) struct ResolvedOptions {
    pub(super) request: UpdateNodePoolRequest,
    pub(super) scaling: Scaling,
    pub(super) labels: Option<Json>,
    pub(super) host_ports: Option<Json>,
    pub(super) os_sku: Option<String>,
    pub(super) local_dns: Option<Json>,
    headers: Headers,
    /// Whether there will be upgrade settings even without `--max-unavailable`; otherwise az drops
    /// that option.
    pub(super) has_upgrade_settings: bool,
}

impl ResolvedOptions {
    /// Settles a request whose options have been checked, for this pool.
    pub(super) fn new(
        request: &UpdateNodePoolRequest,
        pool: &Json,
        scaling: Scaling,
        snapshot: Snapshot,
    ) -> Result<Self, CommandError> {
        check_opposites(request)?;
        let os_sku = request.os_sku.clone().or(snapshot.os_sku);
        Ok(Self {
            scaling,
            labels: lists::labels(request.labels.as_ref())?,
            host_ports: lists::host_ports(request.allowed_host_ports.as_ref())?,
            os_sku: os_sku.filter(|sku| !sku.is_empty()),
            local_dns: files::local_dns(request.localdns_config.as_ref())?,
            headers: headers::of_request!(request)?,
            has_upgrade_settings: has_upgrade_settings(request, pool),
            request: request.clone(),
        })
    }

    /// Returns the request to send: the pool with its changes.
    pub(super) fn sent(&self, pool: &Json) -> PutRequest {
        let mut body = write(OPTIONS, &self.request, self, writable(pool));
        restore_large_integers(&mut body, &self.request.large_integers);
        PutRequest {
            body,
            headers: self.headers.clone(),
        }
    }
}

/// Refuses changes that no update can make: another OS, or an SKU of another OS. az does not check
/// this, because its update has no `--os-type` and no Windows SKUs.
pub(super) fn refuse_another_os(
    request: &UpdateNodePoolRequest,
    pool: &Json,
) -> Result<(), CommandError> {
    let name = pool["name"].as_str().unwrap_or_default();
    let has = pool["properties"]["osType"].as_str().unwrap_or("Linux");
    let refuse = |asked: &str, wanted: &str| {
        Err(error!(
            "{asked}: node pool '{name}' runs {has}, and the OS of a node pool cannot change."
        )
        .recommend(format!(
            "Add a new node pool instead, for example with 'az aks nodepool add --os-type {wanted}', move the \
             workload, and delete this one."
        )))
    };
    let wanted = request.os_type.as_deref().filter(|os| !os.is_empty());
    if let Some(wanted) = wanted.filter(|wanted| !wanted.eq_ignore_ascii_case(has)) {
        return refuse(&format!("--os-type {wanted}"), wanted);
    }
    match request.os_sku.as_deref() {
        Some(sku) if checks::is_windows_sku(sku) && !checks::is_windows(Some(has)) => {
            refuse(&format!("--os-sku {sku}"), "Windows")
        }
        _ => Ok(()),
    }
}

/// Checks options that exclude each other; az makes these checks only once it has read the pool.
fn check_opposites(request: &UpdateNodePoolRequest) -> Result<(), CommandError> {
    checks::not_both(
        request.enable_fips_image,
        request.disable_fips_image,
        "Cannot specify \"--enable-fips-image\" and \"--disable-fips-image\" at the same time",
    )?;
    checks::not_both(
        request.enable_vtpm,
        request.disable_vtpm,
        "Cannot specify --enable-vtpm and --disable-vtpm at the same time.",
    )?;
    checks::not_both(
        request.enable_secure_boot,
        request.disable_secure_boot,
        "Cannot specify --enable-secure-boot and --disable-secure-boot at the same time.",
    )
}

fn has_upgrade_settings(request: &UpdateNodePoolRequest, pool: &Json) -> bool {
    let given = |number: Option<i64>| number.is_some_and(|number| number != 0);
    pool["properties"]["upgradeSettings"].is_object()
        || request.max_surge.is_some()
        || given(request.drain_timeout)
        || given(request.node_soak_duration)
        || request
            .undrainable_node_behavior
            .as_deref()
            .is_some_and(|text| !text.is_empty())
}

/// Returns the pool as it may be written back: whole, without the properties that only Azure writes
/// (azure-mgmt-containerservice, `AgentPool`, the fields that are only `read`).
pub(super) fn writable(pool: &Json) -> Json {
    const READ_ONLY: [&str; 9] = [
        "/id",
        "/name",
        "/type",
        "/systemData",
        "/properties/eTag",
        "/properties/currentOrchestratorVersion",
        "/properties/provisioningState",
        "/properties/status/provisioningError",
        "/properties/localDNSProfile/state",
    ];
    let mut pool = pool.clone();
    for pointer in READ_ONLY {
        let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
        if let Some(Json::Object(parent)) = pool.pointer_mut(parent) {
            parent.shift_remove(name);
        }
    }
    pool
}

#[cfg(test)]
#[path = "update_tests.rs"]
mod tests;
