//! Anchors and aliases of YAML (`PyYAML`, `representer.py` and `serializer.py`).
//!
//! `PyYAML` writes a list or object that a document contains twice only once, as `&id001`, and
//! `*id001` thereafter. Both must be the same Python object; equal ones are not enough. az's
//! documents are trees, so only a query can put one part in two places. azq's documents share equal
//! parts freely, so [`of_query`] distinguishes the two cases.

use std::collections::HashMap;
use std::sync::Arc;

use azq_document::{Origin, Value};
use azq_jmespath::Checkpoint;

use crate::DEPTH_LIMIT;
use crate::entries::sorted;

/// The anchors of a document: parts that occur more than once, by address, with their number.
#[derive(Default)]
pub(crate) struct Anchors {
    /// The number of each part's anchor by its address; `None` for a part that occurred once.
    seen: HashMap<usize, Option<u32>>,
    last: u32,
    /// Whether there is an `OrderedDict`.
    has_selection: bool,
}

impl Anchors {
    /// Returns the number of a part's anchor, if it has one.
    pub(super) fn number(&self, value: &Value) -> Option<u32> {
        if self.last == 0 {
            return None;
        }
        self.seen.get(&address(value)?).copied().flatten()
    }

    /// Returns the number of anchors.
    pub(super) fn count(&self) -> usize {
        self.last as usize
    }

    fn of(value: &Value) -> Self {
        let mut anchors = Self::default();
        anchors.visit(value, 0);
        anchors
    }

    /// Visits a part. Anchors are numbered in the order in which parts occur for the second time.
    fn visit(&mut self, value: &Value, depth: usize) {
        let Some(address) = address(value) else {
            return;
        };
        if let Some(number) = self.seen.get_mut(&address) {
            number.get_or_insert_with(|| {
                self.last += 1;
                self.last
            });
            return;
        }
        self.seen.insert(address, None);
        if depth > DEPTH_LIMIT {
            // Writing the document will refuse it.
            return;
        }
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.visit(item, depth + 1)),
            Value::Object(object) => {
                self.has_selection |= object.origin == Origin::Selection;
                sorted(object).for_each(|(_, value)| self.visit(value, depth + 1));
            }
            _ => {}
        }
    }
}

/// Returns a query's selection with the anchors that az would write.
///
/// If the selection has an `OrderedDict`, knack copies it through JSON, so that nothing is shared.
/// Otherwise parts at one address may be one Python object or equal parts of the document. The
/// query is run again to distinguish them, on a document whose parts all have different addresses.
pub(crate) fn of_query(
    query: &azq_jmespath::Expression,
    document: &Value,
    selected: Value,
    checkpoint: &dyn Checkpoint,
) -> Result<(Value, Anchors), azq_jmespath::RuntimeError> {
    let shared = Anchors::of(&selected);
    if shared.last == 0 || shared.has_selection {
        return Ok((selected, Anchors::default()));
    }
    let selected = query.search(&apart(document, 0), checkpoint)?;
    let anchors = Anchors::of(&selected);
    Ok((selected, anchors))
}

fn address(value: &Value) -> Option<usize> {
    match value {
        Value::Array(items) => Some(Arc::as_ptr(items).cast::<Value>() as usize),
        Value::Object(object) => Some(Arc::as_ptr(object) as usize),
        _ => None,
    }
}

/// Copies a document so that every list and object has an address of its own.
fn apart(value: &Value, depth: usize) -> Value {
    match value {
        _ if depth > DEPTH_LIMIT => value.clone(),
        Value::Array(items) => items.iter().map(|item| apart(item, depth + 1)).collect(),
        Value::Object(object) => {
            let entries = object.entries.iter();
            let entries = entries.map(|(key, value)| (Arc::clone(key), apart(value, depth + 1)));
            Value::with_entries(entries.collect(), object.origin)
        }
        scalar => scalar.clone(),
    }
}
