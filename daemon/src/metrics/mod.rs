//! Metrics of the daemon for a collector (`metrics` in the configuration), in the text format of
//! `OpenMetrics`, on loopback or on a UNIX socket.
//!
//! Requests are counted when they end. The state of caches, tokens and the share is read when a
//! collector requests the metrics. Without the setting, nothing is counted and no address is
//! listened on.
//!
//! Invariants: labels are commands, outcomes, levels, providers, locations and kinds of accounts,
//! never a name, an id or a secret; the server listens only on loopback or on a socket of this
//! user; a collector has a deadline, and the number of collectors is limited.
//!
//! Deliberately absent: sending metrics anywhere.

mod address;
mod moment;
mod serve;

pub use address::MetricsAddress;
pub(crate) use serve::serve;

use azq_proto::v1::reply::Kind as Part;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::sync::Arc;
use std::time::Instant;
use tonic::Status;

/// The name and the value of a label.
type Label = (&'static str, &'static str);

/// The buckets of durations, from a tenth of a millisecond to some minutes.
const BUCKETS: (f64, f64, u16) = (0.0001, 4.0, 12);

type Latencies = Family<[Label; 1], Histogram, fn() -> Histogram>;

/// The metrics that are counted while the daemon runs.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<[Label; 2], Counter>,
    latencies: Latencies,
}

impl Metrics {
    /// Creates the metrics with all counts at zero.
    pub(crate) fn new() -> Self {
        let requests = Family::<[Label; 2], Counter>::default();
        let latencies = Latencies::new_with_constructor(|| {
            let (start, factor, length) = BUCKETS;
            Histogram::new(exponential_buckets(start, factor, length))
        });
        let mut registry = Registry::with_prefix("azq");
        let words = "Requests by command and outcome";
        registry.register("requests", words, requests.clone());
        let words = "From a request's arrival until its last byte was read, in seconds";
        registry.register("request_duration_seconds", words, latencies.clone());
        Self {
            registry,
            requests,
            latencies,
        }
    }

    /// Begins to measure a request.
    pub(crate) fn begin(self: &Arc<Self>, command: &'static str) -> Measured {
        Measured {
            metrics: Arc::clone(self),
            command,
            outcome: "interrupted",
            began: Instant::now(),
        }
    }
}

/// A request in progress, which is counted when it is dropped.
#[derive(Debug)]
pub(crate) struct Measured {
    metrics: Arc<Metrics>,
    command: &'static str,
    /// The outcome under which the request is counted when it ends.
    pub(crate) outcome: &'static str,
    began: Instant,
}

/// Returns the outcome that a part of a reply determines, if any.
pub(crate) fn outcome(part: &Result<Part, Status>) -> Option<&'static str> {
    Some(match part {
        Ok(Part::Exit(0)) => "success",
        Ok(Part::Exit(3)) => "not_found",
        Ok(Part::Exit(_)) => "error",
        Ok(Part::Missing(_) | Part::Usage(_)) => "usage",
        Ok(Part::Confirm(_) | Part::HandOver(_) | Part::Elsewhere(_)) => "left_to_client",
        Err(status) if status.code() == tonic::Code::Internal => "internal",
        _ => return None,
    })
}

impl Drop for Measured {
    fn drop(&mut self) {
        let (metrics, command) = (&self.metrics, ("command", self.command));
        let labels = [command, ("outcome", self.outcome)];
        metrics.requests.get_or_create(&labels).inc();
        let latency = self.began.elapsed().as_secs_f64();
        metrics.latencies.get_or_create(&[command]).observe(latency);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_counts_once_by_how_it_ends() {
        let metrics = Arc::new(Metrics::new());
        let mut done = metrics.begin("vm list-skus");
        assert_eq!(outcome(&Ok(Part::Stdout(Vec::new().into()))), None);
        done.outcome = outcome(&Ok(Part::Exit(0))).unwrap();
        drop(done);
        drop(metrics.begin("vm list-skus"));
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &metrics.registry).unwrap();
        for line in [
            r#"azq_requests_total{command="vm list-skus",outcome="success"} 1"#,
            r#"azq_requests_total{command="vm list-skus",outcome="interrupted"} 1"#,
            r#"azq_request_duration_seconds_count{command="vm list-skus"} 2"#,
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }
}
