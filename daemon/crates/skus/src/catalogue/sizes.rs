//! The virtual machine sizes of a catalogue, as typed values.
//!
//! They are made when they are first used, because most look-ups need none. Sizes share the parts
//! that their SKUs share, so a size in a location takes two pointers.

use std::sync::Arc;

use azq_document::Value;
use azq_vm_sizes::{self as sizes, VmSize};
use foldhash::HashMap;

use super::{Availability, Catalogue, Definition, FieldSet};

impl Catalogue {
    /// Returns the sizes, each once for each of its locations, in Azure's order.
    pub fn vm_sizes(&self) -> &[VmSize] {
        self.vm_sizes.get_or_init(|| {
            let mut made = Made::default();
            let of_sizes = self.skus.iter().filter(|sku| sku.definition.size.is_some());
            let mut all = Vec::new();
            for sku in of_sizes {
                let Some(definition) = made.definition(&sku.definition) else {
                    continue;
                };
                all.extend(made.offers(&sku.place).iter().map(|offer| VmSize {
                    definition: Arc::clone(&definition),
                    offer: Arc::clone(offer),
                }));
            }
            all.into()
        })
    }
}

/// The typed values made of the definitions and places of a catalogue, each once.
#[derive(Default)]
struct Made {
    definitions: HashMap<*const Definition, Option<Arc<sizes::Definition>>>,
    offers: HashMap<*const Availability, Box<[Arc<sizes::Offer>]>>,
}

impl Made {
    fn definition(&mut self, definition: &Arc<Definition>) -> Option<Arc<sizes::Definition>> {
        let made = self.definitions.entry(Arc::as_ptr(definition));
        let read = || sizes::Definition::of(&document(&definition.half)).map(Arc::new);
        made.or_insert_with(read).clone()
    }

    fn offers(&mut self, place: &Arc<Availability>) -> &[Arc<sizes::Offer>] {
        let made = self.offers.entry(Arc::as_ptr(place));
        made.or_insert_with(|| {
            let offers = sizes::Offer::all_of(&document(&place.half)).into_iter();
            offers.map(Arc::new).collect()
        })
    }
}

fn document(half: &FieldSet) -> Value {
    let fields = half.fields().iter();
    Value::object(fields.map(|(field, value)| (field.key(), value.clone())))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use serde_json::json;

    use super::*;
    use crate::ingest::parse::Parser;
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
        let sizes = catalogue.vm_sizes();
        let names: Vec<_> = sizes
            .iter()
            .map(|size| (&*size.name, size.location()))
            .collect();
        assert_eq!(names, [("a", "eastus"), ("a", "westus"), ("c", "eastus")]);
        assert!(Arc::ptr_eq(&sizes[0].definition, &sizes[1].definition));
        assert!(Arc::ptr_eq(&sizes[0].offer, &sizes[2].offer));
        assert_eq!((sizes[0].vcpus, &*sizes[0].offer.zones[0]), (4, "1"));
        assert!(std::ptr::eq(sizes, catalogue.vm_sizes()));
    }
}
