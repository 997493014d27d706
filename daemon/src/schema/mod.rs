//! From what Resource Manager answers to the document that az shows, by tables of rows.
//!
//! az deserializes an answer into a Python model and turns the model into a `dict`: every property that the model
//! knows appears, under a name made of its Python name and in the model's order, `null` if absent; what the model
//! does not know is left out; scalars are converted by Python's constructors, and stay as they are where that fails
//! (`azure/mgmt/*/_utils/model_base.py`, azure-cli-core `util.todict`). A [`Model`] is that knowledge as data.
//! The tables themselves are written by `tests/record_schema.py` from az's own models.
//!
//! Deliberately absent: writing. What is sent back to Azure stays `serde_json::Value`.

mod datetime;
mod resource_group;
mod selection;

pub use resource_group::add_resource_groups;
pub use selection::select;

use std::sync::Arc;

use serde_json::Value as Json;

use crate::document::Value;

/// Declares models: `NAME { "armName": Kind, "otherARMName" as "otherArmName": Kind }`.
macro_rules! models {
    ($($name:ident { $($arm:literal $(as $az:literal)? : $kind:expr),* $(,)? })*) => {
        $(pub(crate) static $name: $crate::schema::Model = $crate::schema::Model(&[
            $(($arm, $crate::schema::models!(@shown $arm $($az)?), $kind)),*
        ]);)*
    };
    (@shown $arm:literal) => { $arm };
    (@shown $arm:literal $az:literal) => { $az };
}
pub(crate) use models;

