//! An index of a catalogue's SKUs by location and by part of a size's name.

use std::sync::Arc;

use foldhash::HashMap;
use memchr::memmem;

use crate::catalogue::{Availability, Sku};

/// The SKUs that each location offers.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// The position in `offers` of each location, in lower case.
    locations: HashMap<String, usize>,
    offers: Vec<Offer>,
}

/// The SKUs that one location offers, as numbers in their order.
#[derive(Debug, Default)]
pub(crate) struct Offer {
    skus: Vec<u32>,
    sizes: Sizes,
}

/// The names of virtual machine sizes, joined so that one search goes through all of them.
#[derive(Debug, Default)]
struct Sizes {
    /// The names in lower case, each followed by a line feed, which no name contains.
    names: String,
    /// The position where each name ends.
    ends: Vec<u32>,
    /// The SKU that each name belongs to.
    skus: Vec<u32>,
}

impl Index {
    pub(crate) fn new(skus: &[Sku]) -> Self {
        let Self {
            mut locations,
            mut offers,
        } = Self::default();
        // Many SKUs share a place with few locations, so the locations of each place are looked up
        // only once.
        let mut by_place: HashMap<*const Availability, Vec<usize>> = HashMap::default();
        for (number, sku) in (0..).zip(skus) {
            let place = by_place
                .entry(Arc::as_ptr(&sku.availability))
                .or_insert_with(|| {
                    let next = |location| {
                        *locations.entry(location).or_insert_with(|| {
                            offers.push(Offer::default());
                            offers.len() - 1
                        })
                    };
                    let mut place: Vec<_> = sku.availability.offers().map(next).collect();
                    place.sort_unstable();
                    place.dedup();
                    place
                });
            for offer in place {
                if let Some(offer) = offers.get_mut(*offer) {
                    offer.push(number, sku);
                }
            }
        }
        offers.iter_mut().for_each(Offer::shrink);
        Self { locations, offers }
    }

    /// Returns the offer of a location, without regard to case.
    pub(crate) fn offer(&self, location: &str) -> Option<&Offer> {
        let offer = self.locations.get(&location.to_lowercase())?;
        self.offers.get(*offer)
    }

    /// Returns the size in memory, estimated.
    pub(crate) fn bytes(&self) -> usize {
        self.offers.iter().map(Offer::bytes).sum()
    }
}

impl Offer {
    /// Returns all SKUs.
    pub(crate) fn skus(&self) -> &[u32] {
        &self.skus
    }

    /// Returns the virtual machine sizes whose name contains a text of lower case.
    pub(crate) fn sizes<'a>(&'a self, part: &'a str) -> impl Iterator<Item = u32> + 'a {
        let Sizes { names, ends, skus } = &self.sizes;
        let found = memmem::find_iter(names.as_bytes(), part.as_bytes());
        let mut last = None;
        found.filter_map(move |at| {
            let name = ends.partition_point(|end| usize::try_from(*end).is_ok_and(|end| end <= at));
            // A name may contain the text several times.
            let is_new = last.replace(name) != Some(name) && !part.contains('\n');
            skus.get(name).copied().filter(|_| is_new)
        })
    }

    fn push(&mut self, number: u32, sku: &Sku) {
        self.skus.push(number);
        if let Some(name) = &sku.definition.size {
            let Sizes { names, ends, skus } = &mut self.sizes;
            names.extend([name, "\n"]);
            ends.push(u32::try_from(names.len()).unwrap_or(u32::MAX));
            skus.push(number);
        }
    }

    fn shrink(&mut self) {
        self.skus.shrink_to_fit();
        self.sizes.names.shrink_to_fit();
        self.sizes.ends.shrink_to_fit();
        self.sizes.skus.shrink_to_fit();
    }

    fn bytes(&self) -> usize {
        let numbers = self.skus.len() + self.sizes.ends.len() + self.sizes.skus.len();
        size_of::<Self>() + numbers * size_of::<u32>() + self.sizes.names.len()
    }
}
