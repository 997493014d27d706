//! A catalogue as bytes: what the cache directory holds of it.
//!
//! A fixed head (magic, version, lengths, checksum), a small [`Label`] that says whose catalogue it is, and the
//! compressed [`Content`]: every distinct text and part once, parts by number, SKUs as two columns. It is a protobuf
//! message inside, so that fields can be added; a change that old readers would misread raises [`VERSION`].
//!
//! Invariant: bytes that are not exactly what [`encode`] made give `None`, never a panic or an endless allocation.

use std::{
    collections::HashMap,
    io::Read,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use prost::Message;

use super::{
    catalogue::{Catalogue, Definition, Half, Place, Sku},
    hash::ByNumber,
    pool::{Identity, Pool},
    schema::Field,
};
use crate::document::Value;

/// The format's number; snapshots of other versions are ignored and replaced.
const VERSION: u32 = 1;

const MAGIC: [u8; 8] = *b"azqskus\n";

/// Magic, version, checksum, length of the label.
pub(super) const HEAD: usize = 20;

/// Labels have some 200 bytes.
const MAX_LABEL: usize = 4096;

/// Nothing larger is read or decompressed; the largest real catalogue has 1.4 MB.
const MAX_CONTENT: u64 = 64 << 20;

/// Speed over size: the whole catalogue takes a few milliseconds.
const COMPRESSION: i32 = 1;

/// Whose catalogue a snapshot is; readable without the rest.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct Label {
    /// A digest of the scope and the location, which also names the file.
    #[prost(bytes = "vec", tag = "1")]
    pub(super) digest: Vec<u8>,
    #[prost(string, tag = "2")]
    pub(super) subscription: String,
    /// Absent: all locations.
    #[prost(string, optional, tag = "3")]
    pub(super) location: Option<String>,
    /// Milliseconds since 1970.
    #[prost(uint64, tag = "4")]
    pub(super) fetched_at: u64,
    #[prost(uint64, tag = "5")]
    pub(super) entries: u64,
}

