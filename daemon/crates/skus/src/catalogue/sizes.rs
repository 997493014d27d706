//! The virtual machine sizes of a catalogue, typed.
//!
//! They are made when they are first wanted, for most look-ups want none. What SKUs share their
//! sizes share too: a size in a location takes three numbers.

use std::sync::Arc;

use azq_document::Value;
use azq_vm_sizes::{self as sizes, SizeList};
use foldhash::HashMap;

use super::{Catalogue, Definition, Half, Place, Sku};

impl Catalogue {
    /// The sizes, each in each of its locations.
    pub fn vm_sizes(&self) -> &SizeList {
        self.vm_sizes.get_or_init(|| {
            let mut made = Made::default();
            let of_sizes = self.skus.iter().filter(|sku| sku.definition.size.is_some());
            for sku in of_sizes {
                made.add(sku);
            }
            SizeList::new(made.definitions.made, made.offers.made, made.sizes)
        })
    }
}

/// What was made of the definitions and places of a catalogue, each once.
#[derive(Default)]
struct Made {
    definitions: Numbered<Definition, sizes::Definition>,
    offers: Numbered<Place, sizes::Offer>,
    sizes: Vec<(u32, u32)>,
}

/// What was made of shared things, and the numbers of what each was made into.
struct Numbered<T, M> {
    made: Vec<Arc<M>>,
    numbers: HashMap<*const T, Box<[u32]>>,
}

impl<T, M> Default for Numbered<T, M> {
    fn default() -> Self {
        Self {
            made: Vec::new(),
            numbers: HashMap::default(),
        }
    }
}

impl<T, M> Numbered<T, M> {
    /// The numbers of what is made of a thing, which is made the first time.
    fn numbers<I: IntoIterator<Item = M>>(
        &mut self,
        thing: &Arc<T>,
        make: impl FnOnce(&T) -> I,
    ) -> &[u32] {
        let Self { made, numbers } = self;
        numbers.entry(Arc::as_ptr(thing)).or_insert_with(|| {
            let first = made.len();
            made.extend(make(thing).into_iter().map(Arc::new));
            (first..made.len())
                .filter_map(|number| u32::try_from(number).ok())
                .collect()
        })
    }
}

impl Made {
    fn add(&mut self, sku: &Sku) {
        let define = |known: &Definition| sizes::Definition::of(&document(&known.half));
        let offer = |known: &Place| sizes::Offer::all_of(&document(&known.half));
        let definition = self.definitions.numbers(&sku.definition, define);
        let Some(definition) = definition.first() else {
            return;
        };
        let offers = self.offers.numbers(&sku.place, offer).iter();
        self.sizes.extend(offers.map(|offer| (*definition, *offer)));
    }
}

fn document(half: &Half) -> Value {
    let fields = half.fields().iter();
    Value::object(fields.map(|(field, value)| (field.key(), value.clone())))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use serde_json::json;

    use super::*;
    use crate::parse::Parser;
    use crate::provider::Provider;

    #[test]
    fn sizes_are_made_once_and_share_what_skus_share() {
        let sku = |kind: &str, name: &str, location: &str| {
            json!({"resourceType": kind, "name": name, "locations": [location],
                   "locationInfo": [{"location": location, "zones": ["2", "1"]}],
                   "capabilities": [{"name": "vCPUs", "value": "4"}]})
        };
        let page = json!({"value": [
            sku("virtualMachines", "a", "eastus"),
            sku("disks", "b", "eastus"),
            sku("virtualMachines", "a", "westus"),
            sku("virtualMachines", "c", "eastus"),
        ]});
        let mut parser = Parser::new(Provider::Compute, &Arc::default());
        parser.push(page.to_string().as_bytes()).unwrap();
        parser.end_page().unwrap();
        let catalogue = Catalogue::new(parser.finish(), SystemTime::UNIX_EPOCH);
        let list = catalogue.vm_sizes();
        let sizes: Vec<_> = list.sizes_in(None).collect();
        let names: Vec<_> = sizes
            .iter()
            .map(|size| (&*size.name, size.location()))
            .collect();
        assert_eq!(names, [("a", "eastus"), ("c", "eastus"), ("a", "westus")]);
        assert!(Arc::ptr_eq(&sizes[0].definition, &sizes[2].definition));
        assert!(Arc::ptr_eq(&sizes[0].offer, &sizes[1].offer));
        assert_eq!((sizes[0].vcpus, &*sizes[0].offer.zones[0]), (4, "1"));
        assert!(std::ptr::eq(list, catalogue.vm_sizes()));
    }
}
