//! AKS's minimum for any node, regardless of the sizes that it lists.

use crate::definition::Definition;

/// The minimum that AKS requires of a size for a node pool.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NodePoolMinimum {
    /// The vCPUs of a machine.
    pub vcpus: u64,
    /// The memory in GiB.
    pub memory_gb: f64,
}

/// A resource of which a size has too little.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shortage {
    /// vCPUs.
    Vcpus,
    /// Memory.
    Memory,
}

impl NodePoolMinimum {
    /// The minimum for a pool of mode `User`.
    pub const USER: Self = Self {
        vcpus: 2,
        memory_gb: 2.0,
    };
    /// The minimum for a pool of mode `System`.
    pub const SYSTEM: Self = Self {
        vcpus: 2,
        memory_gb: 4.0,
    };

    /// Returns the resources of which a size has too little.
    pub fn shortages(self, size: &Definition) -> impl Iterator<Item = Shortage> {
        let checks = [
            (size.vcpus_available < self.vcpus, Shortage::Vcpus),
            (size.memory_gb < self.memory_gb, Shortage::Memory),
        ];
        checks
            .into_iter()
            .filter_map(|(is_short, of)| is_short.then_some(of))
    }

    /// Whether a size has enough of every resource.
    pub fn is_met_by(self, size: &Definition) -> bool {
        self.shortages(size).next().is_none()
    }
}
