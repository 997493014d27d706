//! Lists in pages, and responses that are read as they arrive.

use futures_util::TryStreamExt;
use serde_json::json;

use super::*;
use crate::Request;
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
        r#"{"value": [], "nextLink": "https://127.0.0.2/"}"#,
    )])
    .await;
    let error = server
        .arm()
        .list(PATH, "1", &[], &Silent)
        .await
        .expect_err("foreign");
    assert!(
        matches!(&error, ArmError::ForeignHost { host, .. } if host == "127.0.0.2"),
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
