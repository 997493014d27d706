//! A size in a location.

use std::ops::Deref;
use std::sync::Arc;

use crate::definition::Definition;
use crate::document::Document;
use crate::offer::Offer;

/// A virtual machine size in one location. It dereferences to its [`Definition`].
#[derive(Clone, Debug, PartialEq)]
pub struct VmSize {
    /// Its definition.
    pub definition: Arc<Definition>,
    /// Its offer in the location.
    pub offer: Arc<Offer>,
}

impl VmSize {
    /// Reads a SKU document: one size for each location; none if the document does not describe a
    /// size. A document without a resource type counts as a size.
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

    /// Returns the location's name.
    pub fn location(&self) -> &str {
        &self.offer.location
    }

    /// Whether the size has this name.
    pub fn is_named(&self, name: &str) -> bool {
        self.definition.name.eq_ignore_ascii_case(name)
    }

    /// Whether the subscription may not use the size in its location. A restriction of zones does
    /// not restrict the location.
    pub fn is_restricted(&self) -> bool {
        self.offer.is_restricted()
    }

    /// Returns the zones that are open to the subscription.
    pub fn open_zones(&self) -> impl Iterator<Item = &str> {
        self.offer.open_zones()
    }

    /// Whether a zone is open to the subscription.
    pub fn is_open_in(&self, zone: &str) -> bool {
        self.offer.is_open_in(zone)
    }

    /// Whether the size takes ultra disks in a zone, or anywhere in the location.
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
