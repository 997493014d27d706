//! A pool that keeps one copy of every part that resource SKUs share.
//!
//! A size is listed in 45 regions with the same 25 capabilities, and a region is fetched again
//! every hour with hardly any change. So equal texts, lists, objects, definitions and places are
//! kept once, across all catalogues.
//!
//! Invariant: the children of a pooled value are pooled themselves, so that two of them are equal
//! exactly if they are the same allocation. So hashing and comparing a list uses addresses, never
//! contents.
//!
//! [`Pool::sweep`] drops the parts that no catalogue uses any more.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use azq_document::{Object, Origin, Value};
use foldhash::HashSet;

use crate::catalogue::{Availability, Definition};

/// The shared parts.
#[derive(Default)]
pub(crate) struct Pool {
    texts: HashSet<Arc<str>>,
    values: HashSet<Pooled>,
    definitions: HashSet<Arc<Definition>>,
    places: HashSet<Arc<Availability>>,
}

impl Pool {
    /// Returns the shared form of an object's key.
    pub(crate) fn key(&mut self, key: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(key) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = key.into();
        self.texts.insert(Arc::clone(&shared));
        shared
    }

    /// Returns the shared form of a text.
    pub(crate) fn text(&mut self, text: &str) -> Value {
        Value::String(self.key(text))
    }

    /// Returns the shared form of a list of pooled values.
    pub(crate) fn array(&mut self, items: Vec<Value>) -> Value {
        self.value(Value::Array(items.into()))
    }

    /// Returns the shared form of an object with pooled keys and values.
    pub(crate) fn object(&mut self, mut entries: Vec<(Arc<str>, Value)>) -> Value {
        entries.shrink_to_fit();
        self.value(Value::Object(Arc::new(Object {
            entries,
            origin: Origin::Data,
        })))
    }

    /// Returns the shared form of a definition of pooled values.
    pub(crate) fn definition(&mut self, definition: Definition) -> Arc<Definition> {
        shared(&mut self.definitions, definition)
    }

    /// Returns the shared form of a place of pooled values.
    pub(crate) fn place(&mut self, place: Availability) -> Arc<Availability> {
        shared(&mut self.places, place)
    }

    /// Drops the parts that are used nowhere else.
    pub(crate) fn sweep(&mut self) {
        self.definitions
            .retain(|definition| Arc::strong_count(definition) > 1);
        self.places.retain(|place| Arc::strong_count(place) > 1);
        loop {
            // Dropping an outer value may leave its parts unused.
            let before = self.values.len();
            self.values.retain(Pooled::is_used);
            if self.values.len() == before {
                break;
            }
        }
        self.texts.retain(|text| Arc::strong_count(text) > 1);
    }

    /// Returns the number of shared parts of all kinds.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.texts.len() + self.values.len() + self.definitions.len() + self.places.len()
    }

    fn value(&mut self, value: Value) -> Value {
        let candidate = Pooled(value);
        if let Some(known) = self.values.get(&candidate) {
            return known.0.clone();
        }
        let value = candidate.0.clone();
        self.values.insert(candidate);
        value
    }
}

fn shared<T: Hash + Eq>(known: &mut HashSet<Arc<T>>, value: T) -> Arc<T> {
    if let Some(known) = known.get(&value) {
        return Arc::clone(known);
    }
    let value = Arc::new(value);
    known.insert(Arc::clone(&value));
    value
}

fn address<T: ?Sized>(shared: &Arc<T>) -> u64 {
    Arc::as_ptr(shared).cast::<u8>().addr() as u64
}

/// The identity of a pooled value: its kind, and its address or content.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Identity(u8, u64);

impl Identity {
    /// Returns the identity of a pooled value.
    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self(0, 0),
            Value::Bool(value) => Self(1, u64::from(*value)),
            Value::Int(value) => Self(2, whole(*value).cast_unsigned()),
            Value::Float(value) => Self(3, value.to_bits()),
            Value::String(text) => Self(4, address(text)),
            Value::Array(items) => Self(5, address(items)),
            Value::Object(object) => Self(6, address(object)),
            Value::BigInt(digits) => Self(7, address(digits)),
            Value::Bytes(bytes) => Self(8, address(bytes)),
        }
    }
}

/// Converts an integer of a SKU to 64 bits, which is the width of all that are read (see
/// `parse_cache`).
pub(crate) fn whole(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A list or an object, hashed and compared by the identities of its children.
struct Pooled(Value);

impl Pooled {
    fn is_used(&self) -> bool {
        match &self.0 {
            Value::Array(items) => Arc::strong_count(items) > 1,
            Value::Object(object) => Arc::strong_count(object) > 1,
            _ => false,
        }
    }
}

impl Hash for Pooled {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Value::Array(items) => {
                items.len().hash(state);
                items.iter().for_each(|item| Identity::of(item).hash(state));
            }
            Value::Object(object) => {
                object.entries.len().hash(state);
                let values = object.entries.iter().map(|(_, value)| Identity::of(value));
                values.for_each(|value| value.hash(state));
            }
            other => Identity::of(other).hash(state),
        }
    }
}

impl PartialEq for Pooled {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Value::Array(one), Value::Array(two)) => one
                .iter()
                .map(Identity::of)
                .eq(two.iter().map(Identity::of)),
            (Value::Object(one), Value::Object(two)) => {
                let entry = |(key, value): &(Arc<str>, Value)| (address(key), Identity::of(value));
                one.entries
                    .iter()
                    .map(entry)
                    .eq(two.entries.iter().map(entry))
            }
            (one, two) => Identity::of(one) == Identity::of(two),
        }
    }
}

impl Eq for Pooled {}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(pool: &mut Pool, name: &str, value: &str) -> Value {
        let entries = vec![
            (pool.key("name"), pool.text(name)),
            (pool.key("value"), pool.text(value)),
        ];
        pool.object(entries)
    }

    #[test]
    fn equal_values_are_one_allocation() {
        let mut pool = Pool::default();
        let one = pair(&mut pool, "vCPUs", "2");
        let two = pair(&mut pool, "vCPUs", "2");
        let other = pair(&mut pool, "vCPUs", "4");
        assert!(Identity::of(&one) == Identity::of(&two));
        assert!(Identity::of(&one) != Identity::of(&other));
        let (list, same) = (pool.array(vec![one, other]), pool.array(vec![two.clone()]));
        let third = pool.array(vec![two]);
        assert!(Identity::of(&same) == Identity::of(&third));
        assert!(Identity::of(&same) != Identity::of(&list));
    }

    #[test]
    fn objects_with_the_same_values_under_other_keys_differ() {
        let mut pool = Pool::default();
        let (zones, values) = (pool.key("zones"), pool.key("values"));
        let one = pool.text("1");
        let zones = pool.object(vec![(zones, one.clone())]);
        let values = pool.object(vec![(values, one)]);
        assert!(Identity::of(&zones) != Identity::of(&values));
    }

    #[test]
    fn a_sweep_leaves_what_is_used_and_nothing_else() {
        let mut pool = Pool::default();
        let kept = pair(&mut pool, "vCPUs", "2");
        let dropped = pair(&mut pool, "vCPUs", "4");
        let list = pool.array(vec![kept.clone(), dropped.clone()]);
        assert_eq!(pool.len(), 8);
        drop((list, dropped));
        pool.sweep();
        assert_eq!(pool.len(), 5); // name, value, vCPUs, 2, and their pair
        drop(kept);
        pool.sweep();
        assert_eq!(pool.len(), 0);
    }
}
