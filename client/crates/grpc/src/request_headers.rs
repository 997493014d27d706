//! The headers of a gRPC call, encoded with HPACK (RFC 7541).
//!
//! Each header is sent once in full, without Huffman encoding, and then by its index in the dynamic
//! table (6.2.1, 6.1), so that a server has less to decode if it gets thousands of calls.
//!
//! Invariant: no entry is ever evicted. All headers that a client sends fit the table's default
//! size, and a smaller table is a protocol error (`settings`). A caller with many paths would break
//! this, so paths beyond [`MAX_ENTRIES`] are sent without being indexed.

use crate::settings::Options;

/// The fixed headers, as entries of the static table: `:method: POST` and `:scheme: http`.
const FIXED: [u8; 2] = [0x83, 0x86];
/// The index of the newest entry of the dynamic table.
const NEWEST: usize = 62;
/// The maximum number of entries that a one-byte index reaches and 4,096 bytes hold.
const MAX_ENTRIES: usize = 40;
/// The first bits of an indexed header, and of a header that is added to the table.
const INDEXED: u8 = 0x80;
const WITH_INDEXING: u8 = 0x40;

/// The name of a header: an index of the static table below 16, or a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Static(u8),
    Text(&'static str),
}

/// The encoder of one connection's request headers.
#[derive(Debug)]
pub(crate) struct RequestHeaders {
    authority: &'static str,
    metadata: (&'static str, String),
    table: Table,
}

impl RequestHeaders {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            authority: options.authority,
            metadata: options.metadata.clone(),
            table: Table::default(),
        }
    }

    /// Encodes the header block of a call.
    pub(crate) fn block(&mut self, path: &str) -> Vec<u8> {
        let mut block = Vec::with_capacity(128);
        block.extend_from_slice(&FIXED);
        let (name, value) = &self.metadata;
        for (name, value) in [
            (Name::Static(0x04), path),
            (Name::Static(0x01), self.authority),
            (Name::Static(0x1f), "application/grpc"),
            (Name::Text("te"), "trailers"),
            (Name::Text(name), value),
        ] {
            self.table.push(&mut block, name, value);
        }
        block
    }
}

/// The dynamic table, the oldest entry first.
#[derive(Debug, Default)]
struct Table(Vec<(Name, String)>);

impl Table {
    fn push(&mut self, block: &mut Vec<u8>, name: Name, value: &str) {
        let mut newest_first = self.0.iter().rev();
        let found = newest_first.position(|entry| entry.1 == value && entry.0 == name);
        if let Some(index) = found.and_then(|index| u8::try_from(NEWEST + index).ok()) {
            return block.push(INDEXED | index);
        }
        let is_kept = self.0.len() < MAX_ENTRIES && value.len() < 64;
        let kind = if is_kept { WITH_INDEXING } else { 0 };
        if is_kept {
            self.0.push((name, value.to_owned()));
        }
        match name {
            // Without indexing the index has four bits; larger ones need two bytes.
            Name::Static(index) if !is_kept && index >= 15 => block.extend([15, index - 15]),
            Name::Static(index) => block.push(kind | index),
            Name::Text(name) => {
                block.push(kind);
                push_text(block, name);
            }
        }
        push_text(block, value);
    }
}

/// Appends a string literal without Huffman encoding (RFC 7541, 5.2).
fn push_text(block: &mut Vec<u8>, text: &str) {
    let mut length = text.len();
    if length < 127 {
        // The length is below 127, so it fits.
        block.push(u8::try_from(length).unwrap_or_default());
    } else {
        block.push(127);
        length -= 127;
        while length >= 128 {
            block.push(u8::try_from(length % 128).unwrap_or_default() | 128);
            length /= 128;
        }
        block.push(u8::try_from(length).unwrap_or_default());
    }
    block.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers() -> RequestHeaders {
        RequestHeaders::new(&Options {
            authority: "server",
            metadata: ("x-v", "1-1".to_owned()),
            max_message: 0,
        })
    }

    #[test]
    fn a_header_that_was_sent_before_is_an_index() {
        let mut headers = headers();
        let first = headers.block("/a");
        let expected = b"\x83\x86\x44\x02/a\x41\x06server\x5f\x10application/grpc\x40\x02te";
        assert!(first.starts_with(expected), "{first:?}");
        assert!(first.ends_with(b"\x08trailers\x40\x03x-v\x031-1"));
        let again = [0x83, 0x86, 0xc2, 0xc1, 0xc0, 0xbf, 0xbe];
        assert_eq!(headers.block("/a"), again);
        // The new path is the newest entry, so the indices of the others grow by one.
        assert_eq!(headers.block("/b"), b"\x83\x86\x44\x02/b\xc2\xc1\xc0\xbf");
        let moved = [0x83, 0x86, 0xc3, 0xc2, 0xc1, 0xc0, 0xbf];
        assert_eq!(headers.block("/a"), moved);
    }

    /// An entry takes 32 bytes more than its texts (RFC 7541, 4.1).
    #[test]
    fn the_entries_fit_the_table_however_many_paths_there_are() {
        let mut headers = headers();
        for number in 0..200 {
            headers.block(&format!(
                "/azq.v1.Commands/GetNodePoolRollbackVersions{number}"
            ));
        }
        let name = |name: &Name| match name {
            Name::Static(_) => ":authority".len() + "content-".len(),
            Name::Text(name) => name.len(),
        };
        let sizes = headers.table.0.iter();
        let size: usize = sizes.map(|entry| 32 + name(&entry.0) + entry.1.len()).sum();
        assert!(size <= 4096, "{size}");
        assert!(NEWEST + headers.table.0.len() < 127);
    }

    #[test]
    fn a_long_value_is_spelled_out() {
        let mut block = Vec::new();
        push_text(&mut block, &"x".repeat(300));
        assert_eq!(
            (block[0], block[1], block[2], block.len()),
            (127, 173, 1, 303)
        );
    }
}
