//! Calls against the `h2` crate's server over a real socket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use azq_grpc::{CallError, Code, Options, Receiver, Session};
use bytes::{Buf, Bytes};
use http::{HeaderMap, Response};

/// The number of a call, and the messages of its response.
#[derive(Debug, Default)]
struct Messages(usize, Vec<Bytes>);

impl Receiver for Messages {
    fn receive(&mut self, mut message: impl Buf) {
        self.1.push(message.copy_to_bytes(message.remaining()));
    }
}

/// Serves each call on one connection. `/echo` sends the request's bytes back, split into messages
/// of at most 64 KiB, and ends with status 0; any other path ends with status 12.
async fn serve(socket: UnixStream) {
    socket.set_nonblocking(true).unwrap();
    let socket = tokio::net::UnixStream::from_std(socket).unwrap();
    let mut builder = h2::server::Builder::new();
    builder
        .initial_window_size(20_000)
        .max_concurrent_streams(2);
    let mut connection = builder.handshake::<_, Bytes>(socket).await.unwrap();
    while let Some(Ok((request, respond))) = connection.accept().await {
        tokio::task::spawn_local(answer(request, respond));
    }
}

async fn answer(
    request: http::Request<h2::RecvStream>,
    mut respond: h2::server::SendResponse<Bytes>,
) {
    let is_echo = request.uri().path() == "/echo";
    assert_eq!(request.headers()["te"], "trailers");
    assert_eq!(request.headers()["x-version"], "1-2");
    let mut body = request.into_body();
    let mut received = Vec::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk.unwrap();
        body.flow_control().release_capacity(chunk.len()).unwrap();
        received.extend_from_slice(&chunk);
    }
    let head = Response::builder().header("content-type", "application/grpc");
    let mut trailers = HeaderMap::new();
    if !is_echo {
        trailers.insert("grpc-status", "12".parse().unwrap());
        trailers.insert("grpc-message", "no such%20call%21".parse().unwrap());
        let mut stream = respond
            .send_response(head.body(()).unwrap(), false)
            .unwrap();
        return stream.send_trailers(trailers).unwrap();
    }
    let mut stream = respond
        .send_response(head.body(()).unwrap(), false)
        .unwrap();
    for chunk in received[5..].chunks(64 << 10) {
        let length = u32::try_from(chunk.len()).unwrap().to_be_bytes();
        let message = [&[0], &length[..], chunk].concat();
        stream.send_data(message.into(), false).unwrap();
    }
    trailers.insert("grpc-status", "0".parse().unwrap());
    stream.send_trailers(trailers).unwrap();
}

/// Makes these calls at once as far as the server accepts them, and repeats those that it refuses;
/// returns their messages and errors in the order of the calls.
fn exchange(calls: &[(&'static str, Vec<u8>)]) -> Vec<(Vec<u8>, CallError)> {
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    ours.set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    ours.set_write_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let server = thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let local = tokio::task::LocalSet::new();
        local.block_on(&runtime.unwrap(), serve(theirs));
    });
    let mut session = Session::new(&Options {
        authority: "server",
        metadata: ("x-version", "1-2".to_owned()),
        max_message: 1 << 20,
    });
    let mut queue: VecDeque<usize> = (0..calls.len()).collect();
    let mut ended = Vec::new();
    while ended.len() < calls.len() {
        while let Some(&number) = queue.front() {
            let (path, message) = &calls[number];
            if session
                .call(path, message, Messages(number, Vec::new()))
                .is_err()
            {
                break;
            }
            queue.pop_front();
        }
        let out = std::mem::take(session.outgoing());
        ours.write_all(&out).unwrap();
        let mut buffer = vec![0; 64 << 10];
        let read = ours.read(&mut buffer).unwrap();
        assert_ne!(read, 0, "the server hung up");
        session.incoming().extend_from_slice(&buffer[..read]);
        session.process().unwrap();
        for (Messages(number, messages), error) in session.ended() {
            match error {
                CallError::Refused => queue.push_back(number),
                error => ended.push((number, messages.concat(), error)),
            }
        }
    }
    drop(ours);
    server.join().unwrap();
    ended.sort_by_key(|(number, ..)| *number);
    ended
        .into_iter()
        .map(|(_, bytes, error)| (bytes, error))
        .collect()
}

#[test]
fn requests_and_responses_of_any_length_arrive_whole() {
    let lengths = [0, 1, 16_000, 65_535, 3_000_000];
    let calls: Vec<_> = lengths
        .iter()
        .map(|length| {
            (
                "/echo",
                (0..*length).map(|n: u32| n.to_le_bytes()[0]).collect(),
            )
        })
        .collect();
    for ((_, message), (bytes, error)) in calls.iter().zip(&exchange(&calls)) {
        assert!(message == bytes, "{}", message.len());
        assert!(
            matches!(error, CallError::Status(status) if status.code == Code::Ok),
            "{error}"
        );
    }
}

#[test]
fn a_status_arrives_with_its_message() {
    let calls: Vec<_> = (0..60).map(|_| ("/other", vec![7; 10])).collect();
    for (bytes, error) in exchange(&calls) {
        let CallError::Status(status) = error else {
            panic!("{error}");
        };
        assert_eq!((bytes.len(), status.code), (0, Code::Unimplemented));
        assert_eq!(status.message, "no such call!");
    }
}
