//! The frames of gRPC calls over HTTP/2 (RFC 9113): what a client says, and the head of whatever comes.

/// The client's first stream; the others are the odd numbers after it.
pub(super) const FIRST_STREAM: u32 = 1;
/// How many bytes of one answer may be under way to the client.
pub(super) const WINDOW: u32 = 1 << 20;
/// The same of the whole connection: without a limit but HTTP/2's, because each answer has its own.
pub(super) const CONNECTION_WINDOW: u32 = (1 << 31) - 1;
/// The longest frame that the daemon may send; its answers come in messages of 64 KiB and a few bytes.
const LONGEST_FRAME: u32 = 256 << 10;
/// Of a gRPC message: whether it is compressed, and its length.
pub(super) const PREFIX: usize = 5;
/// The longest request that fits a single frame and the daemon's first window; a longer one takes the ordinary way.
pub(super) const LONGEST_REQUEST: usize = (16 << 10) - PREFIX;
/// Of a frame.
pub(super) const HEAD: usize = 9;

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
pub(super) const WINDOW_UPDATE: u8 = 8;

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
pub(super) const FIRST_WINDOW: u32 = 65_535;
/// What [`Headers`](super::headers::Headers) and the longest request rely on: the size of the table of headers, and the window of a stream.
const RELIED_ON: [(u16, u32); 2] = [(1, 4096), (4, 16 << 10)];
/// Why a stream is given up: its answer is of no use any more.
const CANCEL: u32 = 8;

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

    /// Answers settings of the daemon's and its pings.
    pub(super) fn acknowledge(self, payload: &[u8], answer: &mut Vec<u8>) {
        match self.kind {
            SETTINGS if !self.has(ACK) => push(answer, SETTINGS, ACK, 0, &[]),
            PING if !self.has(ACK) => push(answer, PING, ACK, 0, payload),
            _ => {}
        }
    }
}

/// The number that a payload begins with: of GOAWAY the last stream that is seen through, of `WINDOW_UPDATE` how much more may be
/// sent.
pub(super) fn number(payload: &[u8]) -> Option<u32> {
    let (bytes, _) = payload.split_first_chunk()?;
    Some(u32::from_be_bytes(*bytes) & (u32::MAX >> 1))
}

/// Whether a daemon with these settings takes the calls that are made here.
pub(super) fn suit(settings: &[u8]) -> bool {
    let (settings, _) = settings.as_chunks::<6>();
    settings.iter().all(|[a, b, value @ ..]| {
        let (name, value) = (u16::from_be_bytes([*a, *b]), u32::from_be_bytes(*value));
        RELIED_ON
            .iter()
            .all(|(relied_on, least)| name != *relied_on || value >= *least)
    })
}

/// What a client says first.
pub(super) fn greeting() -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1024);
    bytes.extend_from_slice(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    let settings = WANTED.map(|(name, value)| {
        let [a, b, c, d] = value.to_be_bytes();
        [0, name, a, b, c, d]
    });
    push(&mut bytes, SETTINGS, 0, 0, settings.as_flattened());
    push_window(&mut bytes, 0, CONNECTION_WINDOW - FIRST_WINDOW);
    bytes
}

/// A call with its only message, which is at most [`LONGEST_REQUEST`] bytes long.
pub(super) fn push_call(bytes: &mut Vec<u8>, stream: u32, headers: &[u8], message: &[u8]) {
    push(bytes, HEADERS, END_HEADERS, stream, headers);
    push_head(bytes, PREFIX + message.len(), DATA, END_STREAM, stream);
    bytes.push(0);
    bytes.extend_from_slice(&length(message.len()));
    bytes.extend_from_slice(message);
}

/// Asks whether the daemon is still there.
pub(super) fn push_ping(bytes: &mut Vec<u8>) {
    push(bytes, PING, 0, 0, b"are you?");
}

/// Gives a stream up.
pub(super) fn push_cancel(bytes: &mut Vec<u8>, stream: u32) {
    push(bytes, RST_STREAM, 0, stream, &CANCEL.to_be_bytes());
}

/// Makes room for as many more bytes in a stream, or in the connection (0).
pub(super) fn push_window(bytes: &mut Vec<u8>, stream: u32, increment: u32) {
    push(bytes, WINDOW_UPDATE, 0, stream, &increment.to_be_bytes());
}

fn push(bytes: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    push_head(bytes, payload.len(), kind, flags, stream);
    bytes.extend_from_slice(payload);
}

fn push_head(bytes: &mut Vec<u8>, payload: usize, kind: u8, flags: u8, stream: u32) {
    let [_, a, b, c] = length(payload);
    bytes.extend_from_slice(&[a, b, c, kind, flags]);
    bytes.extend_from_slice(&stream.to_be_bytes());
}

/// Nothing that is sent is longer than [`LONGEST_REQUEST`] and a few bytes.
fn length(of: usize) -> [u8; 4] {
    u32::try_from(of).unwrap_or_default().to_be_bytes()
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
        let acknowledged = |kind, flags, payload: &[u8]| {
            let head = Head {
                length: 8,
                kind,
                flags,
                stream: 0,
            };
            let mut answer = Vec::new();
            head.acknowledge(payload, &mut answer);
            answer
        };
        let settings = acknowledged(SETTINGS, 0, &[0; 8]);
        assert_eq!(settings, [0, 0, 0, SETTINGS, ACK, 0, 0, 0, 0]);
        assert_eq!(&acknowledged(PING, 0, b"12345678")[HEAD..], b"12345678");
        for (kind, flags) in [(SETTINGS, ACK), (PING, ACK), (WINDOW_UPDATE, 0)] {
            assert_eq!(acknowledged(kind, flags, &[]), [0; 0]);
        }
    }

    #[test]
    fn settings_that_leave_less_than_is_relied_on_do_not_suit() {
        let suits = |settings: &[[u8; 6]]| suit(settings.as_flattened());
        assert!(suits(&[]));
        assert!(suits(&[[0, 1, 0, 0, 0x10, 0], [0, 3, 0, 0, 0, 1]]));
        assert!(!suits(&[[0, 1, 0, 0, 0x0f, 0xff]]));
        assert!(!suits(&[[0, 4, 0, 0xff, 0, 0], [0, 4, 0, 0, 0x3f, 0xff]]));
    }
}
