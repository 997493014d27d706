//! Requests and retries over a real connection.

use std::time::Instant;

use serde_json::json;

use super::*;
use crate::Silent;
use crate::throttle::Bucket;
use crate::{ArmError, Declared, Request};
use azq_command::ErrorKind;

#[tokio::test]
async fn a_request_carries_the_token_and_azqs_name() {
    let server = Server::start([answer("200 OK", "", r#"{"a": 1}"#)]).await;
    assert_eq!(get(&server).await.expect("a document"), json!({"a": 1}));
    let request = server.requests().remove(0).to_lowercase();
    assert!(request.starts_with(&format!(
        "get {}?api-version=1 http/1.1\r\n",
        PATH.to_lowercase()
    )));
    for header in [
        "authorization: bearer token\r\n",
        "accept: application/json\r\n",
        "user-agent: azq/",
    ] {
        assert!(request.contains(header), "{request}");
    }
    assert!(
        request.contains("accept-encoding: gzip") && request.contains("x-ms-client-request-id: ")
    );
}

#[tokio::test]
async fn a_body_is_sent_with_its_headers() {
    let server = Server::start([answer("201 Created", "", "{}")]).await;
    let request = Request::put("/x", "1", json!({"é": null})).header("If-Match", "\"e\"");
    server.arm().send(&request, &Silent).await.expect("sent");
    let sent = server.requests().remove(0);
    assert!(
        sent.ends_with("\r\n\r\n{\"\\u00e9\": null}") && sent.contains("if-match: \"e\"\r\n"),
        "{sent}"
    );
    let request = Request::get("/x", "1").header("A", "b\nc");
    assert!(matches!(
        server.arm().send(&request, &Silent).await,
        Err(ArmError::Setting(_))
    ));
}

#[tokio::test]
async fn only_declared_statuses_are_a_success() {
    let reasons = [
        ("201 Created", "Created"),
        ("202 Accepted", "Accepted"),
        (
            "203 Non-Authoritative Information",
            "Non-Authoritative Information",
        ),
        ("204 No Content", "No Content"),
        ("206 Partial Content", "Partial Content"),
    ];
    for (status, reason) in reasons {
        let (error, requests) = refused(answer(status, "", r#"{"name": "p"}"#)).await;
        let wanted = format!("Operation returned an invalid status '{reason}'");
        assert_eq!((error, requests), (wanted, 1));
    }
    let server = Server::start([answer("200 OK", "", "{}")]).await;
    let deletion = server
        .arm()
        .send(&Request::delete("/x", "1"), &Silent)
        .await;
    let words = "Operation returned an invalid status 'OK'";
    assert_eq!(deletion.expect_err("not declared").to_string(), words);
    let server = Server::start([answer("202 Accepted", "", "{}")]).await;
    let put = Request::put("/x", "1", json!({}));
    let words = "Operation returned an invalid status 'Accepted'";
    let put = server.arm().send(&put, &Silent).await;
    assert_eq!(put.expect_err("not declared").to_string(), words);
}

#[tokio::test]
async fn the_users_headers_neither_frame_the_request_nor_replace_the_token() {
    let server = Server::start([answer("201 Created", "", "{}")]).await;
    let request = Request::put("/x", "1", json!({"a": 1}))
        .header("Content-Length", "3")
        .header("Transfer-Encoding", "chunked")
        .header("AUTHORIZATION", "x")
        .header("content-type", "text/json");
    server.arm().send(&request, &Silent).await.expect("sent");
    let sent = server.requests().remove(0);
    assert!(sent.ends_with("\r\n\r\n{\"a\": 1}"), "{sent}");
    let sent = sent.to_lowercase();
    let lines = |name: &str| sent.lines().filter(|line| line.starts_with(name)).count();
    assert!(sent.contains("content-length: 8\r\n") && sent.contains("authorization: bearer token"));
    assert_eq!((lines("authorization:"), lines("content-length:")), (1, 1));
    assert_eq!(
        (
            lines("transfer-encoding:"),
            lines("content-type: text/json")
        ),
        (0, 1)
    );
}

#[tokio::test]
async fn an_error_with_a_mark_or_bytes_that_are_no_text_is_read() {
    let body = "\u{feff}{\"error\": {\"code\": \"Bom\", \"message\": \"bom\"}}";
    let words = "(Bom) bom\nCode: Bom\nMessage: bom";
    assert_eq!(refused(answer("404 Not Found", "", body)).await.0, words);
    let body = b"{\"code\": \"L1\", \"message\": \"\xe9\"}";
    let response = crate::Response {
        status: http::StatusCode::BAD_REQUEST,
        headers: http::HeaderMap::new(),
        reason: None,
        body: bytes::Bytes::from_static(body),
    };
    response.decode().expect("text");
    let error = ArmError::refused(&response, PATH, false).to_string();
    assert_eq!(error, "(L1) \u{fffd}\nCode: L1\nMessage: \u{fffd}");
}

#[tokio::test]
async fn refusals_read_as_in_az() {
    let body = r#"{"error": {"code": "AuthorizationFailed", "message": "No."}}"#;
    let words = "(AuthorizationFailed) No.\nCode: AuthorizationFailed\nMessage: No.";
    assert_eq!(
        refused(answer("403 Forbidden", "", body)).await,
        (words.to_owned(), 1)
    );
    let server = Server::start([answer("404 Not Found", "", body)]).await;
    assert_eq!(
        get(&server).await.expect_err("refused").kind(),
        ErrorKind::NotFound
    );
    let words = "Operation returned an invalid status 'Bad Request'";
    assert_eq!(
        refused(answer("400 Bad Request", "", "\"<html>\"")).await.0,
        words
    );
    let words = "JSON is invalid: Expecting value: line 1 column 1 (char 0)";
    assert_eq!(
        refused(answer("400 Bad Request", "", "<html>")).await.0,
        words
    );
    assert_eq!(refused(answer("200 OK", "", "<html>")).await.0, words);
    let html =
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>";
    let words = "Operation returned an invalid status 'Bad Request'";
    assert_eq!(refused(Reply::Bytes(html.to_owned())).await.0, words);
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let fine = || answer("200 OK", "", "{}");
    for passing in [
        answer("429 Too Many Requests", "Retry-After: 0.01\r\n", ""),
        answer("500 Internal Server Error", "", ""),
        answer("503 Service Unavailable", "", ""),
        Reply::Drop,
        Reply::Silence,
        Reply::Cut("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\"".to_owned()),
    ] {
        let server = Server::start([passing.clone(), fine()]).await;
        assert_eq!(
            get(&server).await.expect("tried again"),
            json!({}),
            "{passing:?}"
        );
        assert_eq!(server.requests().len(), 2, "{passing:?}");
    }
}

#[tokio::test]
async fn what_stays_ends_after_azs_number_of_requests() {
    let throttled = answer(
        "429 Too Many Requests",
        "Retry-After: 0.01\r\n",
        r#"{"code": "T", "message": "m"}"#,
    );
    assert_eq!(
        refused(throttled).await,
        ("(T) m\nCode: T\nMessage: m".to_owned(), 4)
    );
    let conflict = answer("409 Conflict", "", r#"{"code": "C", "message": "m"}"#);
    assert_eq!(refused(conflict).await.1, 1);
}

#[tokio::test]
async fn a_broken_connection_reads_as_in_az() {
    let server = Server::start([Reply::Drop]).await;
    let error = server
        .arm()
        .send(&Request::post(PATH, "1", None, Declared::READ), &Silent)
        .await;
    let words = "('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))";
    assert_eq!(error.expect_err("broken").to_string(), words);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn half_an_answer_reads_as_in_az() {
    let half =
        Reply::Cut("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\": \"x\", ".to_owned());
    let server = Server::start([half]).await;
    let told = RecordedReport::default();
    let post = Request::post(PATH, "1", None, Declared::READ);
    let error = server
        .arm()
        .send(&post, &told)
        .await
        .expect_err("half")
        .to_string();
    let what = "IncompleteRead(12 bytes read, 88 more expected)";
    assert_eq!(error, format!("('Connection broken: {what}', {what})"));
    assert_eq!(*told.warnings.lock().expect("ok"), ["Incomplete download."]);
}

#[tokio::test]
async fn no_connection_reads_as_in_az() {
    let server = Server::start([Reply::Drop]).await;
    let mut arm = server.arm();
    let inner = Arc::get_mut(&mut arm.inner).expect("not shared");
    inner.base.set_port(Some(1)).expect("set");
    let error = arm
        .send(&Request::post("/x", "1", None, Declared::READ), &Silent)
        .await
        .expect_err("refused");
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
    assert!(
        error.to_string().ends_with(&format!("GET {PATH}")),
        "{error}"
    );
}

#[tokio::test]
async fn a_pause_that_azure_asks_for_is_everyones() {
    let throttled = answer("429 Too Many Requests", "Retry-After: 0.3\r\n", "");
    let server = Server::start([throttled, answer("200 OK", "", "{}")]).await;
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
    while arm
        .inner
        .throttle
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
async fn a_pause_beyond_the_deadline_is_not_waited_for() {
    let body = r#"{"code": "T", "message": "m"}"#;
    let (error, requests) = refused(answer(
        "429 Too Many Requests",
        "Retry-After: 3600\r\n",
        body,
    ))
    .await;
    assert_eq!(
        (error.as_str(), requests),
        ("(T) m\nCode: T\nMessage: m", 1)
    );
}

#[tokio::test]
async fn a_name_cannot_lead_up_the_path() {
    let server = Server::start([answer("200 OK", "", "{}")]).await;
    for path in [
        "/c/agentPools/..",
        "/c/agentPools/.",
        "/c/agentPools/%2E.?x",
        "/c/..\\d",
        "https://127.0.0.1/a/../b",
    ] {
        let request = Request::delete(path, "1");
        let error = server.arm().send(&request, &Silent).await;
        let words = error.expect_err("refused").to_string();
        assert!(words.starts_with("'.' and '..' are no names"), "{words}");
    }
    assert!(server.lines().is_empty());
    let request = Request::get("/c/agentPools/..x/.y/z..", "1").parameter("a", "../b");
    server.arm().send(&request, &Silent).await.expect("sent");
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
