//! Calls over a connection that is kept, as an editor or a script with `azq batch` would make them;
//! `azq` itself makes one request and ends.

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use azq_proto::protocol;
use azq_proto::v1::commands_client::CommandsClient;
use azq_proto::v1::log::Level;
use azq_proto::v1::{self, reply::Kind};
use tonic::transport::{Channel, Endpoint, Error};
use tonic::{Request, Response, Status, Streaming};

use crate::harness::Outcome;

/// Timeout of an answer in seconds, counted in ticks of this process, so that a standstill of the
/// machine or a SIGSTOP counts as one.
const PATIENCE: u32 = 120;

/// A connection to the daemon.
pub(super) type Client = CommandsClient<Channel>;

/// Connects to the daemon at this socket.
pub(super) async fn connect(socket: &Path) -> Result<Client, Error> {
    let endpoint = Endpoint::from_shared(format!("unix://{}", socket.display()))?;
    Ok(Client::new(endpoint.connect().await?))
}

/// Returns a request as a client of this build's protocol sends it.
pub(super) fn spoken<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    let range = format!("{}-{}", protocol::OLDEST, protocol::NEWEST);
    if let Ok(range) = range.parse() {
        request.metadata_mut().insert(protocol::METADATA_KEY, range);
    }
    request
}

/// Reads an answer to its end, or until `stop` holds of the part that has come. The outcome has the
/// lines that `azq` would print to stderr, and no code if the stream ended otherwise.
pub(super) async fn hear(
    call: impl Future<Output = Result<Response<Streaming<v1::Reply>>, Status>>,
    stop: impl Fn(&Outcome) -> bool,
) -> Outcome {
    let mut said = Outcome::default();
    let heard = patiently(async {
        let mut replies = call.await?.into_inner();
        while let Some(reply) = replies.message().await? {
            take(&mut said, reply.kind);
            if stop(&said) {
                break;
            }
        }
        Ok::<_, Status>(())
    });
    let problem = match heard.await {
        None => format!("no answer within {PATIENCE} s"),
        Some(Err(status)) => format!("gRPC {:?}: {}", status.code(), status.message()),
        Some(Ok(())) => return said,
    };
    said.stderr.extend([&problem, "\n"]);
    said.code = None;
    said
}

/// Waits for a future; none after the timeout.
pub(super) async fn patiently<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut work = std::pin::pin!(work);
    for _ in 0..PATIENCE {
        if let Ok(done) = tokio::time::timeout(Duration::from_secs(1), &mut work).await {
            return Some(done);
        }
    }
    None
}

fn take(said: &mut Outcome, kind: Option<Kind>) {
    let text = match kind {
        Some(Kind::Stdout(bytes) | Kind::Data(bytes)) => return said.stdout.extend(bytes),
        Some(Kind::Kubeconfig(kubeconfig)) => return said.stdout.extend(kubeconfig.content),
        Some(Kind::Exit(code)) => return said.code = Some(code),
        Some(Kind::Log(log)) if log.level() >= Level::Warning => log.text,
        Some(Kind::Missing(missing)) => format!("missing: {:?}", missing.field),
        Some(
            Kind::Usage(text) | Kind::Confirm(text) | Kind::Elsewhere(text) | Kind::HandOver(text),
        ) => text,
        Some(Kind::File(_)) => "a file, for which nobody has asked".to_owned(),
        Some(Kind::Piece(_)) => "a piece that was not put together".to_owned(),
        // Logs below a warning, hints, progress and the like.
        _ => return,
    };
    said.stderr.extend([&text, "\n"]);
}
