//! The rest of a region's quotas while a plan is made: what Azure reports, less what the pools that
//! were planned before will use.

use std::collections::HashMap;

use azq_vm_sizes::{Definition, Quotas, Usage, family_key};
use serde_json::Value;

/// The quotas with the planned changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Balance {
    quotas: Quotas,
    /// The planned vCPUs by quota. A negative number is given back.
    planned: HashMap<String, i128>,
}

/// The names of the planned amounts.
const REGION: &str = "of the region";
const SPOT: &str = "of spot machines";

impl Balance {
    /// Reads usages as Resource Manager lists them.
    pub(crate) fn of(usages: &[Value]) -> Self {
        Self {
            quotas: Quotas::of(usages),
            planned: HashMap::new(),
        }
    }

    /// Whether the quotas suffice for this number of additional nodes. An unknown quota counts as
    /// sufficient.
    pub(crate) fn has_room(&self, size: &Definition, is_spot: bool, nodes: u64) -> bool {
        let wanted = vcpus(size, nodes);
        self.counted(size, is_spot).iter().all(|(name, usage)| {
            let planned = self.planned.get(name).copied().unwrap_or_default();
            usage.is_none_or(|usage| i128::from(usage.left()) - planned >= wanted)
        })
    }

    /// Counts nodes that will be created.
    pub(crate) fn take(&mut self, size: &Definition, is_spot: bool, nodes: u64) {
        self.add(size, is_spot, vcpus(size, nodes));
    }

    /// Counts nodes that will be deleted.
    pub(crate) fn give_back(&mut self, size: &Definition, is_spot: bool, nodes: u64) {
        self.add(size, is_spot, -vcpus(size, nodes));
    }

    fn add(&mut self, size: &Definition, is_spot: bool, vcpus: i128) {
        for (name, _) in self.counted(size, is_spot) {
            *self.planned.entry(name).or_default() += vcpus;
        }
    }

    /// Returns the quotas that a machine counts against.
    fn counted(&self, size: &Definition, is_spot: bool) -> Vec<(String, Option<Usage>)> {
        if is_spot {
            return vec![(SPOT.to_owned(), self.quotas.spot())];
        }
        vec![
            (REGION.to_owned(), self.quotas.regional()),
            (family_key(&size.family), self.quotas.family(&size.family)),
        ]
    }
}

fn vcpus(size: &Definition, nodes: u64) -> i128 {
    i128::from(size.vcpus) * i128::from(nodes)
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
    fn every_quota_that_counts_a_machine_must_have_room_for_it() {
        let four = [json!({"name": "vCPUs", "value": "4"})];
        let size = Definition::new("s", "standardDSv5Family", Capabilities::of(&four));
        let mut balance = Balance::of(&[
            usage("cores", 8, 100),
            usage("standardDSv5Family", 0, 10),
            usage("lowPriorityCores", 0, 4),
        ]);
        assert!(balance.has_room(&size, false, 2) && !balance.has_room(&size, false, 3));
        assert!(balance.has_room(&size, true, 1) && !balance.has_room(&size, true, 2));
        balance.take(&size, false, 2);
        assert!(!balance.has_room(&size, false, 1));
        balance.give_back(&size, false, 2);
        assert!(balance.has_room(&size, false, 2));
        assert!(Balance::default().has_room(&size, false, 1000));
    }
}
