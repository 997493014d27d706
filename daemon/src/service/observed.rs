//! The measurement of a request for metrics and traces.

use std::sync::Arc;

use azq_proto::v1::reply::Kind as Part;
use tonic::Status;
use tracing::Span;
use tracing::field::Empty;

use crate::metrics::{self, Measured, Metrics};

/// Measures a request until it is dropped. Does nothing if neither metrics nor traces are enabled.
#[derive(Debug)]
pub(super) struct Observed {
    measured: Option<Measured>,
    span: Span,
}

impl Observed {
    /// Begins to measure a request.
    pub(super) fn begin(command: &'static str, metrics: Option<&Arc<Metrics>>) -> Self {
        let span = tracing::trace_span!(
            target: "azq_trace",
            parent: None,
            "request",
            otel.name = command,
            otel.kind = "server",
            outcome = Empty,
            level = Empty,
        );
        Self {
            measured: metrics.map(|metrics| metrics.begin(command)),
            span,
        }
    }

    /// Returns the span in which the request is carried out.
    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Records that the answer was in memory, so that no other level of the cache was read.
    pub(super) fn note_remembered(&self) {
        self.span.record("level", "memory");
    }

    /// Reads the outcome from a part of the reply, if it is the last part.
    pub(super) fn note(&mut self, part: &Result<Part, Status>) {
        let Some(outcome) = metrics::outcome(part) else {
            return;
        };
        self.span.record("outcome", outcome);
        if let Some(measured) = &mut self.measured {
            measured.outcome = outcome;
        }
    }
}
