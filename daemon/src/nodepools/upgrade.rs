//! `az aks nodepool upgrade`: upgrades to another Kubernetes version, or only to a newer node
//! image.

use azq_document::Value;
use azq_proto::v1;
use serde_json::{Value as Json, json};

use super::options::restore_large_integers;
use super::snapshot::Snapshot;
use super::{API_VERSION, PoolCall, PoolName, Printed, checks, headers, operation};
use azq_arm::{Declared, Request};
use azq_command::CommandError;

/// The outcome of an upgrade.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The upgrade was requested, and az prints this.
    Done(Option<Value>),
    /// Nothing was sent, because az asks this question first and goes on if the user says yes. The
    /// same request with `yes` set says yes. After a no az prints nothing and succeeds; without a
    /// terminal for the question it fails with exit code 1.
    Confirm(String),
}

/// Upgrades the pool.
///
/// # Errors
/// Options that exclude each other or have no meaning; a missing snapshot; an error of Azure's.
pub async fn upgrade(
    call: &PoolCall<'_, v1::UpgradeNodePoolRequest>,
) -> Result<Outcome, CommandError> {
    let request = call.request;
    let version = check(call.pool, request)?;
    if request.node_image_only {
        return upgrade_image(call).await.map(Outcome::Done);
    }
    let snapshot = Snapshot::fetch(call, request.snapshot_id.as_deref()).await?;
    let version = match snapshot {
        Some(snapshot) if version.is_empty() => snapshot.kubernetes_version,
        _ => Some(version.to_owned()),
    };
    let mut body = call.read().await?;
    if let Some(question) = question(&body, version.as_deref()).filter(|_| !request.yes) {
        return Ok(Outcome::Confirm(question));
    }
    call.report.change(&versions(&body, version.as_deref()));
    change(&mut body, version, request);
    let headers = headers::of_request!(request)?;
    let written = call.write(&body, headers, request.no_wait).await;
    written.map(Outcome::Done)
}

/// Returns the pool's present version and the requested one, for display.
fn versions(pool: &Json, wanted: Option<&str>) -> String {
    let current = pool.pointer("/properties/orchestratorVersion");
    match (current.and_then(Json::as_str), wanted) {
        (Some(current), Some(wanted)) if !wanted.is_empty() => format!("{current} → {wanted}"),
        _ => String::new(),
    }
}

/// Makes az's checks that come before any request, in its order. Returns the Kubernetes version,
/// empty if none was given.
fn check<'a>(
    pool: &PoolName,
    request: &'a v1::UpgradeNodePoolRequest,
) -> Result<&'a str, CommandError> {
    checks::pool_name(&pool.pool)?;
    let version = checks::bare_version(request.kubernetes_version.as_deref().unwrap_or_default())?;
    checks::surge("--max-surge", request.max_surge.as_deref())?;
    checks::surge("--max-unavailable", request.max_unavailable.as_deref())?;
    checks::optional_resource_id("--snapshot-id", request.snapshot_id.as_deref())?;
    checks::not_both(
        !version.is_empty(),
        request.node_image_only,
        "Conflicting flags. Upgrading the Kubernetes version will also upgrade node image version. If you only \
         want to upgrade the node version please use the \"--node-image-only\" option only.",
    )?;
    checks::not_both(
        has_upgrade_settings(request),
        request.node_image_only,
        "Conflicting flags. Unable to specify max-surge/drain-timeout/node-soak-duration/max-unavailable with \
         node-image-only.If you want to use max-surge/drain-timeout/node-soak-duration with a node image \
         upgrade, please first update max-surge/drain-timeout/node-soak-duration/max-unavailable using \
         \"az aks nodepool update --max-surge/--drain-timeout/--node-soak-duration/--max-unavailable\".",
    )?;
    Ok(version)
}

/// Whether Python takes one of the upgrade settings as true: an empty text and a zero do not count.
fn has_upgrade_settings(request: &v1::UpgradeNodePoolRequest) -> bool {
    let texts = [
        &request.max_surge,
        &request.max_unavailable,
        &request.undrainable_node_behavior,
    ];
    let numbers = [request.drain_timeout, request.node_soak_duration];
    texts.into_iter().flatten().any(|text| !text.is_empty())
        || numbers.into_iter().flatten().any(|number| number != 0)
}

/// Returns az's question before an upgrade to the version that the pool has already.
fn question(pool: &Json, version: Option<&str>) -> Option<String> {
    let property = |name: &str| {
        pool.get("properties")
            .and_then(|all| all.get(name)?.as_str())
    };
    let current = property("orchestratorVersion");
    if version != Some("") && version != current {
        return None;
    }
    let current = current.unwrap_or("None");
    Some(match property("provisioningState") {
        Some("Succeeded") => format!(
            "The cluster is already on version {current} and is not in a failed state. No operations will \
             occur when upgrading to the same version if the cluster is not in a failed state."
        ),
        Some("Failed") => format!(
            "Cluster currently in failed state. Proceeding with upgrade to existing version {current} to \
             attempt resolution of failed cluster state."
        ),
        _ => "The new kubernetes version is the same as the current kubernetes version.".to_owned(),
    })
}

/// Writes the options into the pool as it was read. A pool that was made from a snapshot keeps it
/// only if the upgrade names one.
fn change(pool: &mut Json, version: Option<String>, request: &v1::UpgradeNodePoolRequest) {
    let properties = operation::properties(pool);
    operation::set(properties, "orchestratorVersion", version.map(Json::from));
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let snapshot = text(&request.snapshot_id).map(|id| json!({"sourceResourceId": id}));
    operation::set(properties, "creationData", snapshot);
    let settings = operation::member(properties, "upgradeSettings");
    let options = [
        ("maxSurge", text(&request.max_surge).map(Json::from)),
        (
            "drainTimeoutInMinutes",
            request.drain_timeout.filter(|n| *n != 0).map(Json::from),
        ),
        (
            "nodeSoakDurationInMinutes",
            request
                .node_soak_duration
                .filter(|n| *n >= 0)
                .map(Json::from),
        ),
        (
            "undrainableNodeBehavior",
            text(&request.undrainable_node_behavior).map(Json::from),
        ),
        (
            "maxUnavailable",
            text(&request.max_unavailable).map(Json::from),
        ),
    ];
    for (name, value) in options {
        if let Some(value) = value {
            settings.insert(name.to_owned(), value);
        }
    }
    restore_large_integers(pool, &request.large_integers);
}

/// Carries out `--node-image-only`, which az sends without any of the headers of the options.
/// Prints nothing.
async fn upgrade_image(call: &PoolCall<'_, v1::UpgradeNodePoolRequest>) -> Printed {
    let path = format!("{}/upgradeNodeImageVersion", call.path());
    let mut upgrade = Request::post(path, API_VERSION, None, Declared::UPGRADE_NODE_IMAGE);
    let id = call.request.snapshot_id.as_deref();
    if let Some(id) = id.filter(|id| !id.is_empty()) {
        upgrade.headers.push(("AKSSnapshotId".into(), id.into()));
    }
    call.send(&upgrade, call.request.no_wait).await?;
    Ok(None)
}

#[cfg(test)]
#[path = "upgrade_tests.rs"]
mod tests;
