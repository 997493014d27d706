//! Calls against the `h2` crate's server over a real socket.

use std::io::{Read as _, Write as _};
use std::ops::ControlFlow;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use azq_grpc::{CallError, Code, Malformed, Options, Receiver, Session};
use bytes::{Buf, Bytes};
use http::{HeaderMap, Response};

/// Collects the messages of a response.
#[derive(Debug, Default)]
struct Messages(Vec<Bytes>);

impl Receiver for Messages {
    fn receive(&mut self, mut message: impl Buf) -> Result<ControlFlow<()>, Malformed> {
        self.0.push(message.copy_to_bytes(message.remaining()));
        Ok(ControlFlow::Continue(()))
    }
}

/// Serves each call on one connection: `/echo` sends the request's bytes back, cut into messages of
/// at most 64 KiB, and ends with status 0; any other path ends with status 12.
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

/// Makes these calls at once as far as the server takes them, and returns what they come to.
fn exchange(calls: &[(&'static str, Vec<u8>)]) -> Vec<(usize, Vec<u8>, CallError)> {
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
    let (mut next, mut ended) = (0, Vec::new());
    let mut sizes = Vec::new();
    while ended.len() < calls.len() {
        while let Some((path, message)) = calls.get(next)
            && session.call(path, message, Messages::default()).is_ok()
        {
            sizes.push(message.len());
            next += 1;
        }
        let out = std::mem::take(session.outgoing());
        ours.write_all(&out).unwrap();
        let mut buffer = vec![0; 64 << 10];
        let read = ours.read(&mut buffer).unwrap();
        assert_ne!(read, 0, "the server hung up");
        session.incoming().extend_from_slice(&buffer[..read]);
        session.process().unwrap();
        for (Messages(messages), outcome) in session.ended() {
            ended.push((messages.len(), messages.concat(), outcome.unwrap_err()));
        }
    }
    drop(ours);
    server.join().unwrap();
    ended
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
    let mut ended = exchange(&calls);
    ended.sort_by_key(|(_, bytes, _)| bytes.len());
    for ((_, message), (_, bytes, error)) in calls.iter().zip(&ended) {
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
    for (messages, _, error) in exchange(&calls) {
        let CallError::Status(status) = error else {
            panic!("{error}");
        };
        assert_eq!((messages, status.code), (0, Code::Unimplemented));
        assert_eq!(status.message, "no such call!");
    }
}
