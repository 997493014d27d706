//! The entries of an object by key, the order in which every format of az shows Azure's data.

use std::sync::Arc;

use azq_document::{Object, Value};

/// A key and its value.
pub(super) type Entry = (Arc<str>, Value);

/// Iterates over an object's entries in the order of their keys' code points. UTF-8 sorts by code
/// point, as Python does. Most of Azure's small objects are already in that order.
pub(super) fn sorted(object: &Object) -> impl Iterator<Item = &Entry> {
    let entries = &object.entries;
    let is_sorted = entries.is_sorted_by(|left, right| left.0 <= right.0);
    let reordered = (!is_sorted).then(|| {
        let mut entries: Vec<&Entry> = entries.iter().collect();
        entries.sort_unstable_by(|left, right| left.0.cmp(&right.0));
        entries
    });
    (0..entries.len()).filter_map(move |index| match &reordered {
        Some(entries) => entries.get(index).copied(),
        None => entries.get(index),
    })
}
