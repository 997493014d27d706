//! Building the parts of a catalogue, each when it is first used. For a single location most parts
//! of a whole catalogue are not used.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use azq_document::Value;
use foldhash::HashMap;

use super::numbers::Parts;
use super::{Content, kind};
use crate::catalogue::pool::Pool;
use crate::catalogue::{Availability, Definition, FieldSet, Sku};
use crate::ingest::schema::Field;
use crate::provider::Provider;

/// The maximum number of keys of an object; no object of the schema has as many.
const MOST_KEYS: usize = 64;

/// The maximum nesting of a value. The schema nests five deep; deeper values might overflow the
/// stack of code that traverses them.
const DEEPEST: u8 = 8;

/// The maximum number of values, which is more than any catalogue has. The memory allocated for
/// each is many times its size in a snapshot.
const MOST_VALUES: usize = 1 << 22;

pub(crate) struct Reader<'c, 'p> {
    provider: Provider,
    content: &'c Content,
    definitions: FieldSets<'c, Definition>,
    places: FieldSets<'c, Availability>,
    /// Whether each place has the wanted location; `None` if all places are wanted.
    is_there: Option<Vec<bool>>,
    maker: Maker<'c, 'p>,
}

impl<'c, 'p> Reader<'c, 'p> {
    /// Creates a reader of all SKUs, or of those of a location in lower case.
    pub(crate) fn new(
        content: &'c Content,
        provider: Provider,
        location: Option<&str>,
        pool: &'p Mutex<Pool>,
    ) -> Option<Self> {
        let parts = Parts::values(&content.values)?;
        if parts.len() > MOST_VALUES {
            return None;
        }
        let places = FieldSets::new(&content.places)?;
        let is_there = match location {
            Some(location) => Some(places_of(location, content, &parts, &places.parts)?),
            None => None,
        };
        Some(Self {
            provider,
            content,
            definitions: FieldSets::new(&content.definitions)?,
            places,
            is_there,
            maker: Maker {
                texts: content.texts.iter().map(|text| (&text[..], None)).collect(),
                values: vec![None; parts.len()],
                parts,
                // The pool is locked last, because other threads wait for it.
                pool: pool.lock().unwrap_or_else(PoisonError::into_inner),
            },
        })
    }

    /// Returns the SKUs.
    pub(crate) fn skus(self) -> Option<Vec<Sku>> {
        let Self {
            provider,
            content,
            mut definitions,
            mut places,
            is_there,
            mut maker,
        } = self;
        if content.sku_definitions.len() != content.sku_places.len() {
            return None;
        }
        let numbers = content.sku_definitions.iter().zip(&content.sku_places);
        let mut skus = Vec::new();
        for (definition, place) in numbers {
            if let Some(is_there) = &is_there
                && !*is_there.get(*place as usize)?
            {
                continue;
            }
            skus.push(Sku {
                definition: definitions.get(*definition, |numbers| {
                    let definition = Definition::new(provider, maker.field_set(numbers, false)?);
                    Some(maker.pool.definition(definition))
                })?,
                availability: places.get(*place, |numbers| {
                    let place = Availability::new(provider, maker.field_set(numbers, true)?);
                    Some(maker.pool.place(place))
                })?,
            });
        }
        Some(skus)
    }
}

/// A builder of texts, values and sets of fields, each built once.
struct Maker<'c, 'p> {
    pool: MutexGuard<'p, Pool>,
    texts: Vec<(&'c [u8], Option<Arc<str>>)>,
    parts: Parts<'c>,
    /// The values, each with its depth of nesting.
    values: Vec<Option<(Value, u8)>>,
}

impl Maker<'_, '_> {
    /// Builds the fields of an availability, or of a definition. The result is `None` if a field
    /// belongs to the other set or is not after the field before it, because SKUs are built from
    /// ordered, distinct fields.
    fn field_set(&mut self, numbers: &[u32], of_place: bool) -> Option<FieldSet> {
        let (numbers, _) = numbers.get(1..)?.as_chunks();
        let mut fields: Vec<(Field, Value)> = Vec::with_capacity(numbers.len());
        for [field, value] in numbers {
            let field = Field::from_number(*field)?;
            let is_next = fields.last().is_none_or(|(last, _)| *last < field);
            if field.is_of_place() != of_place || !is_next {
                return None;
            }
            fields.push((field, self.value(*value, DEEPEST)?.0));
        }
        Some(FieldSet::new(fields))
    }

    /// Returns a value and its depth of nesting, if that is at most `room`.
    fn value(&mut self, number: u32, room: u8) -> Option<(Value, u8)> {
        let place = number as usize;
        if let Some(known) = self.values.get(place)? {
            return Some(known.clone()).filter(|(_, depth)| *depth <= room);
        }
        let made = self.make(number, room)?;
        if let Some(value) = self.values.get_mut(place) {
            *value = Some(made.clone());
        }
        Some(made)
    }

