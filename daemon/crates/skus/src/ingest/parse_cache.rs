//! Parsing of a catalogue's entries with a cache of the parts that were parsed before.
//!
//! The same texts occur again and again: 47,402 SKUs of 71 MB have 1,635 lists of capabilities,
//! made of 944 capabilities. So each part's text is looked up in the cache, and only a new text is
//! parsed. Before the look-up it is compared with the predicted text.
//!
//! az's rule (azure-cli-core, `aaz/_field_type.py`): a property that the schema lacks is dropped,
//! an absent or `null` one is left out, and the others come in the schema's order. If a value has
//! another type than the schema's, az refuses the whole list. azq converts a number to text where
//! the schema has text, and leaves any other such value out. For AKS another rule applies, see
//! `provider`.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use azq_document::Value;
use foldhash::HashMap;
use serde_json::Value as Json;

use crate::catalogue::pool::Pool;
use crate::catalogue::{Availability, Definition, Sku};
use crate::ingest::guess::{FieldPredictor, Numbers, Passed};
use crate::ingest::scan::{Cursor, ScanError};
use crate::ingest::schema::{Field, Property, Shape, same_key};
use crate::provider::{Provider, modelled};

/// The cache of all parts seen so far, by their text.
pub(crate) struct ParseCache {
    provider: Provider,
    pool: Arc<Mutex<Pool>>,
    keys: HashMap<Box<[u8]>, Option<Field>>,
    numbers: [HashMap<Arc<[u8]>, u32>; Field::COUNT],
    values: Vec<(Arc<[u8]>, Value)>,
    parts: HashMap<usize, Parts>,
    guesses: FieldPredictor,
    definitions: HashMap<Numbers, Arc<Definition>>,
    places: HashMap<Numbers, Arc<Availability>>,
}

/// The values of one shape, by their text.
type Parts = HashMap<Box<[u8]>, Option<Value>>;

impl ParseCache {
    pub(crate) fn new(provider: Provider, pool: &Arc<Mutex<Pool>>) -> Self {
        Self {
            provider,
            pool: Arc::clone(pool),
            keys: HashMap::default(),
            numbers: std::array::from_fn(|_| HashMap::default()),
            values: Vec::new(),
            parts: HashMap::default(),
            guesses: FieldPredictor::default(),
            definitions: HashMap::default(),
            places: HashMap::default(),
        }
    }

    /// Parses an entry and returns its SKU.
    pub(crate) fn sku(&mut self, cursor: &mut Cursor<'_>) -> Result<Sku, ScanError> {
        let fields = self.fields(cursor)?;
        let (mut what, mut place) = (fields, fields);
        for field in Field::all() {
            let other = if field.is_of_place() {
                &mut what
            } else {
                &mut place
            };
            other[field as usize] = 0;
        }
        let known = (self.definitions.get(&what), self.places.get(&place));
        if let (Some(definition), Some(place)) = known {
            let (definition, availability) = (Arc::clone(definition), Arc::clone(place));
            return Ok(Sku {
                definition,
                availability,
            });
        }
        let sku = self.new_sku(&fields);
        self.definitions.insert(what, Arc::clone(&sku.definition));
        self.places.insert(place, Arc::clone(&sku.availability));
        Ok(sku)
    }

    fn fields(&mut self, cursor: &mut Cursor<'_>) -> Result<Numbers, ScanError> {
        let mut fields = Numbers::default();
        let mut members = Members::new(cursor)?;
        for place in 0.. {
            let field = match self.guesses.pass_key(place, cursor) {
                Some(Passed(field)) => {
                    members.first = false;
                    field
                }
                None => match members.next_key(cursor)? {
                    Some(key) => self.read_key(place, key),
                    None => break,
                },
            };
            match field {
                Some(field) => fields[field as usize] = self.number(field, &fields, cursor)?,
                None => drop(cursor.value()?),
            }
        }
        self.guesses.entry_is(fields);
        Ok(fields)
    }

    fn read_key(&mut self, place: usize, key: &[u8]) -> Option<Field> {
        let field = self.field(key);
        self.guesses.key_is(place, key, field);
        field
    }

    fn field(&mut self, key: &[u8]) -> Option<Field> {
        if let Some(known) = self.keys.get(key) {
            return *known;
        }
        let field = string(key).and_then(|name| self.provider.field(&name));
        self.keys.insert(key.into(), field);
        field
    }

    /// Parses a field's value and returns its number.
    fn number(
        &mut self,
        field: Field,
        known: &Numbers,
        cursor: &mut Cursor<'_>,
    ) -> Result<u32, ScanError> {
        cursor.peek()?;
        let guesses = self.guesses.values(field, known);
        let number = match guesses.into_iter().find(|guess| self.pass(*guess, cursor)) {
            Some(number) => number,
            None => self.read(field, cursor)?,
        };
        self.guesses.value_is(field, number);
        Ok(number)
    }

    /// Skips the text of a remembered value, if it comes next and marks its own end.
    fn pass(&self, number: u32, cursor: &mut Cursor<'_>) -> bool {
        let known = position(number).and_then(|position| self.values.get(position));
        known.is_some_and(|(text, _)| {
            matches!(text.first(), Some(b'"' | b'[' | b'{')) && cursor.pass_text(text)
        })
    }

