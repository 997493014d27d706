//! A catalogue as bytes, in the form in which the cache directory stores it.
//!
//! A snapshot has a fixed head (magic, version, lengths, checksum), a small [`Label`] that
//! identifies the catalogue, and the compressed `content`. A change that old readers would misread
//! increases [`VERSION`].
//!
//! Invariant: bytes that [`encode`] has not made result in `None`, never in a panic or an unlimited
//! allocation.

use std::{
    io::Read,
    sync::Mutex,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use prost::Message;

use crate::cache::slots::Key;
use crate::catalogue::Catalogue;
use crate::catalogue::pool::Pool;
use crate::disk::content;
use crate::provider::Provider;

/// The format's number; snapshots of other versions are ignored and replaced.
const VERSION: u32 = 1;

const MAGIC: [u8; 8] = *b"azqskus\n";

/// The maximum length of a label. Labels have some 200 bytes.
const MAX_LABEL: usize = 4096;

/// The maximum size that is read or decompressed; the largest real catalogue has 1.4 MB.
pub const MAX_CONTENT: u64 = 64 << 20;

/// The compression level, which prefers speed to size: the whole catalogue takes a few
/// milliseconds.
const COMPRESSION: i32 = 1;

/// The identity of a snapshot's catalogue, readable without the rest.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct Label {
    /// A digest of the scope and the location, which also names the file.
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) digest: Vec<u8>,
    #[prost(string, tag = "2")]
    pub(crate) subscription: String,
    /// The location; absent for all locations.
    #[prost(string, optional, tag = "3")]
    pub(crate) location: Option<String>,
    /// The time of the request to Azure, in milliseconds since 1970.
    #[prost(uint64, tag = "4")]
    pub(crate) fetched_at: u64,
    #[prost(uint64, tag = "5")]
    pub(crate) entries: u64,
    /// The provider's number; absent for Compute.
    #[prost(uint32, tag = "6")]
    provider: u32,
}

impl Label {
    /// Creates the label of a key's catalogue. The digest identifies its owner.
    pub(crate) fn new(
        digest: Vec<u8>,
        subscription: &str,
        key: &Key,
        catalogue: &Catalogue,
    ) -> Self {
        let fetched_at = catalogue.fetched_at().duration_since(UNIX_EPOCH);
        let milliseconds = fetched_at.unwrap_or_default().as_millis();
        Self {
            digest,
            subscription: subscription.to_owned(),
            location: key.location.clone(),
            fetched_at: u64::try_from(milliseconds).unwrap_or(u64::MAX),
            entries: catalogue.len() as u64,
            provider: key.provider.number(),
        }
    }

    /// Returns the provider, or `None` if only another version of azq knows it.
    pub(crate) fn provider(&self) -> Option<Provider> {
        Provider::from_number(self.provider)
    }

    /// Returns the time of the request to Azure.
    pub(crate) fn fetched_at(&self) -> SystemTime {
        UNIX_EPOCH
            .checked_add(Duration::from_millis(self.fetched_at))
            .unwrap_or(UNIX_EPOCH)
    }
}

/// Returns the snapshot of a key's catalogue.
pub(crate) fn encode(key: &Key, catalogue: &Catalogue) -> Vec<u8> {
    let label = Label::new(key.digest(), &key.scope.subscription, key, catalogue);
    encode_as(&label, catalogue)
}

/// Returns the snapshot of a catalogue with this label.
pub(crate) fn encode_as(label: &Label, catalogue: &Catalogue) -> Vec<u8> {
    let label = label.encode_to_vec();
    // Compressing into memory cannot fail. A snapshot without content would be ignored.
    let content = zstd::bulk::compress(&content::write(catalogue), COMPRESSION).unwrap_or_default();

    let (version, length) = (VERSION.to_le_bytes(), u32::try_from(label.len()));
    let length = length.unwrap_or(u32::MAX).to_le_bytes();
    let mut bytes = [&MAGIC[..], &version, &[0; 4], &length, &label, &content].concat();
    let checksum = checksum(&bytes);
    bytes.splice(CHECKSUM, checksum.to_le_bytes());
    bytes
}

/// Returns the label of a snapshot, from its first bytes. The checksum is not verified, because it
/// covers the whole snapshot.
pub(crate) fn label(bytes: &[u8]) -> Option<Label> {
    Label::decode(split(bytes)?.0).ok()
}

/// Returns the catalogue of a snapshot that was made under this key, or only its part of a location
/// in lower case.
pub(crate) fn decode(
    bytes: &[u8],
    key: &Key,
    location: Option<&str>,
    pool: &Mutex<Pool>,
) -> Option<Catalogue> {
    decode_as(bytes, &key.digest(), key.provider, location, pool)
}

/// Returns the catalogue of a snapshot with this digest, or only its part of a location in lower
/// case.
pub(crate) fn decode_as(
    bytes: &[u8],
    digest: &[u8],
    provider: Provider,
    location: Option<&str>,
    pool: &Mutex<Pool>,
) -> Option<Catalogue> {
    let stored = bytes.get(CHECKSUM)?;
    if stored != checksum(bytes).to_le_bytes() {
        return None;
    }
    let (label, content) = split(bytes)?;
    let label = Label::decode(label).ok()?;
    if label.digest != digest || label.provider() != Some(provider) {
        return None;
    }
    let content = decompress(content)?.into();
    let skus = content::read(content, label.entries, provider, location, pool)?;
    Some(Catalogue::new(skus, label.fetched_at()))
}

