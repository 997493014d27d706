//! An estimate of the memory that SKUs take.

use azq_document::{Object, Value};
use foldhash::HashSet;

use crate::catalogue::pool::Identity;
use crate::catalogue::{FieldSet, Sku};

/// Estimates the bytes of some SKUs. Shared parts count once.
pub(crate) fn measure(skus: &[Sku]) -> usize {
    const FIELD_SET: usize = 96;
    let mut seen: HashSet<Identity> = HashSet::default();
    let mut bytes = size_of_val(skus);
    let mut field_sets: HashSet<*const FieldSet> = HashSet::default();
    for sku in skus {
        for fields in [&sku.definition.fields, &sku.availability.fields] {
            if field_sets.insert(std::ptr::from_ref(fields)) {
                bytes += FIELD_SET + size_of_val(fields.fields());
                let values = fields.fields().iter();
                bytes += values
                    .map(|(_, value)| weigh(value, &mut seen))
                    .sum::<usize>();
            }
        }
    }
    bytes
}

fn weigh(value: &Value, seen: &mut HashSet<Identity>) -> usize {
    const COUNTS: usize = 2 * size_of::<usize>();
    if !seen.insert(Identity::of(value)) {
        return 0;
    }
    match value {
        Value::String(text) => COUNTS + text.len(),
        Value::Array(items) => {
            let below: usize = items.iter().map(|item| weigh(item, seen)).sum();
            COUNTS + size_of_val(&**items) + below
        }
        Value::Object(object) => {
            let entries = object.entries.as_slice();
            let below: usize = entries.iter().map(|(_, value)| weigh(value, seen)).sum();
            COUNTS + size_of::<Object>() + size_of_val(entries) + below
        }
        _ => 0,
    }
}
