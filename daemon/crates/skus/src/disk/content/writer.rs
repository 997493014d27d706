//! Numbering the parts of a catalogue, each at its first occurrence.

use std::sync::Arc;

use azq_document::Value;
use foldhash::HashMap;

use super::{Content, kind};
use crate::catalogue::pool::{Identity, whole};
use crate::catalogue::{Catalogue, FieldSet};

/// The lower half of 64 bits.
const LOW: u64 = 0xffff_ffff;

/// A writer that numbers the parts of a catalogue.
#[derive(Default)]
pub(crate) struct Writer {
    content: Content,
    texts: HashMap<Identity, u32>,
    values: HashMap<Identity, u32>,
}

impl Writer {
    pub(crate) fn content(mut self, catalogue: &Catalogue) -> Content {
        let (mut definitions, mut places) = (Numbering::default(), Numbering::default());
        for sku in catalogue.skus() {
            let definition =
                definitions.number(&sku.definition.fields, |fields| self.field_set(fields));
            self.content.sku_definitions.push(definition);
            let place = places.number(&sku.availability.fields, |fields| self.field_set(fields));
            self.content.sku_places.push(place);
        }
        self.content.definitions = definitions.numbers;
        self.content.places = places.numbers;
        self.content
    }

    fn field_set(&mut self, fields: &FieldSet) -> Vec<u32> {
        let fields = fields.fields().iter();
        let length = count(fields.len());
        let fields = fields.flat_map(|(field, value)| [*field as u32, self.value(value)]);
        [length].into_iter().chain(fields).collect()
    }

    /// Returns the number of a value. The schema limits its nesting.
    fn value(&mut self, value: &Value) -> u32 {
        let identity = Identity::of(value);
        if let Some(known) = self.values.get(&identity) {
            return *known;
        }
        let halves = |bits: u64| {
            [bits & LOW, bits >> 32].map(|half| u32::try_from(half).unwrap_or_default())
        };
        let numbers = match value {
            // The schema has no bytes, and only integers of 64 bits (see `parse_cache`).
            Value::Null | Value::BigInt(_) | Value::Bytes(_) => vec![kind::NULL],
            Value::Bool(false) => vec![kind::FALSE],
            Value::Bool(true) => vec![kind::TRUE],
            Value::Int(value) => {
                [&[kind::INT], &halves(whole(*value).cast_unsigned())[..]].concat()
            }
            Value::Float(value) => [&[kind::FLOAT], &halves(value.to_bits())[..]].concat(),
            Value::String(text) => vec![kind::TEXT, self.text(text)],
            Value::Array(items) => {
                let items = items.iter().map(|item| self.value(item));
                [kind::ARRAY, 0].into_iter().chain(items).collect()
            }
            Value::Object(object) => {
                let entries = object.entries.iter();
                let entries = entries.flat_map(|(key, value)| [self.text(key), self.value(value)]);
                [kind::OBJECT, 0].into_iter().chain(entries).collect()
            }
        };
        self.push(identity, numbers)
    }

    fn push(&mut self, identity: Identity, mut numbers: Vec<u32>) -> u32 {
        let length = count(numbers.len()).saturating_sub(2);
        match numbers.as_mut_slice() {
            [kind::ARRAY, items, ..] => *items = length,
            [kind::OBJECT, entries, ..] => *entries = length / 2,
            _ => {}
        }
        self.content.values.extend(numbers);
        let number = count(self.values.len());
        self.values.insert(identity, number);
        number
    }

    fn text(&mut self, text: &Arc<str>) -> u32 {
        let texts = &mut self.content.texts;
        *self
            .texts
            .entry(Identity::of(&Value::String(Arc::clone(text))))
            .or_insert_with(|| {
                texts.push(text.as_bytes().to_vec().into());
                count(texts.len()) - 1
            })
    }
}

/// The numbers of sets of fields, in the order of their first occurrence.
#[derive(Default)]
struct Numbering {
    known: HashMap<*const FieldSet, u32>,
    numbers: Vec<u32>,
}

impl Numbering {
    fn number(&mut self, fields: &FieldSet, describe: impl FnOnce(&FieldSet) -> Vec<u32>) -> u32 {
        let next = count(self.known.len());
        *self
            .known
            .entry(std::ptr::from_ref(fields))
            .or_insert_with(|| {
                self.numbers.extend(describe(fields));
                next
            })
    }
}

/// Converts a length to a number. A catalogue of 2^32 parts would not fit in memory.
fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
