//! Many calls on one connection, whatever order and pieces their answers come in.

use super::super::spoken::{
    answer, data, frame as spoken, goaway, headers, message, ping, reset, settings, trailers,
};
use super::*;

/// A call's name, and what it has heard.
#[derive(Debug, PartialEq)]
struct Heard {
    name: usize,
    text: String,
    has_room: bool,
}

impl Receiver for Heard {
    fn receive(&mut self, reply: Kind) -> ControlFlow<()> {
        if let Kind::Stdout(bytes) = reply {
            self.text += std::str::from_utf8(&bytes).unwrap();
            return ControlFlow::Continue(());
        }
        ControlFlow::Break(())
    }

    fn has_room(&self) -> bool {
        self.has_room
    }
}

fn heard(name: usize, text: &str) -> Heard {
    Heard {
        name,
        text: text.to_owned(),
        has_room: true,
    }
}

/// A connection with so many calls, whose requests were sent.
fn session(calls: usize) -> Session<Heard> {
    let mut session = Session::new();
    for name in 0..calls {
        session.call("/a", b"b", heard(name, "")).unwrap();
    }
    session.outgoing().clear();
    session
}

/// What the calls come to, in the order of their names, when this has come in pieces of this size.
fn take(session: &mut Session<Heard>, bytes: &[u8], pieces: usize) -> Vec<(Heard, End)> {
    let mut ended = Vec::new();
    for piece in bytes.chunks(pieces) {
        session.incoming().extend_from_slice(piece);
        session.take().unwrap();
        ended.extend(session.ended());
    }
    ended.sort_by_key(|(heard, _)| heard.name);
    ended
}

fn stdout(text: &str) -> Kind {
    Kind::Stdout(text.to_owned().into())
}

#[test]
fn answers_find_their_calls_wherever_they_are_cut() {
    let long = "x".repeat(3000);
    let split = message(stdout("split"));
    let (begin, rest) = split.split_at(4);
    let bytes = [
        settings(),
        headers(3),
        data(3, &[stdout("b1")]),
        headers(1),
        headers(7),
        ping(),
        spoken(frame::DATA, 0, 5, begin),
        data(7, &[stdout(&long)]),
        data(3, &[stdout("b2"), Kind::Exit(0)]),
        spoken(frame::DATA, 0, 5, rest),
        trailers(3),
        spoken(frame::DATA, 0, 7, b""),
        data(1, &[stdout("a"), Kind::Exit(0)]),
        data(5, &[Kind::Exit(0)]),
        data(7, &[stdout("d"), Kind::Exit(0)]),
        trailers(1),
    ]
    .concat();
    let texts = ["a", "b1b2", "split", &format!("{long}d")];
    for pieces in [1, 2, 3, 8, 13, 1000, usize::MAX] {
        let mut session = session(4);
        let ended = take(&mut session, &bytes, pieces);
        let expected = texts.iter().enumerate();
        let expected: Vec<_> = expected
            .map(|(name, text)| (heard(name, text), End::Answered))
            .collect();
        assert_eq!(ended, expected, "{pieces}");
        assert!(session.is_idle() && session.is_open());
        let said = [
            spoken(frame::SETTINGS, frame::ACK, 0, b""),
            spoken(frame::PING, frame::ACK, 0, b"12345678"),
        ];
        assert_eq!(*session.outgoing(), said.concat());
    }
}

#[test]
fn what_ends_one_call_ends_no_other() {
    let reply = message(stdout("y"));
    let mut compressed = reply.clone();
    compressed[0] = 1;
    for (about, bytes) in [
        ("an error status", trailers(3)),
        ("a reset", reset(3)),
        ("an end", spoken(frame::DATA, 1, 3, b"")),
        (
            "an end in a message",
            spoken(frame::DATA, 1, 3, &reply[..4]),
        ),
        ("compression", spoken(frame::DATA, 0, 3, &compressed)),
        (
            "no message",
            spoken(frame::DATA, 0, 3, &[0, 0, 0, 0, 1, 0xff]),
        ),
        ("a flood", spoken(frame::DATA, 0, 3, &[0, 0xff, 0, 0, 0])),
    ] {
        let bytes = [bytes, reset(3), answer(1, "a"), answer(5, "c")].concat();
        for pieces in [1, usize::MAX] {
            let ended = take(&mut session(3), &bytes, pieces);
            let expected = [
                (heard(0, "a"), End::Answered),
                (heard(1, ""), End::Odd),
                (heard(2, "c"), End::Answered),
            ];
            assert_eq!(ended, expected, "{about}");
        }
    }
}

