//! Long-running operations over a real connection.

use serde_json::{Value, json};

use super::*;
use crate::{ArmError, Continuation, Declared, OperationStatus, Polled, Request};
use azq_command::ErrorKind;

const POOL: &str = "/subscriptions/s/agentPools/p";

/// Sends a request and waits for the operation that it starts. Returns the result, the reports and
/// the requests.
async fn run(
    request: Request,
    script: impl FnOnce(&str) -> Vec<Reply>,
) -> (Result<Option<Value>, ArmError>, RecordedReport, Vec<String>) {
    let server = Server::with(script).await;
    let (arm, told) = (server.arm(), RecordedReport::default());
    let started = arm.send(&request, &told).await.expect("started");
    let result = arm.finish(&request, started, &told).await;
    (result, told, server.lines())
}

fn put() -> Request {
    Request::put(POOL, "1", json!({}))
}

fn delete() -> Request {
    Request::delete(POOL, "1")
}

fn post() -> Request {
    Request::post("/x", "1", None, Declared::UPGRADE_NODE_IMAGE)
}

fn begun(base: &str) -> String {
    format!(
        "Azure-AsyncOperation: {base}/op?api-version=2&t=1&s=a%2Bb\r\nLocation: {base}/result\r\n"
    )
}

fn polled(status: &str) -> Reply {
    answer(
        "200 OK",
        "Retry-After: 0.01\r\n",
        &json!({"status": status}).to_string(),
    )
}

fn words(result: Result<Option<Value>, ArmError>) -> String {
    result.expect_err("failed").to_string()
}

