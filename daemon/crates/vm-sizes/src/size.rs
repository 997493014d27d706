//! A size in a location.

use std::ops::Deref;
use std::sync::Arc;

use crate::definition::Definition;
use crate::document::Document;
use crate::offer::Offer;

/// A virtual machine size in one location. What [`Definition`] tells, it tells too.
#[derive(Clone, Debug, PartialEq)]
pub struct VmSize {
    /// Its definition.
    pub definition: Arc<Definition>,
    /// Its offer in the location.
    pub offer: Arc<Offer>,
}

impl VmSize {
    /// Reads a SKU document: one size for each location, none if the document is of no size. A
    /// document without a resource type counts as one of a size.
    pub fn all_of(sku: &impl Document) -> Vec<Self> {
        let kind = sku.member_text("resourceType");
        if kind.is_some_and(|kind| !kind.eq_ignore_ascii_case("virtualMachines")) {
            return Vec::new();
        }
        let Some(definition) = Definition::of(sku) else {
            return Vec::new();
        };
        let definition = Arc::new(definition);
        let offers = Offer::all_of(sku).into_iter();
        let size = |offer| Self {
            definition: Arc::clone(&definition),
            offer: Arc::new(offer),
        };
        offers.map(size).collect()
    }

    /// The location's name.
    pub fn location(&self) -> &str {
        &self.offer.location
    }

    /// Tells whether it has this name.
    pub fn is_named(&self, name: &str) -> bool {
        self.definition.name.eq_ignore_ascii_case(name)
    }

    /// Tells whether the subscription may not use it in its location. A block of zones is no block
    /// of the location.
    pub fn is_restricted(&self) -> bool {
        self.offer.is_restricted()
    }

    /// Returns the zones that are open to the subscription.
    pub fn open_zones(&self) -> impl Iterator<Item = &str> {
        self.offer.open_zones()
    }

    /// Tells whether a zone is open to the subscription.
    pub fn is_open_in(&self, zone: &str) -> bool {
        self.offer.is_open_in(zone)
    }

    /// Tells whether it takes ultra disks: in a zone, or anywhere in the location.
    pub fn ultra_ssd(&self, zone: Option<&str>) -> bool {
        let anywhere = || {
            !self.offer.ultra_ssd_zones.is_empty()
                || self.definition.capabilities.is_true("UltraSSDAvailable")
        };
        zone.map_or_else(anywhere, |zone| self.offer.has_ultra_ssd_in(zone))
    }
}

impl Deref for VmSize {
    type Target = Definition;

    fn deref(&self) -> &Definition {
        &self.definition
    }
}
