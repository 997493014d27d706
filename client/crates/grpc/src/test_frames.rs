//! Frames of a server, built by hand for tests.

use crate::frame::{self, MAX_31_BITS};
use crate::message::with_prefix;

/// The length of a frame's head, in bytes.
pub const HEAD: usize = frame::HEAD;
/// The number of bytes of a response that a server may send before it needs a window update.
pub const STREAM_WINDOW: usize = crate::settings::STREAM_WINDOW as usize;

/// Builds any frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::push(&mut bytes, kind, flags, stream, payload);
    bytes
}

/// Builds a SETTINGS frame that changes nothing.
pub fn settings() -> Vec<u8> {
    frame(frame::SETTINGS, 0, 0, &[0, 5, 0, 1, 0, 0])
}

/// Builds the acknowledgement of settings.
pub fn settings_ack() -> Vec<u8> {
    frame(frame::SETTINGS, frame::ACK, 0, &[])
}

/// Builds the first headers of a response: `:status: 200`.
pub fn headers(stream: u32) -> Vec<u8> {
    frame(frame::HEADERS, frame::END_HEADERS, stream, b"\x88")
}

/// Builds a DATA frame with messages of a response.
pub fn data(stream: u32, messages: &[&[u8]]) -> Vec<u8> {
    let messages: Vec<u8> = messages
        .iter()
        .flat_map(|message| with_prefix(message))
        .collect();
    frame(frame::DATA, 0, stream, &messages)
}

/// Builds trailers with a status of one digit.
pub fn trailers(stream: u32, status: u8) -> Vec<u8> {
    let flags = frame::END_HEADERS | frame::END_STREAM;
    let mut block = b"\x00\x0bgrpc-status\x01".to_vec();
    block.push(b'0' + status % 10);
    frame(frame::HEADERS, flags, stream, &block)
}

/// Builds the reset of a stream with an HTTP/2 error code.
pub fn reset(stream: u32, code: u32) -> Vec<u8> {
    frame(frame::RST_STREAM, 0, stream, &code.to_be_bytes())
}

/// Builds a GOAWAY frame: the server ends after the streams up to this one.
pub fn goaway(last: u32) -> Vec<u8> {
    let payload = [last.to_be_bytes(), [0; 4]].concat();
    frame(frame::GOAWAY, 0, 0, &payload)
}

/// Builds a GOAWAY frame: the server ends after all streams.
pub fn goaway_after_all() -> Vec<u8> {
    goaway(MAX_31_BITS)
}

/// Builds a window update, which lets the client send more.
pub fn window_update(stream: u32, increment: u32) -> Vec<u8> {
    frame(frame::WINDOW_UPDATE, 0, stream, &increment.to_be_bytes())
}

/// Builds a ping of the server.
pub fn ping() -> Vec<u8> {
    frame(frame::PING, 0, 0, b"12345678")
}

/// Builds the acknowledgement of [`ping`].
pub fn ping_ack() -> Vec<u8> {
    frame(frame::PING, frame::ACK, 0, b"12345678")
}
