use super::*;
use serde_json::json;

static INNER: Model = Model(&[
    ("code", "code", Kind::Choice),
    ("when", "at", Kind::DateTime),
]);
static OUTER: Model = Model(&[
    ("name", "name", Kind::Text),
    ("properties", "properties", Kind::Flattened(&FLAT)),
    ("tags", "tags", Kind::Map(&Kind::Text)),
]);
static FLAT: Model = Model(&[
    ("osDiskSizeGB", "osDiskSizeGb", Kind::Integer),
    ("price", "price", Kind::Float),
    ("on", "on", Kind::Boolean),
    ("inner", "inner", Kind::Object(&INNER)),
    ("list", "list", Kind::List(&Kind::Object(&INNER))),
    ("pem", "pem", Kind::Bytes),
]);

static SCALE: Model = Model(&[("autoscale", "autoscale", Kind::List(&Kind::Object(&INNER)))]);
static PROFILE: Model = Model(&[
    ("scale", "scale", Kind::Object(&SCALE)),
    ("x", "x", Kind::Text),
]);

#[test]
fn what_is_absent_is_null_and_what_is_unknown_is_left_out() {
    let document = OUTER.document(&json!({"name": "n", "unknown": 1, "properties": {}}));
    let expected = json!({"name": "n", "osDiskSizeGb": null, "price": null, "on": null,
        "inner": null, "list": null, "pem": null, "tags": null});
    assert_eq!(document, Value::from(&expected));
    let Value::Object(object) = document else {
        panic!("not an object")
    };
    let keys: Vec<&str> = object.entries.iter().map(|(key, _)| &**key).collect();
    let expected = "name osDiskSizeGb price on inner list pem tags";
    assert_eq!(keys.join(" "), expected);
}

#[test]
fn scalars_are_converted_as_python_does() {
    let document = OUTER.document(&json!({
        "name": true,
        "properties": {"osDiskSizeGB": "128", "price": -1, "on": "false", "pem": "aGVsbG8=",
            "list": [{"code": 5, "when": "2024-05-06T07:08:09.1234567Z"}, null, "odd"]},
        "tags": {"b": 1, "a": null, "c": "x"}}));
    let list = json!([{"code": 5, "at": "2024-05-06T07:08:09.123456+00:00"}, null, "odd"]);
    let tags = json!({"b": "1", "a": null, "c": "x"});
    for (az, expected) in [
        ("name", Value::from("True")),
        ("osDiskSizeGb", Value::Int(128)),
        ("price", Value::Float(-1.0)),
        ("on", Value::Bool(true)),
        ("pem", Value::Bytes(b"hello".as_slice().into())),
        ("list", Value::from(&list)),
        ("tags", Value::from(&tags)),
    ] {
        assert_eq!(document.get(az), Some(&expected), "{az}");
    }
}

#[test]
fn what_cannot_be_converted_stays() {
    let odd = json!({"properties": {"osDiskSizeGB": "many", "price": [], "inner": "Running",
        "pem": "YQ="}, "tags": ["t"]});
    let document = OUTER.document(&odd);
    for (az, expected) in [
        ("osDiskSizeGb", json!("many")),
        ("price", json!([])),
        ("inner", json!("Running")),
        ("pem", json!("YQ=")),
        ("tags", json!(["t"])),
    ] {
        assert_eq!(document.get(az), Some(&Value::from(&expected)), "{az}");
    }
}

/// The case of `virtualMachinesProfile.scale.autoscale`, which Azure once sent as an object.
#[test]
fn a_list_of_objects_that_is_none_spoils_the_object_around_it() {
    let scale = json!({"autoscale": {"code": 1}, "manual": null});
    let document = PROFILE.document(&json!({"scale": scale}));
    assert_eq!(document, Value::from(&json!({"scale": scale, "x": null})));
    let flat = OUTER.document(&json!({"name": "n", "properties": {"list": {"code": 1}}}));
    assert_eq!(flat, Value::from(&json!({"name": "n", "tags": null})));
    let none = json!({"name": "n", "properties": null, "tags": null});
    assert_eq!(OUTER.document(&json!({"name": "n"})), Value::from(&none));
}

#[test]
fn values_of_another_type_are_azs() {
    static LISTS: Model = Model(&[
        ("text", "text", Kind::Text),
        ("list", "list", Kind::List(&Kind::Text)),
        ("count", "count", Kind::Integer),
        ("price", "price", Kind::Float),
    ]);
    let nested = vec!["['x']".into(), "True".into()];
    let large = Value::integer("1000000000000000019884624838656");
    for (name, sent, shown) in [
        ("text", json!([1, "a", null]), Value::from("[1, 'a', None]")),
        ("text", json!({"a": 1.0}), "{'a': 1.0}".into()),
        ("list", json!("ab"), vec!["a".into(), "b".into()].into()),
        ("list", json!([["x"], true]), nested.into()),
        ("count", json!("1_0"), Value::Int(10)),
        ("count", json!(-3.7), Value::Int(-3)),
        ("count", json!(1e30), large),
        ("price", json!("-inf"), Value::Float(f64::NEG_INFINITY)),
    ] {
        let document = LISTS.document(&json!({name: sent}));
        assert_eq!(document.get(name), Some(&shown), "{name} {sent}");
    }
}

/// Recorded from Python's `base64.b64decode`.
#[test]
fn base64_is_read_as_leniently_as_python_reads_it() {
    for (encoded, decoded) in [
        ("aGVs\nbG8=", Some("hello")),
        ("!!!", Some("")),
        ("aGVsbG8=xx", Some("hello")),
        ("=aGVsbG8=", Some("hello")),
        ("aGVsbG8==", Some("hello")),
        ("YQ=\n=", Some("a")),
        ("YWI=YWI=", Some("ab")),
        ("YWJj=YWJj", Some("abcabc")),
        ("YQ==YQ==", Some("a")),
        ("aGVsbG8", None),
        ("YQ=", None),
        ("Y", None),
        ("éa", None),
    ] {
        let expected = decoded.map(|text| Value::Bytes(text.as_bytes().into()));
        assert_eq!(decode(encoded), expected, "{encoded}");
    }
}

#[test]
fn elements_without_what_is_flattened_have_its_properties_if_another_has() {
    let keys = |document: &Value| match document {
        Value::Object(object) => object.entries.len(),
        _ => 0,
    };
    let bare = json!({"name": "b"});
    let full = json!({"name": "a", "properties": {"price": 1}});
    let lengths =
        |answers: &[Json]| -> Vec<usize> { OUTER.documents(answers).iter().map(keys).collect() };
    assert_eq!(lengths(&[bare.clone(), full]), [8, 8]);
    assert_eq!(lengths(&[bare]), [3]);
}

#[test]
fn a_sparse_document_has_what_was_sent_in_the_models_order() {
    let sent =
        json!({"tags": {}, "properties": {"inner": {"when": null, "x": 1}, "on": false}, "y": 2});
    let document = OUTER.sparse_document(&sent);
    let expected = json!({"on": false, "inner": {}, "tags": {}});
    assert_eq!(document, Value::from(&expected));
}
