//! The routes: which module of the emulator answers which request.
//!
//! Paths are compared in lower case, as in Resource Manager; names in responses keep the case of
//! the request.

use super::exchange::{Answer, Request};
use super::state::State;
use super::{
    clusters, commands, compute, credentials, entra, errors, groups, identity, machines,
    operations, pools, prices, resources, skus, tenant, throttle, versions,
};

/// Answers a request.
pub(super) fn answer(state: &mut State, request: &Request) -> Answer {
    let lower: Vec<String> = request
        .segments
        .iter()
        .map(|segment| segment.to_lowercase())
        .collect();
    let path: Vec<&str> = lower.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["api", "retail", "prices"] => return prices::list(state, request),
        ["msi", "token"] => return identity::app_service(state, request),
        ["ml", "token"] => return identity::machine_learning(state, request),
        ["fabric", "token"] => return identity::service_fabric(state, request),
        ["arc", "token"] => return identity::arc(state, request),
        ["oauth2", "token"] => return identity::cloud_shell(state, request),
        ["metadata", "identity", "oauth2", "token"] => {
            return identity::instance_metadata(state, request);
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
            if state
                .specification
                .subscriptions
                .iter()
                .any(|known| known.id.eq_ignore_ascii_case(id))
            {
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
        ["locations"] => tenant::locations(subscription),
        ["providers", "microsoft.compute", "skus"] => skus::list(state, request),
        [
            "providers",
            "microsoft.compute",
            "locations",
            location,
            "vmsizes",
        ] => compute::sizes(state, location),
        [
            "providers",
            "microsoft.compute",
            "locations",
            location,
            "usages",
        ] => compute::usages(state, location),
        [
            "providers",
            "microsoft.containerservice",
            "locations",
            _,
            "operations",
            id,
        ] => operations::status(state, id),
        [
            "providers",
            "microsoft.containerservice",
            "locations",
            _,
            "operationresults",
            id,
        ] => operations::result(state, id),
        [
            "providers",
            "microsoft.containerservice",
            "locations",
            location,
            "kubernetesversions",
        ] => versions::list(location),
        [
            "providers",
            "microsoft.containerservice",
            "locations",
            location,
            "vmskus",
        ] => skus::list_vm_skus(state, request, location),
        ["resources"] => resources::list(state, request, subscription),
        ["providers", _] => resources::provider(state, request),
        ["resourcegroups"] => groups::list(state, request, subscription),
        ["resourcegroups", name] => groups::show(state, request, subscription, name),
        ["providers", "microsoft.containerservice", "managedclusters"] => {
            clusters::list(state, subscription, None)
        }
        [
            "resourcegroups",
            group,
            "providers",
            "microsoft.containerservice",
            "managedclusters",
        ] => clusters::list(state, subscription, Some(group)),
        ["providers", "microsoft.containerservice", "snapshots"] => {
            clusters::snapshots(state, None)
        }
        [
            "resourcegroups",
            group,
            "providers",
            "microsoft.containerservice",
            "snapshots",
        ] => clusters::snapshots(state, Some(group)),
        [
            "resourcegroups",
            _,
            "providers",
            "microsoft.containerservice",
            "snapshots",
            name,
        ] => clusters::snapshot(state, request, name),
        [
            "resourcegroups",
            group,
            "providers",
            "microsoft.containerservice",
            "managedclusters",
            name,
            rest @ ..,
        ] => {
            if state.cluster(group, name).is_none() {
                return missing(request, "managedClusters");
            }
            in_cluster(state, request, [subscription, group, name], rest)
        }
        _ if request.method() == "GET" && !state.specification.resources.is_empty() => {
            resources::show(state, request)
        }
        _ => errors::not_found(),
    }
}

/// Answers a request for a managed cluster or a resource in it.
fn in_cluster(state: &mut State, request: &Request, names: [&str; 3], path: &[&str]) -> Answer {
    let [subscription, group, cluster] = names;
    let pool_names = |pool| [subscription, group, cluster, pool];
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
        ("GET", ["agentpools", pool]) => pools::show(state, group, cluster, pool),
        ("PUT", ["agentpools", pool]) => pools::put(state, request, pool_names(pool)),
        ("DELETE", ["agentpools", pool]) => pools::delete(state, request, pool_names(pool)),
        ("GET", ["agentpools", pool, "upgradeprofiles", "default"]) => {
            pools::upgrade_profile(state, group, cluster, pool)
        }
        ("POST", ["agentpools", pool, "upgradenodeimageversion"]) => {
            pools::upgrade_node_image(state, pool_names(pool))
        }
        ("POST", ["agentpools", pool, "abort"]) => pools::abort(state, pool_names(pool)),
        ("POST", ["agentpools", pool, "deletemachines"]) => {
            pools::delete_machines(state, request, pool_names(pool))
        }
        ("GET", ["agentpools", pool, "machines"]) => machines::list(state, [group, cluster, pool]),
        ("GET", ["agentpools", pool, "machines", name]) => {
            machines::show(state, [group, cluster, pool], name)
        }
        _ => errors::not_found(),
    }
}

/// Answers a request for an unknown resource, named as in the request.
pub(super) fn missing(request: &Request, kind: &str) -> Answer {
    let segment = |index: usize| request.segments.get(index).map_or("", String::as_str);
    errors::resource_not_found(kind, segment(3), segment(7))
}