impl Label {
    /// When Azure was asked.
    pub(super) fn fetched_at(&self) -> SystemTime {
        UNIX_EPOCH
            .checked_add(Duration::from_millis(self.fetched_at))
            .unwrap_or(UNIX_EPOCH)
    }
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

/// The snapshot of a catalogue.
pub(super) fn encode(
    digest: &[u8],
    subscription: &str,
    location: Option<&str>,
    catalogue: &Catalogue,
) -> Vec<u8> {
    let since = catalogue
        .fetched_at()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let label = Label {
        digest: digest.into(),
        subscription: subscription.into(),
        location: location.map(Into::into),
        fetched_at: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
        entries: catalogue.len() as u64,
    };
    let label = label.encode_to_vec();
    let content = Writer::default().content(catalogue).encode_to_vec();
    // Compressing into memory cannot fail; without content the snapshot would be ignored.
    let content = zstd::bulk::compress(&content, COMPRESSION).unwrap_or_default();

    let mut bytes = Vec::with_capacity(HEAD + label.len() + content.len());
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&u32::try_from(label.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(&label);
    bytes.extend_from_slice(&content);
    let checksum = checksum(&bytes);
    bytes.splice(CHECKSUM, checksum.to_le_bytes());
    bytes
}

/// The label of a snapshot, from its first bytes. The checksum is not looked at: it covers the whole.
pub(super) fn label(bytes: &[u8]) -> Option<Label> {
    Label::decode(split(bytes)?.0).ok()
}

/// The catalogue of a snapshot that was made under this digest.
pub(super) fn decode(bytes: &[u8], digest: &[u8], pool: &Mutex<Pool>) -> Option<Catalogue> {
    let stored = bytes.get(CHECKSUM)?;
    if stored != checksum(bytes).to_le_bytes() {
        return None;
    }
    let (label, content) = split(bytes)?;
    let label = Label::decode(label)
        .ok()
        .filter(|label| label.digest == digest)?;
    let content = Content::decode(decompress(content)?.as_slice()).ok()?;
    let skus = Reader::new(&content, pool)?.skus(&content)?;
    let is_whole = label.entries == skus.len() as u64;
    is_whole.then(|| Catalogue::new(skus, label.fetched_at()))
}

/// Where the checksum is.
const CHECKSUM: std::ops::Range<usize> = 12..16;

/// The checksum of everything but itself.
fn checksum(bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(bytes.get(..CHECKSUM.start).unwrap_or_default());
    hasher.update(bytes.get(CHECKSUM.end..).unwrap_or_default());
    hasher.finalize()
}

/// The label and the content behind a head of this format.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let version = bytes
        .strip_prefix(&MAGIC)?
        .strip_prefix(&VERSION.to_le_bytes())?;
    let (length, rest) = version.get(4..)?.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    rest.split_at_checked(length)
        .filter(|(label, _)| label.len() <= MAX_LABEL)
}

fn decompress(content: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let decoder = zstd::stream::read::Decoder::new(content).ok()?;
    decoder.take(MAX_CONTENT + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= MAX_CONTENT).then_some(bytes)
}

/// Numbers the parts of a catalogue.
#[derive(Default)]
struct Writer {
    content: Content,
    texts: HashMap<Identity, u32, ByNumber>,
    values: HashMap<Identity, u32, ByNumber>,
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
        let halves = |bits: u64| [bits as u32, (bits >> 32) as u32];
        let numbers = match value {
            Value::Null => vec![kind::NULL],
            Value::Bool(false) => vec![kind::FALSE],
            Value::Bool(true) => vec![kind::TRUE],
            Value::Int(value) => [&[kind::INT], &halves(value.cast_unsigned())[..]].concat(),
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
    known: HashMap<*const Half, u32, ByNumber>,
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
    pool: std::sync::MutexGuard<'p, Pool>,
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
            kind::INT => Value::Int(bits()?.cast_signed()),
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
            .halves(&content.definitions)?
            .into_iter()
            .map(|half| self.pool.definition(Definition::new(half)))
            .collect();
        let places: Vec<_> = self
            .halves(&content.places)?
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

    fn halves(&self, numbers: &[u32]) -> Option<Vec<Half>> {
        let mut halves = Vec::new();
        let mut numbers = numbers.iter();
        while let Some(length) = numbers.next() {
            let mut fields = Vec::new();
            for _ in 0..*length {
                let field = Field::from_number(*numbers.next()?)?;
                let value = self.values.get(usize::try_from(*numbers.next()?).ok()?)?;
                fields.push((field, value.clone()));
            }
            halves.push(Half::new(fields));
        }
        Some(halves)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::parse::Parser, *};

    fn catalogue(pool: &Mutex<Pool>) -> Catalogue {
        let page = json!({"value": [
            {"resourceType": "virtualMachines", "name": "Standard_D2s_v5", "locations": ["eastus"],
             "capacity": {"minimum": -3, "maximum": 9_000_000_000_i64},
             "locationInfo": [{"location": "eastus", "zones": ["1"], "zoneDetails": []}],
             "capabilities": [{"name": "vCPUs", "value": "2"}, {"name": "ü", "value": ""}]},
            {"resourceType": "virtualMachines", "name": "Standard_D4s_v5", "locations": ["eastus"],
             "locationInfo": [{"location": "eastus", "zones": ["1"], "zoneDetails": []}],
             "capabilities": [{"name": "vCPUs", "value": "4"}]},
            {},
        ]});
        let mut parser = Parser::new(pool);
        parser.push(page.to_string().as_bytes()).unwrap();
        parser.end_page().unwrap();
        Catalogue::new(
            parser.finish(),
            UNIX_EPOCH + Duration::from_millis(1_700_000_000_123),
        )
    }

    fn documents(catalogue: &Catalogue) -> Vec<Value> {
        catalogue.skus().iter().map(Sku::document).collect()
    }

    #[test]
    fn a_catalogue_survives() {
        let pool = Mutex::default();
        let catalogue = catalogue(&pool);
        let bytes = encode(b"digest", "sub", Some("eastus"), &catalogue);
        for pool in [pool, Mutex::default()] {
            let again = decode(&bytes, b"digest", &pool).unwrap();
            assert_eq!(documents(&again), documents(&catalogue));
            assert_eq!(again.fetched_at(), catalogue.fetched_at());
            assert_eq!(again.sizes("EastUS", "d4s").count(), 1);
        }
        let label = label(&bytes).unwrap();
        assert_eq!(
            (label.subscription.as_str(), label.location.as_deref()),
            ("sub", Some("eastus"))
        );
        assert_eq!(
            (label.entries, label.fetched_at()),
            (3, catalogue.fetched_at())
        );
    }

    #[test]
    fn what_is_loaded_is_shared_with_what_is_there() {
        let pool = Mutex::default();
        let catalogue = catalogue(&pool);
        let again = decode(&encode(b"d", "s", None, &catalogue), b"d", &pool).unwrap();
        assert!(Arc::ptr_eq(
            &catalogue.skus()[0].definition,
            &again.skus()[0].definition
        ));
        assert!(Arc::ptr_eq(
            &catalogue.skus()[0].place,
            &again.skus()[0].place
        ));
    }

    #[test]
    fn another_scopes_snapshot_is_ignored() {
        let pool = Mutex::default();
        let bytes = encode(b"one", "s", None, &catalogue(&pool));
        assert!(decode(&bytes, b"two", &pool).is_none());
    }

    #[test]
    fn every_truncation_is_ignored() {
        let pool = Mutex::default();
        let bytes = encode(b"d", "s", None, &catalogue(&pool));
        for length in 0..bytes.len() {
            assert!(
                decode(&bytes[..length], b"d", &pool).is_none(),
                "{length} bytes"
            );
        }
        assert!(decode(&[&bytes[..], b"x"].concat(), b"d", &pool).is_none());
    }

    #[test]
    fn every_changed_byte_is_ignored() {
        let pool = Mutex::default();
        let bytes = encode(b"d", "s", None, &catalogue(&pool));
        for at in 0..bytes.len() {
            for change in [1, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= change;
                assert!(
                    decode(&changed, b"d", &pool).is_none(),
                    "byte {at} ^ {change}"
                );
                // A label may be misread, but not hang or panic.
                let _ = label(&changed);
            }
        }
    }

    #[test]
    fn what_has_a_right_checksum_and_wrong_numbers_is_ignored() {
        let pool = Mutex::default();
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
                for number in lists.into_iter().nth(list).unwrap().get_mut(at) {
                    *number = u32::MAX;
                }
                let _ = reads(&content);
            }
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
    fn a_decompression_bomb_is_not_unpacked() {
        let bomb =
            zstd::bulk::compress(&vec![0; usize::try_from(MAX_CONTENT).unwrap() + 1], 1).unwrap();
        assert!(bomb.len() < 1 << 20);
        assert_eq!(decompress(&bomb), None);
    }
}
