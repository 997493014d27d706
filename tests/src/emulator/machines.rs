//! The machines of agent pools, derived from a pool's count and zones.

use http::StatusCode;
use serde_json::{Value, json};

use super::errors;
use super::exchange::Answer;
use super::state::State;

const TYPE: &str = "Microsoft.ContainerService/managedClusters/agentPools/machines";

/// Lists the machines of a pool.
pub(super) fn list(state: &mut State, [group, cluster, pool]: [&str; 3]) -> Answer {
    match state.pool(group, cluster, pool) {
        Some(pool) => Answer::ok(json!({ "value": machines(pool) })),
        None => errors::pool_not_found(),
    }
}

/// Shows one machine of a pool.
pub(super) fn show(state: &mut State, [group, cluster, pool]: [&str; 3], name: &str) -> Answer {
    let Some(pool) = state.pool(group, cluster, pool) else {
        return errors::pool_not_found();
    };
    let is_it = |machine: &Value| {
        let found = machine.get("name").and_then(Value::as_str);
        found.is_some_and(|found| found.eq_ignore_ascii_case(name))
    };
    match machines(pool).into_iter().find(is_it) {
        Some(machine) => Answer::ok(machine),
        None => errors::wrapped(
            StatusCode::NOT_FOUND,
            "NotFound",
            &format!("Machine {name} not found."),
        ),
    }
}

fn machines(pool: &Value) -> Vec<Value> {
    let id = pool.get("id").and_then(Value::as_str).unwrap_or_default();
    let zones = pool.pointer("/properties/availabilityZones");
    let zones = zones
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
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
    let name = pool.get("name").and_then(Value::as_str).unwrap_or_default();
    let count = pool
        .pointer("/properties/count")
        .and_then(Value::as_u64)
        .unwrap_or_default()
        .min(36);
    let digit = |number: u64| {
        u32::try_from(number)
            .ok()
            .and_then(|number| char::from_digit(number, 36))
            .unwrap_or('0')
    };
    (0..count)
        .map(|index| format!("aks-{name}-12345678-vmss00000{}", digit(index)))
        .collect()
}
