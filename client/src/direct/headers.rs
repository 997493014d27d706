//! The headers of a gRPC call, as HPACK has them (RFC 7541).
//!
//! Each is sent once in full, without Huffman's code, and then by its number in the table that both sides keep (6.2.1, 6.1): that is
//! less to read for a daemon that is asked thousands of times.
//!
//! Invariant: nothing ever leaves the table. All that is sent here, with every path there is, fits the size that a table has
//! unless somebody makes it smaller, and a daemon that does is not asked this way ([`super::frame::suit`]).

use azq_proto::protocol;

/// Whole rows of the static table: `:method: POST` and `:scheme: http`.
const ALWAYS: [u8; 2] = [0x83, 0x86];
/// The number of the newest row of the table that grows.
const NEWEST: usize = 62;
/// Marks a row's number, and a header that becomes a row.
const INDEXED: u8 = 0x80;
const TO_BE_INDEXED: u8 = 0x40;

/// A header's name: one of the static table, by its number there, or a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Known(u8),
    New(&'static str),
}

/// The table of one connection's calls.
#[derive(Debug, Default)]
pub(super) struct Headers {
    /// The oldest first.
    table: Vec<(Name, String)>,
    protocols: String,
}

impl Headers {
    /// The header block of a call.
    pub(super) fn block(&mut self, path: &str) -> Vec<u8> {
        if self.protocols.is_empty() {
            self.protocols = format!("{}-{}", protocol::OLDEST, protocol::NEWEST);
        }
        let protocols = std::mem::take(&mut self.protocols);
        let mut block = Vec::with_capacity(128);
        block.extend_from_slice(&ALWAYS);
        for (name, value) in [
            (Name::Known(0x04), path),
            (Name::Known(0x01), "azqd"),
            (Name::Known(0x1f), "application/grpc"),
            (Name::New("te"), "trailers"),
            (Name::New(protocol::METADATA_KEY), &protocols),
        ] {
            self.push(&mut block, name, value);
        }
        self.protocols = protocols;
        block
    }

    fn push(&mut self, block: &mut Vec<u8>, name: Name, value: &str) {
        let row = self
            .table
            .iter()
            .rev()
            .position(|row| row.1 == value && row.0 == name);
        if let Some(row) = row.and_then(|row| u8::try_from(NEWEST + row).ok()) {
            return block.push(INDEXED | row);
        }
        self.table.push((name, value.to_owned()));
        match name {
            Name::Known(number) => block.push(TO_BE_INDEXED | number),
            Name::New(name) => {
                block.push(TO_BE_INDEXED);
                push_text(block, name);
            }
        }
        push_text(block, value);
    }
}

/// A text of fewer than 127 bytes, which all of these are.
fn push_text(block: &mut Vec<u8>, text: &str) {
    block.push(u8::try_from(text.len()).unwrap_or_default());
    block.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_before_is_a_number() {
        let mut headers = Headers::default();
        let first = headers.block("/a");
        assert!(first.starts_with(
            b"\x83\x86\x44\x02/a\x41\x04azqd\x5f\x10application/grpc\x40\x02te\x08trailers\x40"
        ));
        assert_eq!(
            headers.block("/a"),
            [0x83, 0x86, 0xc2, 0xc1, 0xc0, 0xbf, 0xbe]
        );
        // The new path is the newest row, so that the others have moved.
        assert_eq!(headers.block("/b"), b"\x83\x86\x44\x02/b\xc2\xc1\xc0\xbf");
        assert_eq!(
            headers.block("/a"),
            [0x83, 0x86, 0xc3, 0xc2, 0xc1, 0xc0, 0xbf]
        );
    }

    /// A row takes 32 bytes more than its texts (RFC 7541, 4.1).
    #[test]
    fn all_that_is_sent_fits_the_table() {
        let mut headers = Headers::default();
        for number in 0..32 {
            headers.block(&format!(
                "/azq.v1.Commands/GetNodePoolRollbackVersions{number}"
            ));
        }
        let name = |name: &Name| match name {
            Name::Known(_) => ":authority".len() + "content-".len(),
            Name::New(name) => name.len(),
        };
        let size: usize = headers
            .table
            .iter()
            .map(|row| 32 + name(&row.0) + row.1.len())
            .sum();
        assert!(size <= 4096, "{size}");
        assert!(NEWEST + headers.table.len() < 127);
    }
}
