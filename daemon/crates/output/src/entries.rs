//! The entries of an object by key, the order in which every format of az shows Azure's data.

use std::sync::Arc;

use azq_document::{Object, Value};

/// A key and its value.
pub(super) type Entry = (Arc<str>, Value);

/// An object's entries in the order of their keys' code points.
pub(super) enum Sorted<'v> {
    /// The entries are already in that order, as in most of Azure's small objects.
    AsTheyAre(&'v [Entry]),
    /// References in that order.
    Reordered(Vec<&'v Entry>),
}

impl<'v> Sorted<'v> {
    /// Sorts the entries if necessary. UTF-8 sorts by code point, as Python does.
    pub(super) fn of(object: &'v Object) -> Self {
        if object.entries.is_sorted_by(|left, right| left.0 <= right.0) {
            return Sorted::AsTheyAre(&object.entries);
        }
        let mut entries: Vec<&Entry> = object.entries.iter().collect();
        entries.sort_unstable_by(|left, right| left.0.cmp(&right.0));
        Sorted::Reordered(entries)
    }

    /// Returns the number of entries.
    pub(super) fn len(&self) -> usize {
        match self {
            Sorted::AsTheyAre(entries) => entries.len(),
            Sorted::Reordered(entries) => entries.len(),
        }
    }

    /// Returns the entry at a position.
    pub(super) fn get(&self, index: usize) -> Option<&'v Entry> {
        match self {
            Sorted::AsTheyAre(entries) => entries.get(index),
            Sorted::Reordered(entries) => entries.get(index).copied(),
        }
    }

    /// Iterates over the entries.
    pub(super) fn iter(&self) -> impl Iterator<Item = &'v Entry> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}
