//! Look-ups over gRPC connections that stay open, as a program that uses the `.proto` files makes
//! them.
//!
//! The calls go through `h2` on one thread. tonic's client takes more processor time for a call
//! than azqd does, so with it the row would measure the client.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use azq_proto::protocol::{METADATA_KEY, NEWEST, OLDEST};
use azq_proto::v1::reply::Kind;
use azq_proto::v1::{Context, Format, ListSkusRequest, OutputOptions, Reply};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use h2::client::SendRequest;
use prost::Message;
use tokio::net::UnixStream;

use super::{Size, Sizes, count};
use crate::error::BenchError;
use crate::site::Site;

/// Duration of a round.
const SPAN: Duration = Duration::from_millis(250);
/// Length of a gRPC message's prefix: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// The requests that the calls of all connections send in turn.
pub(super) struct Questions(Arc<Turns>);

struct Turns {
    all: Vec<Question>,
    next: AtomicUsize,
}

/// A request as gRPC sends it, and the expected answer.
struct Question {
    message: Bytes,
    answer: Vec<u8>,
}

impl Questions {
    /// Creates the requests about these sizes, beginning with the first.
    pub(super) fn new(site: &Site, sizes: &Sizes) -> Self {
        let question = |size: &Size| Question {
            message: message(&request(site, &size.name)),
            answer: size.answer.clone(),
        };
        let turns = Turns {
            all: sizes.0.iter().map(question).collect(),
            next: AtomicUsize::new(0),
        };
        Self(Arc::new(turns))
    }
}

impl Turns {
    fn next(&self) -> Result<&Question, BenchError> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        match self.all.get(number % self.all.len().max(1)) {
            Some(question) => Ok(question),
            None => BenchError::unexpected("nothing to ask"),
        }
    }
}

/// Returns the rate of answers on so many connections, with so many requests in flight on each.
pub(super) fn rate(
    site: &Site,
    questions: &Questions,
    connections: usize,
    in_flight: usize,
) -> Result<f64, BenchError> {
    let (answers, seconds) = asked(site, questions, connections, in_flight)?;
    Ok(answers / seconds)
}

/// Returns the number of answers, and the seconds that they took.
fn asked(
    site: &Site,
    questions: &Questions,
    connections: usize,
    in_flight: usize,
) -> Result<(f64, f64), BenchError> {
    let Questions(turns) = questions;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let socket = site.home.runtime_dir().join("azqd.sock");
    runtime.block_on(async {
        let mut senders = Vec::new();
        for _ in 0..connections {
            let stream = UnixStream::connect(&socket).await?;
            let (sender, connection) = h2::client::handshake(stream).await?;
            drop(tokio::spawn(connection));
            senders.push(sender);
        }
        let start = Instant::now();
        let callers: Vec<_> = senders
            .iter()
            .flat_map(|sender| (0..in_flight).map(|_| sender.clone()))
            .map(|sender| tokio::spawn(ask(sender, Arc::clone(turns), start + SPAN)))
            .collect();
        let mut answers = 0;
        for caller in callers {
            match caller.await {
                Ok(asked) => answers += asked?,
                Err(error) => return BenchError::unexpected(error.to_string()),
            }
        }
        Ok((count(answers), start.elapsed().as_secs_f64()))
    })
}

/// Sends requests until the time is over, and returns the number of answers.
async fn ask(
    mut sender: SendRequest<Bytes>,
    turns: Arc<Turns>,
    until: Instant,
) -> Result<usize, BenchError> {
    let range = format!("{OLDEST}-{NEWEST}");
    let mut answers = 0;
    while Instant::now() < until {
        let Question { message, answer } = turns.next()?;
        let call = http::Request::post("http://azqd/azq.v1.Commands/ListSkus")
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header(METADATA_KEY, &range)
            .body(())?;
        sender = sender.ready().await?;
        let (response, mut body) = sender.send_request(call, false)?;
        body.send_data(message.clone(), true)?;
        let mut body = response.await?.into_body();
        let mut received = BytesMut::new();
        while let Some(part) = body.data().await {
            let part = part?;
            body.flow_control().release_capacity(part.len())?;
            received.extend_from_slice(&part);
        }
        check(received.freeze(), answer)?;
        answers += 1;
    }
    Ok(answers)
}

/// Checks the replies of a call, which must have succeeded with this on stdout.
fn check(mut received: Bytes, answer: &[u8]) -> Result<(), BenchError> {
    let (mut rest, mut exit) = (Some(answer), None);
    while received.len() > PREFIX {
        received.advance(1);
        let length = received.get_u32() as usize;
        let message = received.split_to(length.min(received.len()));
        match Reply::decode(message)?.kind {
            Some(Kind::Stdout(part)) => rest = rest.and_then(|rest| rest.strip_prefix(&*part)),
            Some(Kind::Exit(code)) => exit = Some(code),
            _ => {}
        }
    }
    if rest == Some(b"") && exit == Some(0) {
        return Ok(());
    }
    let answer = String::from_utf8_lossy(answer);
    BenchError::unexpected(format!("exit code {exit:?}, or not the answer `{answer}`"))
}

/// Encodes a request as gRPC sends it.
fn message(request: &ListSkusRequest) -> Bytes {
    let mut message = BytesMut::new();
    message.put_u8(0);
    message.put_u32(u32::try_from(request.encoded_len()).unwrap_or(u32::MAX));
    message.put(&*request.encode_to_vec());
    message.freeze()
}

/// Returns the request for [`super::lookup`] of a size, as the client of this home would send it.
fn request(site: &Site, name: &str) -> ListSkusRequest {
    let output = OutputOptions {
        format: Format::Table.into(),
        ..OutputOptions::default()
    };
    ListSkusRequest {
        context: Some(Context {
            output: Some(output),
            ..site.home.context()
        }),
        location: Some(super::super::REGION.to_owned()),
        size: Some(name.to_owned()),
        ..ListSkusRequest::default()
    }
}
