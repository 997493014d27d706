//! The names of a scope's locations as an object of the share.
//!
//! An object has a fixed head (magic, version, checksum), then a protobuf message with the digest
//! that names the object. A list has some 60 locations of some 40 bytes each.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use azq_share::{Age, Item, Renewed};
use bytes::Bytes;
use prost::Message;

use crate::cache::clock::{Clock, distance};
use crate::locations::CachedLocations;
use crate::share::sharing::{self, Sharing};
use crate::source::{Location, Source, SourceError};
use azq_account::Scope;
use azq_arm::Report;

const HEAD: [u8; 12] = *b"azqlocs\n\x01\0\0\0";

/// The maximum size of an object, which is more than any list has.
const MOST: u64 = 256 << 10;

/// The content of an object.
#[derive(Clone, PartialEq, Message)]
struct Content {
    #[prost(bytes = "vec", tag = "1")]
    digest: Vec<u8>,
    /// The time of the request to Azure, in milliseconds since 1970.
    #[prost(uint64, tag = "2")]
    asked_at: u64,
    #[prost(string, repeated, tag = "3")]
    names: Vec<String>,
    /// The display names, as many as names.
    #[prost(string, repeated, tag = "4")]
    display_names: Vec<String>,
}

/// A scope's locations, and the source that they are fetched from.
struct SharedLocations<S> {
    source: S,
    clock: Arc<dyn Clock>,
    fresh_for: Duration,
    digest: Vec<u8>,
    name: String,
}

/// Returns a scope's locations: those that another machine has fetched, if they are fresh, else
/// those from Azure.
pub(crate) async fn locations<S: Source>(
    sharing: Option<&Arc<Sharing>>,
    clock: &Arc<dyn Clock>,
    source: &S,
    scope: &Scope,
    fresh_for: Duration,
    report: &dyn Report,
) -> Result<CachedLocations, SourceError> {
    let share = sharing.and_then(|sharing| {
        let share = sharing.share(source.storage().as_ref())?;
        Some((share, sharing.locations_digest(scope)))
    });
    let Some((share, digest)) = share else {
        return CachedLocations::ask(source, clock, report).await;
    };
    let item = SharedLocations {
        source: source.clone(),
        clock: Arc::clone(clock),
        fresh_for,
        name: sharing::name(&digest),
        digest,
    };
    match share.renew(&Arc::new(item), None).await? {
        Renewed::Asked(known) | Renewed::Found(known) => Ok(known),
        // The share keeps nothing, because there is nothing at hand to keep.
        Renewed::Kept => CachedLocations::ask(source, clock, report).await,
    }
}

impl CachedLocations {
    async fn ask<S: Source>(
        source: &S,
        clock: &Arc<dyn Clock>,
        report: &dyn Report,
    ) -> Result<Self, SourceError> {
        let asked_at = clock.now();
        let locations = source.locations(report).await?.into();
        Ok(Self {
            locations,
            asked_at,
        })
    }
}

impl<S: Source> Item for SharedLocations<S> {
    type Value = CachedLocations;
    type Error = SourceError;

    fn name(&self) -> &str {
        &self.name
    }

    fn most(&self) -> u64 {
        MOST
    }

    async fn decode(&self, bytes: Bytes) -> Option<CachedLocations> {
        decode(&bytes, &self.digest)
    }

    async fn encode(&self, known: &CachedLocations) -> Bytes {
        encode(known, &self.digest).into()
    }

    fn asked_at(&self, known: &CachedLocations) -> SystemTime {
        known.asked_at
    }

    /// Returns the age of the locations. New regions are rare, but a caller that requests an
    /// unknown one must find it within `fresh_for`.
    fn age(&self, known: &CachedLocations) -> Age {
        if distance(self.clock.now(), known.asked_at) < self.fresh_for {
            Age::Fresh
        } else {
            Age::Expired
        }
    }

    async fn ask(&self) -> Result<CachedLocations, SourceError> {
        CachedLocations::ask(&self.source, &self.clock, &azq_arm::Silent).await
    }
}

fn encode(known: &CachedLocations, digest: &[u8]) -> Vec<u8> {
    let since = known.asked_at.duration_since(UNIX_EPOCH);
    let since = since.unwrap_or_default();
    let texts =
        |text: fn(&Location) -> &String| known.locations.iter().map(text).cloned().collect();
    let content = Content {
        digest: digest.to_vec(),
        asked_at: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
        names: texts(|location| &location.name),
        display_names: texts(|location| &location.display_name),
    };
    let content = content.encode_to_vec();
    let checksum = crc32fast::hash(&content).to_le_bytes();
    [&HEAD[..], &checksum, &content].concat()
}

fn decode(bytes: &[u8], digest: &[u8]) -> Option<CachedLocations> {
    let (checksum, content) = bytes.strip_prefix(&HEAD)?.split_first_chunk()?;
    if crc32fast::hash(content).to_le_bytes() != *checksum {
        return None;
    }
    let content = Content::decode(content).ok()?;
    if content.digest != digest || content.names.len() != content.display_names.len() {
        return None;
    }
    let pairs = content.names.into_iter().zip(content.display_names);
    let location = |(name, display_name)| Location { name, display_name };
    Some(CachedLocations {
        locations: pairs.map(location).collect(),
        asked_at: UNIX_EPOCH.checked_add(Duration::from_millis(content.asked_at))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_survive_and_nothing_else_is_taken_for_them() {
        let location = Location {
            name: "eastus".to_owned(),
            display_name: "East US".to_owned(),
        };
        let known = CachedLocations {
            locations: vec![location].into(),
            asked_at: UNIX_EPOCH + Duration::from_millis(1_800_000_000_123),
        };
        let bytes = encode(&known, b"digest");
        let again = decode(&bytes, b"digest").unwrap();
        assert_eq!(again.locations, known.locations);
        assert_eq!(again.asked_at, known.asked_at);
        assert!(decode(&bytes, b"another").is_none());
        for length in 0..bytes.len() {
            let cut = decode(&bytes[..length], b"digest");
            assert!(cut.is_none(), "{length} bytes");
            let mut changed = bytes.clone();
            changed[length] ^= 1;
            assert!(decode(&changed, b"digest").is_none(), "byte {length}");
        }
    }
}
