//! The settings of both sides of a connection, which limit what the other side may send (RFC 9113,
//! 6.5.2).

use crate::ProtocolError;
use crate::frame::{self, MAX_31_BITS};

/// The initial window of a connection and of a stream, in bytes.
pub(crate) const INITIAL_WINDOW: u32 = 65_535;
/// The number of bytes of one response that may be in flight to this client.
pub(crate) const STREAM_WINDOW: u32 = 1 << 20;
/// The window of the whole connection, which is unlimited because each response has its own window.
pub(crate) const CONNECTION_WINDOW: u32 = MAX_31_BITS;
/// The longest frame that the peer may send.
pub(crate) const MAX_FRAME: u32 = 256 << 10;
/// The longest header block that is decoded, in bytes.
pub(crate) const MAX_HEADERS: usize = 64 << 10;

const HEADER_TABLE_SIZE: u16 = 1;
const ENABLE_PUSH: u16 = 2;
const MAX_CONCURRENT_STREAMS: u16 = 3;
const INITIAL_WINDOW_SIZE: u16 = 4;
const MAX_FRAME_SIZE: u16 = 5;

/// This client's settings. Without a header table each header block can be decoded on its own, so
/// only those of failed calls are decoded.
const OWN: [(u16, u32); 4] = [
    (HEADER_TABLE_SIZE, 0),
    (ENABLE_PUSH, 0),
    (INITIAL_WINDOW_SIZE, STREAM_WINDOW),
    (MAX_FRAME_SIZE, MAX_FRAME),
];

/// The size of the peer's header table that the request headers require.
const HEADER_TABLE: u32 = 4096;

/// The options of a connection, which its caller chooses.
#[derive(Clone, Debug)]
pub struct Options {
    /// The value of `:authority`.
    pub authority: &'static str,
    /// A header that is sent with each call: its name in lower case, and its value.
    pub metadata: (&'static str, String),
    /// The longest message that is accepted, in bytes.
    pub max_message: usize,
}

/// The peer's settings that limit this client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PeerSettings {
    pub(crate) max_streams: usize,
    pub(crate) initial_window: u32,
    pub(crate) max_frame: usize,
}

impl Default for PeerSettings {
    fn default() -> Self {
        Self {
            max_streams: usize::MAX,
            initial_window: INITIAL_WINDOW,
            max_frame: 16 << 10,
        }
    }
}

impl PeerSettings {
    /// Applies a SETTINGS payload.
    pub(crate) fn apply(&mut self, payload: &[u8]) -> Result<(), ProtocolError> {
        let (settings, rest) = payload.as_chunks::<6>();
        if !rest.is_empty() {
            return Err(ProtocolError::Truncated);
        }
        for [a, b, value @ ..] in settings {
            let value = u32::from_be_bytes(*value);
            match u16::from_be_bytes([*a, *b]) {
                HEADER_TABLE_SIZE if value < HEADER_TABLE => return Err(ProtocolError::Settings),
                MAX_CONCURRENT_STREAMS => self.max_streams = value as usize,
                INITIAL_WINDOW_SIZE if value > MAX_31_BITS => return Err(ProtocolError::Window),
                INITIAL_WINDOW_SIZE => self.initial_window = value,
                MAX_FRAME_SIZE if value < 16 << 10 => return Err(ProtocolError::Settings),
                MAX_FRAME_SIZE => self.max_frame = value as usize,
                _ => {}
            }
        }
        Ok(())
    }
}

/// Returns the first bytes that a client sends (RFC 9113, 3.4), with its windows.
pub(crate) fn connection_preface() -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1024);
    bytes.extend_from_slice(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    let settings = OWN.map(|(name, value)| {
        let ([high, low], [a, b, c, d]) = (name.to_be_bytes(), value.to_be_bytes());
        [high, low, a, b, c, d]
    });
    frame::push(&mut bytes, frame::SETTINGS, 0, 0, settings.as_flattened());
    frame::push_window_update(&mut bytes, 0, CONNECTION_WINDOW - INITIAL_WINDOW);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(settings: &[[u8; 6]]) -> Result<PeerSettings, ProtocolError> {
        let mut peer = PeerSettings::default();
        peer.apply(settings.as_flattened()).map(|()| peer)
    }

    #[test]
    fn settings_change_what_may_be_sent() {
        let peer = applied(&[
            [0, 3, 0, 0, 0, 7],
            [0, 4, 0, 0, 0, 9],
            [0, 5, 0, 1, 0, 0],
            [9, 9, 0, 0, 0, 0],
        ])
        .unwrap();
        assert_eq!(
            (peer.max_streams, peer.initial_window, peer.max_frame),
            (7, 9, 65_536)
        );
    }

    #[test]
    fn settings_that_leave_too_little_are_an_error() {
        assert!(applied(&[[0, 1, 0, 0, 0x10, 0]]).is_ok());
        let small_table = applied(&[[0, 1, 0, 0, 0x0f, 0xff]]);
        assert_eq!(small_table.err(), Some(ProtocolError::Settings));
        let small_frames = applied(&[[0, 5, 0, 0, 0, 1]]);
        assert_eq!(small_frames.err(), Some(ProtocolError::Settings));
        let large_window = applied(&[[0, 4, 0x80, 0, 0, 0]]);
        assert_eq!(large_window.err(), Some(ProtocolError::Window));
        let half = PeerSettings::default().apply(&[0, 4, 0]);
        assert_eq!(half, Err(ProtocolError::Truncated));
    }
}
