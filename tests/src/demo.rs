//! The subscription of `azq demo`, from `demo.json`: the guide's cluster with a Gen 1 Linux pool
//! and a Gen 1 Windows pool (whose name has six characters at most, as Azure requires of Windows
//! pools).

use crate::emulator::Specification;

/// The guide's resource group.
pub const RESOURCE_GROUP: &str = "myResourceGroup";
/// The guide's cluster.
pub const CLUSTER: &str = "myAKSCluster";

/// Returns the emulator's specification for a demonstration.
pub fn specification() -> Specification {
    // The file is compiled in, and the test below reads it.
    serde_json::from_str(include_str!("demo.json")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guides_cluster_has_pools_of_generation_1() {
        let specification = specification();
        let cluster = &specification.clusters[CLUSTER];
        assert_eq!(cluster.resource_group, RESOURCE_GROUP);
        for pool in ["mynodepool", "npwin"] {
            let image = cluster.pools[pool]["properties"]["nodeImageVersion"].to_string();
            assert!(!image.contains("gen2"), "{image}");
        }
    }
}
