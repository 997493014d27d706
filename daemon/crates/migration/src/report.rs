//! The verdict on one pool: its current generation, the generations of its size, and the action
//! needed.

use azq_vm_sizes::{Definition, Generation};
use serde::{Deserialize, Serialize};

use crate::generation::NodeGeneration;
use crate::pool::Pool;

/// The verdict on a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Nothing to do, because its nodes are of Generation 2.
    Done,
    /// It needs a new pool of the same size.
    SameSize,
    /// It needs a new pool of another size.
    OtherSize,
    /// It needs a new pool of scale sets, created by hand, because it has no size of its own.
    ByHand,
    /// Its generation is not known.
    Unknown,
}

impl Verdict {
    /// Returns the verdict on a pool of this generation.
    pub fn on(pool: &Pool<'_>, now: NodeGeneration, size: Option<&Definition>) -> Self {
        match (now, size) {
            (NodeGeneration::Gen2, _) => Self::Done,
            (NodeGeneration::Unknown, _) => Self::Unknown,
            _ if !pool.is_of_scale_sets() => Self::ByHand,
            (NodeGeneration::Gen1, Some(size)) if size.generations.v2 => Self::SameSize,
            (NodeGeneration::Gen1, _) => Self::OtherSize,
        }
    }

    /// Returns the verdict in words for a table.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Done => "on Generation 2",
            Self::SameSize => "on Generation 1, its size can run Generation 2",
            Self::OtherSize => "on Generation 1, its size cannot run Generation 2",
            Self::ByHand => "on Generation 1, not a pool of scale sets",
            Self::Unknown => "generation not known",
        }
    }
}

/// The cluster that a pool belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterName {
    /// The subscription's id.
    pub subscription: String,
    /// The resource group.
    pub resource_group: String,
    /// The cluster's name.
    pub cluster: String,
    /// The region.
    pub location: String,
}

/// A pool's row of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolReport {
    /// The cluster.
    #[serde(flatten)]
    pub place: ClusterName,
    /// Its name.
    pub nodepool: String,
    /// `System` or `User`.
    pub mode: String,
    /// `Linux` or `Windows`.
    pub os_type: String,
    /// The OS SKU.
    pub os_sku: String,
    /// The VM size.
    pub vm_size: String,
    /// The number of nodes.
    pub count: u64,
    /// The version of its nodes' image.
    pub node_image_version: String,
    /// The generation of its nodes.
    pub generation: NodeGeneration,
    /// The generations that its size can run, as `V1,V2`; empty if that is not known.
    pub size_generations: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The verdict in words.
    pub reason: &'static str,
    /// The next command line; empty if nothing needs to be done.
    pub action: String,
}

impl PoolReport {
    /// Creates the row of a pool. `size` describes its size, if that is known.
    pub fn new(place: &ClusterName, pool: &Pool<'_>, size: Option<&Definition>) -> Self {
        let generation = NodeGeneration::of(pool, size);
        let verdict = Verdict::on(pool, generation, size);
        Self {
            nodepool: pool.name().to_owned(),
            mode: pool.mode().to_owned(),
            os_type: pool.os_type().to_owned(),
            os_sku: pool.os_sku().to_owned(),
            vm_size: pool.vm_size().to_owned(),
            count: pool.count(),
            node_image_version: pool.node_image_version().to_owned(),
            generation,
            size_generations: size.map(generations).unwrap_or_default(),
            verdict,
            reason: verdict.words(),
            action: action(place, pool, verdict),
            place: place.clone(),
        }
    }

    /// Whether its nodes are of Generation 1.
    pub fn is_on_gen1(&self) -> bool {
        self.generation == NodeGeneration::Gen1
    }
}

/// Returns the generations of a size, as Azure writes them.
pub fn generations(size: &Definition) -> String {
    let names: Vec<_> = size.generations.iter().map(Generation::name).collect();
    names.join(",")
}

fn action(place: &ClusterName, pool: &Pool<'_>, verdict: Verdict) -> String {
    let cluster = format!("-g {} ", place.resource_group);
    match verdict {
        Verdict::Done => String::new(),
        Verdict::SameSize | Verdict::OtherSize => format!(
            "azq gen2 plan {cluster}-n {} --nodepool-name {}",
            place.cluster,
            pool.name()
        ),
        Verdict::ByHand | Verdict::Unknown => format!(
            "az aks nodepool show {cluster}--cluster-name {} -n {}",
            place.cluster,
            pool.name()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use azq_vm_sizes::Capabilities;
    use serde_json::{Value, json};

    fn size(generations: &str) -> Definition {
        let list = [json!({"name": "HyperVGenerations", "value": generations})];
        Definition::new("Standard_X", "f", Capabilities::of(&list))
    }

    fn verdict(properties: &Value, generations: Option<&str>) -> (NodeGeneration, Verdict) {
        let resource = json!({"name": "p", "properties": properties});
        let size = generations.map(size);
        let report = PoolReport::new(
            &ClusterName::default(),
            &Pool::of_resource(&resource),
            size.as_ref(),
        );
        (report.generation, report.verdict)
    }

    #[test]
    fn the_size_decides_where_it_leaves_no_choice_and_the_image_elsewhere() {
        use NodeGeneration::{Gen1, Gen2, Unknown};
        let first = json!({"nodeImageVersion": "AKSUbuntu-2204containerd-202508.20.0"});
        let second = json!({"nodeImageVersion": "AKSWindows-2022-containerd-gen2-20348.1"});
        let trusted = json!({"securityProfile": {"enableVTPM": true}});
        let machines = json!({"nodeImageVersion": "AKSUbuntu", "type": "VirtualMachines"});
        for (properties, generations, expected) in [
            (&first, Some("V1"), (Gen1, Verdict::OtherSize)),
            (&first, Some("V1,V2"), (Gen1, Verdict::SameSize)),
            (&first, None, (Gen1, Verdict::OtherSize)),
            (&first, Some("V2"), (Gen2, Verdict::Done)),
            (&second, Some("V1,V2"), (Gen2, Verdict::Done)),
            (&second, None, (Gen2, Verdict::Done)),
            (&trusted, Some("V1,V2"), (Gen2, Verdict::Done)),
            (&json!({}), Some("V1,V2"), (Unknown, Verdict::Unknown)),
            (&json!({}), Some("V1"), (Gen1, Verdict::OtherSize)),
            (&machines, None, (Gen1, Verdict::ByHand)),
        ] {
            let found = verdict(properties, generations);
            assert_eq!(found, expected, "{properties} {generations:?}");
        }
    }

    #[test]
    fn what_is_done_asks_for_nothing_and_the_rest_names_the_next_command() {
        let place = ClusterName {
            resource_group: "g".to_owned(),
            cluster: "c".to_owned(),
            ..ClusterName::default()
        };
        let profile = json!({"name": "p", "nodeImageVersion": "AKSUbuntu-2204containerd-1"});
        let report = PoolReport::new(&place, &Pool::of_profile(&profile), Some(&size("V1")));
        assert_eq!(report.action, "azq gen2 plan -g g -n c --nodepool-name p");
        assert!(report.is_on_gen1());
        let report = PoolReport::new(&place, &Pool::of_profile(&profile), Some(&size("V2")));
        assert_eq!(report.action, "");
    }
}
