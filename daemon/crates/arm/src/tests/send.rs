//! Requests and retries over a real connection.

use std::time::Instant;

use serde_json::json;

use super::*;
use crate::Declared;
use crate::throttle::Bucket;
use azq_command::ErrorKind;

#[tokio::test]
async fn a_request_carries_the_token_and_azqs_name() {
    let (response, requests) = sent(&Request::get(PATH, "1"), ok(r#"{"a": 1}"#)).await;
    let document = response.expect("sent").document().expect("a document");
    assert_eq!(document, Some(json!({"a": 1})));
    let request = requests[0].to_lowercase();
    let path = PATH.to_lowercase();
    assert!(request.starts_with(&format!("get {path}?api-version=1 http/1.1\r\n")));
    for header in [
        "authorization: bearer token\r\n",
        "accept: application/json\r\n",
        "user-agent: azq/",
        "accept-encoding: gzip",
        "x-ms-client-request-id: ",
    ] {
        assert!(request.contains(header), "{request}");
    }
}

#[tokio::test]
async fn a_body_is_sent_with_its_headers() {
    let request = Request::put("/x", "1", json!({"é": null})).header("If-Match", "\"e\"");
    let (result, requests) = sent(&request, answer("201 Created", "", "{}")).await;
    result.expect("sent");
    let request = &requests[0];
    let has_body = request.ends_with("\r\n\r\n{\"\\u00e9\": null}");
    assert!(
        has_body && request.contains("if-match: \"e\"\r\n"),
        "{request}"
    );
    let (result, _) = sent(&Request::get("/x", "1").header("A", "b\nc"), ok("{}")).await;
    assert!(matches!(result, Err(ArmError::Setting(_))));
}

#[tokio::test]
async fn only_declared_statuses_are_a_success() {
    let get = || Request::get(PATH, "1");
    for (request, status) in [
        (get(), "201 Created"),
        (get(), "202 Accepted"),
        (get(), "203 Non-Authoritative Information"),
        (get(), "204 No Content"),
        (get(), "206 Partial Content"),
        (Request::delete("/x", "1"), "200 OK"),
        (Request::put("/x", "1", json!({})), "202 Accepted"),
    ] {
        let (result, requests) = sent(&request, answer(status, "", r#"{"name": "p"}"#)).await;
        let words = result.expect_err("not declared").to_string();
        let wanted = format!("Operation returned an invalid status '{}'", &status[4..]);
        assert_eq!((words, requests.len()), (wanted, 1));
    }
}

#[tokio::test]
async fn the_users_headers_neither_frame_the_request_nor_replace_the_token() {
    let request = Request::put("/x", "1", json!({"a": 1}))
        .header("Content-Length", "3")
        .header("Transfer-Encoding", "chunked")
        .header("AUTHORIZATION", "x")
        .header("content-type", "text/json");
    let (result, requests) = sent(&request, answer("201 Created", "", "{}")).await;
    result.expect("sent");
    let sent = &requests[0];
    assert!(sent.ends_with("\r\n\r\n{\"a\": 1}"), "{sent}");
    let sent = sent.to_lowercase();
    assert!(sent.contains("content-length: 8\r\n") && sent.contains("authorization: bearer token"));
    for (name, number) in [
        ("authorization:", 1),
        ("content-length:", 1),
        ("transfer-encoding:", 0),
        ("content-type: text/json", 1),
    ] {
        let lines = sent.lines().filter(|line| line.starts_with(name));
        assert_eq!(lines.count(), number, "{name}");
    }
}

#[test]
fn an_error_with_bytes_that_are_no_text_is_read() {
    let body = &b"{\"code\": \"L1\", \"message\": \"\xe9\"}"[..];
    let response = Response::of(400, &[], body);
    response.decode().expect("text");
    let error = ArmError::refused(&response, PATH, false).to_string();
    assert_eq!(error, "(L1) \u{fffd}\nCode: L1\nMessage: \u{fffd}");
}

#[tokio::test]
async fn refusals_read_as_in_az() {
    let bad = |body| answer("400 Bad Request", "", body);
    let denied = r#"{"error": {"code": "AuthorizationFailed", "message": "No."}}"#;
    let marked = "\u{feff}{\"error\": {\"code\": \"Bom\", \"message\": \"bom\"}}";
    let by_status = "Operation returned an invalid status 'Bad Request'";
    let no_json = "JSON is invalid: Expecting value: line 1 column 1 (char 0)";
    for (reply, wanted) in [
        (
            answer("403 Forbidden", "", denied),
            "(AuthorizationFailed) No.\nCode: AuthorizationFailed\nMessage: No.",
        ),
        (
            answer("404 Not Found", "", marked),
            "(Bom) bom\nCode: Bom\nMessage: bom",
        ),
        (bad("\"<html>\""), by_status),
        (bad("<html>"), no_json),
        (ok("<html>"), no_json),
        (html("400 Bad Request"), by_status),
        // What is certain is not tried again, nor is a pause beyond the deadline waited for.
        (
            refusal("409 Conflict", "", "C"),
            "(C) m\nCode: C\nMessage: m",
        ),
        (
            refusal("429 Too Many Requests", "Retry-After: 3600\r\n", "T"),
            "(T) m\nCode: T\nMessage: m",
        ),
    ] {
        assert_eq!(refused(reply).await, (wanted.to_owned(), 1));
    }
    let server = Server::start([answer("404 Not Found", "", denied)]).await;
    let error = get(&server).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    for passing in [
        answer("429 Too Many Requests", SOON, ""),
        answer("500 Internal Server Error", "", ""),
        answer("503 Service Unavailable", "", ""),
        Reply::Drop,
        Reply::Silence,
        Reply::Cut("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\"".to_owned()),
    ] {
        let server = Server::start([passing.clone(), ok("{}")]).await;
        let answer = get(&server).await.expect("tried again");
        assert_eq!(
            (answer, server.requests().len()),
            (json!({}), 2),
            "{passing:?}"
        );
    }
}

#[tokio::test]
async fn what_stays_ends_after_azs_number_of_requests() {
    let throttled = answer(
        "429 Too Many Requests",
        SOON,
        r#"{"code": "T", "message": "m"}"#,
    );
    let words = "(T) m\nCode: T\nMessage: m".to_owned();
    assert_eq!(refused(throttled).await, (words, 4));
}

#[tokio::test]
async fn a_broken_connection_reads_as_in_az() {
    let post = Request::post(PATH, "1", None, Declared::READ);
    let (result, requests) = sent(&post, Reply::Drop).await;
    let words = "('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))";
    assert_eq!(result.expect_err("broken").to_string(), words);
    assert_eq!(requests.len(), 1);
}

#[tokio::test]
async fn half_an_answer_reads_as_in_az() {
    let half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\": \"x\", ";
    let server = Server::start([Reply::Cut(half.to_owned())]).await;
    let told = RecordedReport::default();
    let post = Request::post(PATH, "1", None, Declared::READ);
    let result = server.arm().send(&post, &told).await;
    let what = "IncompleteRead(12 bytes read, 88 more expected)";
    let words = format!("('Connection broken: {what}', {what})");
    assert_eq!(result.expect_err("half").to_string(), words);
    assert_eq!(*told.warnings.lock().expect("ok"), ["Incomplete download."]);
}

#[tokio::test]
async fn no_connection_reads_as_in_az() {
    let server = Server::start([Reply::Drop]).await;
    let mut arm = server.arm();
    let inner = Arc::get_mut(&mut arm.inner).expect("not shared");
    inner.base.set_port(Some(1)).expect("set");
    let post = Request::post("/x", "1", None, Declared::READ);
    let error = arm.send(&post, &Silent).await.expect_err("refused");
    let words = "HTTPSConnection(host='127.0.0.1', port=1): Failed to establish a new connection: \
                 [Errno 111] Connection refused";
    assert_eq!(error.to_string(), words);
    assert!(error.is_transient());
}

#[tokio::test]
async fn no_answer_at_all_ends_at_the_deadline() {
    let server = Server::start([Reply::Silence]).await;
    let deadlines = Deadlines {
        total: Duration::from_millis(200),
        ..DEADLINES
    };
    let arm = server.arm_with(Tokens::default(), deadlines);
    let started = Instant::now();
    let error = arm.get(PATH, "1", &Silent).await.expect_err("late");
    assert!(matches!(error, ArmError::Deadline { .. }), "{error}");
    assert!(started.elapsed() < Duration::from_secs(5));
    let end = format!("GET {PATH}");
    assert!(error.to_string().ends_with(&end), "{error}");
}

#[tokio::test]
async fn a_pause_that_azure_asks_for_is_everyones() {
    let throttled = answer("429 Too Many Requests", "Retry-After: 0.3\r\n", "");
    let server = Server::start([throttled, ok("{}")]).await;
    let arm = server.arm();
    let started = Instant::now();
    let first = {
        let arm = arm.clone();
        tokio::spawn(async move { arm.get(PATH, "1", &Silent).await })
    };
    while server.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    let bucket = Bucket::of(&http::Method::GET, PATH);
    let throttle = &arm.inner.throttle;
    while throttle
        .ready(&bucket, tokio::time::Instant::now())
        .await
        .is_ok()
    {
        tokio::task::yield_now().await;
    }
    arm.get(PATH, "1", &Silent).await.expect("after the pause");
    assert!(started.elapsed() >= Duration::from_millis(300));
    first.await.expect("ended").expect("after the pause");
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_name_cannot_lead_up_the_path() {
    for path in [
        "/c/agentPools/..",
        "/c/agentPools/.",
        "/c/agentPools/%2E.?x",
        "/c/..\\d",
        "https://127.0.0.1/a/../b",
    ] {
        let (result, requests) = sent(&Request::delete(path, "1"), ok("{}")).await;
        let words = result.expect_err("refused").to_string();
        assert!(words.starts_with("'.' and '..' are no names"), "{words}");
        assert!(requests.is_empty());
    }
    let request = Request::get("/c/agentPools/..x/.y/z..", "1").parameter("a", "../b");
    sent(&request, ok("{}")).await.0.expect("sent");
}

#[tokio::test]
async fn a_provider_that_is_not_registered_is_registered() {
    let missing = answer(
        "409 Conflict",
        "",
        r#"{"error": {"code": "MissingSubscriptionRegistration", "message": "not registered to use namespace 'A.B'."}}"#,
    );
    for is_stream in [false, true] {
        let server = Server::start([missing.clone(), answer("404 Not Found", "", "")]).await;
        let (arm, told) = (server.arm(), RecordedReport::default());
        let error = if is_stream {
            arm.stream(&Request::get(PATH, "1"), &told).await.err()
        } else {
            arm.get(PATH, "1", &told).await.err()
        };
        let error = error.expect("not registered");
        assert_eq!(error.code(), Some("MissingSubscriptionRegistration"));
        let post = "POST /subscriptions/s/providers/A.B/register?api-version=2016-02-01 HTTP/1.1";
        assert_eq!(server.lines()[1], post);
        let warnings = told.warnings.lock().expect("ok").clone();
        assert_eq!(
            warnings[1],
            "Registration failed. Please register manually."
        );
    }
}
