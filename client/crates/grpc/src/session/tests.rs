use super::*;
use crate::status::Code;
use crate::test_frames::{
    STREAM_WINDOW, data, frame as raw, goaway, goaway_after_all, headers, ping, ping_ack, reset,
    settings, settings_ack, trailers, window_update,
};
use bytes::Buf;

/// A receiver that collects text until the message `end`.
#[derive(Debug, PartialEq)]
struct Text {
    name: usize,
    heard: String,
    has_capacity: bool,
}

impl Receiver for Text {
    fn receive(&mut self, mut message: impl Buf) {
        let bytes = message.copy_to_bytes(message.remaining());
        self.heard += str::from_utf8(&bytes).unwrap();
    }

    fn has_capacity(&self) -> bool {
        self.has_capacity
    }
}

fn text(name: usize, text: &str) -> Text {
    Text {
        name,
        heard: text.to_owned(),
        has_capacity: true,
    }
}

fn options() -> Options {
    Options {
        authority: "server",
        metadata: ("x-v", "1".to_owned()),
        max_message: 1 << 20,
    }
}

/// Returns a connection with so many calls, whose requests were sent.
fn session(calls: usize) -> Session<Text> {
    let mut session = Session::new(&options());
    for name in 0..calls {
        session.call("/a", b"b", text(name, "")).unwrap();
    }
    session.outgoing().clear();
    session
}

type Ended = Vec<(Text, CallError)>;

fn status(code: Code) -> CallError {
    let message = String::new();
    CallError::Status(Status { code, message })
}

/// Returns the calls that end, ordered by name, when these bytes are received in pieces of this
/// size.
fn receive(session: &mut Session<Text>, bytes: &[u8], pieces: usize) -> Ended {
    let mut ended = Vec::new();
    for piece in bytes.chunks(pieces) {
        session.incoming().extend_from_slice(piece);
        session.process().unwrap();
        ended.extend(session.ended());
    }
    ended.sort_by_key(|(text, _)| text.name);
    ended
}

fn response(stream: u32, text: &str) -> Vec<u8> {
    let messages = data(stream, &[text.as_bytes()]);
    [headers(stream), messages, trailers(stream, 0)].concat()
}

#[test]
fn responses_find_their_calls_wherever_they_are_cut() {
    let long = "x".repeat(3000);
    let split = message::with_prefix(b"split");
    let (begin, rest) = split.split_at(4);
    let bytes = [
        settings(),
        headers(3),
        data(3, &[b"b1"]),
        headers(1),
        headers(7),
        ping(),
        raw(frame::DATA, 0, 5, begin),
        data(7, &[long.as_bytes()]),
        data(3, &[b"b2"]),
        raw(frame::DATA, 0, 5, rest),
        trailers(3, 0),
        raw(frame::DATA, 0, 7, b""),
        data(1, &[b"a"]),
        trailers(5, 0),
        data(7, &[b"d"]),
        trailers(1, 0),
        trailers(7, 0),
    ]
    .concat();
    let texts = ["a", "b1b2", "split", &format!("{long}d")];
    for pieces in [1, 2, 3, 8, 13, 1000, usize::MAX] {
        let mut session = session(4);
        let ended = receive(&mut session, &bytes, pieces);
        let expected = texts.iter().enumerate();
        let expected: Ended = expected
            .map(|(name, t)| (text(name, t), status(Code::Ok)))
            .collect();
        assert_eq!(ended, expected, "{pieces}");
        assert!(session.is_idle() && session.is_open());
        assert_eq!(*session.outgoing(), [settings_ack(), ping_ack()].concat());
    }
}

