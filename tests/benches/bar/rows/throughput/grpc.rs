//! Look-ups over gRPC connections that stay, as a program that uses the `.proto` files makes them.
//!
//! The calls go through `h2` on one thread: with tonic's client, which takes more processor time for a call than azqd does, the row
//! would tell of the client.

use std::time::{Duration, Instant};

use azq_proto::environment::travels;
use azq_proto::protocol::{METADATA_KEY, NEWEST, OLDEST};
use azq_proto::v1::reply::Kind;
use azq_proto::v1::{Context, Format, ListSkusRequest, OutputOptions, Reply};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use h2::client::SendRequest;
use prost::Message;
use tokio::net::UnixStream;

use super::count;
use crate::error::BenchError;
use crate::site::Site;

/// How long is asked.
const SPAN: Duration = Duration::from_secs(2);
/// Of a gRPC message: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// The rate of answers on so many connections, with so many requests in flight on each.
pub(super) fn rate(site: &Site, connections: usize, in_flight: usize) -> Result<f64, BenchError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let socket = site.home.meeting_place().join("azqd.sock");
    let message = message(&request(site));
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
            .map(|sender| tokio::spawn(ask(sender, message.clone(), start + SPAN)))
            .collect();
        let mut answers = 0;
        for caller in callers {
            match caller.await {
                Ok(asked) => answers += asked?,
                Err(error) => return BenchError::unexpected(error.to_string()),
            }
        }
        Ok(count(answers) / start.elapsed().as_secs_f64())
    })
}

/// Asks until the time is over; how often.
async fn ask(
    mut sender: SendRequest<Bytes>,
    message: Bytes,
    until: Instant,
) -> Result<usize, BenchError> {
    let range = format!("{OLDEST}-{NEWEST}");
    let mut answers = 0;
    while Instant::now() < until {
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
        check(received.freeze())?;
        answers += 1;
    }
    Ok(answers)
}

/// Reads the replies of a call, which must have succeeded.
fn check(mut received: Bytes) -> Result<(), BenchError> {
    let (mut bytes, mut exit) = (0, None);
    while received.len() > PREFIX {
        received.advance(1);
        let length = received.get_u32() as usize;
        let message = received.split_to(length.min(received.len()));
        match Reply::decode(message)?.kind {
            Some(Kind::Stdout(part)) => bytes += part.len(),
            Some(Kind::Exit(code)) => exit = Some(code),
            _ => {}
        }
    }
    if bytes == 0 || exit != Some(0) {
        return BenchError::unexpected(format!("{bytes} bytes, exit code {exit:?}"));
    }
    Ok(())
}

/// A request as gRPC sends it.
fn message(request: &ListSkusRequest) -> Bytes {
    let mut message = BytesMut::new();
    message.put_u8(0);
    message.put_u32(u32::try_from(request.encoded_len()).unwrap_or(u32::MAX));
    message.put(&*request.encode_to_vec());
    message.freeze()
}

/// What [`super::LOOKUP`] asks, as the client of this home would.
fn request(site: &Site) -> ListSkusRequest {
    let environment = site.home.environment();
    let travelling = environment.iter().filter(|(name, _)| travels(name));
    ListSkusRequest {
        context: Some(Context {
            azure_config_dir: environment
                .get("AZURE_CONFIG_DIR")
                .cloned()
                .unwrap_or_default(),
            environment: travelling
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            output: Some(OutputOptions {
                format: Format::Table.into(),
                ..OutputOptions::default()
            }),
            ..Context::default()
        }),
        location: Some(super::super::REGION.to_owned()),
        size: Some("Standard_D4s_v5".to_owned()),
        ..ListSkusRequest::default()
    }
}
