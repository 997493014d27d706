//! How much of a region's quotas is left, as the list of usages tells.

use std::collections::HashMap;

use azq_vm_sizes::{Definition, family_key};
use serde_json::Value;

/// The quota of all families together.
const REGION: &str = "cores";
/// The quota of spot machines, of whatever family.
const SPOT: &str = "lowprioritycores";

/// What is left, in vCPUs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quotas {
    left: HashMap<String, i128>,
}

impl Quotas {
    /// Reads usages as Resource Manager lists them.
    pub(crate) fn of(usages: &[Value]) -> Self {
        let left = usages.iter().filter_map(|usage| {
            let name = usage.pointer("/name/value")?.as_str()?;
            let number = |name| usage.get(name).and_then(Value::as_i64).map(i128::from);
            Some((key(name), number("limit")? - number("currentValue")?))
        });
        Self {
            left: left.collect(),
        }
    }

    /// Tells how many vCPUs of a size there may be more, by all quotas that count it. `None` if no
    /// quota of them is known.
    pub(crate) fn left(&self, size: &Definition, is_spot: bool) -> Option<i128> {
        let counted = names(size, is_spot);
        let known = counted.iter().filter_map(|name| self.left.get(name));
        known.min().copied()
    }

    /// Tells whether there may be so many nodes more. What is not known does not stand in the way.
    pub(crate) fn has_room(&self, size: &Definition, is_spot: bool, nodes: u64) -> bool {
        let wanted = vcpus(size, nodes);
        self.left(size, is_spot).is_none_or(|left| left >= wanted)
    }

    /// Counts nodes that are made.
    pub(crate) fn take(&mut self, size: &Definition, is_spot: bool, nodes: u64) {
        self.add(size, is_spot, -vcpus(size, nodes));
    }

    /// Counts nodes that are gone.
    pub(crate) fn give_back(&mut self, size: &Definition, is_spot: bool, nodes: u64) {
        self.add(size, is_spot, vcpus(size, nodes));
    }

    fn add(&mut self, size: &Definition, is_spot: bool, vcpus: i128) {
        for name in names(size, is_spot) {
            if let Some(left) = self.left.get_mut(&name) {
                *left += vcpus;
            }
        }
    }
}

fn names(size: &Definition, is_spot: bool) -> Vec<String> {
    if is_spot {
        vec![SPOT.to_owned()]
    } else {
        vec![REGION.to_owned(), key(&size.family)]
    }
}

fn vcpus(size: &Definition, nodes: u64) -> i128 {
    i128::from(size.vcpus) * i128::from(nodes)
}

/// A family's key; the other quotas have names of their own.
fn key(name: &str) -> String {
    let lower = name.to_lowercase();
    if lower == REGION || lower == SPOT {
        lower
    } else {
        family_key(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use azq_vm_sizes::Capabilities;
    use serde_json::json;

    fn usage(name: &str, used: u64, limit: i64) -> Value {
        json!({"name": {"value": name}, "currentValue": used, "limit": limit})
    }

    #[test]
    fn the_smallest_of_the_quotas_decides() {
        let four = [json!({"name": "vCPUs", "value": "4"})];
        let size = Definition::new("s", "standardDSv5Family", Capabilities::of(&four));
        let mut quotas = Quotas::of(&[
            usage("cores", 8, 100),
            usage("standardDSv5Family", 0, 10),
            usage("lowPriorityCores", 0, 4),
        ]);
        assert_eq!(quotas.left(&size, false), Some(10));
        assert!(quotas.has_room(&size, false, 2) && !quotas.has_room(&size, false, 3));
        assert!(quotas.has_room(&size, true, 1) && !quotas.has_room(&size, true, 2));
        quotas.take(&size, false, 2);
        assert!(!quotas.has_room(&size, false, 1));
        quotas.give_back(&size, false, 2);
        assert_eq!(quotas.left(&size, false), Some(10));
        assert!(Quotas::default().has_room(&size, false, 1000));
    }
}