#[test]
fn what_ends_one_call_ends_no_other() {
    let message = message::with_prefix(b"y");
    let mut compressed = message.clone();
    compressed[0] = 1;
    let malformed = CallError::Protocol(ProtocolError::Message);
    for (about, bytes, error) in [
        ("a status", trailers(3, 9), status(Code::FailedPrecondition)),
        ("a reset", reset(3, 2), CallError::Reset(2)),
        ("a refusal", reset(3, 7), CallError::Refused),
        (
            "an end",
            raw(frame::DATA, 1, 3, b""),
            CallError::Disconnected,
        ),
        (
            "half a message",
            raw(frame::DATA, 1, 3, &message[..4]),
            CallError::Disconnected,
        ),
        (
            "compression",
            raw(frame::DATA, 0, 3, &compressed),
            malformed.clone(),
        ),
        (
            "a flood",
            raw(frame::DATA, 0, 3, &[0, 0xff, 0, 0, 0]),
            malformed,
        ),
    ] {
        let bytes = [bytes, reset(3, 2), response(1, "a"), response(5, "c")].concat();
        for pieces in [1, usize::MAX] {
            let ended = receive(&mut session(3), &bytes, pieces);
            let expected = [
                (text(0, "a"), status(Code::Ok)),
                (text(1, ""), error.clone()),
                (text(2, "c"), status(Code::Ok)),
            ];
            assert_eq!(ended, expected, "{about}");
        }
    }
}

#[test]
fn violations_of_the_protocol_end_the_connection() {
    for (about, bytes, error) in [
        (
            "padding",
            raw(frame::DATA, 8, 1, b"\0"),
            ProtocolError::Padding,
        ),
        (
            "a long frame",
            raw(frame::HEADERS, 4, 1, &vec![0; 100_000]),
            ProtocolError::FrameSize,
        ),
        (
            "small settings",
            raw(frame::SETTINGS, 0, 0, &[0, 1, 0, 0, 0, 0]),
            ProtocolError::Settings,
        ),
        (
            "half a GOAWAY",
            raw(frame::GOAWAY, 0, 0, &[0, 0]),
            ProtocolError::Truncated,
        ),
        (
            "half a reset",
            raw(frame::RST_STREAM, 0, 1, &[0]),
            ProtocolError::Truncated,
        ),
        (
            "headers of nothing",
            raw(frame::HEADERS, 5, 1, b"\xbe"),
            ProtocolError::Headers,
        ),
        (
            "a lone continuation",
            raw(frame::CONTINUATION, 4, 1, b""),
            ProtocolError::Continuation,
        ),
        (
            "a gap",
            [raw(frame::HEADERS, 0, 1, b""), ping()].concat(),
            ProtocolError::Continuation,
        ),
        (
            "a wide window",
            window_update(0, frame::MAX_31_BITS),
            ProtocolError::Window,
        ),
        (
            "a wide stream",
            window_update(1, frame::MAX_31_BITS),
            ProtocolError::Window,
        ),
    ] {
        let mut session = session(2);
        session
            .incoming()
            .extend([response(3, "b"), bytes].concat());
        assert_eq!(session.process(), Err(error), "{about}");
        let ended: Ended = session.ended().collect();
        assert_eq!(ended, [(text(1, "b"), status(Code::Ok))], "{about}");
        assert!(!session.is_idle(), "{about}");
    }
}

#[test]
fn trailers_come_in_several_frames_with_padding_and_priority() {
    let first = raw(frame::HEADERS, 0x29, 1, b"\x02\0\0\0\0\0\x00\x0bgrpc-..");
    let second = raw(frame::CONTINUATION, 0, 1, b"status\x02");
    let third = raw(frame::CONTINUATION, frame::END_HEADERS, 1, b"12");
    let bytes = [first, second, third].concat();
    let ended = receive(&mut session(1), &bytes, 5);
    assert!(
        matches!(&ended[..], [(_, CallError::Status(status))] if status.code == Code::Unimplemented),
        "{ended:?}"
    );
}

#[test]
fn a_server_that_ends_completes_some_calls_and_takes_no_more() {
    let mut session = session(3);
    assert_eq!(receive(&mut session, &goaway_after_all(), 1), []);
    assert!(session.call("/a", b"b", text(9, "")).is_err());
    assert!(!session.is_open() && !session.is_idle());
    let bytes = [headers(1), goaway(3), response(3, "b"), response(1, "a")].concat();
    let expected = [
        (text(0, "a"), status(Code::Ok)),
        (text(1, "b"), status(Code::Ok)),
        (text(2, ""), CallError::Refused),
    ];
    assert_eq!(receive(&mut session, &bytes, 7), expected);
    assert!(session.is_idle());
}

