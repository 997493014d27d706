//! A catalogue's parts and SKUs as numbers: the inside of a snapshot.
//!
//! Every distinct text and value once, children before those that contain them; definitions and places refer to
//! values, SKUs to definitions and places, all by number. It is a protobuf message, so that fields can be added.
//!
//! Invariant: reading bounds what it builds by what it reads; numbers that fit nowhere give `None`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::HashMap;
use prost::Message;

use super::{
    catalogue::{Catalogue, Definition, Half, Place, Sku},
    pool::{Identity, Pool},
    schema::Field,
};
use crate::document::Value;

/// The bytes of a catalogue's SKUs.
pub(super) fn write(catalogue: &Catalogue) -> Vec<u8> {
    Writer::default().content(catalogue).encode_to_vec()
}

/// The SKUs of these bytes.
pub(super) fn read(bytes: &[u8], pool: &Mutex<Pool>) -> Option<Vec<Sku>> {
    let content = Content::decode(bytes).ok()?;
    Reader::new(&content, pool)?.skus(&content)
}

/// A catalogue's distinct parts and its SKUs. Lists of numbers are flat: a part's numbers follow each other.
#[derive(Clone, PartialEq, Message)]
struct Content {
    #[prost(string, repeated, tag = "1")]
    texts: Vec<String>,
    /// The values, children first: kind, then what the kind says.
    #[prost(uint32, repeated, tag = "2")]
    values: Vec<u32>,
    /// Per definition: how many fields; per field its number and its value's.
    #[prost(uint32, repeated, tag = "3")]
    definitions: Vec<u32>,
    /// Per place: the same.
    #[prost(uint32, repeated, tag = "4")]
    places: Vec<u32>,
    /// Per SKU: its definition.
    #[prost(uint32, repeated, tag = "5")]
    sku_definitions: Vec<u32>,
    /// Per SKU: its place.
    #[prost(uint32, repeated, tag = "6")]
    sku_places: Vec<u32>,
}

/// The lower half of 64 bits.
const LOW: u64 = 0xffff_ffff;

/// The kinds of values in [`Content::values`].
mod kind {
    pub(super) const NULL: u32 = 0;
    pub(super) const FALSE: u32 = 1;
    pub(super) const TRUE: u32 = 2;
    /// Low and high half of the bits.
    pub(super) const INT: u32 = 3;
    /// Low and high half of the bits.
    pub(super) const FLOAT: u32 = 4;
    /// The text's number.
    pub(super) const TEXT: u32 = 5;
    /// How many items; the items' numbers.
    pub(super) const ARRAY: u32 = 6;
    /// How many entries; per entry the key's text's number and the value's number.
    pub(super) const OBJECT: u32 = 7;
}

/// Numbers the parts of a catalogue.
#[derive(Default)]
struct Writer {
    content: Content,
    texts: HashMap<Identity, u32>,
    values: HashMap<Identity, u32>,
}

impl Writer {
    fn content(mut self, catalogue: &Catalogue) -> Content {
        let (mut definitions, mut places) = (Numbering::default(), Numbering::default());
        for sku in catalogue.skus() {
            let definition = definitions.number(sku.definition.half(), |half| self.half(half));
            self.content.sku_definitions.push(definition);
            let place = places.number(sku.place.half(), |half| self.half(half));
            self.content.sku_places.push(place);
        }
        self.content.definitions = definitions.numbers;
        self.content.places = places.numbers;
        self.content
    }

    fn half(&mut self, half: &Half) -> Vec<u32> {
        let fields = half.fields();
        let mut numbers = vec![count(fields.len())];
        numbers.extend(
            fields
                .iter()
                .flat_map(|(field, value)| [*field as u32, self.value(value)]),
        );
        numbers
    }

    /// The number of a value, whose nesting the schema bounds.
    fn value(&mut self, value: &Value) -> u32 {
        let identity = Identity::of(value);
        if let Some(known) = self.values.get(&identity) {
            return *known;
        }
        let halves = |bits: u64| {
            [bits & LOW, bits >> 32].map(|half| u32::try_from(half).unwrap_or_default())
        };
        let numbers = match value {
            Value::Null => vec![kind::NULL],
            Value::Bool(false) => vec![kind::FALSE],
            Value::Bool(true) => vec![kind::TRUE],
            Value::Int(value) => [
                &[kind::INT],
                &halves(super::pool::whole(*value).cast_unsigned())[..],
            ]
            .concat(),
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
                texts.push((**text).to_owned());
                count(texts.len()) - 1
            })
    }
}

