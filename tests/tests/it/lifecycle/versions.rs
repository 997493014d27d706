//! Clients and daemons of different versions: which understand each other, and which daemon is
//! replaced.
//!
//! The test implements the older and the newer daemon, because a client knows of them only their
//! replies and how they stop.

use std::convert::Infallible;
use std::fs::File;
use std::future::{Ready, ready};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::thread::JoinHandle;

use azq_proto::v1::daemon_server::{Daemon, DaemonServer};
use tokio::net::UnixListener;
use tokio::sync::Notify;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::server::NamedService;
use tonic::transport::Server;
use tonic::{Code, Request, Response, Status};

use crate::prelude::*;

/// A daemon of another version.
#[derive(Clone)]
struct Other {
    /// The oldest and the newest protocol version that it supports.
    protocol: (u32, u32),
    version: &'static str,
    stops: Arc<AtomicUsize>,
    end: Arc<Notify>,
}

impl Other {
    fn new(protocol: (u32, u32), version: &'static str) -> Self {
        Self {
            protocol,
            version,
            stops: Arc::default(),
            end: Arc::default(),
        }
    }

    /// Serves a home as this daemon, which refuses every command with this code, and ends when it
    /// is asked to.
    fn serve(&self, home: &Home, refusal: Code) -> JoinHandle<()> {
        home.make_runtime_dir();
        let place = home.runtime_dir();
        let mut lock = File::create(place.join("azqd.lock")).unwrap();
        lock.try_lock().unwrap();
        writeln!(lock, "{}", std::process::id()).unwrap();
        let socket = place.join("azqd.sock");
        let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        listener.set_nonblocking(true).unwrap();
        let daemon = self.clone();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let connections =
                    UnixListenerStream::new(UnixListener::from_std(listener).unwrap());
                let ended = async {
                    daemon.end.notified().await;
                    fs::remove_file(socket).unwrap();
                };
                let server = Server::builder()
                    .add_service(DaemonServer::new(daemon.clone()))
                    .add_service(Refusing(refusal))
                    .serve_with_incoming_shutdown(connections, ended);
                server.await.unwrap();
            });
            drop(lock);
        })
    }

    fn stops(&self) -> usize {
        self.stops.load(Ordering::SeqCst)
    }
}

#[tonic::async_trait]
impl Daemon for Other {
    async fn hello(
        &self,
        _: Request<v1::HelloRequest>,
    ) -> Result<Response<v1::HelloReply>, Status> {
        Ok(Response::new(v1::HelloReply {
            oldest_protocol: self.protocol.0,
            newest_protocol: self.protocol.1,
            daemon_version: self.version.to_owned(),
            pid: std::process::id(),
        }))
    }

    async fn stop(&self, _: Request<v1::StopRequest>) -> Result<Response<v1::StopReply>, Status> {
        self.stops.fetch_add(1, Ordering::SeqCst);
        self.end.notify_one();
        Ok(Response::new(v1::StopReply {
            pid: std::process::id(),
        }))
    }

    async fn status(
        &self,
        _: Request<v1::StatusRequest>,
    ) -> Result<Response<v1::StatusReply>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn show_config(
        &self,
        _: Request<v1::ShowConfigRequest>,
    ) -> Result<Response<v1::ShowConfigReply>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn suggest_values(
        &self,
        _: Request<v1::SuggestValuesRequest>,
    ) -> Result<Response<v1::SuggestValuesReply>, Status> {
        Err(Status::unimplemented(""))
    }
}

/// A service that refuses every one of az's commands.
#[derive(Clone)]
struct Refusing(Code);

impl NamedService for Refusing {
    const NAME: &'static str = "azq.v1.Commands";
}

impl Service<http::Request<Body>> for Refusing {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Request<Body>) -> Self::Future {
        let refusal = Status::new(self.0, "in the words of another version");
        ready(Ok(refusal.into_http()))
    }
}

