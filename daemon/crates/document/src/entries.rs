//! The entries of an object that is being built.
//!
//! They follow Python's `dict`: a key keeps its first position and takes its last value.

use std::collections::HashMap;
use std::sync::Arc;

use super::Value;

/// The number of keys up to which a linear search is faster than hashing.
const FEW: usize = 16;

/// A builder of entries, in order and with distinct keys.
#[derive(Debug, Default)]
pub struct Entries {
    list: Vec<(Arc<str>, Value)>,
    /// The position of each key, once there are many.
    places: HashMap<Arc<str>, usize>,
}

impl Entries {
    /// Creates an empty list with room for so many entries.
    pub fn with_capacity(count: usize) -> Self {
        Self {
            list: Vec::with_capacity(count),
            places: HashMap::new(),
        }
    }

    /// Sets the value of a key, at the end if the key is new.
    pub fn set(&mut self, key: Arc<str>, value: Value) {
        let place = if self.list.len() <= FEW {
            self.list.iter().position(|(name, _)| *name == key)
        } else {
            if self.places.is_empty() {
                let names = self.list.iter().map(|(name, _)| name.clone());
                self.places = names.zip(0..).collect();
            }
            self.places.get(&key).copied()
        };
        if let Some(entry) = place.and_then(|place| self.list.get_mut(place)) {
            entry.1 = value;
            return;
        }
        if !self.places.is_empty() {
            self.places.insert(key.clone(), self.list.len());
        }
        self.list.push((key, value));
    }

    /// Returns the entries in order.
    pub fn into_vec(self) -> Vec<(Arc<str>, Value)> {
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_keeps_its_first_place_and_takes_its_last_value() {
        let mut entries = Entries::default();
        for round in 0..3 {
            for key in 0..40 {
                entries.set(format!("k{key}").into(), Value::Int(round));
            }
        }
        let list = entries.into_vec();
        assert_eq!(list.len(), 40);
        for (place, (key, value)) in list.iter().enumerate() {
            assert_eq!((&**key, value), (&*format!("k{place}"), &Value::Int(2)));
        }
    }
}
