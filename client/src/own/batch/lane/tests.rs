//! The lane against a daemon whose every byte is made by hand.

use super::*;
use crate::cli::{self, CommandCall, Invocation};
use crate::connect::Daemon;
use crate::direct::spoken::{self, answer, data, goaway, headers, settings};
use crate::environment::fake::Fake;
use crate::own::batch::answer::{self as part, Answer, Part};
use crate::serving::Serving;
use azq_proto::v1::reply::Kind;
use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream as Socket};
use tokio::sync::Semaphore;

/// A lane to a daemon that does this with its first connection, and what comes of so many lines that are asked at once.
fn answers(
    lines: usize,
    limit: Duration,
    daemon: impl FnOnce(Socket) + Send + 'static,
) -> Vec<(String, String, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let place = MeetingPlace::at(folder.path());
    let listener = UnixListener::bind(place.socket()).unwrap();
    let daemon = std::thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        // Whoever comes back finds nobody.
        drop(listener);
        daemon(socket);
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let answers = runtime.block_on(async {
        let link = Arc::new(Link::to(Daemon::Shared(place.clone())));
        let mut lane = Lane::to(Some(place), &link);
        lane.limit = limit;
        let work = async {
            tokio::select! {
                biased;
                never = lane.hear() => match never {},
                answers = ask_all(&lane, lines) => answers,
                never = lane.say() => match never {},
            }
        };
        super::super::round::in_rounds(work).await
    });
    daemon.join().unwrap();
    answers
}

/// Asks, and takes the answers one after the other: stdout, stderr, and exit codes, of which there must be one.
async fn ask_all(lane: &Lane, lines: usize) -> Vec<(String, String, Vec<u8>)> {
    let places = Arc::new(Semaphore::new(lines));
    let mut asked = Vec::new();
    for _ in 0..lines {
        let place = Arc::clone(&places).acquire_owned().await.unwrap();
        let (answer, collector) = part::answer(place, Arc::default());
        lane.ask(Asked::new(call(), None, collector));
        asked.push(answer);
    }
    let mut answers = Vec::new();
    for answer in asked {
        answers.push(whole(answer).await);
    }
    answers
}

fn call() -> Box<CommandCall> {
    let line = "vm list-skus -l eastus -o table";
    let argv: Vec<_> = line.split(' ').map(OsString::from).collect();
    match cli::parse(&argv, &Fake::default()) {
        Invocation::Command(call) => call,
        other => panic!("{other:?}"),
    }
}

async fn whole(mut answer: Answer) -> (String, String, Vec<u8>) {
    let (mut stdout, mut stderr, mut codes) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(part) = answer.parts.recv().await {
        match part {
            Part::Stdout(bytes) => stdout.extend(bytes),
            Part::Stderr(bytes) => stderr.extend(bytes),
            Part::End(code) => codes.push(code),
        }
    }
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(stdout), text(stderr), codes)
}

/// Reads until so many requests have come: each ends with a DATA frame, the only ones that end a stream.
fn until_asked(socket: &mut Socket, lines: usize) {
    let mut come = Vec::new();
    let asked = |come: &[u8]| {
        let path = b"/azq.v1.Commands/ListSkus";
        let first = usize::from(come.windows(path.len()).any(|text| text == path));
        // The headers after the first are seven numbers.
        let later = come
            .windows(7)
            .filter(|text| *text == [0x83, 0x86, 0xc2, 0xc1, 0xc0, 0xbf, 0xbe]);
        first + later.count()
    };
    while asked(&come) < lines {
        let mut bytes = [0; 4096];
        let length = socket.read(&mut bytes).unwrap();
        assert!(length > 0);
        come.extend_from_slice(&bytes[..length]);
    }
}

const LONG: Duration = Duration::from_mins(1);

#[test]
fn every_line_gets_its_own_answer() {
    let expected: Vec<_> = (0..64)
        .map(|line| (format!("{line}\n"), String::new(), vec![0]))
        .collect();
    let answers = answers(64, LONG, |mut socket| {
        until_asked(&mut socket, 64);
        let order = (0..32).flat_map(|line| [63 - line, line]);
        let bytes: Vec<u8> = order
            .flat_map(|line| answer(2 * line + 1, &format!("{line}\n")))
            .collect();
        // In pieces that end anywhere.
        for piece in bytes.chunks(37) {
            socket.write_all(piece).unwrap();
        }
    });
    assert_eq!(answers, expected);
}

