//! A region's prices as a file and as an object of the share.
//!
//! The format is a fixed head (magic, version, checksum), the time at which Azure was asked, the
//! digest that names the region, and the prices as compressed JSON.
//!
//! Invariant: damaged bytes, and those of another version or another region, decode to nothing.
//! Decoding takes bounded memory.

use std::collections::HashMap;
use std::io;

use super::{Price, RegionPrices};

const HEAD: [u8; 12] = *b"azqprice\x01\0\0\0";

/// The level of compression, with which a region takes a millisecond.
const LEVEL: i32 = 3;

/// The maximum length of a snapshot that is read.
pub(super) const LONGEST: u64 = 4 << 20;

/// The maximum size of a region's decompressed prices.
const MOST: usize = 16 << 20;

/// The digest that names a region's prices.
pub(super) type Digest = [u8; 32];

/// Encodes a region's prices.
pub(super) fn encode(prices: &RegionPrices, digest: &Digest) -> io::Result<Vec<u8>> {
    let sizes = serde_json::to_vec(&prices.sizes)?;
    let sizes = zstd::bulk::compress(&sizes, LEVEL)?;
    let content = [&prices.fetched_at.to_le_bytes()[..], digest, &sizes].concat();
    let checksum = crc32fast::hash(&content).to_le_bytes();
    Ok([&HEAD[..], &checksum, &content].concat())
}

/// Decodes prices, if the bytes have this digest.
pub(super) fn decode(bytes: &[u8], digest: &Digest) -> Option<RegionPrices> {
    let (checksum, content) = bytes.strip_prefix(&HEAD)?.split_first_chunk()?;
    if crc32fast::hash(content).to_le_bytes() != *checksum {
        return None;
    }
    let (fetched_at, content) = content.split_first_chunk()?;
    let sizes = content.strip_prefix(digest)?;
    let sizes = zstd::bulk::decompress(sizes, MOST).ok()?;
    let sizes: HashMap<String, [Price; 2]> = serde_json::from_slice(&sizes).ok()?;
    Some(RegionPrices {
        fetched_at: u64::from_le_bytes(*fetched_at),
        sizes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_survive_and_nothing_else_is_taken_for_them() {
        let price = Price {
            pay_as_you_go: Some(0.25),
            spot: None,
        };
        let prices = RegionPrices {
            fetched_at: 1_800_000_000,
            sizes: [("standard_d4s_v5".to_owned(), [price, Price::default()])].into(),
        };
        let (digest, other) = ([7; 32], [8; 32]);
        let bytes = encode(&prices, &digest).unwrap();
        assert!(bytes.len() as u64 <= LONGEST);
        assert_eq!(decode(&bytes, &digest), Some(prices));
        assert_eq!(decode(&bytes, &other), None);
        for length in 0..bytes.len() {
            assert_eq!(decode(&bytes[..length], &digest), None, "{length} bytes");
            let mut changed = bytes.clone();
            changed[length] ^= 1;
            assert_eq!(decode(&changed, &digest), None, "byte {length}");
        }
    }
}
