//! The content of a snapshot: a catalogue's parts and SKUs as numbers.
//!
//! Every distinct text and value occurs once, children before the values that contain them.
//! Definitions and places refer to values, and SKUs to definitions and places, all by number. It is
//! a protobuf message, so that fields can be added.
//!
//! Invariant: the size of the data built is limited by the size of the data read; invalid numbers
//! result in `None`.

mod numbers;
mod reader;
mod writer;

use std::sync::Mutex;

use bytes::Bytes;
use prost::Message;

use crate::catalogue::pool::Pool;
use crate::catalogue::{Catalogue, Sku};
use crate::provider::Provider;
use reader::Reader;
use writer::Writer;

/// Returns the bytes of a catalogue's SKUs.
pub(crate) fn write(catalogue: &Catalogue) -> Vec<u8> {
    Writer::default().content(catalogue).encode_to_vec()
}

/// Reads the SKUs of these bytes, whose number is `entries`, or only those of one location in lower
/// case. Nothing is made of the other SKUs.
pub(crate) fn read(
    bytes: Bytes,
    entries: u64,
    provider: Provider,
    location: Option<&str>,
    pool: &Mutex<Pool>,
) -> Option<Vec<Sku>> {
    let content = Content::decode(bytes).ok()?;
    let is_whole = content.sku_definitions.len() as u64 == entries;
    let reader = Reader::new(&content, provider, location, pool).filter(|_| is_whole)?;
    reader.skus()
}

/// A catalogue's distinct parts and its SKUs. Lists of numbers are flat: the numbers of each part
/// follow those of the part before.
#[derive(Clone, PartialEq, Message)]
struct Content {
    /// The texts in UTF-8.
    #[prost(bytes = "bytes", repeated, tag = "1")]
    texts: Vec<Bytes>,
    /// The values, children first: each has its kind, then the numbers of that kind.
    #[prost(uint32, repeated, tag = "2")]
    values: Vec<u32>,
    /// For each definition: the number of fields, then for each field its number and the number of
    /// its value.
    #[prost(uint32, repeated, tag = "3")]
    definitions: Vec<u32>,
    /// For each place: the same as for a definition.
    #[prost(uint32, repeated, tag = "4")]
    places: Vec<u32>,
    /// For each SKU: its definition.
    #[prost(uint32, repeated, tag = "5")]
    sku_definitions: Vec<u32>,
    /// For each SKU: its place.
    #[prost(uint32, repeated, tag = "6")]
    sku_places: Vec<u32>,
}

/// The kinds of values in [`Content::values`].
mod kind {
    pub(crate) const NULL: u32 = 0;
    pub(crate) const FALSE: u32 = 1;
    pub(crate) const TRUE: u32 = 2;
    /// The low and the high half of the bits.
    pub(crate) const INT: u32 = 3;
    /// The low and the high half of the bits.
    pub(crate) const FLOAT: u32 = 4;
    /// The number of the text.
    pub(crate) const TEXT: u32 = 5;
    /// The number of items, then the number of each item.
    pub(crate) const ARRAY: u32 = 6;
    /// The number of entries, then for each entry the number of the key's text and the number of
    /// the value.
    pub(crate) const OBJECT: u32 = 7;
}

#[cfg(test)]
mod tests;
