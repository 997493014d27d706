//! The exporter of spans: OTLP over HTTP, in protobuf, through the daemon's own HTTP client.
//!
//! The SDK sends batches from a thread of its own, and drops spans when its queue is full.

use std::ffi::OsString;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;
use url::Url;

use super::TARGET;
use azq_http::{Deadlines, Transport, TransportSettings, Transports};

/// The path that the OTLP specification appends to the collector's address.
const PATH: &str = "v1/traces";

/// The time limit for a batch.
const LONGEST: Duration = Duration::from_secs(10);

/// The time limit for the last batch when the daemon ends.
const LAST: Duration = Duration::from_secs(1);

/// The maximum length of a collector's response, in bytes.
const LONGEST_ANSWER: usize = 64 << 10;

/// The provider, which is shut down when the daemon ends.
static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// Returns the layer that sends spans to the collector. Spans of other crates and log lines are not
/// sent.
pub(crate) fn layer<S>(collector: &Url) -> Result<impl Layer<S> + use<S>, String>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Client::new())
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(endpoint(collector))
        .with_timeout(LONGEST)
        .build()
        .map_err(|error| error.to_string())?;
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = Resource::builder_empty()
        .with_service_name("azqd")
        .with_attribute(version)
        .build();
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource)
        .build();
    let tracer = provider.tracer("azqd");
    // A process has one log, and so one exporter.
    let _there_already = PROVIDER.set(provider);
    let layer = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false);
    Ok(layer.with_filter(Targets::new().with_target(TARGET, Level::TRACE)))
}

fn endpoint(collector: &Url) -> String {
    let base = collector.as_str().trim_end_matches('/');
    format!("{base}/{PATH}")
}

/// Sends the remaining spans.
pub(super) async fn finish() {
    let Some(provider) = PROVIDER.get() else {
        return;
    };
    // The shutdown blocks while the runtime sends the last batch.
    let sending = tokio::task::spawn_blocking(|| provider.shutdown_with_timeout(LAST));
    if let Ok(Ok(Err(error))) = tokio::time::timeout(LAST, sending).await {
        tracing::debug!("the last traces were not sent: {error}");
    }
}

/// The daemon's HTTP client, with the proxies and roots of the daemon's own environment. Requests
/// are sent on the daemon's runtime, because the SDK's thread has none.
#[derive(Debug)]
struct Client {
    transport: Transport,
    runtime: Handle,
}

impl Client {
    fn new() -> Self {
        // A variable that is not UTF-8 is none of those that are read.
        let text = |(name, value): (OsString, OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let environment = std::env::vars_os().filter_map(text).collect();
        let settings = TransportSettings::of(&environment);
        Self {
            transport: Transports::new(Deadlines::default()).get(&settings),
            runtime: Handle::current(),
        }
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, HttpError> {
        let client = self.transport.azure()?.clone();
        let request = reqwest::Request::try_from(request)?;
        let sending = async move {
            let mut response = client.execute(request).await?;
            let mut body = Vec::new();
            while let Some(part) = response.chunk().await? {
                body.extend_from_slice(&part);
                if body.len() > LONGEST_ANSWER {
                    return Err("the collector's answer is too long".into());
                }
            }
            let mut answer = http::Response::new(Bytes::from(body));
            *answer.status_mut() = response.status();
            *answer.headers_mut() = response.headers().clone();
            Ok::<_, HttpError>(answer)
        };
        let in_time = async { tokio::time::timeout(LONGEST, sending).await };
        self.runtime.spawn(in_time).await??
    }
}
