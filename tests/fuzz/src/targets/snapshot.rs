//! Snapshots of catalogues, as the cache directory holds them.
//!
//! Holds for all: a file with a wrong checksum is never served, and Azure is asked instead; the
//! snapshot itself is served unchanged; any file with the right checksum is served and printed, or
//! ignored. The answer for one location is that location's part of the whole.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use azq_arm::Silent;
use azq_command::CommandError;
use azq_document::Value;
use azq_output::Table;
use azq_proto::v1::ListSkusRequest;
use azq_skus::{Catalogues, Clock, Settings, table};
use bytes::Bytes;
use prost::Message;
use serde_json::json;
use tempfile::TempDir;

use super::rendering;
use super::skus::{Paged, scope, shown, sku};
use crate::{numbered, place, recordings, runtime};

/// Position of the checksum in a snapshot; it covers all the rest.
const CHECKSUM: std::ops::Range<usize> = 12..16;
/// Position of the label's length, which the label and the content follow.
const LENGTH: std::ops::Range<usize> = 16..20;

/// Reads an input: a byte that gives the kind of the rest: a file (0), a file whose checksum is
/// corrected first (1), the content of a snapshot before it is compressed (2).
pub fn target(input: &[u8]) {
    let Some((kind, bytes)) = input.split_first() else {
        return;
    };
    SNAPSHOT.with(|snapshot| {
        let file = match kind % 3 {
            0 => bytes.to_vec(),
            1 => sealed(bytes.to_vec()),
            _ => snapshot.around(bytes),
        };
        fs::write(&snapshot.path, &file).expect("written");
        let (listed, asked) = snapshot.list(&[], None);
        let location = listed.as_ref().ok().and_then(first_location);
        let location = location.unwrap_or_else(|| "eastus".to_owned());
        let (part, _) = snapshot.list(&[], Some(&location));
        if let Ok(document) = &listed {
            // These are compared as text, because NaN does not equal itself.
            let expected = format!("{:?}", offered(document, &location));
            let part = format!("{:?}", part.expect("a part"));
            assert_eq!(part, expected, "in {location}");
        }
        match listed {
            Ok(document) if file == snapshot.bytes => assert_eq!(document, snapshot.document),
            Ok(document) => {
                let right = sealed(file.clone());
                assert_eq!(file, right, "served in spite of its checksum");
                rendering::print(&document, Table::Attempt(table), input.len());
            }
            Err(error) => {
                assert!(asked > 0, "{error}");
                assert_ne!(file, snapshot.bytes, "{error}");
            }
        }
    });
}

/// Returns the locations of a SKU, in lower case.
fn locations(sku: &Value) -> impl Iterator<Item = String> {
    let locations = sku.get("locations").and_then(Value::as_array);
    let names = locations.unwrap_or_default().iter();
    names.filter_map(Value::as_str).map(str::to_lowercase)
}

