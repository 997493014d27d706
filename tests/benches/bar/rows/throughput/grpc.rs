//! Look-ups over gRPC connections that stay, as a program that uses the `.proto` files makes them.

use std::time::{Duration, Instant};

use azq_proto::environment::travels;
use azq_proto::protocol::{METADATA_KEY, NEWEST, OLDEST};
use azq_proto::v1::commands_client::CommandsClient;
use azq_proto::v1::reply::Kind;
use azq_proto::v1::{Context, Format, ListSkusRequest, OutputOptions};
use tonic::transport::{Channel, Endpoint};

use super::count;
use crate::error::BenchError;
use crate::site::Site;

/// How long is asked.
const SPAN: Duration = Duration::from_secs(2);

/// The rate of answers on so many connections, with so many requests in flight on each.
pub(super) fn rate(site: &Site, connections: usize, in_flight: usize) -> Result<f64, BenchError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let socket = format!("unix://{}/azqd.sock", site.home.meeting_place().display());
    let request = request(site);
    runtime.block_on(async {
        let mut channels = Vec::new();
        for _ in 0..connections {
            channels.push(Endpoint::from_shared(socket.clone())?.connect().await?);
        }
        let start = Instant::now();
        let callers: Vec<_> = channels
            .iter()
            .flat_map(|channel| (0..in_flight).map(|_| channel.clone()))
            .map(|channel| tokio::spawn(ask(channel, request.clone(), start + SPAN)))
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
    channel: Channel,
    request: ListSkusRequest,
    until: Instant,
) -> Result<usize, BenchError> {
    let mut client = CommandsClient::new(channel);
    let mut answers = 0;
    while Instant::now() < until {
        let mut request = tonic::Request::new(request.clone());
        if let Ok(range) = format!("{OLDEST}-{NEWEST}").parse() {
            request.metadata_mut().insert(METADATA_KEY, range);
        }
        let mut replies = client
            .list_skus(request)
            .await
            .map_err(Box::new)?
            .into_inner();
        let (mut bytes, mut exit) = (0, None);
        while let Some(reply) = replies.message().await.map_err(Box::new)? {
            match reply.kind {
                Some(Kind::Stdout(part)) => bytes += part.len(),
                Some(Kind::Exit(code)) => exit = Some(code),
                _ => {}
            }
        }
        if bytes == 0 || exit != Some(0) {
            return BenchError::unexpected(format!("{bytes} bytes, exit code {exit:?}"));
        }
        answers += 1;
    }
    Ok(answers)
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
