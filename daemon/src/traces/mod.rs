//! Spans of what the daemon does, for a collector of traces (`traces` of the configuration), over
//! OTLP: a request, the levels at which a catalogue is looked for, and the calls to Azure and to
//! the share.
//!
//! Spans are made by `tracing` with [`TARGET`], where what they measure is done. The exporter is
//! there if azqd was built with the feature `otlp`; without it the setting is refused. Without the
//! setting no span is made.
//!
//! Invariants: attributes are commands, outcomes, providers, levels, methods, statuses and resource
//! types, never a name, an id or a secret; log lines are not sent; a collector that is slow or away
//! costs spans, and no command waits for it.

#[cfg(feature = "otlp")]
mod otlp;

#[cfg(feature = "otlp")]
pub(crate) use otlp::layer;

use url::Url;

/// The target of all spans that are exported.
#[cfg(feature = "otlp")]
const TARGET: &str = "azq_trace";

/// Reads the address of a collector; none if it is empty.
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

/// Sends the spans that are not sent yet, for a daemon that ends; a collector has a deadline.
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