    fn read(&mut self, field: Field, cursor: &mut Cursor<'_>) -> Result<u32, ScanError> {
        let before = cursor.clone();
        let text = cursor.value()?;
        if let Some(number) = self.numbers[field as usize].get(text) {
            return Ok(*number);
        }
        let value = self.value(field, text);
        let value = value.map_err(|stop| before.malformed_within(stop))?;
        let text: Arc<[u8]> = text.into();
        let mut number = 0;
        if let Some(value) = value {
            self.values.push((Arc::clone(&text), value));
            number = u32::try_from(self.values.len()).map_err(|_| before.malformed())?;
        }
        self.numbers[field as usize].insert(text, number);
        Ok(number)
    }

    fn new_sku(&self, fields: &Numbers) -> Sku {
        let known = |number| Some(self.values.get(position(number)?)?.1.clone());
        let value = |number| known(number).or_else(|| self.provider.absent());
        let fields = Field::all().filter_map(|field| Some((field, value(fields[field as usize])?)));
        Sku::new(self.provider, fields.collect(), &mut self.pool())
    }

    /// Converts a field's value as az does.
    fn value(&mut self, field: Field, text: &[u8]) -> Result<Option<Value>, ScanError> {
        if self.provider == Provider::Compute {
            return self.part(field.shape(), text);
        }
        let json = azq_python::json::loads(text).map_err(|_| ScanError::Malformed(0))?;
        Ok(modelled(field, &json, &self.pool))
    }

    /// Converts a value of this shape as az does.
    fn part(&mut self, shape: &'static Shape, text: &[u8]) -> Result<Option<Value>, ScanError> {
        let address = std::ptr::from_ref(shape).addr();
        if let Some(known) = self.parts.get(&address).and_then(|seen| seen.get(text)) {
            return Ok(known.clone());
        }
        // Shapes nest at most five deep, regardless of the text.
        let value = match (shape, text.first()) {
            (Shape::List(element), Some(b'[')) => Some(self.list(element, text)?),
            (Shape::Object(properties), Some(b'{')) => Some(self.object(properties, text)?),
            (Shape::Text | Shape::Integer, _) => self.scalar(shape, text)?,
            _ => None,
        };
        let seen = self.parts.entry(address).or_default();
        seen.insert(text.into(), value.clone());
        Ok(value)
    }

    fn list(&mut self, element: &'static Shape, text: &[u8]) -> Result<Value, ScanError> {
        let mut cursor = Cursor::new(text);
        let (mut items, mut first) = (Vec::new(), true);
        cursor.expect(b'[')?;
        while !cursor.pass(b']')? {
            if !std::mem::take(&mut first) {
                cursor.expect(b',')?;
            }
            items.extend(self.part(element, cursor.value()?)?);
        }
        Ok(self.pool().array(items))
    }

    fn object(&mut self, properties: &'static [Property], text: &[u8]) -> Result<Value, ScanError> {
        let mut cursor = Cursor::new(text);
        let mut found: Vec<Option<Value>> = vec![None; properties.len()];
        let mut members = Members::new(&mut cursor)?;
        while let Some(key) = members.next_key(&mut cursor)? {
            let at = cursor.malformed();
            let value = cursor.value()?;
            let key = string(key).ok_or(at)?;
            let mut known = properties.iter().zip(&mut found);
            let known = known.find(|((name, _), _)| same_key(&key, name));
            if let Some(((_, shape), slot)) = known {
                *slot = self.part(shape, value)?;
            }
        }
        let mut pool = self.pool();
        let found = properties.iter().zip(found);
        let entries = found.filter_map(|((name, _), value)| Some((pool.key(name), value?)));
        let entries = entries.collect();
        Ok(pool.object(entries))
    }

    fn scalar(&self, shape: &Shape, text: &[u8]) -> Result<Option<Value>, ScanError> {
        let json = azq_python::json::loads(text).map_err(|_| ScanError::Malformed(0))?;
        Ok(match (shape, json) {
            (Shape::Text, Json::String(text)) => Some(self.pool().text(&text)),
            (Shape::Text, json @ (Json::Number(_) | Json::Bool(_))) => {
                Some(self.pool().text(&azq_python::json::dumps(&json)))
            }
            (Shape::Integer, Json::Number(number)) => number.as_i64().map(Value::from),
            (Shape::Integer, Json::String(text)) => text.trim().parse().ok().map(Value::Int),
            _ => None,
        })
    }

    fn pool(&self) -> std::sync::MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Decodes a JSON string, as Python does.
fn string(text: &[u8]) -> Option<Cow<'_, str>> {
    if let Ok(plain) = serde_json::from_slice::<&str>(text) {
        return Some(Cow::Borrowed(plain));
    }
    match azq_python::json::loads(text) {
        Ok(Json::String(text)) => Some(Cow::Owned(text)),
        _ => None,
    }
}

fn position(number: u32) -> Option<usize> {
    usize::try_from(number).ok()?.checked_sub(1)
}

