//! The sizes of a pool's nodes, and the number of nodes that a change adds.

use serde_json::Value as Json;

use crate::input::{Action, Input};
use crate::pool::Pool;

/// Nodes of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Nodes<'a> {
    /// The size; `None` if AKS chooses it.
    pub(crate) size: Option<&'a str>,
    /// The initial number of nodes.
    pub(crate) count: i64,
    /// The maximum number of nodes to which the autoscaler may scale.
    pub(crate) most: Option<i64>,
}

/// Returns the names of the sizes that a pool has or would have; empty if AKS chooses.
pub fn sizes_of(pool: &Json) -> Vec<&str> {
    let nodes = of(Pool(pool));
    nodes.into_iter().filter_map(|nodes| nodes.size).collect()
}

/// Returns a pool's nodes by size.
pub(crate) fn of(pool: Pool<'_>) -> Vec<Nodes<'_>> {
    if pool.is_of_machines() {
        return of_machines(pool);
    }
    let count = pool.integer("count").unwrap_or(1);
    let is_scaled = pool.is_on("enableAutoScaling");
    let bound = |path| pool.integer(path).filter(|_| is_scaled);
    vec![Nodes {
        size: pool.text("vmSize"),
        count: count.max(bound("minCount").unwrap_or(count)),
        most: bound("maxCount"),
    }]
}

fn of_machines(pool: Pool<'_>) -> Vec<Nodes<'_>> {
    let profiles = |kind: &str| {
        let found = pool.get(&format!("virtualMachinesProfile.scale.{kind}"));
        match found {
            Some(Json::Array(profiles)) => profiles.iter().collect(),
            // Azure has sent a single profile in place of a list.
            Some(profile @ Json::Object(_)) => vec![profile],
            _ => Vec::new(),
        }
    };
    let number = |profile: &Json, name: &str| profile.get(name).and_then(Json::as_i64);
    let manual = profiles("manual").into_iter().map(|profile| Nodes {
        size: profile.get("size").and_then(Json::as_str),
        count: number(profile, "count").unwrap_or(1),
        most: None,
    });
    let scaled = profiles("autoscale").into_iter().map(|profile| Nodes {
        size: profile.get("size").and_then(Json::as_str),
        count: number(profile, "minCount").unwrap_or(0),
        most: number(profile, "maxCount"),
    });
    manual.chain(scaled).collect()
}

/// Returns the total number of nodes.
pub(crate) fn total<'a>(nodes: impl IntoIterator<Item = &'a Nodes<'a>>) -> i64 {
    let counts = nodes.into_iter().map(|nodes| nodes.count);
    counts.fold(0, i64::saturating_add)
}

/// Returns the number of nodes of a size that a change adds at first.
pub(crate) fn added(input: &Input<'_>, nodes: &Nodes<'_>) -> i64 {
    let Some(current) = input.existing().filter(|_| input.action != Action::Add) else {
        return nodes.count;
    };
    let is_same = |of: &&Nodes<'_>| match (of.size, nodes.size) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        (one, other) => one == other,
    };
    let now = of(current);
    let now = total(now.iter().filter(is_same));
    nodes.count.saturating_sub(now).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn nodes(size: Option<&str>, count: i64, most: Option<i64>) -> Nodes<'_> {
        Nodes { size, count, most }
    }

    #[test]
    fn machines_have_a_count_for_each_size() {
        let pool = json!({"properties": {"type": "VirtualMachines", "virtualMachinesProfile": {"scale": {
            "manual": [{"size": "A", "count": 2}], "autoscale": {"size": "B", "minCount": 1, "maxCount": 5}}}}});
        let expected = [nodes(Some("A"), 2, None), nodes(Some("B"), 1, Some(5))];
        assert_eq!(of(Pool(&pool)), expected);
        assert_eq!(sizes_of(&pool), ["A", "B"]);
    }

    #[test]
    fn an_autoscaler_has_its_least_at_once() {
        let pool = json!({"properties": {"vmSize": "A", "count": 1, "enableAutoScaling": true,
            "minCount": 2, "maxCount": 5}});
        assert_eq!(of(Pool(&pool)), [nodes(Some("A"), 2, Some(5))]);
        let off = json!({"properties": {"vmSize": "", "count": 4, "maxCount": 5}});
        assert_eq!(of(Pool(&off)), [nodes(None, 4, None)]);
        assert!(sizes_of(&off).is_empty());
    }
}
