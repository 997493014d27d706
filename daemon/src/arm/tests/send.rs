//! Requests, retries, pages and streams over a real connection.

use std::time::Instant;

use futures_util::TryStreamExt;
use serde_json::json;

use super::*;
use crate::arm::{ArmError, Request};
use crate::error::Kind;
use crate::report::Silent;

const PATH: &str = "/subscriptions/s/providers/Microsoft.ContainerService/managedClusters";

async fn get(server: &Server) -> Result<serde_json::Value, ArmError> {
    server.arm().get(PATH, "1", &Silent).await
}

/// An error as az prints it, and how many requests it took.
async fn refused(reply: Reply) -> (String, usize) {
    let server = Server::start([reply]).await;
    let error = get(&server).await.expect_err("refused").to_string();
    (error, server.requests().len())
}

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
        sent.ends_with("\r\n\r\n{\"é\":null}") && sent.contains("if-match: \"e\"\r\n"),
        "{sent}"
    );
    let request = Request::get("/x", "1").header("A", "b\nc");
    assert!(matches!(
        server.arm().send(&request, &Silent).await,
        Err(ArmError::Setting(_))
    ));
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
        Kind::NotFound
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
        .send(&Request::post(PATH, "1", None), &Silent)
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
    let told = Told::default();
    let post = Request::post(PATH, "1", None);
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
        .send(&Request::post("/x", "1", None), &Silent)
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
    while arm
        .inner
        .throttle
        .ready(tokio::time::Instant::now())
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
async fn a_rejected_token_is_replaced_if_there_is_another() {
    let expired = answer(
        "401 Unauthorized",
        "",
        r#"{"error": {"code": "E", "message": "m"}}"#,
    );
    let server = Server::start([expired.clone(), answer("200 OK", "", "{}")]).await;
    let arm = server.arm_with(
        Tokens {
            numbered: true,
            ..Tokens::default()
        },
        DEADLINES,
    );
    arm.get(PATH, "1", &Silent)
        .await
        .expect("with another token");
    let bearer = |request: &String| {
        request
            .to_lowercase()
            .contains("authorization: bearer token-1\r\n")
    };
    assert_eq!(
        server
            .requests()
            .iter()
            .filter(|request| bearer(request))
            .count(),
        1
    );
    assert_eq!(refused(expired.clone()).await.1, 1);
    let server = Server::start([expired]).await;
    let arm = server.arm_with(
        Tokens {
            numbered: true,
            ..Tokens::default()
        },
        DEADLINES,
    );
    arm.get(PATH, "1", &Silent)
        .await
        .expect_err("rejected again");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_redirect_is_followed_within_the_host_only() {
    let there = "HTTP/1.1 307 Temporary Redirect\r\nLocation: /moved\r\nContent-Length: 0\r\n\r\n"
        .to_owned();
    let server = Server::start([Reply::Bytes(there), answer("200 OK", "", "{}")]).await;
    get(&server).await.expect("followed");
    assert!(
        server.requests()[1]
            .to_lowercase()
            .contains("authorization: bearer")
    );
    let other = Server::start([answer("200 OK", "", "{}")]).await;
    let away = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: {}/x\r\nContent-Length: 0\r\n\r\n",
        other.base
    );
    let (error, _) = refused(Reply::Bytes(away)).await;
    assert_eq!(
        error,
        "Azure's redirection is not followed: it leads to another host."
    );
    assert!(other.requests().is_empty());
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
async fn pages_are_followed_within_the_host_only() {
    let server = Server::with(|base| {
        let page =
            format!(r#"{{"value": [1, 2], "nextLink": "{base}/next?$skiptoken=a%20b&sig=x%2F"}}"#);
        vec![
            answer("200 OK", "", &page),
            answer("200 OK", "", r#"{"value": [3], "nextLink": ""}"#),
        ]
    })
    .await;
    let query = [("$filter".to_owned(), "a eq 'b'".to_owned())];
    let elements = server
        .arm()
        .list(PATH, "1", &query, &Silent)
        .await
        .expect("two pages");
    assert_eq!(elements, [json!(1), json!(2), json!(3)]);
    let lines = server.lines();
    assert!(
        lines[0].contains("?api-version=1&$filter=a%20eq%20%27b%27 "),
        "{lines:?}"
    );
    assert_eq!(lines[1], "GET /next?$skiptoken=a%20b&sig=x%2F HTTP/1.1");
    let server = Server::start([answer(
        "200 OK",
        "",
        r#"{"value": [], "nextLink": "https://evil.example/"}"#,
    )])
    .await;
    let error = server
        .arm()
        .list(PATH, "1", &[], &Silent)
        .await
        .expect_err("foreign");
    assert!(
        matches!(&error, ArmError::ForeignHost { host } if host == "evil.example"),
        "{error}"
    );
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn pages_that_lead_in_a_circle_end() {
    let server = Server::start([answer(
        "200 OK",
        "",
        r#"{"value": [1], "nextLink": "/again"}"#,
    )])
    .await;
    let error = server
        .arm()
        .list(PATH, "1", &[], &Silent)
        .await
        .expect_err("no end");
    assert!(
        error.to_string().ends_with("its pages do not end."),
        "{error}"
    );
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_stream_gives_what_arrives_and_says_where_it_broke() {
    let read = async |reply: Reply| {
        let server = Server::start([reply]).await;
        let stream = server
            .arm()
            .stream(&Request::get(PATH, "1"), &Silent)
            .await?;
        let parts: Vec<_> = stream.try_collect().await?;
        Ok::<_, ArmError>(parts.concat())
    };
    assert_eq!(
        read(answer("200 OK", "", "{\"a\": 1}"))
            .await
            .expect("whole"),
        b"{\"a\": 1}"
    );
    let half = Reply::Cut("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\"".to_owned());
    let error = read(half).await.expect_err("half").to_string();
    assert!(
        error.contains("IncompleteRead(4 bytes read, 5 more expected)"),
        "{error}"
    );
    let error = read(answer(
        "400 Bad Request",
        "",
        r#"{"code": "C", "message": "m"}"#,
    ))
    .await;
    assert_eq!(error.expect_err("refused").code(), Some("C"));
    let stuck = Reply::Bytes("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\"".to_owned());
    assert!(
        read(stuck)
            .await
            .expect_err("stuck")
            .to_string()
            .contains("timed out")
    );
}

#[tokio::test]
async fn a_provider_that_is_not_registered_is_registered() {
    let missing = answer(
        "409 Conflict",
        "",
        r#"{"error": {"code": "MissingSubscriptionRegistration", "message": "not registered to use namespace 'A.B'."}}"#,
    );
    let server = Server::start([missing.clone(), answer("404 Not Found", "", "")]).await;
    let told = Told::default();
    let error = server
        .arm()
        .get(PATH, "1", &told)
        .await
        .expect_err("not registered");
    assert_eq!(error.code(), Some("MissingSubscriptionRegistration"));
    let post = "POST /subscriptions/s/providers/A.B/register?api-version=2016-02-01 HTTP/1.1";
    assert_eq!(server.lines()[1], post);
    let warnings = told.warnings.lock().expect("ok").clone();
    assert_eq!(
        warnings[1],
        "Registration failed. Please register manually."
    );
}

#[tokio::test]
async fn nothing_that_is_told_holds_the_token() {
    let server = Server::start([Reply::Drop, answer("400 Bad Request", "", "")]).await;
    let told = Told::default();
    let error = server
        .arm()
        .get(PATH, "1", &told)
        .await
        .expect_err("refused");
    let told = told.all.lock().expect("ok").join("\n");
    assert!(!format!("{told}{error:?}{:?}", server.arm()).contains("Bearer"));
    assert!(
        told.contains(&format!("GET {PATH}: 400 Bad Request in ")),
        "{told}"
    );
}

#[tokio::test]
async fn a_token_is_sent_over_tls_or_to_this_machine_only() {
    let transports = Transports::new(DEADLINES);
    let transport = transports.get(&TransportSettings::default());
    let arm = |base: &str| {
        let tokens = TokenSource::new(Tokens::default());
        Arm::new(base, "s", &transport, tokens, Arc::default(), DEADLINES)
    };
    for refused in [
        "http://management.azure.com",
        "http://localhost:1",
        "ftp://127.0.0.1",
        "x",
    ] {
        assert!(
            matches!(arm(refused), Err(ArmError::Setting(_))),
            "{refused}"
        );
    }
    for fine in [
        "https://management.azure.com/",
        "http://127.0.0.1:1",
        "http://[::1]:1",
    ] {
        assert!(arm(fine).is_ok(), "{fine}");
    }
    let arm = arm("https://management.azure.com/").expect("fine");
    assert!(arm.url("https://management.azure.com:443/x?y").is_ok());
    for foreign in [
        "//evil.example/x",
        "https://management.azure.com.evil.example/",
        "http://management.azure.com/",
        "https://management.azure.com:444/",
        "data:x",
    ] {
        assert!(arm.url(foreign).is_err(), "{foreign}");
    }
}
