//! Virtual machine sizes: what a resource SKU says of one, typed, and which sizes fit.
//!
//! Azure describes a size by texts (`HyperVGenerations`: `V1,V2`), in each location anew. This
//! crate reads them once, into a [`Definition`] of the size and an [`Offer`] in a location, both of
//! which are shared. Reading never fails: a property that a SKU lacks has the value that Azure's
//! documentation gives for it.
//!
//! Invariants: a [`VmSize`] is of exactly one location. Locations and names are compared without
//! regard to case, as Azure does.
//!
//! Deliberately absent: files, the network, prices; which sizes AKS lists.

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