/// The position of the checksum.
const CHECKSUM: std::ops::Range<usize> = 12..16;

/// Returns the checksum of all bytes but the checksum itself.
fn checksum(bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(bytes.get(..CHECKSUM.start).unwrap_or_default());
    hasher.update(bytes.get(CHECKSUM.end..).unwrap_or_default());
    hasher.finalize()
}

/// Returns the label and the content after a head of this format.
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use std::sync::Arc;

    use super::*;
    use crate::catalogue::Sku;
    use azq_document::LazyObject as _;
    use azq_document::Value;

    use azq_account::Scope;

    /// Creates a key of this subscription.
    fn key(name: &str, location: Option<&str>) -> Key {
        let scope = Scope {
            cloud: "c".to_owned(),
            tenant: "t".to_owned(),
            subscription: name.to_owned(),
            principal: "p".to_owned(),
        };
        Key::new(Provider::Compute, &scope, location.map(str::to_owned))
    }

    fn catalogue(pool: &Arc<Mutex<Pool>>) -> Catalogue {
        let skus = json!([
            {"resourceType": "virtualMachines", "name": "Standard_D2s_v5", "locations": ["eastus"],
             "capacity": {"minimum": -3, "maximum": 9_000_000_000_i64},
             "locationInfo": [{"location": "eastus", "zones": ["1"], "zoneDetails": []}],
             "capabilities": [{"name": "vCPUs", "value": "2"}, {"name": "ü", "value": ""}]},
            {"resourceType": "virtualMachines", "name": "Standard_D4s_v5", "locations": ["eastus"],
             "locationInfo": [{"location": "eastus", "zones": ["1"], "zoneDetails": []}],
             "capabilities": [{"name": "vCPUs", "value": "4"}]},
            {},
        ]);
        Catalogue::of_page(&skus, pool)
    }

    /// Returns a catalogue, its snapshot for the only key of the test, and its pool.
    fn snapshot() -> (Catalogue, Vec<u8>, Arc<Mutex<Pool>>) {
        let pool = Arc::default();
        let catalogue = catalogue(&pool);
        let bytes = encode(&key("s", None), &catalogue);
        (catalogue, bytes, pool)
    }

    fn is_ignored(bytes: &[u8], pool: &Mutex<Pool>) -> bool {
        decode(bytes, &key("s", None), None, pool).is_none()
    }

    fn documents(catalogue: &Catalogue) -> Vec<Value> {
        catalogue.skus().iter().map(Sku::document).collect()
    }

    #[test]
    fn a_catalogue_survives() {
        let pool = Arc::default();
        let catalogue = catalogue(&pool);
        let bytes = encode(&key("sub", Some("eastus")), &catalogue);
        for pool in [pool, Arc::default()] {
            let again = decode(&bytes, &key("sub", Some("eastus")), None, &pool).unwrap();
            assert_eq!(documents(&again), documents(&catalogue));
            assert_eq!(again.fetched_at(), catalogue.fetched_at());
            assert_eq!(again.sizes("EastUS", "d4s").count(), 1);
        }
        let label = label(&bytes).unwrap();
        assert_eq!(label.subscription, "sub");
        assert_eq!(label.location.as_deref(), Some("eastus"));
        assert_eq!(label.entries, 3);
        assert_eq!(label.fetched_at(), catalogue.fetched_at());
    }

    #[test]
    fn what_is_loaded_is_shared_with_what_is_there() {
        let (catalogue, bytes, pool) = snapshot();
        let again = decode(&bytes, &key("s", None), None, &pool).unwrap();
        let (one, two) = (&catalogue.skus()[0], &again.skus()[0]);
        assert!(Arc::ptr_eq(&one.definition, &two.definition));
        assert!(Arc::ptr_eq(&one.availability, &two.availability));
    }

    #[test]
    fn another_scopes_snapshot_is_ignored() {
        let (_, bytes, pool) = snapshot();
        assert!(decode(&bytes, &key("two", None), None, &pool).is_none());
        let of_aks = Key {
            provider: Provider::ContainerService,
            ..key("s", None)
        };
        assert!(decode(&bytes, &of_aks, None, &pool).is_none());
    }

    #[test]
    fn every_truncation_is_ignored() {
        let (_, bytes, pool) = snapshot();
        for length in 0..bytes.len() {
            assert!(is_ignored(&bytes[..length], &pool), "{length} bytes");
        }
        assert!(is_ignored(&[&bytes[..], b"x"].concat(), &pool));
    }

    #[test]
    fn every_changed_byte_is_ignored() {
        let (_, bytes, pool) = snapshot();
        for at in 0..bytes.len() {
            for change in [1, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= change;
                assert!(is_ignored(&changed, &pool), "byte {at} ^ {change}");
                // A changed label may be misread, but must not hang or panic.
                drop(label(&changed));
            }
        }
    }

    #[test]
    fn a_decompression_bomb_is_not_unpacked() {
        let bomb =
            zstd::bulk::compress(&vec![0; usize::try_from(MAX_CONTENT).unwrap() + 1], 1).unwrap();
        assert!(bomb.len() < 1 << 20);
        assert_eq!(decompress(&bomb), None);
    }
}
