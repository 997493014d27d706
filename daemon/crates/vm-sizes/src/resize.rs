//! The reasons why AKS refuses to change the size of a pool in place.
//!
//! The service refuses a change of the hypervisor generation, of the kind of disk controller, of
//! the architecture, and to or from SEV-SNP. The sizes do not show whether the subscription has the
//! feature at all, or whether the pool's other properties allow a change.

use std::fmt::{self, Display, Formatter};

use crate::definition::{Definition, Generation};

/// A reason why the service refuses a change of size in place: a property that would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The property.
    pub property: &'static str,
    /// The pool's value.
    pub from: String,
    /// The new size's value.
    pub to: String,
}

impl Display for Obstacle {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self { property, from, to } = self;
        write!(formatter, "{property} would change from {from} to {to}")
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
    let generation = |of: Option<Generation>| of.map_or("an unknown generation", Generation::name);
    let controller = |size: &Definition| size.usual_disk_controller().name();
    let (old, new) = (from.confidential(), to.confidential());
    let properties = [
        (
            "the hypervisor generation",
            generation(before),
            generation(after),
        ),
        ("the disk controller", controller(from), controller(to)),
        (
            "the architecture",
            from.architecture.name(),
            to.architecture.name(),
        ),
        (
            "confidential computing",
            old.unwrap_or("none"),
            new.unwrap_or("none"),
        ),
    ];
    properties
        .into_iter()
        .filter(|(_, from, to)| from != to)
        .map(|(property, from, to)| Obstacle {
            property,
            from: from.to_owned(),
            to: to.to_owned(),
        })
        .collect()
}
