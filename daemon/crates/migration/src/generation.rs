//! The generation of a pool's nodes.

use std::fmt::{self, Display, Formatter};

use azq_vm_sizes::Definition;
use serde::{Deserialize, Serialize};

use crate::pool::Pool;

/// The hypervisor generation that a pool's nodes have now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum NodeGeneration {
    /// Generation 1.
    Gen1,
    /// Generation 2.
    Gen2,
    /// Unknown, because neither the image nor the size determines it.
    #[serde(rename = "unknown")]
    Unknown,
}

impl NodeGeneration {
    /// Determines the generation of a pool. `size` describes its size, if that is known.
    ///
    /// A size with one generation determines it. Otherwise the name of the node image does, or
    /// trusted launch, which exists on Generation 2 only.
    pub fn of(pool: &Pool<'_>, size: Option<&Definition>) -> Self {
        match size.map(|size| (size.generations.v1, size.generations.v2)) {
            Some((false, true)) => return Self::Gen2,
            Some((true, false)) => return Self::Gen1,
            _ => {}
        }
        let image = pool.node_image_version();
        let is_second = image.to_ascii_lowercase().contains("gen2");
        match (is_second || pool.has_trusted_launch(), image) {
            (true, _) => Self::Gen2,
            (false, "") => Self::Unknown,
            (false, _) => Self::Gen1,
        }
    }

    /// Returns the name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gen1 => "Gen1",
            Self::Gen2 => "Gen2",
            Self::Unknown => "unknown",
        }
    }
}

impl Display for NodeGeneration {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