    fn make(&mut self, number: u32, room: u8) -> Option<(Value, u8)> {
        let bits = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        let mut depth = 0;
        // A child's number is lower than its parent's, so no value is built twice or contains
        // itself.
        let mut child = |maker: &mut Self, child: u32| {
            let room = room.checked_sub(1).filter(|_| child < number)?;
            let (value, below) = maker.value(child, room)?;
            depth = depth.max(below + 1);
            Some(value)
        };
        let value = match *self.parts.get(number as usize)? {
            [kind::NULL] => Value::Null,
            [kind::FALSE] => Value::Bool(false),
            [kind::TRUE] => Value::Bool(true),
            [kind::INT, low, high] => Value::from(bits(low, high).cast_signed()),
            [kind::FLOAT, low, high] => Value::Float(f64::from_bits(bits(low, high))),
            [kind::TEXT, text] => Value::String(self.text(text)?),
            [kind::ARRAY, _, ref items @ ..] => {
                let items = items.iter().map(|item| child(self, *item));
                let items = items.collect::<Option<_>>()?;
                self.pool.array(items)
            }
            [kind::OBJECT, count, ref entries @ ..] if count as usize <= MOST_KEYS => {
                let (entries, _) = entries.as_chunks();
                let entries = entries
                    .iter()
                    .map(|[key, value]| Some((self.text(*key)?, child(self, *value)?)));
                let entries: Vec<_> = entries.collect::<Option<_>>()?;
                if !are_once(&entries) {
                    return None;
                }
                self.pool.object(entries)
            }
            _ => return None,
        };
        Some((value, depth))
    }

    fn text(&mut self, number: u32) -> Option<Arc<str>> {
        let (text, made) = self.texts.get_mut(number as usize)?;
        if made.is_none() {
            *made = Some(self.pool.key(str::from_utf8(text).ok()?));
        }
        made.clone()
    }
}

/// Whether all keys, which belong to the pool, are distinct.
fn are_once(entries: &[(Arc<str>, Value)]) -> bool {
    let mut rest = entries;
    while let Some(((key, _), others)) = rest.split_first() {
        if others.iter().any(|(other, _)| Arc::ptr_eq(other, key)) {
            return false;
        }
        rest = others;
    }
    true
}

/// Whether a text equals a text of lower case, without regard to case.
fn is_spelt(text: &[u8], lower: &str) -> bool {
    if text.is_ascii() {
        return text.eq_ignore_ascii_case(lower.as_bytes());
    }
    str::from_utf8(text).is_ok_and(|text| text.to_lowercase() == lower)
}

/// Returns whether each place has a location, in lower case, without building the places. Each list
/// of locations is searched once, even if several places share it.
fn places_of(
    location: &str,
    content: &Content,
    values: &Parts<'_>,
    places: &Parts<'_>,
) -> Option<Vec<bool>> {
    let texts = content.texts.iter();
    let is_name: Vec<_> = texts.map(|text| is_spelt(text, location)).collect();
    let is_location = |value: &u32| match values.get(*value as usize) {
        Some([kind::TEXT, text]) => is_name.get(*text as usize) == Some(&true),
        _ => false,
    };
    let mut known: HashMap<u32, bool> = HashMap::default();
    let mut has_it = |value: u32| {
        *known
            .entry(value)
            .or_insert_with(|| match values.get(value as usize) {
                Some([kind::ARRAY, _, locations @ ..]) => locations.iter().any(is_location),
                _ => false,
            })
    };
    let is_there = |number| {
        let (fields, _) = places.get(number)?.get(1..)?.as_chunks();
        let mut locations = fields
            .iter()
            .filter(|[field, _]| *field == Field::Locations as u32);
        Some(locations.any(|[_, value]| has_it(*value)))
    };
    (0..places.len()).map(is_there).collect()
}

/// The definitions or the places of a content, each built once.
struct FieldSets<'c, T> {
    parts: Parts<'c>,
    made: Vec<Option<Arc<T>>>,
}

impl<'c, T> FieldSets<'c, T> {
    fn new(numbers: &'c [u32]) -> Option<Self> {
        let parts = Parts::halves(numbers)?;
        let made = vec![None; parts.len()];
        Some(Self { parts, made })
    }

    fn get(
        &mut self,
        number: u32,
        make: impl FnOnce(&'c [u32]) -> Option<Arc<T>>,
    ) -> Option<Arc<T>> {
        let known = self.made.get_mut(number as usize)?;
        if known.is_none() {
            *known = Some(make(self.parts.get(number as usize)?)?);
        }
        known.clone()
    }
}
