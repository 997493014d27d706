//! The frames of HTTP/2 (RFC 9113, 4.1 and 6): their heads, and the frames that a client sends.

/// The length of a frame's head, in bytes.
pub(crate) const HEAD: usize = 9;
/// The largest stream identifier and the largest window (RFC 9113, 5.1.1 and 6.9.1).
pub(crate) const MAX_31_BITS: u32 = (1 << 31) - 1;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

/// The flag of SETTINGS and PING.
pub(crate) const ACK: u8 = 1;
/// The flag of DATA and HEADERS.
pub(crate) const END_STREAM: u8 = 1;
/// The flag of HEADERS and CONTINUATION.
pub(crate) const END_HEADERS: u8 = 4;
/// The flag of DATA and HEADERS.
pub(crate) const PADDED: u8 = 8;
/// The flag of HEADERS.
pub(crate) const PRIORITY: u8 = 0x20;

/// The error code of a stream that the server did not act on (RFC 9113, 7).
pub(crate) const REFUSED_STREAM: u32 = 7;
/// The error code of a stream that the client no longer needs.
const CANCEL: u32 = 8;

/// The payload of this client's pings.
const PING_PAYLOAD: &[u8; 8] = b"azq-ping";

/// The head of a received frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) length: usize,
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
}

impl Head {
    pub(crate) fn parse(bytes: [u8; HEAD]) -> Self {
        let [high, middle, low, kind, flags, stream @ ..] = bytes;
        Self {
            length: u32::from_be_bytes([0, high, middle, low]) as usize,
            kind,
            flags,
            // The first bit is reserved and must be ignored.
            stream: u32::from_be_bytes(stream) & MAX_31_BITS,
        }
    }

    pub(crate) fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// Reads the number that a payload begins with, as in GOAWAY, `RST_STREAM` and `WINDOW_UPDATE`.
pub(crate) fn number(payload: &[u8]) -> Option<u32> {
    let (bytes, _) = payload.split_first_chunk()?;
    Some(u32::from_be_bytes(*bytes))
}

/// Appends a frame.
pub(crate) fn push(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    // A payload is at most as long as the largest frame that the peer accepts: 24 bits.
    let [_, a, b, c] = u32::try_from(payload.len())
        .unwrap_or_default()
        .to_be_bytes();
    out.extend_from_slice(&[a, b, c, kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(payload);
}

pub(crate) fn push_ping(out: &mut Vec<u8>) {
    push(out, PING, 0, 0, PING_PAYLOAD);
}

pub(crate) fn push_cancel(out: &mut Vec<u8>, stream: u32) {
    push(out, RST_STREAM, 0, stream, &CANCEL.to_be_bytes());
}

/// Appends a frame that lets the peer send so many more bytes on a stream, or on the connection
/// (0).
pub(crate) fn push_window_update(out: &mut Vec<u8>, stream: u32, increment: u32) {
    push(out, WINDOW_UPDATE, 0, stream, &increment.to_be_bytes());
}

/// Acknowledges the peer's settings and pings (RFC 9113, 6.5.3 and 6.7).
pub(crate) fn push_acknowledgement(out: &mut Vec<u8>, head: Head, payload: &[u8]) {
    match head.kind {
        SETTINGS if !head.has(ACK) => push(out, SETTINGS, ACK, 0, &[]),
        PING if !head.has(ACK) => push(out, PING, ACK, 0, payload),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_parsed_as_it_is_written() {
        let mut bytes = Vec::new();
        push(&mut bytes, PING, ACK, 0x7fff_fff1, &[7; 300]);
        let head = Head::parse(bytes[..HEAD].try_into().unwrap());
        let expected = Head {
            length: 300,
            kind: PING,
            flags: ACK,
            stream: 0x7fff_fff1,
        };
        assert_eq!(head, expected);
        assert!(head.has(ACK) && !head.has(PADDED));
    }

    #[test]
    fn settings_and_pings_are_acknowledged_once() {
        let acknowledged = |kind, flags, payload: &[u8]| {
            let head = Head {
                length: 8,
                kind,
                flags,
                stream: 0,
            };
            let mut answer = Vec::new();
            push_acknowledgement(&mut answer, head, payload);
            answer
        };
        let settings = acknowledged(SETTINGS, 0, &[0; 8]);
        assert_eq!(settings, [0, 0, 0, SETTINGS, ACK, 0, 0, 0, 0]);
        assert_eq!(&acknowledged(PING, 0, b"12345678")[HEAD..], b"12345678");
        for (kind, flags) in [(SETTINGS, ACK), (PING, ACK), (WINDOW_UPDATE, 0)] {
            assert_eq!(acknowledged(kind, flags, &[]), [0; 0]);
        }
    }
}
