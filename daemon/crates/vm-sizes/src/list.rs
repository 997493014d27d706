//! The sizes of a catalogue, one for each location of a SKU.
//!
//! A size in a location consists of three numbers: the indexes of its definition and its offer, and
//! its position in Azure's order. A filter therefore tests each definition and each offer only
//! once, regardless of the number of locations.
//!
//! Invariants: the entries are in display order ([`crate::Order`] without columns), so those of a
//! location are adjacent. Their numbers are indexes of the lists beside them.

use std::ops::Range;
use std::sync::Arc;

use crate::definition::Definition;
use crate::filter::Filter;
use crate::offer::Offer;
use crate::order::by_place;
use crate::size::VmSize;

/// The sizes of a catalogue.
#[derive(Clone, Debug, Default)]
pub struct SizeList {
    definitions: Box<[Arc<Definition>]>,
    offers: Box<[Arc<Offer>]>,
    entries: Box<[Entry]>,
    /// The ranges of entries, one for each spelling of a location.
    locations: Box<[Range<usize>]>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    definition: u32,
    offer: u32,
    /// The position in Azure's order.
    position: u32,
}

/// The cached result of a filter for a definition or an offer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Nothing,
    Fits,
    DoesNot,
}

impl SizeList {
    /// Creates a list from the indexes of each size's definition and offer, in Azure's order. A
    /// size with an invalid index is left out.
    pub fn new(
        definitions: Vec<Arc<Definition>>,
        offers: Vec<Arc<Offer>>,
        sizes: impl IntoIterator<Item = (u32, u32)>,
    ) -> Self {
        let numbered = (0..).zip(sizes);
        let entries = numbered.map(|(position, (definition, offer))| Entry {
            definition,
            offer,
            position,
        });
        let mut list = Self {
            definitions: definitions.into(),
            offers: offers.into(),
            ..Self::default()
        };
        let mut entries: Vec<_> = entries
            .filter(|entry| list.pair(*entry).is_some())
            .collect();
        entries.sort_by(|a, b| match (list.pair(*a), list.pair(*b)) {
            (Some(a), Some(b)) => by_place(a, b),
            _ => a.position.cmp(&b.position),
        });
        list.locations = list.runs(&entries);
        list.entries = entries.into();
        list
    }

    fn pair(&self, entry: Entry) -> Option<(&Definition, &Offer)> {
        let definition = self.definitions.get(index(entry.definition))?;
        Some((definition, self.offers.get(index(entry.offer))?))
    }

    /// Returns the ranges of entries with the same location.
    fn runs(&self, entries: &[Entry]) -> Box<[Range<usize>]> {
        let location = |entry: &Entry| self.pair(*entry).map(|(_, offer)| &*offer.location);
        let mut end = 0;
        let runs = entries.chunk_by(|a, b| location(a) == location(b));
        let runs = runs.map(|run| {
            let start = end;
            end += run.len();
            start..end
        });
        runs.collect()
    }

    /// Returns the number of sizes.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no sizes.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the definitions.
    pub fn definitions(&self) -> impl Iterator<Item = &Arc<Definition>> {
        self.definitions.iter()
    }

    /// Returns the number of sizes of a location, in any case, or of all.
    pub fn len_in(&self, location: Option<&str>) -> usize {
        self.entries_in(location).count()
    }

    /// Returns the sizes of a location, in any case, or of all.
    pub fn sizes_in(&self, location: Option<&str>) -> impl Iterator<Item = VmSize> {
        self.entries_in(location)
            .filter_map(|entry| self.size(entry))
    }

    /// Returns the sizes with a name, in any case, in Azure's order.
    pub fn named(&self, name: &str, location: Option<&str>) -> Vec<VmSize> {
        let is_it = |entry: &Entry| {
            let definition = self.definitions.get(index(entry.definition));
            definition.is_some_and(|known| known.name.eq_ignore_ascii_case(name))
        };
        let mut found: Vec<_> = self.entries_in(location).filter(is_it).collect();
        found.sort_unstable_by_key(|entry| entry.position);
        found
            .into_iter()
            .filter_map(|entry| self.size(entry))
            .collect()
    }

    /// Returns the sizes of a location, in any case, or of all, that match a filter.
    pub fn fitting(&self, location: Option<&str>, filter: &Filter) -> impl Iterator<Item = VmSize> {
        let mut definitions = vec![Known::Nothing; self.definitions.len()];
        let mut offers = vec![Known::Nothing; self.offers.len()];
        self.entries_in(location).filter_map(move |entry| {
            let (definition, offer) = self.pair(entry)?;
            let of_definition = definitions.get_mut(index(entry.definition))?;
            let of_offer = offers.get_mut(index(entry.offer))?;
            let fits = of_offer.or_ask(|| filter.takes_offer(offer))
                && of_definition.or_ask(|| filter.takes_definition(definition));
            if !fits {
                return None;
            }
            self.size(entry).filter(|size| filter.takes_pair(size))
        })
    }