/// Numbers halves in the order in which they first come.
#[derive(Default)]
struct Numbering {
    known: HashMap<*const Half, u32>,
    numbers: Vec<u32>,
}

impl Numbering {
    fn number(&mut self, half: &Half, describe: impl FnOnce(&Half) -> Vec<u32>) -> u32 {
        let next = count(self.known.len());
        *self
            .known
            .entry(std::ptr::from_ref(half))
            .or_insert_with(|| {
                self.numbers.extend(describe(half));
                next
            })
    }
}

/// A catalogue of four thousand million parts would not fit in memory.
fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Makes the parts of a catalogue again.
struct Reader<'p> {
    pool: MutexGuard<'p, Pool>,
    values: Vec<Value>,
}

impl<'p> Reader<'p> {
    fn new(content: &Content, pool: &'p Mutex<Pool>) -> Option<Self> {
        let mut pool = pool.lock().unwrap_or_else(PoisonError::into_inner);
        let texts: Vec<Arc<str>> = content.texts.iter().map(|text| pool.key(text)).collect();
        let mut reader = Self {
            pool,
            values: Vec::new(),
        };
        let mut depths = Vec::new();
        let mut numbers = content.values.iter().copied();
        while let Some(kind) = numbers.next() {
            let (value, depth) = reader.value(kind, &mut numbers, &texts, &depths)?;
            reader.values.push(value);
            depths.push(depth);
        }
        Some(reader)
    }

    /// One value and how deep it nests.
    fn value(
        &mut self,
        kind: u32,
        numbers: &mut impl Iterator<Item = u32>,
        texts: &[Arc<str>],
        depths: &[u32],
    ) -> Option<(Value, u32)> {
        let mut next = || usize::try_from(numbers.next()?).ok();
        let mut bits = || Some(next()? as u64 | (next()? as u64) << 32);
        let mut depth = 0;
        let value = match kind {
            kind::NULL => Value::Null,
            kind::FALSE => Value::Bool(false),
            kind::TRUE => Value::Bool(true),
            kind::INT => Value::from(bits()?.cast_signed()),
            kind::FLOAT => Value::Float(f64::from_bits(bits()?)),
            kind::TEXT => Value::String(Arc::clone(texts.get(next()?)?)),
            kind::ARRAY => {
                let mut items = Vec::new();
                for _ in 0..next()? {
                    let number = next()?;
                    depth = depth.max(*depths.get(number)? + 1);
                    items.push(self.values.get(number)?.clone());
                }
                self.pool.array(items)
            }
            kind::OBJECT => {
                let mut entries = Vec::new();
                for _ in 0..next()? {
                    let (key, number) = (next()?, next()?);
                    depth = depth.max(*depths.get(number)? + 1);
                    entries.push((
                        Arc::clone(texts.get(key)?),
                        self.values.get(number)?.clone(),
                    ));
                }
                self.pool.object(entries)
            }
            _ => return None,
        };
        // The schema nests five deep; deeper values would endanger whoever walks them.
        (depth <= 8).then_some((value, depth))
    }

    fn skus(mut self, content: &Content) -> Option<Vec<Sku>> {
        let definitions: Vec<_> = self
            .halves(&content.definitions, false)?
            .into_iter()
            .map(|half| self.pool.definition(Definition::new(half)))
            .collect();
        let places: Vec<_> = self
            .halves(&content.places, true)?
            .into_iter()
            .map(|half| self.pool.place(Place::new(half)))
            .collect();
        if content.sku_definitions.len() != content.sku_places.len() {
            return None;
        }
        let pairs = content.sku_definitions.iter().zip(&content.sku_places);
        pairs
            .map(|(definition, place)| {
                let definition = definitions.get(usize::try_from(*definition).ok()?)?;
                let place = places.get(usize::try_from(*place).ok()?)?;
                Some(Sku {
                    definition: Arc::clone(definition),
                    place: Arc::clone(place),
                })
            })
            .collect()
    }

