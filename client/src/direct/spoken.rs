//! What a daemon says, for tests: frames made by hand.

use azq_proto::v1::{self, reply::Kind};
use prost::Message as _;

use super::frame;

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [a, b, c, kind, flags];
    [&head, &stream.to_be_bytes()[..], payload].concat()
}

pub(crate) fn message(kind: Kind) -> Vec<u8> {
    let message = v1::Reply { kind: Some(kind) }.encode_to_vec();
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0], &length[..], &message].concat()
}

pub(crate) fn settings() -> Vec<u8> {
    frame(frame::SETTINGS, 0, 0, &[0, 5, 0, 1, 0, 0])
}

/// The headers of an answer.
pub(crate) fn headers(stream: u32) -> Vec<u8> {
    frame(frame::HEADERS, 4, stream, b"whatever")
}

pub(crate) fn data(stream: u32, replies: &[Kind]) -> Vec<u8> {
    let messages: Vec<_> = replies.iter().cloned().flat_map(message).collect();
    frame(frame::DATA, 0, stream, &messages)
}

pub(crate) fn trailers(stream: u32) -> Vec<u8> {
    frame(frame::HEADERS, 5, stream, b"whatever")
}

/// A whole answer: these replies, and exit code 0.
pub(crate) fn answer(stream: u32, text: &str) -> Vec<u8> {
    let replies = [Kind::Stdout(text.to_owned().into()), Kind::Exit(0)];
    [headers(stream), data(stream, &replies), trailers(stream)].concat()
}

pub(crate) fn reset(stream: u32) -> Vec<u8> {
    frame(frame::RST_STREAM, 0, stream, &[0, 0, 0, 7])
}

/// The daemon goes, and sees the streams up to this one through.
pub(crate) fn goaway(last: u32) -> Vec<u8> {
    let payload = [last.to_be_bytes(), [0; 4]].concat();
    frame(frame::GOAWAY, 0, 0, &payload)
}

pub(crate) fn ping() -> Vec<u8> {
    frame(frame::PING, 0, 0, b"12345678")
}