#[test]
fn what_is_not_understood_ends_the_connection() {
    for (about, bytes) in [
        ("padding", spoken(frame::DATA, 8, 1, b"\0")),
        (
            "a long frame",
            spoken(frame::HEADERS, 4, 1, &vec![0; 100_000]),
        ),
        (
            "settings too small",
            spoken(frame::SETTINGS, 0, 0, &[0, 1, 0, 0, 0, 0]),
        ),
        ("half a farewell", spoken(frame::GOAWAY, 0, 0, &[0, 0])),
    ] {
        let mut session = session(2);
        session.incoming().extend([answer(3, "b"), bytes].concat());
        assert_eq!(session.take(), Err(Odd), "{about}");
        let ended: Vec<_> = session.into_receivers().collect();
        let expected = [(heard(1, "b"), End::Answered), (heard(0, ""), End::Odd)];
        assert_eq!(ended, expected, "{about}");
    }
}

#[test]
fn a_daemon_that_goes_sees_some_calls_through_and_takes_no_more() {
    let mut session = session(3);
    assert_eq!(take(&mut session, &goaway(u32::MAX >> 1), 1), []);
    assert!(session.call("/a", b"b", heard(9, "")).is_err());
    assert!(!session.is_open() && !session.is_idle());
    let bytes = [headers(1), goaway(3), answer(3, "b"), answer(1, "a")].concat();
    let ended = take(&mut session, &bytes, 7);
    let expected = [
        (heard(0, "a"), End::Answered),
        (heard(1, "b"), End::Answered),
        (heard(2, ""), End::Odd),
    ];
    assert_eq!(ended, expected);
    assert!(session.is_idle());
}

#[test]
fn room_is_made_when_what_came_was_taken() {
    let mut session = session(1);
    let piece = "x".repeat(frame::WINDOW as usize / 2);
    let bytes = data(1, &[stdout(&piece)]);
    for stream in session.receivers() {
        stream.has_room = false;
    }
    take(&mut session, &[headers(1), bytes.clone()].concat(), 5000);
    assert_eq!(*session.outgoing(), b"");
    for stream in session.receivers() {
        stream.has_room = true;
    }
    let taken = u32::try_from(bytes.len() - HEAD).unwrap().to_be_bytes();
    let update = spoken(frame::WINDOW_UPDATE, 0, 1, &taken);
    assert_eq!(*session.outgoing(), update);
    session.outgoing().clear();
    assert_eq!(*session.outgoing(), b"", "it is told once");
}

#[test]
fn no_more_is_asked_than_the_daemon_has_room_for() {
    let mut session = Session::new();
    let longest = [0; frame::LONGEST_REQUEST];
    assert!(
        session
            .call("/a", &[0; frame::LONGEST_REQUEST + 1], heard(0, ""))
            .is_err()
    );
    // Of the first window three fit, and most of a fourth.
    for name in 0..3 {
        session.call("/a", &longest, heard(name, "")).unwrap();
    }
    assert!(session.call("/a", &longest, heard(3, "")).is_err());
    session.call("/a", b"", heard(4, "")).unwrap();
    let update = spoken(frame::WINDOW_UPDATE, 0, 0, &20_000_u32.to_be_bytes());
    take(&mut session, &update, usize::MAX);
    session.call("/a", &longest, heard(3, "")).unwrap();
}

#[test]
fn only_calls_that_were_not_taken_are_given_up() {
    let mut session = session(3);
    take(&mut session, &headers(3), 1);
    assert!(!session.all_taken());
    let late = session.give_up(|heard| heard.name != 0);
    assert_eq!(late, [heard(2, "")]);
    assert_eq!(
        *session.outgoing(),
        spoken(frame::RST_STREAM, 0, 5, &[0, 0, 0, 8])
    );
    let ended = take(
        &mut session,
        &[answer(5, "late"), answer(1, "a")].concat(),
        1,
    );
    assert_eq!(ended, [(heard(0, "a"), End::Answered)]);
    assert!(session.all_taken());
}
