//! Agent pools: `Microsoft.ContainerService/managedClusters/agentPools`.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::exchange::{Answer, Answered, Request};
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
    let cluster = state.cluster(group, cluster);
    Answer::list(cluster.iter().flat_map(|cluster| cluster.pools.values()))
}

pub(super) fn show(state: &mut State, names: [&str; 4]) -> Answered {
    state.pool(names).map(|pool| Answer::ok(pool.clone()))
}

pub(super) fn upgrade_profile(state: &mut State, names: [&str; 4]) -> Answered {
    let [_, group, cluster, pool] = names;
    state.pool(names)?;
    let cluster = state
        .cluster(group, cluster)
        .ok_or_else(errors::not_found)?;
    let own = cluster.upgrade_profiles.get(pool);
    let profile = own.or(cluster.upgrade_profile.as_ref()).cloned();
    profile.map(Answer::ok).ok_or_else(errors::not_found)
}

pub(super) fn delete(state: &mut State, request: &Request, names: [&str; 4]) -> Answered {
    let [_, _, cluster, pool] = names;
    let found = state.pool(names)?;
    check_precondition(request, Some(found))?;
    found["properties"]["provisioningState"] = json!("Deleting");
    if let Some(kubernetes) = state.kubernetes(cluster) {
        kubernetes.before_deletion(pool);
    }
    Ok(operations::accept(state, names, Outcome::Deletes))
}

pub(super) fn upgrade_node_image(state: &mut State, names: [&str; 4]) -> Answered {
    if state.specification.rules == Rules::Recorded {
        return Err(errors::not_found());
    }
    let found = state.pool(names)?;
    let version = found["properties"]["nodeImageVersion"].as_str();
    let version = version.unwrap_or_default();
    let newer = node_image::newer(version);
    if newer == version {
        return Ok(Answer::ok(found.clone()));
    }
    found["properties"]["nodeImageVersion"] = json!(newer);
    found["properties"]["provisioningState"] = json!("UpgradingNodeImageVersion");
    let answer = Answer::document(StatusCode::ACCEPTED, found.clone());
    Ok(operations::start(state, names, Outcome::Settles, answer))
}

pub(super) fn abort(state: &mut State, names: [&str; 4]) -> Answered {
    let found = state.pool(names)?;
    let doing = found["properties"]["provisioningState"].as_str();
    if doing.is_none_or(|doing| ENDED.contains(&doing)) {
        return Err(errors::nothing_to_abort());
    }
    found["properties"]["provisioningState"] = json!("Canceling");
    Ok(operations::accept(state, names, Outcome::Aborts))
}

pub(super) fn delete_machines(state: &mut State, request: &Request, names: [&str; 4]) -> Answered {
    let found = state.pool(names)?;
    let asked = request.logged.body["machineNames"].as_array();
    let asked: Vec<&str> = asked
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let known = machines::names(found);
    if let Some(unknown) = asked
        .iter()
        .find(|name| known.iter().all(|known| known != *name))
    {
        let pool = names[3];
        let message = format!("Could not find the machine '{unknown}' in the agent pool '{pool}'.");
        let status = StatusCode::BAD_REQUEST;
        return Err(errors::bare(status, "InvalidParameter", &message, ""));
    }
    found["properties"]["provisioningState"] = json!("DeletingMachines");
    let outcome = Outcome::Shrinks(asked.len() as u64);
    Ok(operations::accept(state, names, outcome))
}

/// Creates or replaces an agent pool (`AgentPools_CreateOrUpdate`).
pub(super) fn put(state: &mut State, request: &Request, names: [&str; 4]) -> Answered {
    let [_, group, cluster, pool] = names;
    let sent = request.logged.body["properties"].as_object();
    let sent = sent.cloned().unwrap_or_default();
    let old = state.pool(names).ok().cloned();
    check_precondition(request, old.as_ref())?;
    if let Some(refusal) = resize::refusal(state, &sent, old.as_ref()) {
        return Err(refusal);
    }
    state.writes += 1;
    let properties = resulting_properties(state, request, group, cluster, &sent, old.as_ref());
    let id = canonical_id(&request.logged.path);
    let document = json!({"id": id, "name": pool, "type": TYPE, "properties": properties});
    if let Some(cluster) = state.cluster(group, cluster) {
        cluster.pools.insert(pool.to_owned(), document.clone());
    }
    let created = old.map_or(StatusCode::CREATED, |_| StatusCode::OK);
    let answer = Answer::document(created, document);
    Ok(operations::start(state, names, Outcome::Settles, answer))
}