/// Returns the first location whose catalogue has a name of its own.
fn first_location(document: &Value) -> Option<String> {
    let is_plain = |name: &String| {
        (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let skus = document.as_array()?;
    skus.iter().flat_map(locations).find(is_plain)
}

/// Returns the SKUs that a location offers.
fn offered(document: &Value, location: &str) -> Value {
    let skus = document.as_array().unwrap_or_default().iter();
    let there = skus.filter(|sku| locations(sku).any(|name| name == location));
    there.cloned().collect::<Vec<_>>().into()
}

/// A snapshot that was written by the daemon's own code.
struct Snapshot {
    folder: TempDir,
    path: PathBuf,
    bytes: Vec<u8>,
    document: Value,
}

thread_local! {
    static SNAPSHOT: Snapshot = Snapshot::make();
}

impl Snapshot {
    fn make() -> Self {
        let mut snapshot = Self {
            folder: place::directory(),
            path: PathBuf::new(),
            bytes: Vec::new(),
            document: Value::Null,
        };
        let real = recordings::seeds("skus").into_iter().take(3);
        let skus: Vec<_> = real.chain([sku()]).collect();
        let pages = [json!({"value": skus}).to_string()];
        snapshot.document = snapshot.list(&pages, None).0.expect("listed");
        let mut files = fs::read_dir(snapshot.folder.path()).expect("a directory");
        snapshot.path = files.next().expect("a snapshot").expect("readable").path();
        snapshot.bytes = fs::read(&snapshot.path).expect("readable");
        snapshot
    }

    /// Lists a location, or all, with a new daemon whose Azure has only these pages; returns the
    /// list and the number of requests to Azure.
    fn list(
        &self,
        pages: &[String],
        location: Option<&str>,
    ) -> (Result<Value, CommandError>, usize) {
        let source = Paged {
            pages: pages.iter().map(|page| Bytes::from(page.clone())).collect(),
            size: usize::MAX,
            asked: Arc::default(),
        };
        let settings = Settings {
            directory: Some(self.folder.path().to_owned()),
            ..Settings::default()
        };
        let catalogues = Catalogues::with_clock(settings, Arc::new(Stopped));
        let request = ListSkusRequest {
            show_all: Some(true),
            ..ListSkusRequest::default()
        };
        let listed = runtime::block_on(async {
            let found = catalogues
                .find(&source, &scope(), &request, location, &Silent)
                .await;
            catalogues.finish().await;
            found.map(|found| shown(&found))
        });
        (listed, source.asked.load(Ordering::Relaxed))
    }

    /// Returns the snapshot with another content, and a label with the number of SKUs in it.
    fn around(&self, content: &[u8]) -> Vec<u8> {
        let count = Counted::decode(content).map_or(0, |content| content.sku_definitions.len());
        let length = self.label_length();
        let mut label = self.bytes[LENGTH.end..LENGTH.end + length].to_vec();
        // Of a field that occurs twice the last counts.
        let entries = count as u64;
        label.extend(Entries { entries }.encode_to_vec());
        let mut file = self.bytes[..LENGTH.start].to_vec();
        file.extend(u32::try_from(label.len()).unwrap_or_default().to_le_bytes());
        file.extend(label);
        file.extend(zstd::bulk::compress(content, 1).unwrap_or_default());
        sealed(file)
    }

    fn label_length(&self) -> usize {
        let length = self.bytes[LENGTH].try_into().map_or(0, u32::from_le_bytes);
        length as usize
    }

    fn content(&self) -> Vec<u8> {
        zstd::stream::decode_all(&self.bytes[LENGTH.end + self.label_length()..]).expect("a frame")
    }
}

/// The field of the content that has the SKUs.
#[derive(Message)]
struct Counted {
    #[prost(uint32, repeated, tag = "5")]
    sku_definitions: Vec<u32>,
}

/// The field of the label that has the number of SKUs.
#[derive(Message)]
struct Entries {
    #[prost(uint64, tag = "5")]
    entries: u64,
}

/// Returns the file with the right checksum, if there is room for one.
fn sealed(mut file: Vec<u8>) -> Vec<u8> {
    if file.len() >= CHECKSUM.end {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&file[..CHECKSUM.start]);
        hasher.update(&file[CHECKSUM.end..]);
        file[CHECKSUM].copy_from_slice(&hasher.finalize().to_le_bytes());
    }
    file
}

/// A clock that does not advance, so that no snapshot ages.
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }
}

/// Returns the snapshot, complete and truncated, and its content.
pub fn seeds() -> Vec<Vec<u8>> {
    SNAPSHOT.with(|snapshot| {
        let file = &snapshot.bytes;
        let head = &file[..file.len() / 2];
        let content = &snapshot.content()[..];
        let seeds = [
            (0, &file[..]),
            (1, file),
            (0, head),
            (1, head),
            (2, content),
        ];
        seeds.map(|(kind, bytes)| numbered(kind, bytes)).to_vec()
    })
}
