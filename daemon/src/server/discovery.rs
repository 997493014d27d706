//! gRPC's own services, for other programs than azq: health (`grpc.health.v1`) and reflection
//! (`grpc.reflection.v1` and `v1alpha`), from which tools such as `grpcurl` read the messages.
//!
//! Invariants: they are served on the daemon's socket alone, so only its owner reaches them; they
//! do not check the caller's protocol number; reflection's data is made at the first request for
//! it, so azq's own commands pay nothing. Neither counts as work: a daemon that is only watched
//! goes idle.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use azq_proto::DESCRIPTOR_SET;
use azq_proto::v1::{commands_server, daemon_server};
use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service};
use tonic::server::NamedService;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health as HealthRpcs, HealthServer};
use tonic_health::server::HealthReporter;
use tonic_reflection::server::{Builder, v1, v1alpha};

/// The longest message that these services read, in bytes: a name.
const LONGEST: usize = 16 << 10;

/// The names whose health is served: the daemon as a whole, and each of its services.
const SERVICES: [&str; 3] = [
    "",
    commands_server::SERVICE_NAME,
    daemon_server::SERVICE_NAME,
];

/// The health of the daemon: it serves until it ends.
pub(super) struct Health<S> {
    reporter: HealthReporter,
    server: HealthServer<S>,
}

impl Health<()> {
    /// Returns the health of a daemon that serves.
    pub(super) async fn serving() -> Health<impl HealthRpcs> {
        let (reporter, server) = tonic_health::server::health_reporter();
        for name in SERVICES {
            reporter
                .set_service_status(name, ServingStatus::Serving)
                .await;
        }
        Health { reporter, server }
    }
}

impl<S: HealthRpcs> Health<S> {
    /// Returns the gRPC service.
    pub(super) fn service(&self) -> HealthServer<S> {
        self.server.clone().max_decoding_message_size(LONGEST)
    }

    /// Reports the daemon's end to the clients that watch, and ends their streams, so that none of
    /// them delays the end.
    pub(super) async fn end(&self) {
        let mut reporter = self.reporter.clone();
        for name in SERVICES {
            reporter
                .set_service_status(name, ServingStatus::NotServing)
                .await;
            reporter.clear_service_status(name).await;
        }
    }
}

/// Returns reflection in the version that present tools use.
pub(super) fn reflection() -> Lazy<v1::ServerReflectionServer<impl v1::ServerReflection>> {
    Lazy::new(|| {
        let builder = described().build_v1().ok()?;
        Some(builder.max_decoding_message_size(LONGEST))
    })
}

/// Returns reflection in the version that older tools use.
pub(super) fn reflection_alpha()
-> Lazy<v1alpha::ServerReflectionServer<impl v1alpha::ServerReflection>> {
    Lazy::new(|| {
        let builder = described().build_v1alpha().ok()?;
        Some(builder.max_decoding_message_size(LONGEST))
    })
}

fn described() -> Builder<'static> {
    Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

/// A service that is made at its first call.
#[derive(Clone)]
pub(super) struct Lazy<S> {
    make: fn() -> Option<S>,
    made: Arc<OnceLock<Option<S>>>,
}

impl<S> Lazy<S> {
    fn new(make: fn() -> Option<S>) -> Self {
        Self {
            make,
            made: Arc::default(),
        }
    }
}

impl<S: NamedService> NamedService for Lazy<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for Lazy<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // A gRPC server is always ready.
        match self.made.get_or_init(self.make) {
            Some(service) => Box::pin(service.clone().call(request)),
            None => Box::pin(async { Ok(Status::internal("no reflection").into_http()) }),
        }
    }
}