    /// The halves of places, or of definitions. None if a field is in the wrong one, or not after the field before it: SKUs are put
    /// together from fields that are in order and there once.
    fn halves(&self, numbers: &[u32], of_places: bool) -> Option<Vec<Half>> {
        let mut halves = Vec::new();
        let mut numbers = numbers.iter();
        while let Some(length) = numbers.next() {
            let mut fields = Vec::new();
            for _ in 0..*length {
                let field = Field::from_number(*numbers.next()?)?;
                let value = self.values.get(usize::try_from(*numbers.next()?).ok()?)?;
                let is_next = fields.last().is_none_or(|(last, _)| *last < field);
                if field.is_of_place() != of_places || !is_next {
                    return None;
                }
                fields.push((field, value.clone()));
            }
            halves.push(Half::new(fields));
        }
        Some(halves)
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use serde_json::json;

    use super::{super::parse::Parser, *};
    use crate::document::Composed as _;

    fn catalogue(pool: &Arc<Mutex<Pool>>) -> Catalogue {
        let page = json!({"value": [
            {"name": "a", "capacity": {"minimum": -3, "maximum": 9_000_000_000_i64},
             "locationInfo": [{"location": "eastus", "zones": ["1"], "zoneDetails": []}]},
            {"name": "b", "capabilities": [{"name": "vCPUs", "value": "4"}]},
        ]});
        let mut parser = Parser::new(pool);
        parser.push(page.to_string().as_bytes()).unwrap();
        parser.end_page().unwrap();
        Catalogue::new(parser.finish(), UNIX_EPOCH)
    }

    #[test]
    fn what_has_a_right_checksum_and_wrong_numbers_is_ignored() {
        let pool = Arc::default();
        let good = Writer::default().content(&catalogue(&pool));
        let reads = |content: &Content| {
            Reader::new(content, &pool)
                .and_then(|reader| reader.skus(content))
                .is_some()
        };
        assert!(reads(&good));
        for list in 0..5 {
            for at in 0..1_000 {
                let mut content = good.clone();
                let lists = [
                    &mut content.values,
                    &mut content.definitions,
                    &mut content.places,
                    &mut content.sku_definitions,
                    &mut content.sku_places,
                ];
                if let Some(number) = lists.into_iter().nth(list).unwrap().get_mut(at) {
                    *number = u32::MAX;
                }
                let _ = reads(&content);
            }
        }
        for (definitions, places) in [
            (vec![1, Field::Locations as u32, 0], vec![]),
            (vec![], vec![1, Field::Name as u32, 0]),
            (
                vec![2, Field::Name as u32, 0, Field::Name as u32, 0],
                vec![],
            ),
            (
                vec![2, Field::Tier as u32, 0, Field::Name as u32, 0],
                vec![],
            ),
        ] {
            let content = Content {
                definitions,
                places,
                ..good.clone()
            };
            assert!(!reads(&content), "{content:?}");
        }
        let chain = (0..100_000).flat_map(|n| {
            if n == 0 {
                vec![kind::NULL]
            } else {
                vec![kind::ARRAY, 1, n - 1]
            }
        });
        let deep = Content {
            values: chain.collect(),
            ..Content::default()
        };
        assert!(!reads(&deep));
    }

    #[test]
    fn values_of_every_kind_survive() {
        let pool = Mutex::<Pool>::default();
        let mut guard = pool.lock().unwrap();
        let text = guard.text("t");
        let values = [
            Value::Null,
            Value::Bool(true),
            Value::Bool(false),
            Value::from(i64::MIN),
            Value::Int(-1),
            Value::Float(-0.5),
            text,
        ];
        let list = guard.array(values.to_vec());
        let sku = Sku::new(vec![(Field::Costs, list)], &mut guard);
        drop(guard);
        let catalogue = Catalogue::new(vec![sku], UNIX_EPOCH);
        let again = read(&write(&catalogue), &pool).unwrap();
        assert_eq!(
            again[0].document().get("costs"),
            Some(&Value::from(values.to_vec()))
        );
        assert!(Arc::ptr_eq(
            &again[0].definition,
            &catalogue.skus()[0].definition
        ));
    }
}
