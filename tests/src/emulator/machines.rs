//! The machines of agent pools, derived from a pool's count and zones.

use serde_json::{Value, json};

use super::errors;
use super::exchange::{Answer, Answered};
use super::state::State;

const TYPE: &str = "Microsoft.ContainerService/managedClusters/agentPools/machines";

/// Lists the machines of a pool.
pub(super) fn list(state: &mut State, names: [&str; 4]) -> Answered {
    Ok(Answer::list(machines(state.pool(names)?)))
}

/// Shows one machine of a pool.
pub(super) fn show(state: &mut State, names: [&str; 4], name: &str) -> Answered {
    let mut machines = machines(state.pool(names)?).into_iter();
    let is_it = |machine: &Value| {
        let found = machine["name"].as_str();
        found.is_some_and(|found| found.eq_ignore_ascii_case(name))
    };
    let missing = || errors::missing("NotFound", &format!("Machine {name} not found."));
    machines.find(is_it).map(Answer::ok).ok_or_else(missing)
}

fn machines(pool: &Value) -> Vec<Value> {
    let id = pool["id"].as_str().unwrap_or_default();
    let zones = pool["properties"]["availabilityZones"].as_array();
    let zones = zones.map_or(&[][..], Vec::as_slice);
    let machine = |(index, name): (usize, String)| {
        let address = format!("10.224.0.{}", index + 4);
        let mut machine = json!({
            "id": format!("{id}/machines/{name}"),
            "name": name,
            "type": TYPE,
            "properties": {
                "resourceId": format!("{id}/machines/{name}"),
                "network": {"ipAddresses": [{"family": "IPv4", "ip": address}]},
            },
        });
        if let Some(zone) = zones.get(index % zones.len().max(1)) {
            machine["zones"] = json!([zone]);
        }
        machine
    };
    names(pool).into_iter().enumerate().map(machine).collect()
}

/// Returns the names `aks-<pool>-<hash>-vmss000000` and so on: instance ids are in base 36, six
/// digits long.
pub(super) fn names(pool: &Value) -> Vec<String> {
    let name = pool["name"].as_str().unwrap_or_default();
    let count = pool["properties"]["count"].as_u64().unwrap_or_default();
    let digits = ('0'..='9').chain('a'..='z').zip(0..count);
    digits
        .map(|(digit, _)| format!("aks-{name}-12345678-vmss00000{digit}"))
        .collect()
}
