//! The virtual machine sizes of a catalogue, as typed values.
//!
//! They are made on first use, because most look-ups do not need them. Sizes share the parts that
//! their SKUs share, so a size in a location takes three numbers.

use std::sync::Arc;

use azq_document::Value;
use azq_vm_sizes::{self as sizes, SizeList};
use foldhash::HashMap;

use super::{Availability, Catalogue, Definition, FieldSet, Sku};

impl Catalogue {
    /// Whether the sizes have been made.
    pub fn has_vm_sizes(&self) -> bool {
        self.vm_sizes.get().is_some()
    }

    /// Returns the sizes, each once for each of its locations.
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

/// The typed values made from the definitions and places of a catalogue, each made once.
#[derive(Default)]
struct Made {
    definitions: Numbered<Definition, sizes::Definition>,
    offers: Numbered<Availability, sizes::Offer>,
    sizes: Vec<(u32, u32)>,
}

/// The values made from shared parts, and the numbers of each part's values.
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
    /// Returns the numbers of a part's values, which are made on the first call.
    fn numbers<I: IntoIterator<Item = M>>(
        &mut self,
        part: &Arc<T>,
        make: impl FnOnce(&T) -> I,
    ) -> &[u32] {
        let Self { made, numbers } = self;
        numbers.entry(Arc::as_ptr(part)).or_insert_with(|| {
            let first = made.len();
            made.extend(make(part).into_iter().map(Arc::new));
            let numbers = first..made.len();
            numbers
                .filter_map(|number| u32::try_from(number).ok())
                .collect()
        })
    }
}

impl Made {
    fn add(&mut self, sku: &Sku) {
        let define = |known: &Definition| sizes::Definition::of(&document(&known.fields));
        let offer = |known: &Availability| sizes::Offer::all_of(&document(&known.fields));
        let definition = self.definitions.numbers(&sku.definition, define);
        let Some(definition) = definition.first() else {
            return;
        };
        let offers = self.offers.numbers(&sku.availability, offer).iter();
        self.sizes.extend(offers.map(|offer| (*definition, *offer)));
    }
}

fn document(fields: &FieldSet) -> Value {
    let fields = fields.fields().iter();
    Value::object(fields.map(|(field, value)| (field.key(), value.clone())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sizes_are_made_once_and_share_what_skus_share() {
        let sku = |kind: &str, name: &str, location: &str| {
            json!({"resourceType": kind, "name": name, "locations": [location],
                   "locationInfo": [{"location": location, "zones": ["2", "1"]}],
                   "capabilities": [{"name": "vCPUs", "value": "4"}]})
        };
        let skus = json!([
            sku("virtualMachines", "a", "eastus"),
            sku("disks", "b", "eastus"),
            sku("virtualMachines", "a", "westus"),
            sku("virtualMachines", "c", "eastus"),
        ]);
        let catalogue = Catalogue::of_page(&skus, &Arc::default());
        let list = catalogue.vm_sizes();
        let sizes: Vec<_> = list.sizes_in(None).collect();
        let names = sizes.iter().map(|size| (&*size.name, size.location()));
        assert!(names.eq([("a", "eastus"), ("c", "eastus"), ("a", "westus")]));
        assert!(Arc::ptr_eq(&sizes[0].definition, &sizes[2].definition));
        assert!(Arc::ptr_eq(&sizes[0].offer, &sizes[1].offer));
        assert_eq!((sizes[0].vcpus, &*sizes[0].offer.zones[0]), (4, "1"));
        assert!(catalogue.has_vm_sizes() && std::ptr::eq(list, catalogue.vm_sizes()));
    }
}
