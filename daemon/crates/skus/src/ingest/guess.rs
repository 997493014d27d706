//! What the parts of an entry probably are, so that most are compared and not read.
//!
//! A region lists nearly the same sizes as the one before, in the same order, with the same keys.
//! So an entry probably has the keys of the entry before; what it is, its name had last; and where
//! it is, one of the two entries before had. A guess is only ever compared with the text: a wrong
//! one costs time and changes nothing.

use crate::ingest::scan::Cursor;
use crate::ingest::schema::Field;
use foldhash::HashMap;

/// A SKU's values by field, as numbers of remembered values; 0 is none.
pub(crate) type Numbers = [u32; Field::COUNT];

/// Entries have a dozen keys; what comes behind so many is read.
const MOST_KEYS: usize = 32;

/// What was seen last.
#[derive(Default)]
pub(crate) struct FieldPredictor {
    keys: Vec<Key>,
    by_name: HashMap<u32, Numbers>,
    /// The last two values of each field that were different.
    recent: [[u32; 2]; Field::COUNT],
}

/// A key with what is around it: a comma unless it is the first, its quotes, a colon.
struct Key {
    text: Vec<u8>,
    field: Option<Field>,
}

/// A key that was passed, by its field; none if az does not have it.
pub(crate) struct Passed(pub(crate) Option<Field>);

impl FieldPredictor {
    /// Passes the key that an entry has at a place, if it is the one that the last entry had there.
    pub(crate) fn pass_key(&self, place: usize, cursor: &mut Cursor<'_>) -> Option<Passed> {
        let key = self.keys.get(place)?;
        cursor.pass_text(&key.text).then_some(Passed(key.field))
    }

    /// The last entry has this key, with its quotes, at this place.
    pub(crate) fn key_is(&mut self, place: usize, key: &[u8], field: Option<Field>) {
        self.keys.truncate(place);
        if self.keys.len() == place && place < MOST_KEYS {
            let comma: &[u8] = if place == 0 { b"" } else { b"," };
            let text = [comma, key, b":"].concat();
            self.keys.push(Key { text, field });
        }
    }

    /// The values that a field probably has, the likeliest first, for an entry of which these are
    /// known.
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

    /// A field has this value.
    pub(crate) fn value_is(&mut self, field: Field, number: u32) {
        let recent = &mut self.recent[field as usize];
        if recent[0] != number {
            *recent = [number, recent[0]];
        }
    }

    /// An entry has these values.
    pub(crate) fn entry_is(&mut self, fields: Numbers) {
        self.by_name.insert(fields[Field::Name as usize], fields);
    }
}
