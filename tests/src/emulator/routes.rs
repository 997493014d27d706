//! The routes: which module of the emulator answers which request.
//!
//! Paths are compared in lower case, as in Resource Manager; names in responses keep the case of
//! the request.

use super::exchange::{Answer, Answered, Request};
use super::identity::Endpoint;
use super::state::State;
use super::{
    clusters, commands, compute, credentials, entra, errors, groups, identity, machines,
    operations, pools, prices, resources, skus, tenant, throttle, versions,
};

/// Answers a request.
pub(super) fn answer(state: &mut State, request: &Request) -> Answer {
    let segments = request.segments.iter();
    let lower: Vec<String> = segments.map(|segment| segment.to_lowercase()).collect();
    let path: Vec<&str> = lower.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["api", "retail", "prices"] => return prices::list(state, request),
        ["msi", "token"] => return identity::answer(state, request, Endpoint::AppService),
        ["ml", "token"] => return identity::answer(state, request, Endpoint::MachineLearning),
        ["fabric", "token"] => return identity::answer(state, request, Endpoint::ServiceFabric),
        ["arc", "token"] => return identity::arc(state, request),
        ["oauth2", "token"] => return identity::cloud_shell(state, request),
        ["metadata", "identity", "oauth2", "token"] => {
            return identity::answer(state, request, Endpoint::InstanceMetadata);
        }
        [tenant, "oauth2", "v2.0", "token"] | [tenant, "oauth2", "token"] => {
            return entra::token(state, request, tenant);
        }
        [tenant, "v2.0", ".well-known", "openid-configuration"] => {
            return entra::openid_configuration(request, tenant);
        }
        _ => {}
    }
    if let Some(refusal) = errors::unauthenticated(request) {
        return refusal;
    }
    if let Some(challenge) = entra::challenge(state, request) {
        return challenge;
    }
    let bucket = state
        .reads_left
        .as_mut()
        .filter(|_| request.method() == "GET");
    if let Some(refusal) = bucket.and_then(throttle::Bucket::take) {
        return refusal;
    }
    match path.as_slice() {
        ["subscriptions"] => tenant::subscriptions(state),
        ["tenants"] => tenant::tenants(),
        ["subscriptions", id, rest @ ..] if !rest.is_empty() => {
            if tenant::find(state, id).is_some() {
                in_subscription(state, request, id, rest)
            } else {
                errors::subscription_not_found(id)
            }
        }
        ["subscriptions", id] => tenant::subscription(state, id),
        _ => errors::not_found(),
    }
}

/// Answers a request below a subscription; `path` follows the subscription's id.
fn in_subscription(
    state: &mut State,
    request: &Request,
    subscription: &str,
    path: &[&str],
) -> Answer {
    match path {
        ["locations"] => return tenant::locations(subscription),
        ["resources"] => return resources::list(state, request, subscription),
        ["providers", _] => return resources::provider(state, request),
        ["resourcegroups"] => return groups::list(state, request, subscription),
        ["resourcegroups", name] => return groups::show(state, request, subscription, name),
        _ => {}
    }
    let (group, path) = match path {
        ["resourcegroups", group, path @ ..] => (Some(*group), path),
        path => (None, path),
    };
    let answer = match path {
        ["providers", "microsoft.compute", path @ ..] if group.is_none() => {
            in_compute(state, request, path)
        }
        ["providers", "microsoft.containerservice", path @ ..] => {
            in_aks(state, request, (subscription, group), path)
        }
        _ => None,
    };
    match answer {
        Some(answer) => answer,
        None if request.method() == "GET" && !state.specification.resources.is_empty() => {
            resources::show(state, request)
        }
        None => errors::not_found(),
    }
}

/// Answers a request to Compute; none if it is unknown.
fn in_compute(state: &mut State, request: &Request, path: &[&str]) -> Option<Answer> {
    Some(match path {
        ["skus"] => skus::list(state, request),
        ["locations", location, "vmsizes"] => compute::sizes(state, location),
        ["locations", location, "usages"] => compute::usages(state, location),
        _ => return None,
    })
}

/// Answers a request to AKS about a location; none if it is unknown.
fn in_location(
    state: &mut State,
    request: &Request,
    location: &str,
    path: &[&str],
) -> Option<Answer> {
    Some(match path {
        ["operations", id] => operations::status(state, id),
        ["operationresults", id] => operations::result(state, id),
        ["kubernetesversions"] => versions::list(location),
        ["vmskus"] => skus::list_vm_skus(state, request, location),
        _ => return None,
    })
}

/// Answers a request to AKS in a subscription, or in a group of it; none if it is unknown.
fn in_aks(
    state: &mut State,
    request: &Request,
    (subscription, group): (&str, Option<&str>),
    path: &[&str],
) -> Option<Answer> {
    Some(match (path, group) {
        (["locations", location, path @ ..], None) => {
            return in_location(state, request, location, path);
        }
        (["managedclusters"], _) => clusters::list(state, subscription, group),
        (["snapshots"], _) => clusters::snapshots(state, group),
        (["snapshots", name], Some(_)) => clusters::snapshot(state, request, name),
        (["managedclusters", name, path @ ..], Some(group)) => {
            if state.cluster(group, name).is_none() {
                missing(request, "managedClusters")
            } else {
                in_cluster(state, request, [subscription, group, name], path)
            }
        }
        _ => return None,
    })
}

/// Answers a request for a managed cluster or a resource in it.
fn in_cluster(state: &mut State, request: &Request, names: [&str; 3], path: &[&str]) -> Answer {
    let [subscription, group, cluster] = names;
    match (request.method(), path) {
        ("GET", []) => clusters::show(state, subscription, cluster),
        ("POST", ["runcommand"]) => commands::run(state, request, names),
        ("GET", ["commandresults", id]) => commands::result(state, id),
        ("POST", ["listclusterusercredential"]) => {
            credentials::list(state, request, names, credentials::Role::User)
        }
        ("POST", ["listclusteradmincredential"]) => {
            credentials::list(state, request, names, credentials::Role::Admin)
        }
        ("GET", ["upgradeprofiles", "default"]) => {
            versions::upgrade_profile(state, subscription, group, cluster)
        }
        ("GET", ["agentpools"]) => pools::list(state, group, cluster),
        (_, ["agentpools", pool, path @ ..]) => {
            let names = [subscription, group, cluster, pool];
            in_pool(state, request, names, path).unwrap_or_else(|refusal| refusal)
        }
        _ => errors::not_found(),
    }
}

/// Answers a request for an agent pool or a resource in it.
fn in_pool(state: &mut State, request: &Request, names: [&str; 4], path: &[&str]) -> Answered {
    match (request.method(), path) {
        ("GET", []) => pools::show(state, names),
        ("PUT", []) => pools::put(state, request, names),
        ("DELETE", []) => pools::delete(state, request, names),
        ("GET", ["upgradeprofiles", "default"]) => pools::upgrade_profile(state, names),
        ("POST", ["upgradenodeimageversion"]) => pools::upgrade_node_image(state, names),
        ("POST", ["abort"]) => pools::abort(state, names),
        ("POST", ["deletemachines"]) => pools::delete_machines(state, request, names),
        ("GET", ["machines"]) => machines::list(state, names),
        ("GET", ["machines", name]) => machines::show(state, names, name),
        _ => Err(errors::not_found()),
    }
}

/// Answers a request for an unknown resource, named as in the request.
pub(super) fn missing(request: &Request, kind: &str) -> Answer {
    let segment = |index: usize| request.segments.get(index).map_or("", String::as_str);
    errors::resource_not_found(kind, segment(3), segment(7))
}
