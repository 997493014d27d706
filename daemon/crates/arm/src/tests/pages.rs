//! Lists in pages, and responses that are read as they arrive.

use futures_util::TryStreamExt;
use serde_json::json;

use super::*;

/// Lists a collection with these pages. Returns the result and the requests.
async fn list(
    pages: impl IntoIterator<Item = Reply>,
    query: &[(String, String)],
) -> (Result<Vec<serde_json::Value>, ArmError>, Vec<String>) {
    let server = Server::start(pages).await;
    let result = server.arm().list(PATH, "1", query, &Silent).await;
    (result, server.lines())
}

#[tokio::test]
async fn pages_are_followed_within_the_host_only() {
    let page = r#"{"value": [1, 2], "nextLink": "{base}/next?$skiptoken=a%20b&sig=x%2F"}"#;
    let last = ok(r#"{"value": [3], "nextLink": ""}"#);
    let query = [("$filter".to_owned(), "a eq 'b'".to_owned())];
    let (elements, lines) = list([ok(page), last], &query).await;
    let elements = elements.expect("two pages");
    assert_eq!(elements, [json!(1), json!(2), json!(3)]);
    let filter = "?api-version=1&$filter=a%20eq%20%27b%27 ";
    assert!(lines[0].contains(filter), "{lines:?}");
    assert_eq!(lines[1], "GET /next?$skiptoken=a%20b&sig=x%2F HTTP/1.1");
    let foreign = ok(r#"{"value": [], "nextLink": "https://127.0.0.2/"}"#);
    let (result, lines) = list([foreign], &[]).await;
    let error = result.expect_err("foreign");
    let is_foreign = matches!(&error, ArmError::ForeignHost { host, .. } if host == "127.0.0.2");
    assert!(is_foreign, "{error}");
    assert_eq!(lines.len(), 1);
}

#[tokio::test]
async fn pages_that_lead_in_a_circle_end() {
    let (result, lines) = list([ok(r#"{"value": [1], "nextLink": "/again"}"#)], &[]).await;
    let error = result.expect_err("no end").to_string();
    assert!(error.ends_with("its pages do not end."), "{error}");
    assert_eq!(lines.len(), 2);
}

#[tokio::test]
async fn a_stream_gives_what_arrives_and_says_where_it_broke() {
    let read = async |reply: Reply| {
        let server = Server::start([reply]).await;
        let request = Request::get(PATH, "1");
        let stream = server.arm().stream(&request, &Silent).await?;
        let parts: Vec<_> = stream.try_collect().await?;
        Ok::<_, ArmError>(parts.concat())
    };
    let whole = read(ok("{\"a\": 1}")).await.expect("whole");
    assert_eq!(whole, b"{\"a\": 1}");
    let refused = read(refusal("400 Bad Request", "", "C")).await;
    assert_eq!(refused.expect_err("refused").code(), Some("C"));
    let half = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\"".to_owned();
    for (reply, words) in [
        (
            Reply::Cut(half.clone()),
            "IncompleteRead(4 bytes read, 5 more expected)",
        ),
        (Reply::Bytes(half), "timed out"),
    ] {
        let error = read(reply).await.expect_err("half").to_string();
        assert!(error.contains(words), "{error}");
    }
}