/// An iteration over an object's members.
struct Members {
    first: bool,
}

impl Members {
    fn new(cursor: &mut Cursor<'_>) -> Result<Self, ScanError> {
        cursor.expect(b'{')?;
        Ok(Self { first: true })
    }

    /// Returns the next key with its quotes, and leaves the cursor before the value. The result is
    /// `None` at the object's end.
    fn next_key<'a>(&mut self, cursor: &mut Cursor<'a>) -> Result<Option<&'a [u8]>, ScanError> {
        if cursor.pass(b'}')? {
            return Ok(None);
        }
        if !std::mem::take(&mut self.first) {
            cursor.expect(b',')?;
        }
        let key = cursor.string()?;
        cursor.expect(b':')?;
        Ok(Some(key))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use azq_document::LazyObject as _;

    fn convert(field: Field, json: &str) -> Result<Option<Value>, ScanError> {
        let pool = Arc::default();
        ParseCache::new(Provider::Compute, &pool).part(field.shape(), json.as_bytes())
    }

    #[test]
    fn values_take_azs_shape() {
        let info = r#"[{"zones": [null], "unknown": 1, "location": "eastus", "type": null,
                        "zoneDetails" : [ {"Name":["1"],"capabilities":[]}, null, 5]}]"#;
        let details = json!([{"capabilities": [], "name": ["1"]}]);
        let kept = json!([{"location": "eastus", "zoneDetails": details, "zones": []}]);
        let capacity = r#"{"minimum":"3","maximum":1.5,"scaleType":"Manual"}"#;
        let manual = json!({"minimum": 3, "scaleType": "Manual"});
        let (b, none) = (
            r#"[{"name":"a","Name":"b"}]"#,
            r#"[{"name":"a","Name":null}]"#,
        );
        for (field, sent, kept) in [
            (Field::LocationInfo, info, Some(kept)),
            (Field::Restrictions, "null", None),
            (Field::Restrictions, "[]", Some(json!([]))),
            (Field::Restrictions, r#""text""#, None),
            (Field::Capacity, "{}", Some(json!({}))),
            (Field::Capacity, capacity, Some(manual)),
            (Field::Name, "5", Some(json!("5"))),
            (Field::Name, "{}", None),
            (Field::Name, r#""\u00fc\n""#, Some(json!("ü\n"))),
            (Field::Capabilities, b, Some(json!([{"name": "b"}]))),
            (Field::Capabilities, none, Some(json!([{}]))),
        ] {
            let kept = Ok(kept.as_ref().map(Value::from));
            assert_eq!(convert(field, sent), kept, "{sent}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for (field, text) in [
            (Field::Name, "tru"),
            (Field::Name, "\"\u{1}\""),
            (Field::Locations, r#"["a" "b"]"#),
            (Field::Locations, r#"["a",]"#),
            (Field::Capabilities, r#"[{"name" "a"}]"#),
            (Field::Capabilities, "[{]"),
        ] {
            assert!(convert(field, text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_entry_is_read_the_same_whatever_came_before_it() {
        let entries = [
            r#"{"resourceType":"t","name":"a","tier":"T","locations":["x"],"capacity":{"minimum":1}}"#,
            r#"{"resourceType":"t","name":"a","tier":"T","locations":["y"],"capacity":{"minimum":12}}"#,
            r#"{"resourceType":"t","name":"a","tier":"Tt","locations":["x", "y"]}"#,
            r#"{"tier":"T","name":"ab","resourceType":"t","future":[1],"locations":["x"]}"#,
            r#"{ "tier" : "T" , "name":"ab","resourceType":5,"locations":[],"locations":["y"]}"#,
            r#"{"tier":null,"name":55,"name":5,"restrictions":[]}"#,
            r#"{"name":"a","restrictions":[{}],"capabilities":[{"name":"x"}]}"#,
            r#"{"name":"a","capabilities":[{"name":"x"},{"name":"y"}],"tier":"T"}"#,
            r#"{"name":"a","capabilities":55,"tier":"T"}"#,
            "{}",
        ];
        let read = |memory: &mut ParseCache, entry: &str| {
            let mut cursor = Cursor::new(entry.as_bytes());
            let sku = memory.sku(&mut cursor).unwrap();
            assert_eq!(cursor.position(), entry.len(), "{entry}");
            sku.document()
        };
        let pool = Arc::default();
        let mut random = fastrand::Rng::with_seed(1);
        for provider in Provider::ALL {
            let alone = entries.map(|entry| read(&mut ParseCache::new(provider, &pool), entry));
            let mut memory = ParseCache::new(provider, &pool);
            for _ in 0..2_000 {
                let number = random.usize(..entries.len());
                let document = read(&mut memory, entries[number]);
                assert_eq!(document, alone[number], "{}", entries[number]);
            }
        }
        let mut memory = ParseCache::new(Provider::Compute, &pool);
        for broken in [r#"{"resourceType":"t" "name":"a"}"#, r#"{,"tier":"T"}"#] {
            let mut cursor = Cursor::new(broken.as_bytes());
            assert!(memory.sku(&mut cursor).is_err(), "{broken}");
        }
    }
}