    fn size(&self, entry: Entry) -> Option<VmSize> {
        let definition = self.definitions.get(index(entry.definition))?;
        let offer = self.offers.get(index(entry.offer))?;
        Some(VmSize {
            definition: Arc::clone(definition),
            offer: Arc::clone(offer),
        })
    }

    fn entries_in(&self, location: Option<&str>) -> impl Iterator<Item = Entry> {
        let is_wanted = move |run: &&Range<usize>| {
            let first = self.entries.get(run.start);
            let pair = first.and_then(|entry| self.pair(*entry));
            location.is_none_or(|wanted| {
                pair.is_some_and(|(_, offer)| offer.location.eq_ignore_ascii_case(wanted))
            })
        };
        let runs = self.locations.iter().filter(is_wanted);
        let entries = runs.flat_map(|run| self.entries.get(run.clone()).unwrap_or_default());
        entries.copied()
    }
}

impl Known {
    /// Whether it matches. `fits` is called only the first time.
    fn or_ask(&mut self, fits: impl FnOnce() -> bool) -> bool {
        if *self == Self::Nothing {
            *self = if fits() { Self::Fits } else { Self::DoesNot };
        }
        *self == Self::Fits
    }
}

/// Converts an index. Catalogues have less than 2^32 of anything.
fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use std::cell::Cell;

    use super::*;
    use crate::filter::Given;

    fn list(skus: &[(&str, u64, &[&str])]) -> SizeList {
        let (mut definitions, mut offers, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
        for (name, vcpus, locations) in skus {
            let sku = json!({"name": name, "locations": locations,
                "capabilities": [{"name": "vCPUs", "value": vcpus.to_string()}]});
            for size in VmSize::all_of(&sku) {
                let number = |length: usize| u32::try_from(length).unwrap();
                pairs.push((number(definitions.len()), number(offers.len())));
                definitions.push(size.definition);
                offers.push(size.offer);
            }
        }
        SizeList::new(definitions, offers, pairs)
    }

    fn names(sizes: impl IntoIterator<Item = VmSize>) -> Vec<String> {
        let sizes = sizes.into_iter();
        sizes
            .map(|size| format!("{} {}", size.location(), size.name))
            .collect()
    }

    #[test]
    fn sizes_stand_in_the_order_in_which_they_are_shown_and_are_found_by_location() {
        let list = list(&[
            ("b", 8, &["westus", "eastus"]),
            ("a", 8, &["EastUS"]),
            ("d", 8, &["eastus"]),
            ("c", 2, &["eastus"]),
        ]);
        let all = ["EastUS a", "eastus c", "eastus b", "eastus d", "westus b"];
        assert_eq!(names(list.sizes_in(None)), all);
        assert_eq!(names(list.sizes_in(Some("EASTUS"))), all[..4]);
        assert_eq!(names(list.sizes_in(Some("nowhere"))), [""; 0]);
        assert_eq!((list.len(), list.len_in(Some("westus"))), (5, 1));
        assert_eq!(names(list.named("B", None)), ["westus b", "eastus b"]);
    }

    #[test]
    fn a_filter_takes_what_it_takes_one_by_one() {
        let list = list(&[("a", 8, &["westus", "eastus"]), ("b", 2, &["eastus"])]);
        for (option, values) in [
            ("vcpus", vec!["4.."]),
            ("available", vec![]),
            ("ultra-ssd", vec![]),
            ("zone", vec!["1"]),
            ("deny", vec!["b"]),
        ] {
            let filter = Filter::of(&Given::default().with(option, values)).unwrap();
            for location in [None, Some("eastus")] {
                let one_by_one = list.sizes_in(location).filter(|size| filter.takes(size));
                assert_eq!(
                    names(list.fitting(location, &filter)),
                    names(one_by_one),
                    "{option}"
                );
            }
        }
    }

    #[test]
    fn what_is_known_is_not_asked_again() {
        let asked = Cell::new(0);
        let fits = || {
            asked.set(asked.get() + 1);
            true
        };
        let mut known = Known::Nothing;
        assert!(known.or_ask(fits) && known.or_ask(fits));
        assert_eq!(asked.get(), 1);
        assert_eq!(
            names(SizeList::new(Vec::new(), Vec::new(), [(0, 0)]).sizes_in(None)),
            [""; 0]
        );
    }
}
