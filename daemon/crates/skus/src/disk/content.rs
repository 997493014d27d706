//! A catalogue's parts and SKUs as numbers: the inside of a snapshot.
//!
//! Every distinct text and value once, children before those that contain them; definitions and
//! places refer to values, SKUs to definitions and places, all by number. It is a protobuf message,
//! so that fields can be added.
//!
//! Invariant: reading bounds what it builds by what it reads; numbers that fit nowhere give `None`.

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

/// The bytes of a catalogue's SKUs.
pub(crate) fn write(catalogue: &Catalogue) -> Vec<u8> {
    Writer::default().content(catalogue).encode_to_vec()
}

/// The SKUs of these bytes, which are so many, or those of one location, in lower case: nothing is
/// made of the others.
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

/// A catalogue's distinct parts and its SKUs. Lists of numbers are flat: a part's numbers follow
/// each other.
#[derive(Clone, PartialEq, Message)]
struct Content {
    /// UTF-8.
    #[prost(bytes = "bytes", repeated, tag = "1")]
    texts: Vec<Bytes>,
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
    pub(crate) const NULL: u32 = 0;
    pub(crate) const FALSE: u32 = 1;
    pub(crate) const TRUE: u32 = 2;
    /// Low and high half of the bits.
    pub(crate) const INT: u32 = 3;
    /// Low and high half of the bits.
    pub(crate) const FLOAT: u32 = 4;
    /// The text's number.
    pub(crate) const TEXT: u32 = 5;
    /// How many items; the items' numbers.
    pub(crate) const ARRAY: u32 = 6;
    /// How many entries; per entry the key's text's number and the value's number.
    pub(crate) const OBJECT: u32 = 7;
}

#[cfg(test)]
mod tests;
