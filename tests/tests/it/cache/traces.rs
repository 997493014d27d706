//! Traces over OTLP, from a request through the levels of the cache to Azure.
//!
//! The exporter is a feature of azqd, so most binaries reject the setting. `AZQ_TEST_OTLP` means
//! that the binaries of `AZQ_TEST_BINARIES` were built with it.

use prost::Message;

use super::stores::{Store, free_port};
use crate::prelude::*;

fn has_exporter() -> bool {
    std::env::var_os("AZQ_TEST_OTLP").is_some()
}

/// The parts of OTLP's messages that the tests read (opentelemetry-proto, `trace/v1/trace.proto`).
#[derive(Clone, PartialEq, Message)]
struct Export {
    #[prost(message, repeated, tag = "1")]
    resource_spans: Vec<ResourceSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct ResourceSpans {
    #[prost(message, repeated, tag = "2")]
    scope_spans: Vec<ScopeSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct ScopeSpans {
    #[prost(message, repeated, tag = "2")]
    spans: Vec<Span>,
}

#[derive(Clone, PartialEq, Message)]
struct Span {
    #[prost(bytes = "vec", tag = "2")]
    id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    parent: Vec<u8>,
    #[prost(string, tag = "5")]
    name: String,
    #[prost(message, repeated, tag = "9")]
    attributes: Vec<Attribute>,
}

#[derive(Clone, PartialEq, Message)]
struct Attribute {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<Text>,
}

#[derive(Clone, PartialEq, Message)]
struct Text {
    #[prost(string, tag = "1")]
    text: String,
}

impl Span {
    fn attribute(&self, key: &str) -> &str {
        let found = self.attributes.iter().find(|found| found.key == key);
        let value = found.and_then(|found| found.value.as_ref());
        value.map_or("", |value| value.text.as_str())
    }
}

/// The spans that a collector received, and the bytes of the messages that contained them.
#[derive(Default)]
struct Received {
    spans: Vec<Span>,
    bytes: Vec<u8>,
}

impl Received {
    fn named<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Span> {
        self.spans.iter().filter(move |span| span.name == name)
    }

    /// Returns the names of a span and its ancestors, the request first.
    fn way(&self, span: &Span) -> Vec<&str> {
        let mut way = Vec::new();
        let mut at = self.spans.iter().find(|found| found.id == span.id);
        while let Some(span) = at {
            way.insert(0, span.name.as_str());
            let is_parent = |found: &&Span| found.id == span.parent;
            at = self.spans.iter().find(is_parent);
        }
        way
    }
}

/// Starts a collector, and returns its port and what it receives.
fn collector() -> (u16, Arc<Mutex<Received>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let received = Arc::<Mutex<Received>>::default();
    let keeping = Arc::clone(&received);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let keeping = Arc::clone(&keeping);
            thread::spawn(move || while serve(&stream, &keeping).is_some() {});
        }
    });
    (port, received)
}

/// Serves a request of a connection.
fn serve(stream: &TcpStream, received: &Mutex<Received>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.to_lowercase());
    }
    assert!(lines[0].starts_with("post /v1/traces "), "{}", lines[0]);
    let length = lines
        .iter()
        .find_map(|line| line.strip_prefix("content-length:"));
    let mut body = vec![0; length.unwrap().trim().parse().unwrap()];
    reader.read_exact(&mut body).ok()?;
    let export = Export::decode(&body[..]).unwrap();
    let mut received = received.lock().unwrap();
    let scopes = export
        .resource_spans
        .into_iter()
        .flat_map(|of| of.scope_spans);
    received.spans.extend(scopes.flat_map(|of| of.spans));
    received.bytes.extend_from_slice(&body);
    let mut writer = stream;
    let answer =
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";
    writer.write_all(answer.as_bytes()).ok()
}

/// Creates a machine with a share, whose daemon sends traces to a port.
fn tracing(store: &Store, emulator: &Emulator, port: u16) -> Home {
    let mut home = store.machine(emulator);
    home.set("AZQ_TRACES", &format!("http://127.0.0.1:{port}"));
    home
}

#[test]
fn a_request_is_a_trace_through_the_levels_of_the_cache_to_azure() {
    if !has_exporter() {
        return;
    }
    let (emulator, (port, received)) = (emulator(), collector());
    let store = Store::directory();
    let home = tracing(&store, &emulator, port);
    for _ in 0..2 {
        assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    }
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    // A daemon sends its remaining spans when it ends.
    home.stop().unwrap();
    let other = tracing(&store, &emulator, port);
    assert_eq!(other.line(LIST_SKUS).success(), SKUS);
    other.stop().unwrap();

    let received = received.lock().unwrap();
    let levels: Vec<_> = received
        .named("vm list-skus")
        .map(|span| (span.attribute("outcome"), span.attribute("level")))
        .collect();
    let none = ("success", "");
    let expected = [none, ("success", "memory"), none];
    assert_eq!(levels, expected, "{:?}", received.spans);
    let levels: Vec<_> = received
        .named("catalogue")
        .map(|span| span.attribute("level"))
        .collect();
    assert_eq!(levels, ["azure", "share"]);
    let ways: Vec<_> = received
        .named("azure")
        .map(|span| (received.way(span), span.attribute("url.template")))
        .collect();
    let skus = "/subscriptions/{}/providers/Microsoft.Compute/skus";
    let pool = "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.ContainerService\
                /managedClusters/{}/agentPools/{}";
    let expected = [
        (vec!["vm list-skus", "catalogue", "azure"], skus),
        (vec!["aks nodepool show", "azure"], pool),
    ];
    assert_eq!(ways, expected);
    let reads: Vec<_> = received
        .named("share read")
        .map(|span| received.way(span)[0])
        .collect();
    assert!(!reads.is_empty() && reads.iter().all(|first| *first == "vm list-skus"));
    let names = ["eyJ", "myAKSCluster", "myResourceGroup", "mynodepool"];
    for secret in [SUBSCRIPTION, TENANT].into_iter().chain(names) {
        let found = memchr::memmem::find(&received.bytes, secret.as_bytes());
        assert_eq!(found, None, "{secret} is in a trace");
    }
}

#[test]
fn a_collector_that_is_away_costs_no_command_anything() {
    if !has_exporter() {
        return;
    }
    let emulator = emulator();
    let home = tracing(&Store::directory(), &emulator, free_port());
    for _ in 0..3 {
        assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    }
    home.stop().unwrap();
}

#[test]
fn traces_are_refused_by_a_daemon_that_was_built_without_them() {
    if has_exporter() {
        return;
    }
    let (_emulator, mut home) = logged_in();
    home.set("AZQ_TRACES", "http://127.0.0.1:4318");
    let outcome = home.line(LIST_SKUS);
    assert_ne!(outcome.code, Some(0), "{outcome}");
    outcome.stderr.assert_contains("ERROR: ");
    outcome.stderr.assert_contains("without the feature otlp");
    eventually("no daemon", || home.daemons().is_empty());
}
