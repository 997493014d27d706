//! A client that keeps its connection, as an editor or a script with `azq batch` would; `azq`
//! itself makes one request and ends.

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use azq_proto::protocol;
use azq_proto::v1::commands_client::CommandsClient;
use azq_proto::v1::log::Level;
use azq_proto::v1::{self, reply::Kind};
use tonic::transport::{Channel, Endpoint, Error};
use tonic::{Request, Response, Status, Streaming};

/// Timeout of an answer in seconds, counted in ticks of this process, so that a standstill of the
/// machine or a SIGSTOP counts as one.
const PATIENCE: u32 = 120;

/// A connection to the daemon.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) commands: CommandsClient<Channel>,
}

/// The outcome of a call.
#[derive(Clone, Debug, Default)]
pub(super) struct CallOutput {
    pub(super) stdout: Vec<u8>,
    /// The lines that `azq` would print to stderr: warnings and errors.
    pub(super) stderr: String,
    /// az's exit code; none if the stream ended otherwise.
    pub(super) code: Option<i32>,
}

impl Client {
    /// Connects to the daemon at this socket.
    pub(super) async fn connect(socket: &Path) -> Result<Self, Error> {
        let endpoint = Endpoint::from_shared(format!("unix://{}", socket.display()))?;
        let commands = CommandsClient::new(endpoint.connect().await?);
        Ok(Self { commands })
    }
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

/// Reads an answer to its end, or until `stop` holds of the part that has come.
pub(super) async fn hear(
    call: impl Future<Output = Result<Response<Streaming<v1::Reply>>, Status>>,
    stop: impl Fn(&CallOutput) -> bool,
) -> CallOutput {
    let mut said = CallOutput::default();
    let heard = patiently(async {
        let mut replies = call.await?.into_inner();
        while let Some(reply) = replies.message().await? {
            said.take(reply.kind);
            if stop(&said) {
                break;
            }
        }
        Ok::<_, Status>(())
    });
    let problem = match heard.await {
        None => Some(format!("no answer within {PATIENCE} s")),
        Some(Err(status)) => Some(format!("gRPC {:?}: {}", status.code(), status.message())),
        Some(Ok(())) => None,
    };
    if let Some(problem) = problem {
        said.say(&problem);
        said.code = None;
    }
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

impl CallOutput {
    fn say(&mut self, text: &str) {
        self.stderr.push_str(text);
        self.stderr.push('\n');
    }

    fn take(&mut self, kind: Option<Kind>) {
        match kind {
            Some(Kind::Stdout(bytes) | Kind::Data(bytes)) => self.stdout.extend_from_slice(&bytes),
            Some(Kind::Kubeconfig(kubeconfig)) => {
                self.stdout.extend_from_slice(&kubeconfig.content);
            }
            Some(Kind::Log(log)) if log.level() >= Level::Warning => self.say(&log.text),
            Some(Kind::Exit(code)) => self.code = Some(code),
            Some(Kind::Missing(missing)) => self.say(&format!("missing: {:?}", missing.field)),
            Some(
                Kind::Usage(text)
                | Kind::Confirm(text)
                | Kind::Elsewhere(text)
                | Kind::HandOver(text),
            ) => {
                self.say(&text);
            }
            Some(Kind::File(_)) => self.say("a file, for which nobody has asked"),
            Some(Kind::Piece(_)) => self.say("a piece that was not put together"),
            Some(
                Kind::Log(_)
                | Kind::Hint(_)
                | Kind::Progress(_)
                | Kind::Writing(_)
                | Kind::Operation(_),
            )
            | None => {}
        }
    }
}