/// Refuses a request whose `If-Match` or `If-None-Match` demands that.
fn check_precondition(request: &Request, old: Option<&Value>) -> Answered<()> {
    let tag = old.and_then(|pool| pool["properties"]["eTag"].as_str());
    let tag = tag.unwrap_or_default();
    let message = match request.header("if-match") {
        _ if request.header("if-none-match") == Some("*") && old.is_some() => {
            "The pool exists already.".to_owned()
        }
        Some(wanted) if !["*", tag, tag.trim_matches('"')].contains(&wanted) => {
            format!("The etag provided in the If-Match header {wanted} does not match.")
        }
        _ => return Ok(()),
    };
    let status = StatusCode::PRECONDITION_FAILED;
    Err(errors::wrapped(status, "PreconditionFailed", &message))
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
    let text = |name| sent.get(name).and_then(Value::as_str);
    let mut properties = defaults(text("osType") == Some("Windows"));
    for (name, value) in sent.iter().filter(|(_, value)| !value.is_null()) {
        properties[name] = value.clone();
    }
    let taints = properties.get("nodeTaints").and_then(Value::as_array);
    if let (true, Some(members)) = (taints.is_none_or(Vec::is_empty), properties.as_object_mut()) {
        members.remove("nodeTaints");
    }
    let asked = text("orchestratorVersion").filter(|version| !version.is_empty());
    let cluster = state.cluster(group, cluster);
    let of_cluster = cluster.and_then(|cluster| cluster.kubernetes_version.as_deref());
    let version = json!(asked.or(of_cluster).unwrap_or(KUBERNETES));
    let power = sent
        .get("powerState")
        .and_then(|power| power["code"].as_str());
    let stopped = power == Some("Stopped") && state.specification.rules == Rules::Aks;
    properties["orchestratorVersion"] = version.clone();
    properties["currentOrchestratorVersion"] = version;
    properties["powerState"] = json!({"code": if stopped { "Stopped" } else { "Running" }});
    let writes = state.writes;
    properties["eTag"] = json!(format!("\"{writes:08}-0000-4000-8000-000000000000\""));
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
        let stopped = new["powerState"]["code"] == "Stopped";
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
    let current = old.and_then(|pool| pool["properties"]["nodeImageVersion"].as_str());
    if let (Some(wanted), Some(current)) = (wanted, current)
        && wanted != current
    {
        return wanted.to_owned();
    }
    let asked = request.header("usewindowsgen2vm");
    let asks_for_gen2 = asked.is_some_and(|value| value.eq_ignore_ascii_case("true"));
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

fn defaults(windows: bool) -> Value {
    json!({
        "count": 3, "osDiskSizeGB": 128, "osDiskType": "Managed", "kubeletDiskType": "OS",
        "maxPods": if windows { 30 } else { 110 }, "type": "VirtualMachineScaleSets", "enableAutoScaling": false,
        "enableNodePublicIP": false, "mode": "User", "enableEncryptionAtHost": false, "enableUltraSSD": false,
        "osType": "Linux", "osSKU": if windows { "Windows2022" } else { "Ubuntu" },
        "upgradeSettings": {"maxSurge": "10%", "maxUnavailable": "0"}, "enableFIPS": false,
        "securityProfile": {"enableVTPM": false, "enableSecureBoot": false},
    })
}

/// Returns the path with its collection spelt as Resource Manager does.
fn canonical_id(path: &str) -> String {
    let spelt = path.split('/').map(|segment| match segment {
        pools if pools.eq_ignore_ascii_case("agentPools") => "agentPools",
        other => other,
    });
    spelt.collect::<Vec<_>>().join("/")
}
