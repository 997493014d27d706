//! A daemon in this process, and a client of it that can send arbitrary bytes.

use std::cell::OnceCell;
use std::time::Duration;

use azq_proto::command::CommandRequest as _;
use azq_proto::runtime_dir::RuntimeDir;
use azq_proto::{protocol, v1};
use azqd::Running;
use azqd::config::Config;
use azqd::lifecycle::{ShutdownHandle, Socket};
use bytes::{Buf as _, BufMut as _, Bytes};
use http::uri::PathAndQuery;
use hyper_util::rt::TokioIo;
use prost::Message as _;
use tokio::net::UnixStream;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use v1::reply::Kind;

use super::resources::Resources;
use crate::azure::{Azure, TOKEN};

/// Deadline of a call on the target's clock, because `wait` could go on for ever.
const DEADLINE: Duration = Duration::from_secs(120);

/// A daemon, and a connection to it.
pub(super) struct Daemon {
    client: Channel,
}

thread_local! {
    static DAEMON: OnceCell<Daemon> = const { OnceCell::new() };
}

impl Daemon {
    /// Calls the function with this thread's daemon, which the first call starts.
    pub(super) fn with<T>(azure: &Azure, act: impl FnOnce(&Self) -> T) -> T {
        DAEMON.with(|daemon| act(daemon.get_or_init(|| Self::start(azure))))
    }

    fn start(azure: &Azure) -> Self {
        let place = RuntimeDir::at(azure.folder().join("run"));
        let (config, entries) = config(azure);
        let path = place.socket();
        azure.spawn(async move {
            let socket = Socket::bind(&place).expect("bound");
            let running = Running {
                config,
                entries,
                closing: ShutdownHandle::new(),
            };
            let reason = azqd::run(&socket, running).await;
            panic!("the daemon has ended: {reason}");
        });
        let connector = tower::service_fn(move |_| {
            let path = path.clone();
            async move { UnixStream::connect(path).await.map(TokioIo::new) }
        });
        let client = azure
            .enter(|| Endpoint::from_static("http://azqd").connect_with_connector_lazy(connector));
        Self { client }
    }

    /// Sends a request of arbitrary bytes, while Azure has these resources. The error is the
    /// daemon's refusal.
    pub(super) fn call(
        &self,
        azure: &Azure,
        path: &'static str,
        bytes: Bytes,
        pool: u8,
    ) -> Result<(), Status> {
        let answered = azure.run(Resources::new(pool).answering(), async {
            tokio::time::timeout(DEADLINE, self.replies(path, bytes)).await
        });
        let replies = match answered {
            Ok(Ok(replies)) => replies,
            Ok(Err(status)) => {
                assert!(!status.message().contains(TOKEN));
                return Err(status);
            }
            Err(_elapsed) => return Ok(()),
        };
        if path.starts_with("/azq.v1.Daemon/") {
            assert_eq!(replies.len(), 1);
            return Ok(());
        }
        let mut kinds = replies.into_iter().map(|reply| {
            let reply = v1::Reply::decode(reply).expect("a reply");
            reply.kind.expect("of a kind")
        });
        let last = kinds.next_back();
        let is_ended = last.as_ref().is_some_and(is_ending);
        assert!(is_ended, "{path} ends with {last:?}");
        for kind in kinds {
            assert!(!is_ending(&kind), "{path}: {kind:?} is not the end");
            let is_token =
                path == v1::GetAccessTokenRequest::RPC && matches!(kind, Kind::Stdout(_));
            assert!(is_token || !format!("{kind:?}").contains(TOKEN));
        }
        Ok(())
    }

    async fn replies(&self, path: &'static str, bytes: Bytes) -> Result<Vec<Bytes>, Status> {
        let mut client = tonic::client::Grpc::new(self.client.clone());
        let ready = client.ready().await;
        ready.map_err(|error| Status::unknown(error.to_string()))?;
        let mut request = Request::new(bytes);
        let range = format!("{}-{}", protocol::OLDEST, protocol::NEWEST);
        let range = range.parse().expect("a value");
        request.metadata_mut().insert(protocol::METADATA_KEY, range);
        let path = PathAndQuery::from_static(path);
        let replies = client.server_streaming(request, path, Raw).await?;
        let mut replies = replies.into_inner();
        let mut received = Vec::new();
        while let Some(reply) = replies.message().await? {
            received.push(reply);
        }
        Ok(received)
    }
}

fn is_ending(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Exit(_)
            | Kind::Missing(_)
            | Kind::Usage(_)
            | Kind::Confirm(_)
            | Kind::Elsewhere(_)
            | Kind::HandOver(_)
    )
}

/// Returns the configuration of a daemon that does not end by itself, with directories of its own.
fn config(azure: &Azure) -> (Config, Vec<azqd::config::Entry>) {
    let folder = |name: &str| azure.folder().join(name).into_os_string();
    let variables = [
        ("AZQ_CACHE_DIR", folder("cache")),
        ("AZQ_STATE_DIR", folder("state")),
        ("AZQ_IDLE_TIMEOUT", "0".into()),
    ];
    let variables = variables.map(|(name, value)| (name.into(), value));
    Config::load(variables).expect("a configuration")
}

/// A codec that passes messages as raw bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