/// The properties of one object, in az's order.
#[derive(Debug)]
pub struct Model(pub &'static [Row]);

/// Resource Manager's name, az's name, and what to make of the value.
pub type Row = (&'static str, &'static str, Kind);

/// How az's model types a property.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Python's `str`: other scalars become text.
    Text,
    /// A string with known values: whatever comes is shown as it came.
    Choice,
    /// Python's `int`.
    Integer,
    /// Python's `float`.
    Float,
    /// Python's `bool`, that is Python's truth.
    Boolean,
    /// A point in time, shown in Python's ISO format.
    DateTime,
    /// Base64 on the wire, shown decoded.
    Bytes,
    /// Shown as it came.
    Any,
    /// A nested object.
    Object(&'static Model),
    /// A nested object whose properties appear in place of itself; anything else appears as itself.
    Flattened(&'static Model),
    /// An array.
    List(&'static Kind),
    /// An object with free keys, in the order in which they came.
    Map(&'static Kind),
}

/// What becomes of a property that Azure did not send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Absent {
    /// It is shown as `null`, as az's SDK models do.
    Null,
    /// It is left out, and so is a `null`, as az's own generated commands ("AAZ") do.
    Omitted,
}

/// A value whose type is not the model's, in a place where az gives up on the object around it.
struct Mismatch;

impl Model {
    /// az's document of an answer, with every property of the model. Anything but an object is shown as it came,
    /// and so is an object with an array or a map of objects that is none.
    ///
    /// Recursion is as deep as the answer, which `serde_json` bounds.
    pub fn document(&self, answer: &Json) -> Value {
        self.shown(answer, Absent::Null)
    }

    /// az's document of an answer with only those properties of the model that the answer has.
    pub fn sparse_document(&self, answer: &Json) -> Value {
        self.shown(answer, Absent::Omitted)
    }

    fn shown(&self, answer: &Json, absent: Absent) -> Value {
        let mut entries = Vec::with_capacity(self.0.len());
        match answer
            .is_object()
            .then(|| self.append(answer, absent, &mut entries))
        {
            Some(Ok(())) => Value::object(entries),
            Some(Err(Mismatch)) | None => Value::from(answer),
        }
    }

    fn append(
        &self,
        answer: &Json,
        absent: Absent,
        entries: &mut Vec<(&'static str, Value)>,
    ) -> Result<(), Mismatch> {
        for (arm, az, kind) in self.0 {
            let value = answer.get(arm).unwrap_or(&Json::Null);
            match kind {
                Kind::Flattened(model) if value.is_object() => {
                    model.flatten(value, absent, entries);
                }
                _ if value.is_null() && absent == Absent::Omitted => {}
                kind => entries.push((az, kind.value(value, absent)?)),
            }
        }
        Ok(())
    }

    /// Appends the properties of a nested object, or none of them if az cannot make sense of it.
    fn flatten(&self, value: &Json, absent: Absent, entries: &mut Vec<(&'static str, Value)>) {
        let before = entries.len();
        if self.append(value, absent, entries).is_err() {
            entries.truncate(before);
        }
    }
}

impl Kind {
    fn value(&self, json: &Json, absent: Absent) -> Result<Value, Mismatch> {
        if json.is_null() {
            return Ok(Value::Null);
        }
        let converted = match self {
            Kind::Text => text(json).map(Value::from),
            Kind::Integer => integer(json).map(Value::from),
            Kind::Float => float(json).map(Value::Float),
            Kind::Boolean => Some(Value::Bool(is_true(json))),
            Kind::DateTime => json
                .as_str()
                .and_then(datetime::iso_format)
                .map(Value::from),
            Kind::Bytes => json.as_str().and_then(decode).map(Value::from),
            Kind::Choice | Kind::Any => None,
            Kind::Object(model) | Kind::Flattened(model) => Some(model.shown(json, absent)),
            Kind::List(kind) => match json.as_array() {
                Some(items) => {
                    let items = items.iter().map(|item| kind.value(item, absent));
                    Some(items.collect::<Result<Vec<_>, _>>()?.into())
                }
                None if kind.has_model() => return Err(Mismatch),
                None => None,
            },
            Kind::Map(kind) => match json.as_object() {
                Some(map) => {
                    let entry = |(key, item): (&String, &Json)| {
                        Ok((key.as_str().into(), kind.value(item, absent)?))
                    };
                    let entries: Vec<(Arc<str>, Value)> =
                        map.iter().map(entry).collect::<Result<_, Mismatch>>()?;
                    Some(Value::object(entries))
                }
                None if kind.has_model() => return Err(Mismatch),
                None => None,
            },
        };
        Ok(converted.unwrap_or_else(|| Value::from(json)))
    }

    /// Whether az converts such a value at once, with the object around it, and not when it is shown.
    fn has_model(&self) -> bool {
        match self {
            Kind::Object(_) | Kind::Flattened(_) => true,
            Kind::List(kind) | Kind::Map(kind) => kind.has_model(),
            _ => false,
        }
    }
}

/// `str(…)` of a scalar.
fn text(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Bool(true) => Some("True".into()),
        Json::Bool(false) => Some("False".into()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// `int(…)` of a scalar: floats are cut off, text is read.
fn integer(json: &Json) -> Option<i64> {
    match json {
        Json::Bool(value) => Some(i64::from(*value)),
        Json::String(text) => text.trim().parse().ok(),
        #[expect(clippy::cast_possible_truncation, reason = "bounded by the guard")]
        Json::Number(number) => number.as_i64().or_else(|| {
            number
                .as_f64()
                .filter(|value| value.abs() < 9e15)
                .map(|value| value.trunc() as i64)
        }),
        _ => None,
    }
}

/// `float(…)` of a scalar.
fn float(json: &Json) -> Option<f64> {
    match json {
        Json::Bool(value) => Some(f64::from(u8::from(*value))),
        Json::String(text) => text.trim().parse().ok(),
        Json::Number(number) => number.as_f64(),
        _ => None,
    }
}

/// `bool(…)`: everything is true but zero and what is empty.
fn is_true(json: &Json) -> bool {
    match json {
        Json::Null => false,
        Json::Bool(value) => *value,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Object(map) => !map.is_empty(),
    }
}

/// The text that base64 encodes.
fn decode(encoded: &str) -> Option<String> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(encoded)
        .ok()?;
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
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
        assert_eq!(
            keys,
            [
                "name",
                "osDiskSizeGb",
                "price",
                "on",
                "inner",
                "list",
                "pem",
                "tags"
            ]
        );
    }

    #[test]
    fn scalars_are_converted_as_python_does() {
        let document = OUTER.document(&json!({
            "name": true,
            "properties": {"osDiskSizeGB": "128", "price": -1, "on": "false", "pem": "aGVsbG8=",
                "list": [{"code": 5, "when": "2024-05-06T07:08:09.1234567Z"}, null, "odd"]},
            "tags": {"b": 1, "a": null, "c": "x"}}));
        let list = json!([{"code": 5, "at": "2024-05-06T07:08:09.123456+00:00"}, null, "odd"]);
        assert_eq!(document.get("name"), Some(&Value::from("True")));
        assert_eq!(document.get("osDiskSizeGb"), Some(&Value::Int(128)));
        assert_eq!(document.get("price"), Some(&Value::Float(-1.0)));
        assert_eq!(document.get("on"), Some(&Value::Bool(true)));
        assert_eq!(document.get("pem"), Some(&Value::from("hello")));
        assert_eq!(document.get("list"), Some(&Value::from(&list)));
        assert_eq!(
            document.get("tags"),
            Some(&Value::from(&json!({"b": "1", "a": null, "c": "x"})))
        );
    }

    #[test]
    fn what_cannot_be_converted_stays() {
        let odd = json!({"properties": {"osDiskSizeGB": "many", "price": [], "inner": "Running",
            "pem": "?"}, "tags": ["t"]});
        let document = OUTER.document(&odd);
        for (az, expected) in [
            ("osDiskSizeGb", json!("many")),
            ("price", json!([])),
            ("inner", json!("Running")),
            ("pem", json!("?")),
            ("tags", json!(["t"])),
        ] {
            assert_eq!(document.get(az), Some(&Value::from(&expected)), "{az}");
        }
    }

    /// As in `virtualMachinesProfile.scale.autoscale`, which Azure once sent as an object.
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
    fn a_sparse_document_has_what_was_sent_in_the_models_order() {
        let sent = json!({"tags": {}, "properties": {"inner": {"when": null, "x": 1}, "on": false}, "y": 2});
        let document = OUTER.sparse_document(&sent);
        let expected = json!({"on": false, "inner": {}, "tags": {}});
        assert_eq!(document, Value::from(&expected));
    }
}
