//! Metrics over loopback and over a socket.

use crate::prelude::*;

fn collected(mut stream: impl Read + Write, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: azq\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn metrics_count_requests_and_contain_no_secret() {
    let (_emulator, mut home) = logged_in();
    let socket = home.path().join("runtime_dir/metrics");
    home.set("AZQ_METRICS", &format!("unix:{}", socket.display()));
    for _ in 0..3 {
        assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    }
    let failed = home.line("vm list-skus -l eastus --subscription nosuch");
    assert_eq!(failed.code, Some(1));
    eventually("the socket", || UnixStream::connect(&socket).is_ok());
    assert_eq!(mode(&socket), 0o600);
    let collect = |path| collected(Bounded(UnixStream::connect(&socket).unwrap()), path);
    let text = collect("/metrics");
    for line in [
        "HTTP/1.1 200 OK",
        r#"azq_requests_total{command="vm list-skus",outcome="success"} 3"#,
        r#"azq_requests_total{command="vm list-skus",outcome="error"} 1"#,
        r#"azq_request_duration_seconds_count{command="vm list-skus"} 4"#,
        r#"azq_catalogue_lookups_total{level="azure"} 1"#,
        r#"azq_catalogue_lookups_total{level="memory"} 2"#,
        r#"azq_catalogue_age_seconds{provider="Microsoft.Compute",location="eastus"}"#,
        "azq_resident_memory_bytes ",
        "azq_token_remaining_seconds{kind=",
        "# EOF",
    ] {
        text.assert_contains(line);
    }
    for secret in [SUBSCRIPTION, "eyJ", "example.com"] {
        text.assert_lacks(secret);
    }
    collect("/").assert_starts_with("HTTP/1.1 404");
    // The next daemon can bind the same address.
    home.line("daemon restart").success();
    eventually("the next daemon's metrics", || {
        UnixStream::connect(&socket).is_ok()
    });
}

#[test]
fn a_taken_metrics_address_disables_metrics_only() {
    let (_emulator, mut home) = logged_in();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    home.set("AZQ_METRICS", &format!("127.0.0.1:{port}"));
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    eventually("the log's warning", || {
        home.log().contains("metrics cannot be collected")
    });
    home.line("daemon stop").success();
    drop(taken);
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    eventually("a collector's answer", || {
        TcpStream::connect(("127.0.0.1", port))
            .is_ok_and(|stream| collected(stream, "/metrics").contains("# EOF"))
    });
}

#[test]
fn a_metrics_address_that_others_can_reach_is_refused() {
    let (_emulator, mut home) = logged_in();
    home.set("AZQ_METRICS", "0.0.0.0:9464");
    let outcome = home.line(LIST_SKUS);
    outcome.stderr.assert_contains("127.0.0.1:PORT");
}
