//! The reasons why AKS refuses to change the size of a pool in place.
//!
//! The service refuses a change of the hypervisor generation, of the kind of disk controller, of
//! the architecture, and to or from SEV-SNP. The sizes do not show whether the subscription has the
//! feature at all, or whether the pool's other properties allow a change.

use std::fmt::{self, Display, Formatter};

use crate::definition::{Architecture, Definition, DiskController, Generation};

/// A reason why the service refuses a change of size in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The generation would change. `None` means that the SKU does not name it.
    Generation {
        /// The pool's.
        from: Option<Generation>,
        /// The new size's.
        to: Option<Generation>,
    },
    /// The kind of disk controller would change.
    DiskController {
        /// The pool's.
        from: DiskController,
        /// The new size's.
        to: DiskController,
    },
    /// The architecture would change.
    Architecture {
        /// The pool's.
        from: Architecture,
        /// The new size's.
        to: Architecture,
    },
    /// The technology of confidential computing would change. `None` means none.
    Confidential {
        /// The pool's.
        from: Option<Box<str>>,
        /// The new size's.
        to: Option<Box<str>>,
    },
}

impl Display for Obstacle {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let generation = |generation: &Option<Generation>| {
            generation.map_or("an unknown generation", Generation::name)
        };
        let technology = |kind: &Option<Box<str>>| kind.clone().unwrap_or_else(|| "none".into());
        match self {
            Self::Generation { from, to } => write!(
                formatter,
                "the hypervisor generation would change from {} to {}",
                generation(from),
                generation(to)
            ),
            Self::DiskController { from, to } => write!(
                formatter,
                "the disk controller would change from {} to {}",
                from.name(),
                to.name()
            ),
            Self::Architecture { from, to } => write!(
                formatter,
                "the architecture would change from {} to {}",
                from.name(),
                to.name()
            ),
            Self::Confidential { from, to } => write!(
                formatter,
                "confidential computing would change from {} to {}",
                technology(from),
                technology(to)
            ),
        }
    }
}

/// Returns the obstacles to changing a pool from one size to another in place. `running` is the
/// generation of its nodes, if it is known. The default is the one that AKS gives a Linux node.
///
/// Nodes whose generation AKS chose for their size get AKS's choice for the new size. Other nodes
/// (`running` differs) keep theirs if the new size has it.
pub fn resize_obstacles(
    from: &Definition,
    to: &Definition,
    running: Option<Generation>,
) -> Vec<Obstacle> {
    let chosen = from.generations.of_linux_node();
    let before = running.or(chosen);
    let after = match before {
        Some(kept) if before != chosen && to.generations.has(kept) => Some(kept),
        _ => to.generations.of_linux_node(),
    };
    let disks = (from.usual_disk_controller(), to.usual_disk_controller());
    let architectures = (from.architecture, to.architecture);
    let owned = |kind: Option<&str>| kind.map(Box::from);
    let obstacles = [
        (before != after).then_some(Obstacle::Generation {
            from: before,
            to: after,
        }),
        (disks.0 != disks.1).then_some(Obstacle::DiskController {
            from: disks.0,
            to: disks.1,
        }),
        (architectures.0 != architectures.1).then_some(Obstacle::Architecture {
            from: architectures.0,
            to: architectures.1,
        }),
        (from.confidential() != to.confidential()).then(|| Obstacle::Confidential {
            from: owned(from.confidential()),
            to: owned(to.confidential()),
        }),
    ];
    obstacles.into_iter().flatten().collect()
}