#[test]
fn the_server_may_send_more_when_the_receiver_has_capacity() {
    let mut session = session(1);
    let piece = "x".repeat(STREAM_WINDOW / 2);
    let bytes = data(1, &[piece.as_bytes()]);
    session
        .receivers()
        .for_each(|text| text.has_capacity = false);
    receive(&mut session, &[headers(1), bytes.clone()].concat(), 5000);
    assert_eq!(*session.outgoing(), b"");
    session
        .receivers()
        .for_each(|text| text.has_capacity = true);
    let read = u32::try_from(bytes.len() - HEAD).unwrap();
    assert_eq!(*session.outgoing(), window_update(1, read));
    session.outgoing().clear();
    assert_eq!(*session.outgoing(), b"", "it is reported once");
}

/// Takes the outgoing bytes, and returns the lengths of the DATA frames in them.
fn sent(session: &mut Session<Text>) -> Vec<usize> {
    let sent = std::mem::take(session.outgoing());
    let (mut bytes, mut lengths) = (&sent[..], Vec::new());
    while let Some((head, rest)) = bytes.split_first_chunk::<HEAD>() {
        let head = Head::parse(*head);
        if head.kind == frame::DATA {
            lengths.push(head.length);
        }
        bytes = &rest[head.length..];
    }
    lengths
}

#[test]
fn a_long_request_is_sent_as_the_windows_allow() {
    let mut session = session(0);
    session.call("/a", &vec![7; 100_000], text(0, "")).unwrap();
    assert_eq!(sent(&mut session), [16_384, 16_384, 16_384, 16_383]);
    // A second call waits for the connection's window, even with a short request.
    session.call("/a", b"b", text(1, "")).unwrap();
    assert_eq!(sent(&mut session), [0; 0]);
    receive(&mut session, &window_update(0, 20_000), 3);
    // The first stream's own window is still closed.
    assert_eq!(sent(&mut session), [6]);
    receive(
        &mut session,
        &raw(frame::SETTINGS, 0, 0, &[0, 4, 0, 1, 0x13, 0x87]),
        3,
    );
    assert_eq!(sent(&mut session), [5000]);
    receive(
        &mut session,
        &[window_update(0, 90_000), window_update(1, 90_000)].concat(),
        9,
    );
    let rest = sent(&mut session).iter().sum::<usize>();
    assert_eq!(rest, 100_005 - 65_535 - 5000);
}

#[test]
fn calls_beyond_the_servers_limit_wait() {
    let mut session = session(0);
    receive(
        &mut session,
        &raw(frame::SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 1]),
        9,
    );
    session.call("/a", b"b", text(0, "")).unwrap();
    assert!(session.call("/a", b"b", text(1, "")).is_err() && session.is_open());
    receive(&mut session, &response(1, "a"), 9);
    session.call("/a", b"b", text(1, "")).unwrap();
}

#[test]
fn a_call_is_accepted_when_its_response_begins() {
    let mut session = session(2);
    receive(&mut session, &headers(3), 1);
    assert!(!session.all_accepted());
    let bytes = [response(7, "unknown"), response(1, "a")].concat();
    assert_eq!(
        receive(&mut session, &bytes, 1),
        [(text(0, "a"), status(Code::Ok))]
    );
    assert!(session.all_accepted());
}

#[test]
fn a_peer_that_stopped_reading_is_sent_nothing_and_still_heard() {
    let mut session = session(1);
    session.close_write();
    session
        .incoming()
        .extend([ping(), response(1, "a")].concat());
    session.process().unwrap();
    assert!(session.outgoing().is_empty() && !session.is_open());
    assert_eq!(
        session.ended().collect::<Ended>(),
        [(text(0, "a"), status(Code::Ok))]
    );
}