/// The older daemon refuses the protocol, or only lacks the command.
#[test]
fn an_older_daemon_is_replaced_by_a_newer_client() {
    let emulator = emulator();
    for (protocol, refusal) in [
        ((0, 0), Code::FailedPrecondition),
        ((1, 1), Code::Unimplemented),
    ] {
        let home = Home::new(&emulator).unwrap();
        let older = Other::new(protocol, "0.0.9");
        let serving = older.serve(&home, refusal);
        assert_eq!(home.line(SHOW_POOL).success(), POOL);
        eventually("the other daemon's end", || serving.is_finished());
        serving.join().unwrap();
        assert_eq!(older.stops(), 1);
        assert_eq!(home.line(SHOW_POOL).success(), POOL);
        assert_eq!(home.daemons().len(), 1);
    }
}

/// Otherwise two versions would end each other in turn.
#[test]
fn an_older_client_leaves_a_newer_daemon_running() {
    let emulator = emulator();
    for (protocol, refusal) in [
        ((99, 99), Code::FailedPrecondition),
        ((1, 99), Code::Unimplemented),
    ] {
        let home = Home::new(&emulator).unwrap();
        let newer = Other::new(protocol, "99.0.0");
        let serving = newer.serve(&home, refusal);
        for _ in 0..3 {
            let outcome = home.line(SHOW_POOL);
            let expected = format!(
                "ERROR: azqd 99.0.0 is newer than this azq ({}); install the same version of both\n",
                env!("CARGO_PKG_VERSION")
            );
            assert_eq!(outcome.failure(1), expected);
        }
        assert!(newer.stops() == 0 && home.daemons().is_empty());
        // The user decides, because every version understands the request to stop.
        home.line("daemon stop").success();
        eventually("the other daemon's end", || serving.is_finished());
        serving.join().unwrap();
        assert_eq!(newer.stops(), 1);
        assert_eq!(home.line(SHOW_POOL).success(), POOL);
    }
}

/// A newer client asks the daemon to be replaced: calls in flight then get more than the ordinary
/// grace time.
#[tokio::test(flavor = "multi_thread")]
async fn calls_in_flight_finish_before_a_replaced_daemon_ends() {
    let (emulator, mut home) = logged_in();
    home.set("AZQ_STOP_GRACE", "1s");
    home.line("daemon start").success();
    let old = home.daemon();
    emulator.inject(Fault::delayed("GET .*/mynodepool", 4.0));
    let asked = thread::scope(|scope| {
        let client = scope.spawn(|| home.line(SHOW_POOL));
        until_requested(&emulator, "/mynodepool", 1);
        let handle = tokio::runtime::Handle::current();
        let asked = tokio::task::block_in_place(|| handle.block_on(replace_daemon(&home)));
        assert_eq!(client.join().unwrap().success(), POOL);
        asked
    });
    assert_eq!(asked, old);
    eventually("its end", || home.daemons().is_empty());
    // Nothing was repeated.
    assert_eq!(emulator.request_count("/mynodepool"), 1);
}

#[tokio::test]
async fn a_client_of_another_protocol_is_refused() {
    let (emulator, home) = logged_in();
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    let channel = channel(&home).await;
    let requests = emulator.requests().len();
    for range in [
        Some("99-99"),
        Some("0-0"),
        Some("1"),
        Some("-"),
        Some("2-99999999999"),
        None,
    ] {
        let mut request = Request::new(v1::ListSkusRequest::default());
        if let Some(range) = range {
            request
                .metadata_mut()
                .insert("azq-protocol", range.parse().unwrap());
        }
        let mut client = CommandsClient::new(channel.clone());
        let listed = within_limit(client.list_skus(request)).await;
        let status = listed.unwrap_err();
        assert_eq!(status.code(), Code::FailedPrecondition, "{range:?}");
        assert!(
            status.message().ends_with("run: azq daemon restart"),
            "{status}"
        );
    }
    assert_eq!(emulator.requests().len(), requests);

    let mut accepted = Request::new(v1::ListAccountsRequest::default());
    accepted
        .metadata_mut()
        .insert("azq-protocol", "1-99".parse().unwrap());
    let mut client = CommandsClient::new(channel.clone());
    assert!(within_limit(client.list_accounts(accepted)).await.is_ok());
    // Every version must understand the handshake itself.
    let mut daemon = DaemonClient::new(channel);
    let hello = within_limit(daemon.hello(v1::HelloRequest::default())).await;
    assert_eq!(hello.unwrap().into_inner().pid, home.daemons()[0]);
}
