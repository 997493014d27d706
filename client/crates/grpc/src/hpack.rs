//! Decoding of response headers (RFC 7541) without a dynamic table, which this client's settings
//! forbid the peer to use.

use httlib_huffman::DecoderSpeed;

use crate::ProtocolError;

/// `:status` entries of the static table: their first index and their values (RFC 7541, A).
const FIRST_STATUS: usize = 8;
const STATUS_VALUES: [&str; 7] = ["200", "204", "206", "304", "400", "404", "500"];

/// A header, with an empty name if its entry in the static table is one that no gRPC client reads.
pub(crate) type Header = (Vec<u8>, Vec<u8>);

/// Decodes a whole header block.
pub(crate) fn decode(mut block: &[u8]) -> Result<Vec<Header>, ProtocolError> {
    let mut headers = Vec::new();
    while let Some(&first) = block.first() {
        match first {
            // An indexed header.
            0x80.. => {
                let index = integer(&mut block, 7)?;
                headers.push(static_header(index)?);
            }
            // A change of the table's size, which must be 0 here.
            0x20..=0x3f => {
                if integer(&mut block, 5)? != 0 {
                    return Err(ProtocolError::Headers);
                }
            }
            // A literal, with or without indexing, because there is no table to add it to.
            _ => {
                let prefix = if first & 0x40 == 0 { 4 } else { 6 };
                let index = integer(&mut block, prefix)?;
                let name = match index {
                    0 => text(&mut block)?,
                    _ => static_header(index)?.0,
                };
                headers.push((name, text(&mut block)?));
            }
        }
    }
    Ok(headers)
}

fn static_header(index: usize) -> Result<Header, ProtocolError> {
    let status = index.checked_sub(FIRST_STATUS);
    match status.and_then(|status| STATUS_VALUES.get(status)) {
        Some(value) => Ok((b":status".to_vec(), value.as_bytes().to_vec())),
        None if (1..=61).contains(&index) => Ok(Header::default()),
        None => Err(ProtocolError::Headers),
    }
}

/// Reads an integer, for which the first byte has this number of bits (RFC 7541, 5.1).
fn integer(block: &mut &[u8], prefix: u32) -> Result<usize, ProtocolError> {
    let most = (1_usize << prefix) - 1;
    let mut value = usize::from(byte(block)?) & most;
    if value < most {
        return Ok(value);
    }
    for shift in [0, 7, 14, 21] {
        let next = usize::from(byte(block)?);
        value += (next & 0x7f) << shift;
        if next & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(ProtocolError::Headers)
}

/// Reads a string literal (RFC 7541, 5.2).
fn text(block: &mut &[u8]) -> Result<Vec<u8>, ProtocolError> {
    let is_huffman = block.first().is_some_and(|first| first & 0x80 != 0);
    let length = integer(block, 7)?;
    let (text, rest) = block
        .split_at_checked(length)
        .ok_or(ProtocolError::Headers)?;
    *block = rest;
    if !is_huffman {
        return Ok(text.to_vec());
    }
    let mut decoded = Vec::new();
    httlib_huffman::decode(text, &mut decoded, DecoderSpeed::FourBits)
        .map_err(|_invalid| ProtocolError::Headers)?;
    Ok(decoded)
}

fn byte(block: &mut &[u8]) -> Result<u8, ProtocolError> {
    let (first, rest) = block.split_first().ok_or(ProtocolError::Headers)?;
    *block = rest;
    Ok(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, value: &str) -> Header {
        (name.into(), value.into())
    }

    #[test]
    fn literals_and_indices_are_decoded() {
        let block = b"\x20\x88\x00\x0bgrpc-status\x0213\x40\x01a\x01b\x0f\x10\x01c\x1f\x10\x01d";
        let expected = [
            header(":status", "200"),
            header("grpc-status", "13"),
            header("a", "b"),
            header("", "c"),
            header("", "d"),
        ];
        assert_eq!(decode(block).unwrap(), expected);
    }

    /// RFC 7541, C.4.3: a header whose name and value are Huffman-encoded.
    #[test]
    fn huffman_is_decoded() {
        let block =
            b"\x40\x88\x25\xa8\x49\xe9\x5b\xa9\x7d\x7f\x89\x25\xa8\x49\xe9\x5b\xb8\xe8\xb4\xbf";
        let expected = [header("custom-key", "custom-value")];
        assert_eq!(decode(block).unwrap(), expected);
    }

    #[test]
    fn what_needs_a_table_or_breaks_off_is_an_error() {
        for block in [
            &b"\xbe"[..],
            b"\x80",
            b"\x3f\x01",
            b"\x00\x05abc",
            b"\x00\x01a",
            b"\xff\xff\xff\xff\xff\xff",
            b"\x7f\x00",
        ] {
            assert_eq!(decode(block), Err(ProtocolError::Headers), "{block:?}");
        }
    }
}
