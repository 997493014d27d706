//! The quotas of a region: the vCPUs of each family, and of all families, that a subscription has
//! left.

use std::collections::HashMap;

use crate::definition::{Definition, family_key};
use crate::document::Document;

/// The quota of all vCPUs of a region, by its name in the usages.
const REGIONAL: &str = "cores";
/// The quota of all spot vCPUs of a region.
const SPOT: &str = "lowprioritycores";

/// The usage of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The amount in use.
    pub current: i64,
    /// The limit. A negative limit means that there is none.
    pub limit: i64,
}

impl Usage {
    /// Returns the amount that is left.
    pub fn left(self) -> u64 {
        if self.limit < 0 {
            return u64::MAX;
        }
        u64::try_from(self.limit.saturating_sub(self.current)).unwrap_or(0)
    }
}

/// The usages of a region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quotas(HashMap<String, Usage>);

impl Quotas {
    /// Reads the usages of `Microsoft.Compute/locations/usages`. An entry without a name or a
    /// number is left out.
    pub fn of(usages: &[impl Document]) -> Self {
        Self(usages.iter().filter_map(usage).collect())
    }

    /// Returns the usage of a family.
    pub fn family(&self, family: &str) -> Option<Usage> {
        self.0.get(&family_key(family)).copied()
    }

    /// Returns the usage of all vCPUs.
    pub fn regional(&self) -> Option<Usage> {
        self.0.get(REGIONAL).copied()
    }

    /// Returns the usage of all spot vCPUs, which have no quota by family.
    pub fn spot(&self) -> Option<Usage> {
        self.0.get(SPOT).copied()
    }

    /// Returns the vCPUs that are left for machines of a size, or `None` if a quota is not known.
    pub fn vcpus_left(&self, size: &Definition, as_spot: bool) -> Option<u64> {
        if as_spot {
            return self.spot().map(Usage::left);
        }
        let family = self.family(&size.family)?.left();
        Some(family.min(self.regional()?.left()))
    }

    /// Returns the number of machines of a size that the quota allows. A size with constrained
    /// vCPUs counts with all vCPUs of the size that it is derived from.
    pub fn machines_left(&self, size: &Definition, as_spot: bool) -> Option<u64> {
        self.vcpus_left(size, as_spot)?.checked_div(size.vcpus)
    }
}

fn usage(usage: &impl Document) -> Option<(String, Usage)> {
    let name = usage.member("name")?.member_text("value")?;
    let current = usage.member("currentValue")?.whole()?;
    let limit = usage.member("limit")?.whole()?;
    Some((family_key(name), Usage { current, limit }))
}
