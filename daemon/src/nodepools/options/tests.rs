use super::*;
use azq_arm::Silent;
use serde_json::json;

struct Request {
    size: Option<&'static str>,
    fast: bool,
}

type Row = super::Row<Request, Option<i64>>;

const TABLE: &[Row] = rows! {
    text size => "vmSize" = |r| r.size, valid |name, size| match size {
        Some("bad") => Err(CommandError::new(format!("bad {name}"))),
        _ => Ok(()),
    };
    switch fast => "profile.speed.fast" = true;
    computed count => "count" = |count| Some(count.map_or(Json::Null, Json::from));
};

#[test]
fn rows_become_properties_and_what_is_not_given_stays_and_null_removes() {
    for (size, fast, count, before, after) in [
        (
            Some("S"),
            true,
            Some(3),
            json!({"profile": null, "other": 1}),
            json!({"profile": {"speed": {"fast": true}}, "other": 1, "vmSize": "S", "count": 3}),
        ),
        (
            None,
            false,
            None,
            json!({"vmSize": "old", "count": 1}),
            json!({"vmSize": "old"}),
        ),
    ] {
        let pool = json!({"properties": before});
        let sent = write(TABLE, &Request { size, fast }, &count, pool);
        assert_eq!(sent, json!({"properties": after}), "{before}");
    }
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
