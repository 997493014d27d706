//! Spans of the daemon's work for a collector of traces (`traces` in the configuration), over OTLP:
//! requests, the cache levels of a catalogue's look-up, and the calls to Azure and to the share.
//!
//! The code that is measured creates spans with `tracing` and the target `azq_trace`. The exporter
//! exists if azqd was built with the feature `otlp`; without the feature the setting is refused.
//! Without the setting no span is created.
//!
//! Invariants: attributes are commands, outcomes, providers, levels, methods, statuses and resource
//! types, never a name, an id or a secret. Log lines are not sent. A slow or unreachable collector
//! causes the loss of spans, but no command waits for it.

#[cfg(feature = "otlp")]
mod otlp;

#[cfg(feature = "otlp")]
pub(crate) use otlp::layer;

use url::Url;

/// The target of all spans that are exported.
#[cfg(feature = "otlp")]
const TARGET: &str = "azq_trace";

/// Parses the address of a collector. Returns `None` if it is empty.
pub(crate) fn parse(text: &str) -> Result<Option<Url>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let url = Url::parse(text).ok().filter(|url| {
        let is_http = matches!(url.scheme(), "http" | "https") && url.has_host();
        let is_plain = url.query().is_none() && url.fragment().is_none();
        is_http && is_plain && url.username().is_empty() && url.password().is_none()
    });
    let url = url.ok_or("http://HOST:PORT or https://HOST:PORT is needed")?;
    if cfg!(feature = "otlp") {
        Ok(Some(url))
    } else {
        Err(
            "this azqd cannot send traces: it was built without the feature otlp \
             (cargo build --features otlp)"
                .to_owned(),
        )
    }
}

/// Sends the remaining spans when the daemon ends, within a deadline.
#[cfg_attr(
    not(feature = "otlp"),
    expect(clippy::unused_async, reason = "only the exporter waits")
)]
pub async fn finish() {
    #[cfg(feature = "otlp")]
    otlp::finish().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_a_plain_url_and_needs_the_feature() {
        assert_eq!(parse(""), Ok(None));
        for text in [
            "127.0.0.1:4318",
            "ftp://127.0.0.1",
            "http://user:secret@127.0.0.1:4318",
            "http://127.0.0.1:4318/?key=secret",
        ] {
            assert!(parse(text).unwrap_err().contains("is needed"), "{text}");
        }
        let parsed = parse("http://127.0.0.1:4318");
        if cfg!(feature = "otlp") {
            assert!(parsed.unwrap().is_some());
        } else {
            assert!(parsed.unwrap_err().contains("--features otlp"));
        }
    }
}
