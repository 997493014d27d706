//! Agent pools: `Microsoft.ContainerService/managedClusters/agentPools`.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::exchange::{Answer, Request};
use super::operations::{self, Outcome};
use super::resize::Generations;
use super::specification::Rules;
use super::state::State;
use super::{errors, machines, node_image, resize};

/// The resource type.
const TYPE: &str = "Microsoft.ContainerService/managedClusters/agentPools";
/// The Kubernetes version of a cluster whose specification has none.
pub(super) const KUBERNETES: &str = "1.33.3";

/// The provisioning states of a pool without an operation in progress.
const ENDED: [&str; 3] = ["Succeeded", "Failed", "Canceled"];

pub(super) fn list(state: &mut State, group: &str, cluster: &str) -> Answer {
    if state.specification.looks_are_polls {
        operations::look_at(state, cluster);
    }
    let pools = state
        .cluster(group, cluster)
        .map(|cluster| cluster.pools.values().cloned().collect::<Vec<Value>>());
    Answer::ok(json!({"value": pools.unwrap_or_default()}))
}

pub(super) fn show(state: &mut State, group: &str, cluster: &str, pool: &str) -> Answer {
    state
        .pool(group, cluster, pool)
        .map_or_else(errors::pool_not_found, |pool| Answer::ok(pool.clone()))
}

pub(super) fn upgrade_profile(state: &mut State, group: &str, cluster: &str, pool: &str) -> Answer {
    let Some(cluster) = state.cluster(group, cluster) else {
        return errors::not_found();
    };
    if !cluster.pools.contains_key(pool) {
        return errors::pool_not_found();
    }
    let profile = cluster
        .upgrade_profiles
        .get(pool)
        .or(cluster.upgrade_profile.as_ref());
    profile.map_or_else(errors::not_found, |profile| Answer::ok(profile.clone()))
}

pub(super) fn delete(state: &mut State, request: &Request, names: [&str; 4]) -> Answer {
    let [_, group, cluster, pool] = names;
    let Some(found) = state.pool(group, cluster, pool) else {
        return errors::pool_not_found();
    };
    if let Some(refusal) = precondition(request, Some(found)) {
        return refusal;
    }
    found["properties"]["provisioningState"] = json!("Deleting");
    if let Some(kubernetes) = state.kubernetes(cluster) {
        kubernetes.before_deletion(pool);
    }
    operations::start(
        state,
        names,
        Outcome::Deletes,
        Answer::empty(StatusCode::ACCEPTED),
    )
}

pub(super) fn upgrade_node_image(state: &mut State, names: [&str; 4]) -> Answer {
    let [_, group, cluster, pool] = names;
    if state.specification.rules == Rules::Recorded {
        return errors::not_found();
    }
    let Some(found) = state.pool(group, cluster, pool) else {
        return errors::pool_not_found();
    };
    let version = found
        .pointer("/properties/nodeImageVersion")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let newer = node_image::newer(version);
    if newer == version {
        return Answer::ok(found.clone());
    }
    found["properties"]["nodeImageVersion"] = json!(newer);
    found["properties"]["provisioningState"] = json!("UpgradingNodeImageVersion");
    let answer = Answer::document(StatusCode::ACCEPTED, found.clone());
    operations::start(state, names, Outcome::Settles, answer)
}

pub(super) fn abort(state: &mut State, names: [&str; 4]) -> Answer {
    let [_, group, cluster, pool] = names;
    let Some(found) = state.pool(group, cluster, pool) else {
        return errors::pool_not_found();
    };
    let doing = found
        .pointer("/properties/provisioningState")
        .and_then(Value::as_str);
    if doing.is_none_or(|doing| ENDED.contains(&doing)) {
        return errors::nothing_to_abort();
    }
    found["properties"]["provisioningState"] = json!("Canceling");
    operations::start(
        state,
        names,
        Outcome::Aborts,
        Answer::empty(StatusCode::ACCEPTED),
    )
}

pub(super) fn delete_machines(state: &mut State, request: &Request, names: [&str; 4]) -> Answer {
    let [_, group, cluster, pool] = names;
    let Some(found) = state.pool(group, cluster, pool) else {
        return errors::pool_not_found();
    };
    let asked: Vec<&str> = request
        .logged
        .body
        .get("machineNames")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let known = machines::names(found);
    if let Some(unknown) = asked
        .iter()
        .find(|name| !known.contains(&(**name).to_owned()))
    {
        let message = format!("Could not find the machine '{unknown}' in the agent pool '{pool}'.");
        return errors::bare(StatusCode::BAD_REQUEST, "InvalidParameter", &message, "");
    }
    found["properties"]["provisioningState"] = json!("DeletingMachines");
    let nodes = u64::try_from(asked.len()).unwrap_or(u64::MAX);
    operations::start(
        state,
        names,
        Outcome::Shrinks(nodes),
        Answer::empty(StatusCode::ACCEPTED),
    )
}

