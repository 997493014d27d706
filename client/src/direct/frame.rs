//! The frames of one gRPC call over HTTP/2 (RFC 9113): what a client says, and the head of whatever comes.
//!
//! Invariant: headers are literals without indexing and without Huffman's code (RFC 7541, 6.2.2), so that no state is kept.

use azq_proto::protocol;

/// The only stream: the client's first.
pub(super) const STREAM: u32 = 1;
/// How many bytes may be under way to the client, in the stream and in the connection.
pub(super) const WINDOW: u32 = 1 << 20;
/// The longest frame that the daemon may send; its answers come in messages of 64 KiB and a few bytes.
const LONGEST_FRAME: u32 = 256 << 10;
/// Of a gRPC message: whether it is compressed, and its length.
pub(super) const PREFIX: usize = 5;
/// The longest request that fits a single frame and the daemon's first window; a longer one takes the ordinary way.
const LONGEST_REQUEST: usize = (16 << 10) - PREFIX;
/// Of a frame.
pub(super) const HEAD: usize = 9;

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
pub(super) const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

/// Of SETTINGS and PING.
pub(super) const ACK: u8 = 1;
/// Of DATA and HEADERS.
pub(super) const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// Of DATA.
pub(super) const PADDED: u8 = 8;

/// What the client wants of the daemon (RFC 9113, 6.5.2): no pushes, the stream's window, the longest frame.
const WANTED: [(u8, u32); 3] = [(2, 0), (4, WINDOW), (5, LONGEST_FRAME)];
/// The window of a connection before anybody changes it.
const FIRST_WINDOW: u32 = 65_535;

/// The head of a frame that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) length: usize,
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) stream: u32,
}

impl Head {
    pub(super) fn read(bytes: [u8; HEAD]) -> Self {
        let [high, middle, low, kind, flags, stream @ ..] = bytes;
        Self {
            length: u32::from_be_bytes([0, high, middle, low]) as usize,
            kind,
            flags,
            // The first bit means nothing.
            stream: u32::from_be_bytes(stream) & (u32::MAX >> 1),
        }
    }

    pub(super) fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Whether a daemon that says GOAWAY with this payload still answers the call: it names the last stream that it sees through.
    pub(super) fn leaves_the_stream(payload: &[u8]) -> bool {
        let last = payload.split_first_chunk().map(|(last, _)| *last);
        last.is_some_and(|last| u32::from_be_bytes(last) & (u32::MAX >> 1) >= STREAM)
    }

    /// What settings of the daemon's and its pings are answered with.
    pub(super) fn acknowledged(self, payload: &[u8]) -> Option<Vec<u8>> {
        let mut answer = Vec::new();
        match self.kind {
            SETTINGS if !self.has(ACK) => push(&mut answer, SETTINGS, ACK, 0, &[]),
            PING if !self.has(ACK) => push(&mut answer, PING, ACK, 0, payload),
            _ => return None,
        }
        Some(answer)
    }
}

/// All that a client has to say: the greeting, and a call with its only message. `None` if the message is too long.
pub(super) fn call(path: &str, message: &[u8]) -> Option<Vec<u8>> {
    if message.len() > LONGEST_REQUEST {
        return None;
    }
    let mut bytes = Vec::with_capacity(512 + message.len());
    bytes.extend_from_slice(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    let settings = WANTED.map(|(name, value)| {
        let [a, b, c, d] = value.to_be_bytes();
        [0, name, a, b, c, d]
    });
    push(&mut bytes, SETTINGS, 0, 0, settings.as_flattened());
    push_window(&mut bytes, 0, WINDOW - FIRST_WINDOW);
    push(&mut bytes, HEADERS, END_HEADERS, STREAM, &headers(path));
    let [_, a, b, c] = length(message.len());
    let body = [&[0, 0, a, b, c], message].concat();
    push(&mut bytes, DATA, END_STREAM, STREAM, &body);
    Some(bytes)
}

/// Asks whether the daemon is still there.
pub(super) fn ping() -> Vec<u8> {
    let mut bytes = Vec::new();
    push(&mut bytes, PING, 0, 0, b"are you?");
    bytes
}

/// Makes room for as many bytes as were taken, in the stream and in the connection.
pub(super) fn taken(bytes: u32) -> Vec<u8> {
    let mut frames = Vec::new();
    push_window(&mut frames, 0, bytes);
    push_window(&mut frames, STREAM, bytes);
    frames
}

fn push_window(bytes: &mut Vec<u8>, stream: u32, increment: u32) {
    push(bytes, WINDOW_UPDATE, 0, stream, &increment.to_be_bytes());
}

fn push(bytes: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let [_, a, b, c] = length(payload.len());
    bytes.extend_from_slice(&[a, b, c, kind, flags]);
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.extend_from_slice(payload);
}

/// Nothing that is sent is longer than [`LONGEST_REQUEST`] and a few bytes.
fn length(of: usize) -> [u8; 4] {
    u32::try_from(of).unwrap_or_default().to_be_bytes()
}

/// The header block of a call (gRPC over HTTP/2).
fn headers(path: &str) -> Vec<u8> {
    let range = format!("{}-{}", protocol::OLDEST, protocol::NEWEST);
    // Whole rows of HPACK's static table: `:method: POST` and `:scheme: http`.
    let mut block = vec![0x83, 0x86];
    // Names of the static table, by their number; the last one's takes two bytes.
    for (name, value) in [
        (&[0x01][..], "azqd"),
        (&[0x04], path),
        (&[0x0f, 0x10], "application/grpc"),
    ] {
        block.extend_from_slice(name);
        push_text(&mut block, value);
    }
    for (name, value) in [("te", "trailers"), (protocol::METADATA_KEY, &range)] {
        block.push(0);
        push_text(&mut block, name);
        push_text(&mut block, value);
    }
    block
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
    fn a_head_is_read_as_it_is_written() {
        let mut bytes = Vec::new();
        push(&mut bytes, PING, ACK, 0x7fff_fff1, &[7; 300]);
        let head = Head::read(bytes[..HEAD].try_into().unwrap());
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
        let head = |kind, flags| Head {
            length: 8,
            kind,
            flags,
            stream: 0,
        };
        let settings = head(SETTINGS, 0).acknowledged(&[0; 8]).unwrap();
        assert_eq!(settings, [0, 0, 0, SETTINGS, ACK, 0, 0, 0, 0]);
        let pong = head(PING, 0).acknowledged(b"12345678").unwrap();
        assert_eq!(&pong[HEAD..], b"12345678");
        for answered in [head(SETTINGS, ACK), head(PING, ACK), head(WINDOW_UPDATE, 0)] {
            assert_eq!(answered.acknowledged(&[]), None);
        }
    }

    #[test]
    fn a_request_that_fills_more_than_a_frame_takes_the_ordinary_way() {
        assert!(call("/azq.v1.Commands/ListSkus", &[0; LONGEST_REQUEST]).is_some());
        assert!(call("/azq.v1.Commands/ListSkus", &[0; LONGEST_REQUEST + 1]).is_none());
    }
}
