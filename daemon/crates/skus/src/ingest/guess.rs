//! Predictions of an entry's parts, so that most parts are compared rather than parsed.
//!
//! A region lists nearly the same sizes as the one before, in the same order, with the same keys.
//! So an entry probably has the keys of the entry before it. Its definition is probably the last
//! one with the same name, and its place that of one of the two entries before. A prediction is
//! only compared with the text, so a wrong one costs time and changes nothing.

use crate::ingest::scan::Cursor;
use crate::ingest::schema::Field;
use foldhash::HashMap;

/// A SKU's values by field, as numbers of remembered values; 0 means no value.
pub(crate) type Numbers = [u32; Field::COUNT];

/// The maximum number of keys that are predicted. Entries have a dozen; any further key is parsed.
const MOST_KEYS: usize = 32;

/// The keys and values that were seen last.
#[derive(Default)]
pub(crate) struct FieldPredictor {
    keys: Vec<Key>,
    by_name: HashMap<u32, Numbers>,
    /// The last two different values of each field.
    recent: [[u32; 2]; Field::COUNT],
}

/// A key with the text around it: a comma unless it is the first, its quotes, a colon.
struct Key {
    text: Vec<u8>,
    field: Option<Field>,
}

/// The field of a key that was skipped; `None` if az does not have it.
pub(crate) struct Passed(pub(crate) Option<Field>);

impl FieldPredictor {
    /// Skips the key at a place of an entry, if it equals the last entry's key at that place.
    pub(crate) fn pass_key(&self, place: usize, cursor: &mut Cursor<'_>) -> Option<Passed> {
        let key = self.keys.get(place)?;
        cursor.pass_text(&key.text).then_some(Passed(key.field))
    }

    /// Records the last entry's key, with its quotes, at this place.
    pub(crate) fn key_is(&mut self, place: usize, key: &[u8], field: Option<Field>) {
        self.keys.truncate(place);
        if self.keys.len() == place && place < MOST_KEYS {
            let comma: &[u8] = if place == 0 { b"" } else { b"," };
            let text = [comma, key, b":"].concat();
            self.keys.push(Key { text, field });
        }
    }

    /// Returns the values that a field probably has, the most probable first, for an entry with
    /// these known values.
    pub(crate) fn values(&self, field: Field, known: &Numbers) -> [u32; 3] {
        let named = self.by_name.get(&known[Field::Name as usize]);
        let named = named.map_or(0, |last| last[field as usize]);
        let [one, two] = self.recent[field as usize];
        if field.is_of_place() {
            [one, two, named]
        } else {
            [named, one, two]
        }
    }

    /// Records the value of a field.
    pub(crate) fn value_is(&mut self, field: Field, number: u32) {
        let recent = &mut self.recent[field as usize];
        if recent[0] != number {
            *recent = [number, recent[0]];
        }
    }

    /// Records the values of an entry.
    pub(crate) fn entry_is(&mut self, fields: Numbers) {
        self.by_name.insert(fields[Field::Name as usize], fields);
    }
}