/// Creates or replaces an agent pool (`AgentPools_CreateOrUpdate`).
pub(super) fn put(state: &mut State, request: &Request, names: [&str; 4]) -> Answer {
    let [_, group, cluster, pool] = names;
    let sent = request
        .logged
        .body
        .get("properties")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let old = state.pool(group, cluster, pool).cloned();
    if let Some(refusal) =
        precondition(request, old.as_ref()).or_else(|| resize::refusal(state, &sent, old.as_ref()))
    {
        return refusal;
    }
    state.writes += 1;
    let properties = resulting_properties(state, request, group, cluster, &sent, old.as_ref());
    let id = canonical_id(&request.logged.path);
    let document = json!({"id": id, "name": pool, "type": TYPE, "properties": properties});
    if let Some(cluster) = state.cluster(group, cluster) {
        cluster.pools.insert(pool.to_owned(), document.clone());
    }
    let status = if old.is_some() {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    operations::start(
        state,
        names,
        Outcome::Settles,
        Answer::document(status, document),
    )
}

/// Returns the refusal that `If-Match` and `If-None-Match` demand, if any.
fn precondition(request: &Request, old: Option<&Value>) -> Option<Answer> {
    if request.header("if-none-match") == Some("*") && old.is_some() {
        return Some(errors::precondition_failed("The pool exists already."));
    }
    let wanted = request.header("if-match")?;
    let tag = old
        .and_then(|pool| pool.pointer("/properties/eTag"))
        .and_then(Value::as_str)
        .unwrap_or_default();
    let holds = wanted == "*" || wanted == tag || wanted == tag.trim_matches('"');
    (!holds).then(|| {
        errors::precondition_failed(&format!(
            "The etag provided in the If-Match header {wanted} does not match."
        ))
    })
}

/// Returns the pool's properties after a write: AKS's defaults, the properties sent, and those that
/// only AKS sets.
fn resulting_properties(
    state: &mut State,
    request: &Request,
    group: &str,
    cluster: &str,
    sent: &Map<String, Value>,
    old: Option<&Value>,
) -> Value {
    let mut properties = defaults(sent.get("osType").and_then(Value::as_str) == Some("Windows"));
    properties.extend(
        sent.iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone())),
    );
    if properties
        .get("nodeTaints")
        .and_then(Value::as_array)
        .is_none_or(Vec::is_empty)
    {
        properties.remove("nodeTaints");
    }
    let asked = sent
        .get("orchestratorVersion")
        .and_then(Value::as_str)
        .filter(|version| !version.is_empty());
    let of_cluster = state
        .cluster(group, cluster)
        .and_then(|cluster| cluster.kubernetes_version.clone());
    let version = asked.map_or_else(
        || of_cluster.unwrap_or_else(|| KUBERNETES.to_owned()),
        str::to_owned,
    );
    let power = sent
        .get("powerState")
        .and_then(|power| power.get("code"))
        .and_then(Value::as_str);
    let stopped = power == Some("Stopped") && state.specification.rules == Rules::Aks;
    properties.insert("orchestratorVersion".to_owned(), json!(version));
    properties.insert("currentOrchestratorVersion".to_owned(), json!(version));
    properties.insert(
        "powerState".to_owned(),
        json!({"code": if stopped { "Stopped" } else { "Running" }}),
    );
    properties.insert(
        "eTag".to_owned(),
        json!(format!(
            "\"{:08}-0000-4000-8000-000000000000\"",
            state.writes
        )),
    );
    let mut properties = Value::Object(properties);
    let worlds = (state.specification.rules, state.specification.generations);
    let image = image(request, worlds, &properties, sent, old);
    properties["nodeImageVersion"] = json!(image);
    properties["provisioningState"] = json!(doing(old, &properties));
    properties
}

/// Returns the provisioning state while AKS changes a pool from the old properties to the new.
fn doing(old: Option<&Value>, new: &Value) -> &'static str {
    let Some(old) = old.and_then(|pool| pool.get("properties")) else {
        return "Creating";
    };
    let differs = |pointer: &str| old.pointer(pointer) != new.pointer(pointer);
    if differs("/powerState/code") {
        let stopped = new.pointer("/powerState/code").and_then(Value::as_str) == Some("Stopped");
        if stopped { "Stopping" } else { "Starting" }
    } else if differs("/orchestratorVersion") {
        "Upgrading"
    } else if differs("/count") {
        "Scaling"
    } else {
        "Updating"
    }
}

/// Returns the node image: the requested one if it differs from the pool's (a rollback), else the
/// one that follows from its properties.
fn image(
    request: &Request,
    (rules, generations): (Rules, Generations),
    properties: &Value,
    sent: &Map<String, Value>,
    old: Option<&Value>,
) -> String {
    let wanted = sent.get("nodeImageVersion").and_then(Value::as_str);
    let current = old
        .and_then(|pool| pool.pointer("/properties/nodeImageVersion"))
        .and_then(Value::as_str);
    if let (Some(wanted), Some(current)) = (wanted, current)
        && wanted != current
    {
        return wanted.to_owned();
    }
    let asks_for_gen2 = request
        .header("usewindowsgen2vm")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let windows_gen2 = match (generations, current) {
        (Generations::Refused, Some(current)) => current.contains("gen2"),
        _ => asks_for_gen2,
    };
    node_image::version(&node_image::Request {
        properties,
        windows_gen2,
        rules,
    })
}

fn defaults(windows: bool) -> Map<String, Value> {
    let defaults = json!({
        "count": 3, "osDiskSizeGB": 128, "osDiskType": "Managed", "kubeletDiskType": "OS",
        "maxPods": if windows { 30 } else { 110 }, "type": "VirtualMachineScaleSets", "enableAutoScaling": false,
        "enableNodePublicIP": false, "mode": "User", "enableEncryptionAtHost": false, "enableUltraSSD": false,
        "osType": "Linux", "osSKU": if windows { "Windows2022" } else { "Ubuntu" },
        "upgradeSettings": {"maxSurge": "10%", "maxUnavailable": "0"}, "enableFIPS": false,
        "securityProfile": {"enableVTPM": false, "enableSecureBoot": false},
    });
    match defaults {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// Returns the path with its collection spelt as Resource Manager does.
fn canonical_id(path: &str) -> String {
    let mut segments: Vec<&str> = path.split('/').collect();
    for segment in &mut segments {
        if segment.eq_ignore_ascii_case("agentPools") {
            *segment = "agentPools";
        }
    }
    segments.join("/")
}
