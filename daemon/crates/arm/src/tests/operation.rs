//! Long-running operations over a real connection.

use serde_json::{Value, json};

use super::*;
use crate::{Continuation, Declared, OperationStatus, Polled};
use azq_command::ErrorKind;

const POOL: &str = "/subscriptions/s/agentPools/p";
/// The body of a pool at the end of an operation.
const NAMED: &str = r#"{"name": "p"}"#;
/// The headers of a response that begins an operation.
const BEGUN: &str =
    "Azure-AsyncOperation: {base}/op?api-version=2&t=1&s=a%2Bb\r\nLocation: {base}/result\r\n";

/// Sends a request and waits for the operation that it starts. Returns the result, the reports and
/// the requests.
async fn run(
    request: Request,
    script: impl IntoIterator<Item = Reply>,
) -> (Result<Option<Value>, ArmError>, RecordedReport, Vec<String>) {
    let server = Server::start(script).await;
    let told = RecordedReport::default();
    let result = finished(&server.arm(), request, &told).await;
    (result, told, server.lines())
}

async fn finished(
    arm: &Arm,
    request: Request,
    told: &dyn Report,
) -> Result<Option<Value>, ArmError> {
    let started = arm.send(&request, told).await.expect("started");
    arm.finish(&request, started, told).await
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

fn begun(status: &str) -> Reply {
    answer(status, BEGUN, "{}")
}

fn polled(status: &str) -> Reply {
    answer("200 OK", SOON, &json!({"status": status}).to_string())
}

fn state(state: &str) -> Value {
    json!({"properties": {"provisioningState": state}})
}

fn words(result: Result<Option<Value>, ArmError>) -> String {
    result.expect_err("failed").to_string()
}

#[tokio::test]
async fn a_put_is_polled_by_its_operation_and_read_at_the_end() {
    let with_error = |status: &str| {
        json!({"status": status, "error": {"code": "Old", "message": "m"}}).to_string()
    };
    let script = [
        answer("201 Created", BEGUN, &state("Creating").to_string()),
        polled("InProgress"),
        answer("200 OK", SOON, &with_error("Updating")),
        ok(&with_error("Succeeded")),
        ok(NAMED),
    ];
    let (result, told, lines) = run(put(), script).await;
    assert_eq!(result.expect("succeeded"), Some(json!({"name": "p"})));
    let poll = "GET /op?api-version=2&t=1&s=a%2Bb HTTP/1.1".to_owned();
    assert_eq!(lines[1..4], [poll.clone(), poll.clone(), poll]);
    assert_eq!(lines[4], format!("GET {POOL}?api-version=1 HTTP/1.1"));
    let operations = told.operations.lock().expect("ok").clone();
    assert!(operations.len() == 1 && operations[0].ends_with("/op?api-version=2&t=1&s=a%2Bb"));
    let mut shown = told.all.lock().expect("ok").clone();
    let states = ["Starting", "InProgress", "Updating", "Succeeded"];
    shown.retain(|text| states.contains(&text.as_str()));
    assert_eq!(shown, states[..3]);
}

#[tokio::test]
async fn an_operation_that_fails_and_a_poll_that_makes_no_sense_read_as_in_az() {
    let none = "No status found in body";
    let empty = "The response from long running operation does not contain a body.";
    for (reply, wanted) in [
        (
            ok(
                r#"{"status": "Failed", "error": {"code": "X", "message": "Y", "details": [{"code": "d", "message": "e"}]}}"#,
            ),
            "(X) Y\nCode: X\nMessage: Y\nException Details:\t(d) e\n\tCode: d\n\tMessage: e",
        ),
        (
            ok(r#"{"status": "Canceled", "error": {"code": "Canceled", "message": "by user"}}"#),
            "(Canceled) by user\nCode: Canceled\nMessage: by user",
        ),
        (
            ok(r#"{"status": "Failed"}"#),
            "Operation returned an invalid status 'OK'",
        ),
        (ok("{}"), none),
        (ok(r#"{"name": "x"}"#), none),
        (ok(r#"{"status": null}"#), none),
        (ok(r#"{"status": ""}"#), none),
        (ok(r#"{"status": 0}"#), none),
        (ok(""), empty),
        (answer("204 No Content", "", ""), empty),
        (
            html("200 OK"),
            "Error occurred in deserializing the response body.",
        ),
        (
            answer("203 Whatever", "", "{}"),
            "Operation returned an invalid status 'Whatever'",
        ),
    ] {
        for first in ["200 OK", "201 Created"] {
            let (result, _, lines) = run(put(), [begun(first), reply.clone()]).await;
            assert_eq!(
                (words(result).as_str(), lines.len()),
                (wanted, 2),
                "{reply:?}"
            );
        }
    }
}

#[tokio::test]
async fn the_first_answer_may_be_the_last_and_is_the_outcome_even_of_a_failure() {
    for (request, status, headers, body) in [
        (put(), "200 OK", "", state("Succeeded")),
        (post(), "200 OK", "", json!([1])),
        (put(), "201 Created", "", state("Failed")),
        (put(), "201 Created", "", state("Canceled")),
        (put(), "201 Created", "", state("succeeded")),
        (put(), "200 OK", BEGUN, json!({"status": "Failed"})),
    ] {
        let first = answer(status, headers, &body.to_string());
        let (result, told, lines) = run(request, [first]).await;
        assert_eq!(result.expect("an outcome").as_ref(), Some(&body));
        let operations = told.operations.lock().expect("ok").len();
        assert_eq!((lines.len(), operations), (1, 0), "{body}");
    }
}

#[tokio::test]
async fn an_empty_address_of_an_operation_is_azs_error() {
    for header in ["Azure-AsyncOperation:\r\n", "Location: \r\n"] {
        let (result, _, lines) = run(put(), [answer("201 Created", header, "{}")]).await;
        let wanted = "Operation returned an invalid status 'Created'";
        assert_eq!((words(result).as_str(), lines.len()), (wanted, 1));
    }
}

#[tokio::test]
async fn a_wait_outlasts_a_pause_and_a_dead_network() {
    let mut script = vec![begun("201 Created")];
    script.push(answer("429 Too Many Requests", "Retry-After: 1.2\r\n", ""));
    script.extend(vec![Reply::Drop; 5]);
    script.extend([polled("Succeeded"), ok(NAMED)]);
    let server = Server::start(script).await;
    let deadlines = Deadlines {
        total: Duration::from_secs(1),
        polling: Duration::from_secs(60),
        ..DEADLINES
    };
    let arm = server.arm_with(Tokens::default(), deadlines);
    let result = finished(&arm, put(), &Silent).await;
    assert_eq!(result.expect("succeeded"), Some(json!({"name": "p"})));
}

#[tokio::test]
async fn a_wait_that_ends_too_early_says_how_to_go_on() {
    let (result, ..) = run(put(), [begun("201 Created"), Reply::Drop]).await;
    let error = azq_command::CommandError::from(result.expect_err("no network"));
    let advice = error.recommendation.expect("advice");
    let begun = "The operation goes on in Azure. To wait for it, run: azq operation wait ";
    let has_id = advice.strip_prefix(begun).is_some_and(|id| !id.is_empty());
    assert!(has_id, "{advice}");
    let message = error.message;
    assert!(message.contains("Connection aborted"), "{message}");
}

#[tokio::test]
async fn a_wish_for_no_wait_is_none() {
    let at_once = answer(
        "200 OK",
        "Retry-After: 0\r\n",
        r#"{"status": "InProgress"}"#,
    );
    let script = [begun("201 Created"), at_once, polled("Succeeded"), ok("{}")];
    let (result, _, lines) = run(put(), script).await;
    assert_eq!((result.expect("done"), lines.len()), (Some(json!({})), 4));
    for (wish, seconds) in [("0", 2), ("7", 7)] {
        let last = Response::of(200, &[("retry-after", wish)], "");
        let interval = crate::operation::interval(tokio::time::Instant::now(), &last);
        assert_eq!(interval, Duration::from_secs(seconds));
    }
}

#[tokio::test]
async fn a_resource_may_be_its_own_monitor() {
    let [creating, succeeded] = ["Creating", "Succeeded"].map(|name| state(name).to_string());
    let script = [
        answer("201 Created", "", &creating),
        answer("200 OK", SOON, &creating),
        ok(&succeeded),
    ];
    let (result, _, lines) = run(put(), script).await;
    assert_eq!(result.expect("succeeded"), Some(state("Succeeded")));
    let poll = format!("GET {POOL}?api-version=1 HTTP/1.1");
    assert!(lines[1..].iter().all(|line| *line == poll));
}

#[tokio::test]
async fn a_deletion_leaves_nothing_whichever_way_it_is_polled() {
    let accepted = |headers: &str| answer("202 Accepted", headers, "");
    let (result, _, lines) = run(delete(), [accepted(BEGUN), polled("Succeeded")]).await;
    assert_eq!((result.expect("deleted"), lines.len()), (None, 2));
    let script = [
        accepted("Location: /one\r\n"),
        accepted("Location: /two\r\nRetry-After: 0.01\r\n"),
        answer("204 No Content", "", ""),
    ];
    let (result, _, lines) = run(delete(), script).await;
    assert_eq!(result.expect("deleted"), None);
    assert_eq!(lines[1..], ["GET /one HTTP/1.1", "GET /two HTTP/1.1"]);
}

#[tokio::test]
async fn a_post_ends_at_its_location() {
    let first = answer("202 Accepted", BEGUN, "");
    let script = [first, polled("Succeeded"), ok(r#"{"r": 1}"#)];
    let (result, _, lines) = run(post(), script).await;
    assert_eq!(result.expect("done"), Some(json!({"r": 1})));
    assert_eq!(lines[2], "GET /result HTTP/1.1");
}

#[tokio::test]
async fn a_poll_that_fails_for_a_while_is_made_again() {
    let script = [
        begun("200 OK"),
        Reply::Drop,
        Reply::Drop,
        Reply::Silence,
        answer("502 Bad Gateway", SOON, "<html>"),
        polled("Succeeded"),
        ok(NAMED),
    ];
    let (result, ..) = run(put(), script).await;
    assert_eq!(result.expect("succeeded"), Some(json!({"name": "p"})));
}

#[tokio::test]
async fn a_poll_that_keeps_failing_ends_in_azs_words() {
    let body = r#"{"code": "T", "message": "m"}"#;
    let throttled = answer("429 Too Many Requests", "Retry-After: 0.05\r\n", body);
    let (result, ..) = run(put(), [begun("200 OK"), throttled]).await;
    assert_eq!(words(result), "(T) m\nCode: T\nMessage: m");
    let gone = refusal("404 Not Found", "", "NotFound");
    let (result, _, lines) = run(put(), [begun("200 OK"), gone]).await;
    let kind = result.expect_err("gone").kind();
    assert_eq!((kind, lines.len()), (ErrorKind::NotFound, 2));
}

#[tokio::test]
async fn an_operation_elsewhere_is_not_followed() {
    let header = "Azure-AsyncOperation: https://127.0.0.2/op\r\n";
    let (result, _, lines) = run(put(), [answer("201 Created", header, "{}")]).await;
    assert!(matches!(result, Err(ArmError::ForeignHost { .. })));
    assert_eq!(lines.len(), 1);
}

/// Returns an operation of this server.
fn continuation(server: &Server, method: &str) -> Continuation {
    Continuation {
        method: method.to_owned(),
        resource: format!("{}{POOL}", server.base),
        url: format!("{}/op?x", server.base),
        polled: Polled::Status,
        location: None,
    }
}

#[tokio::test]
async fn an_operation_is_resumed_where_it_was_left() {
    let script = [polled("InProgress"), polled("Succeeded"), ok(NAMED)];
    let server = Server::start(script).await;
    let told = RecordedReport::default();
    let begun = continuation(&server, "PUT");
    let result = server.arm().resume(&begun, &told).await;
    assert_eq!(result.expect("succeeded"), Some(json!({"name": "p"})));
    assert_eq!(server.lines()[2], format!("GET {POOL} HTTP/1.1"));
    let said = told.all.lock().expect("unpoisoned").clone();
    assert_eq!(said.first(), Some(&begun.url));
    assert!(said.contains(&format!("ended {}", begun.url)));
    let server = Server::start([polled("Succeeded")]).await;
    let deletion = continuation(&server, "DELETE");
    let result = server.arm().resume(&deletion, &told).await;
    assert_eq!(result.expect("done"), None);
}

#[tokio::test]
async fn a_look_tells_how_an_operation_is() {
    for (reply, expected) in [
        (polled("InProgress"), OperationStatus::UnderWay),
        (polled("Failed"), OperationStatus::Ended("Failed")),
        (polled("canceled"), OperationStatus::Ended("Canceled")),
        (polled("Succeeded"), OperationStatus::Ended("Succeeded")),
        (
            refusal("404 Not Found", "", "NotFound"),
            OperationStatus::Gone,
        ),
    ] {
        let server = Server::start([reply]).await;
        let begun = continuation(&server, "PUT");
        let look = server.arm().look(&begun, &Silent).await;
        assert_eq!(look.expect("an answer"), expected);
    }
}
