//! What AKS asks of any node, whatever it lists.

use crate::definition::Definition;

/// The least that AKS takes for a node pool.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NodePoolMinimum {
    /// The vCPUs that a machine has.
    pub vcpus: u64,
    /// The memory in GiB.
    pub memory_gb: f64,
}

/// The resource of which a size has too little.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shortage {
    /// vCPUs.
    Vcpus,
    /// Memory.
    Memory,
}

impl NodePoolMinimum {
    /// For a pool of mode `User`.
    pub const USER: Self = Self {
        vcpus: 2,
        memory_gb: 2.0,
    };
    /// For a pool of mode `System`.
    pub const SYSTEM: Self = Self {
        vcpus: 2,
        memory_gb: 4.0,
    };

    /// Returns what a size has too little of.
    pub fn shortages(self, size: &Definition) -> impl Iterator<Item = Shortage> {
        let checks = [
            (size.vcpus_available < self.vcpus, Shortage::Vcpus),
            (size.memory_gb < self.memory_gb, Shortage::Memory),
        ];
        checks
            .into_iter()
            .filter_map(|(is_short, of)| is_short.then_some(of))
    }

    /// Tells whether a size has enough of everything.
    pub fn is_met_by(self, size: &Definition) -> bool {
        self.shortages(size).next().is_none()
    }
}
