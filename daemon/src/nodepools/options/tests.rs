use super::*;
use azq_arm::Silent;
use serde_json::json;

struct Request {
    size: Option<&'static str>,
    fast: bool,
}

type Row = super::Row<Request, Option<i64>>;

const TABLE: &[Row] = &[
    Row::text("--size", "vmSize", |r| r.size).valid(|name, size| match size {
        Some("bad") => Err(CommandError::new(format!("bad {name}"))),
        _ => Ok(()),
    }),
    Row::switch("--fast", "profile.speed.fast", true, |r| r.fast),
    Row::computed("--count", "count", |count| {
        Some(count.map_or(Json::Null, Json::from))
    }),
    Row::headers("--h", |_| Some(json!({"A": "1", "b": "2"}))),
    Row::header("--a", "a", |count| count.map(|n| n.to_string().into())),
    Row::consulted("--no-wait"),
];

#[test]
fn rows_become_properties_and_headers() {
    let request = Request {
        size: Some("S"),
        fast: true,
    };
    let sent = write(
        TABLE,
        &request,
        &Some(3),
        json!({"properties": {"profile": null, "other": 1}}),
    );
    assert_eq!(
        sent.body,
        json!({"properties": {"profile": {"speed": {"fast": true}}, "other": 1, "vmSize": "S", "count": 3}})
    );
    assert_eq!(
        sent.headers,
        [("A".into(), "3".into()), ("b".into(), "2".into())]
    );
}

#[test]
fn what_is_not_given_stays_and_null_removes() {
    let request = Request {
        size: None,
        fast: false,
    };
    let sent = write(
        TABLE,
        &request,
        &None,
        json!({"properties": {"vmSize": "old", "count": 1}}),
    );
    assert_eq!(sent.body, json!({"properties": {"vmSize": "old"}}));
    assert_eq!(
        sent.headers,
        [("A".into(), "1".into()), ("b".into(), "2".into())]
    );
}

#[test]
fn integers_of_any_size_reach_azure() {
    let mut body = json!({"properties": {"count": i64::MAX, "other": i64::MAX,
        "upgradeSettings": {"drainTimeoutInMinutes": 5}, "scale": [{"count": i64::MIN}]}});
    let digits = "99999999999999999999";
    let large = [("--node-count".to_owned(), digits.to_owned())].into();
    restore_large_integers(&mut body, &large);
    let written = azq_python::json::dumps(&body);
    assert_eq!(written.matches(digits).count(), 2, "{written}");
    assert_eq!(body["properties"]["other"], json!(i64::MAX));
}

#[test]
fn checks_run_before_anything_is_written() {
    let request = Request {
        size: Some("bad"),
        fast: false,
    };
    assert_eq!(
        check(TABLE, &request, &Silent),
        Err(CommandError::new("bad --size"))
    );
}