#[test]
fn an_answer_whose_turn_has_not_come_waits_whole() {
    let parts = 15;
    let part = "x".repeat(60 << 10);
    let long = part.repeat(parts);
    let answers = answers(2, LONG, move |mut socket| {
        until_asked(&mut socket, 2);
        socket.write_all(&headers(3)).unwrap();
        for _ in 0..parts {
            let part = Kind::Stdout(part.clone().into());
            socket.write_all(&data(3, &[part])).unwrap();
        }
        socket.write_all(&data(3, &[Kind::Exit(3)])).unwrap();
        socket.write_all(&answer(1, "first")).unwrap();
    });
    assert_eq!(answers[0], ("first".to_owned(), String::new(), vec![0]));
    assert!(answers[1] == (long, String::new(), vec![3]));
}

/// It wants its settings acknowledged, and is gone before they can be.
#[tokio::test]
async fn a_daemon_that_has_answered_and_gone_is_heard_out() {
    let (ours, mut theirs) = Socket::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let place = Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap();
    let (answer, collector) = part::answer(place, Arc::default());
    let link = Arc::new(Link::to(Daemon::of(Serving::Private)));
    let lane = Lane::to(None, &link);
    let mut connection = Connection::on(UnixStream::from_std(ours).unwrap(), LONG);
    assert!(connection.ask(Asked::new(call(), None, collector)).is_ok());
    let long = "x".repeat(100_000);
    theirs.write_all(&settings()).unwrap();
    theirs.write_all(&spoken::answer(1, &long)).unwrap();
    drop(theirs);
    *lane.connection.borrow_mut() = Some(connection);
    tokio::select! {
        biased;
        never = lane.say() => match never {},
        never = lane.hear() => match never {},
        answer = whole(answer) => assert!(answer == (long, String::new(), vec![0])),
    }
}

#[test]
fn what_a_dying_daemon_has_answered_stands() {
    let answers = answers(4, LONG, |mut socket| {
        until_asked(&mut socket, 4);
        let begun = [headers(3), data(3, &[Kind::Stdout("begun".into())])].concat();
        let goes = [
            answer(1, "whole"),
            begun,
            goaway(5),
            answer(5, "seen through"),
        ];
        socket.write_all(&goes.concat()).unwrap();
    });
    assert_eq!(answers[0], ("whole".to_owned(), String::new(), vec![0]));
    assert_eq!(
        (answers[1].0.as_str(), &answers[1].2[..]),
        ("begun", &[1][..])
    );
    assert!(
        answers[1].1.contains("azqd's answer ended early"),
        "{}",
        answers[1].1
    );
    assert_eq!(
        answers[2],
        ("seen through".to_owned(), String::new(), vec![0])
    );
    // The ordinary way, which would start a daemon if there were one.
    let (stdout, stderr, codes) = &answers[3];
    assert_eq!((stdout.as_str(), &codes[..]), ("", &[1][..]));
    assert!(stderr.contains("install azq again"), "{stderr}");
}

/// However long the batch did not look: whoever reads its answers may have taken that time.
#[tokio::test]
async fn a_daemon_is_given_up_after_looks_and_not_after_time() {
    let (ours, _theirs) = UnixStream::pair().unwrap();
    let mut connection = Connection::on(ours, LONG);
    let place = Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap();
    let (mut answer, collector) = part::answer(place, Arc::default());
    assert!(connection.ask(Asked::new(call(), None, collector)).is_ok());
    for _ in 0..LOOKS {
        connection.look(LONG).unwrap();
        assert!(answer.parts.try_recv().is_err());
    }
    connection.look(LONG).unwrap();
    assert_eq!(whole(answer).await.2, [1]);
}

#[test]
fn a_silent_daemon_is_complained_of() {
    let answers = answers(3, Duration::from_millis(100), |mut socket| {
        until_asked(&mut socket, 3);
        let mut rest = Vec::new();
        socket.read_to_end(&mut rest).unwrap();
    });
    for (stdout, stderr, codes) in answers {
        assert_eq!((stdout.as_str(), &codes[..]), ("", &[1][..]));
        assert!(
            stderr.contains("azqd did not take the command within"),
            "{stderr}"
        );
    }
}

#[test]
fn a_daemon_that_falls_silent_is_asked_whether_it_is_there() {
    let answers = answers(1, Duration::from_millis(100), |mut socket| {
        until_asked(&mut socket, 1);
        socket.write_all(&headers(1)).unwrap();
        let mut rest = Vec::new();
        socket.read_to_end(&mut rest).unwrap();
        assert!(rest.windows(8).any(|text| text == b"are you?"));
    });
    assert!(
        answers[0].1.contains("install azq again"),
        "{}",
        answers[0].1
    );
}
