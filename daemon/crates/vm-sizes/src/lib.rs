//! Virtual machine sizes: typed access to a resource SKU's description of a size, and the selection
//! of sizes.
//!
//! Azure describes a size in texts (`HyperVGenerations`: `V1,V2`), repeated for each location. This
//! crate reads them once, into a [`Definition`] of the size and an [`Offer`] in a location, both of
//! which are shared. Reading never fails: a property that a SKU lacks has the default of Azure's
//! documentation.
//!
//! Invariants: a [`VmSize`] belongs to exactly one location. Locations and names are compared
//! without regard to case, as in Azure.
//!
//! Deliberately absent: files, the network, prices, and AKS's list of sizes.

mod aks;
mod candidate;
mod capabilities;
mod definition;
mod document;
mod filter;
mod likeness;
mod list;
mod offer;
mod order;
mod quota;
mod range;
mod resize;
mod size;
#[cfg(test)]
mod tests;

pub use self::{
    aks::{NodePoolMinimum, Shortage},
    candidate::Candidate,
    capabilities::Capabilities,
    definition::{Architecture, Definition, DiskController, Generation, Generations, family_key},
    document::Document,
    filter::{Filter, FilterError, FilterOption, Given, OPTIONS, Takes},
    likeness::{is_alike, likeness},
    list::SizeList,
    offer::{Offer, Restriction, RestrictionKind},
    order::{COLUMNS, Order, OrderError},
    quota::{Quotas, Usage},
    range::Range,
    resize::{Obstacle, resize_obstacles},
    size::VmSize,
};