#[tokio::test]
async fn a_put_is_polled_by_its_operation_and_read_at_the_end() {
    let (result, told, lines) = run(put(), |base| {
        vec![
            answer(
                "201 Created",
                &begun(base),
                r#"{"properties": {"provisioningState": "Creating"}}"#,
            ),
            polled("InProgress"),
            answer(
                "200 OK",
                "Retry-After: 0.01\r\n",
                r#"{"status": "Updating", "error": {"code": "Old", "message": "m"}}"#,
            ),
            answer(
                "200 OK",
                "",
                r#"{"status": "Succeeded", "error": {"code": "Old", "message": "m"}}"#,
            ),
            answer("200 OK", "", r#"{"name": "p"}"#),
        ]
    })
    .await;
    assert_eq!(result.expect("succeeded"), Some(json!({"name": "p"})));
    let poll = "GET /op?api-version=2&t=1&s=a%2Bb HTTP/1.1".to_owned();
    assert_eq!(lines[1..4], [poll.clone(), poll.clone(), poll]);
    assert_eq!(lines[4], format!("GET {POOL}?api-version=1 HTTP/1.1"));
    let operations = told.operations.lock().expect("ok").clone();
    assert!(operations.len() == 1 && operations[0].ends_with("/op?api-version=2&t=1&s=a%2Bb"));
    let all = told.all.lock().expect("ok").clone();
    let states = ["Starting", "InProgress", "Updating", "Succeeded"];
    let shown: Vec<_> = all
        .iter()
        .filter(|text| states.contains(&text.as_str()))
        .collect();
    assert_eq!(shown, ["Starting", "InProgress", "Updating"]);
}

#[tokio::test]
async fn a_failed_operation_reads_as_in_az() {
    let failing = async |body: &str| {
        let body = body.to_owned();
        run(put(), |base| {
            vec![
                answer("200 OK", &begun(base), "{}"),
                answer("200 OK", "", &body),
            ]
        })
        .await
        .0
    };
    let result = failing(
        r#"{"status": "Failed", "error": {"code": "X", "message": "Y", "details": [{"code": "d", "message": "e"}]}}"#,
    );
    assert_eq!(
        words(result.await),
        "(X) Y\nCode: X\nMessage: Y\nException Details:\t(d) e\n\tCode: d\n\tMessage: e"
    );
    let result =
        failing(r#"{"status": "Canceled", "error": {"code": "Canceled", "message": "by user"}}"#);
    assert_eq!(
        words(result.await),
        "(Canceled) by user\nCode: Canceled\nMessage: by user"
    );
    let result = failing(r#"{"status": "Failed"}"#);
    assert_eq!(
        words(result.await),
        "Operation returned an invalid status 'OK'"
    );
    assert_eq!(words(failing("{}").await), "No status found in body");
    let words_of_none = "The response from long running operation does not contain a body.";
    assert_eq!(words(failing("").await), words_of_none);
}

#[tokio::test]
async fn the_first_answer_may_be_the_last() {
    let (result, told, lines) = run(put(), |_| {
        vec![answer(
            "200 OK",
            "",
            r#"{"properties": {"provisioningState": "Succeeded"}}"#,
        )]
    })
    .await;
    assert!(result.expect("succeeded").is_some());
    assert_eq!(lines.len(), 1);
    assert_eq!(told.operations.lock().expect("ok").len(), 0);
    let (result, _, lines) = run(post(), |_| vec![answer("200 OK", "", "[1]")]).await;
    assert_eq!((result.expect("done"), lines.len()), (Some(json!([1])), 1));
}

#[tokio::test]
async fn what_has_failed_with_the_first_answer_is_the_outcome() {
    for state in ["Failed", "Canceled", "succeeded"] {
        let body = json!({"properties": {"provisioningState": state}});
        let (result, _, lines) = run(put(), |_| {
            vec![answer("201 Created", "", &body.to_string())]
        })
        .await;
        assert_eq!(result.expect("an outcome"), Some(body));
        assert_eq!(lines.len(), 1);
    }
    let body = json!({"status": "Failed"});
    let (result, _, lines) = run(put(), |base| {
        vec![answer("200 OK", &begun(base), &body.to_string())]
    })
    .await;
    assert_eq!((result.expect("an outcome"), lines.len()), (Some(body), 1));
}

#[tokio::test]
async fn a_poll_that_makes_no_sense_is_azs_error() {
    let polled = async |reply: Reply| {
        let (result, _, lines) = run(put(), |base| {
            vec![answer("201 Created", &begun(base), "{}"), reply]
        })
        .await;
        assert_eq!(lines.len(), 2, "{result:?}");
        words(result)
    };
    let none = "No status found in body";
    for body in [
        r#"{"name": "x"}"#,
        r#"{"status": null}"#,
        r#"{"status": ""}"#,
        r#"{"status": 0}"#,
    ] {
        assert_eq!(polled(answer("200 OK", "", body)).await, none);
    }
    let empty = "The response from long running operation does not contain a body.";
    assert_eq!(polled(answer("200 OK", "", "")).await, empty);
    assert_eq!(polled(answer("204 No Content", "", "")).await, empty);
    let html = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>";
    assert_eq!(
        polled(Reply::Bytes(html.to_owned())).await,
        "Error occurred in deserializing the response body."
    );
    assert_eq!(
        polled(answer("203 Whatever", "", "{}")).await,
        "Operation returned an invalid status 'Whatever'"
    );
}

#[tokio::test]
async fn an_empty_address_of_an_operation_is_azs_error() {
    for header in ["Azure-AsyncOperation:\r\n", "Location: \r\n"] {
        let (result, _, lines) = run(put(), |_| vec![answer("201 Created", header, "{}")]).await;
        assert_eq!(
            words(result),
            "Operation returned an invalid status 'Created'"
        );
        assert_eq!(lines.len(), 1);
    }
}

#[tokio::test]
async fn a_wait_outlasts_a_pause_and_a_dead_network() {
    let server = Server::with(|base| {
        let mut script = vec![answer("201 Created", &begun(base), "{}")];
        script.push(answer("429 Too Many Requests", "Retry-After: 1.2\r\n", ""));
        script.extend([
            Reply::Drop,
            Reply::Drop,
            Reply::Drop,
            Reply::Drop,
            Reply::Drop,
        ]);
        script.extend([
            polled("Succeeded"),
            answer("200 OK", "", r#"{"name": "p"}"#),
        ]);
        script
    })
    .await;
    let deadlines = Deadlines {
        total: Duration::from_secs(1),
        polling: Duration::from_secs(60),
        ..DEADLINES
    };
    let (arm, request) = (server.arm_with(Tokens::default(), deadlines), put());
    let started = arm.send(&request, &Silent).await.expect("started");
    let result = arm.finish(&request, started, &Silent).await;
    assert_eq!(result.expect("succeeded"), Some(json!({"name": "p"})));
}

#[tokio::test]
async fn a_wait_that_ends_too_early_says_how_to_go_on() {
    let server =
        Server::with(|base| vec![answer("201 Created", &begun(base), "{}"), Reply::Drop]).await;
    let (arm, request, told) = (server.arm(), put(), RecordedReport::default());
    let started = arm.send(&request, &told).await.expect("started");
    let error = arm
        .finish(&request, started, &told)
        .await
        .expect_err("no network");
    let error = azq_command::CommandError::from(error);
    let advice = error.recommendation.expect("advice");
    let begun = "The operation goes on in Azure. To wait for it, run: azq operation wait ";
    assert!(
        advice.starts_with(begun) && advice.len() > begun.len(),
        "{advice}"
    );
    assert!(
        error.message.contains("Connection aborted"),
        "{}",
        error.message
    );
}

#[tokio::test]
async fn a_wish_for_no_wait_is_none() {
    let (result, _, lines) = run(put(), |base| {
        vec![
            answer("201 Created", &begun(base), "{}"),
            answer(
                "200 OK",
                "Retry-After: 0\r\n",
                r#"{"status": "InProgress"}"#,
            ),
            polled("Succeeded"),
            answer("200 OK", "", "{}"),
        ]
    })
    .await;
    assert_eq!((result.expect("done"), lines.len()), (Some(json!({})), 4));
    let now = tokio::time::Instant::now();
    let last = |wish: &str| crate::Response {
        status: http::StatusCode::OK,
        headers: http::HeaderMap::from_iter([(
            http::header::RETRY_AFTER,
            wish.parse().expect("a value"),
        )]),
        reason: None,
        body: bytes::Bytes::new(),
    };
    let interval = crate::operation::interval;
    assert_eq!(interval(now, &last("0")), Duration::from_secs(2));
    assert_eq!(interval(now, &last("7")), Duration::from_secs(7));
}

#[tokio::test]
async fn a_resource_may_be_its_own_monitor() {
    let state = |state: &str| json!({"properties": {"provisioningState": state}}).to_string();
    let (result, _, lines) = run(put(), |_| {
        vec![
            answer("201 Created", "", &state("Creating")),
            answer("200 OK", "Retry-After: 0.01\r\n", &state("Creating")),
            answer("200 OK", "", &state("Succeeded")),
        ]
    })
    .await;
    assert_eq!(
        result.expect("succeeded").expect("a resource")["properties"]["provisioningState"],
        "Succeeded"
    );
    assert!(
        lines[1..]
            .iter()
            .all(|line| *line == format!("GET {POOL}?api-version=1 HTTP/1.1"))
    );
}

#[tokio::test]
async fn a_deletion_leaves_nothing_whichever_way_it_is_polled() {
    let (result, _, lines) = run(delete(), |base| {
        vec![
            answer("202 Accepted", &begun(base), ""),
            polled("Succeeded"),
        ]
    })
    .await;
    assert_eq!((result.expect("deleted"), lines.len()), (None, 2));
    let (result, _, lines) = run(delete(), |_| {
        vec![
            answer("202 Accepted", "Location: /one\r\n", ""),
            answer(
                "202 Accepted",
                "Location: /two\r\nRetry-After: 0.01\r\n",
                "",
            ),
            answer("204 No Content", "", ""),
        ]
    })
    .await;
    assert_eq!(result.expect("deleted"), None);
    assert_eq!(lines[1..], ["GET /one HTTP/1.1", "GET /two HTTP/1.1"]);
}

#[tokio::test]
async fn a_post_ends_at_its_location() {
    let (result, _, lines) = run(post(), |base| {
        vec![
            answer("202 Accepted", &begun(base), ""),
            polled("Succeeded"),
            answer("200 OK", "", r#"{"r": 1}"#),
        ]
    })
    .await;
    assert_eq!(result.expect("done"), Some(json!({"r": 1})));
    assert_eq!(lines[2], "GET /result HTTP/1.1");
}

#[tokio::test]
async fn a_poll_that_fails_for_a_while_is_made_again() {
    let (result, _, _) = run(put(), |base| {
        vec![
            answer("200 OK", &begun(base), "{}"),
            Reply::Drop,
            Reply::Drop,
            Reply::Silence,
            answer("502 Bad Gateway", "Retry-After: 0.01\r\n", "<html>"),
            polled("Succeeded"),
            answer("200 OK", "", r#"{"name": "p"}"#),
        ]
    })
    .await;
    assert_eq!(result.expect("succeeded"), Some(json!({"name": "p"})));
}

#[tokio::test]
async fn a_poll_that_keeps_failing_ends_in_azs_words() {
    let throttled = answer(
        "429 Too Many Requests",
        "Retry-After: 0.05\r\n",
        r#"{"code": "T", "message": "m"}"#,
    );
    let (result, _, _) = run(put(), |base| {
        vec![answer("200 OK", &begun(base), "{}"), throttled]
    })
    .await;
    assert_eq!(words(result), "(T) m\nCode: T\nMessage: m");
    let gone = answer(
        "404 Not Found",
        "",
        r#"{"error": {"code": "NotFound", "message": "m"}}"#,
    );
    let (result, _, lines) = run(put(), |base| {
        vec![answer("200 OK", &begun(base), "{}"), gone]
    })
    .await;
    assert_eq!(
        (result.expect_err("gone").kind(), lines.len()),
        (ErrorKind::NotFound, 2)
    );
}

#[tokio::test]
async fn an_operation_elsewhere_is_not_followed() {
    let (result, _, lines) = run(put(), |_| {
        vec![answer(
            "201 Created",
            "Azure-AsyncOperation: https://127.0.0.2/op\r\n",
            "{}",
        )]
    })
    .await;
    assert!(matches!(result, Err(ArmError::ForeignHost { .. })));
    assert_eq!(lines.len(), 1);
}

#[tokio::test]
async fn an_operation_is_resumed_where_it_was_left() {
    let server = Server::start([
        polled("InProgress"),
        polled("Succeeded"),
        answer("200 OK", "", r#"{"name": "p"}"#),
    ])
    .await;
    let told = RecordedReport::default();
    let begun = |server: &Server, method: &str| Continuation {
        method: method.to_owned(),
        resource: format!("{}{POOL}", server.base),
        url: format!("{}/op?x", server.base),
        polled: Polled::Status,
        location: None,
    };
    let continuation = begun(&server, "PUT");
    let result = server.arm().resume(&continuation, &told).await;
    assert_eq!(result.expect("succeeded"), Some(json!({"name": "p"})));
    assert_eq!(server.lines()[2], format!("GET {POOL} HTTP/1.1"));
    let said = told.all.lock().expect("unpoisoned").clone();
    assert_eq!(said.first(), Some(&continuation.url));
    assert!(said.contains(&format!("ended {}", continuation.url)));
    let server = Server::start([polled("Succeeded")]).await;
    let deletion = begun(&server, "DELETE");
    let result = server
        .arm()
        .resume(&deletion, &RecordedReport::default())
        .await;
    assert_eq!(result.expect("done"), None);
}

#[tokio::test]
async fn a_look_tells_how_an_operation_is() {
    let gone = answer(
        "404 Not Found",
        "",
        r#"{"error": {"code": "NotFound", "message": "m"}}"#,
    );
    let server = Server::start([
        polled("InProgress"),
        polled("Failed"),
        polled("canceled"),
        polled("Succeeded"),
        gone,
    ])
    .await;
    let continuation = Continuation {
        method: "PUT".to_owned(),
        resource: format!("{}{POOL}", server.base),
        url: format!("{}/op?x", server.base),
        polled: Polled::Status,
        location: None,
    };
    for expected in [
        OperationStatus::UnderWay,
        OperationStatus::Ended("Failed"),
        OperationStatus::Ended("Canceled"),
        OperationStatus::Ended("Succeeded"),
        OperationStatus::Gone,
    ] {
        let look = server
            .arm()
            .look(&continuation, &RecordedReport::default())
            .await;
        assert_eq!(look.expect("an answer"), expected);
    }
}
