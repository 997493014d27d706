//! From what Resource Manager answers to the document that az shows, by tables of rows.
//!
//! az deserializes an answer into a Python model and turns the model into a `dict`: every property
//! that the model knows appears, under a name made of its Python name and in the model's order,
//! `null` if absent; what the model does not know is left out; scalars are converted by Python's
//! constructors, and stay as they are where that fails (`azure/mgmt/*/_utils/model_base.py`,
//! azure-cli-core `util.todict`). A [`Model`] is that knowledge as data. The tables themselves are
//! written by `tests/record_schema.py` from az's own models.
//!
//! Deliberately absent: writing. What is sent back to Azure stays `serde_json::Value`.

mod datetime;
mod resource_group;
mod selection;

pub use resource_group::add_resource_groups;
pub use selection::{select, selection};

use std::sync::Arc;

use azq_python::number::{self, Parsed};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value as Json};

use azq_document::Value;

/// Declares models: `NAME { "armName": Kind, "otherARMName" as "otherArmName": Kind }`.
#[macro_export]
macro_rules! models {
    ($($name:ident { $($arm:literal $(as $az:literal)? : $kind:expr),* $(,)? })*) => {
        $(pub(crate) static $name: $crate::Model = $crate::Model(&[
            $(($arm, $crate::models!(@shown $arm $($az)?), $kind)),*
        ]);)*
    };
    (@shown $arm:literal) => { $arm };
    (@shown $arm:literal $az:literal) => { $az };
}

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

/// What becomes of properties that are not both in the model and in the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// Those that Azure did not send are shown as `null`; the model's others are left out. az's SDK
    /// models do so.
    Null,
    /// The same, but those that the model does not know follow as they came. az's older SDK models
    /// do so.
    Open,
    /// Both are left out, and so is a `null`, as az's own generated commands ("AAZ") do.
    Omitted,
}

/// A value whose type is not the model's, in a place where az gives up on the object around it.
struct Mismatch;

impl Model {
    /// az's document of an answer, with every property of the model. Anything but an object is
    /// shown as it came, and so is an object with an array or a map of objects that is none.
    ///
    /// Recursion is as deep as the answer, which `serde_json` bounds.
    pub fn document(&self, answer: &Json) -> Value {
        self.shown(answer, Style::Null)
    }

    /// The same, followed by the properties that the model does not know, at every depth.
    pub fn open_document(&self, answer: &Json) -> Value {
        self.shown(answer, Style::Open)
    }

    /// az's document of an answer with only those properties of the model that the answer has.
    pub fn sparse_document(&self, answer: &Json) -> Value {
        self.shown(answer, Style::Omitted)
    }

    /// The place of a property, by Resource Manager's name, in az's order.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|(arm, ..)| *arm == name)
    }

    /// What [`Self::document`] shows of a property with this value; nothing if the model does not
    /// know it. Where az would show the whole object as it came, the value is shown as it came.
    pub fn property(&self, name: &str, value: &Json) -> Option<Value> {
        let (_, _, kind) = self.0.get(self.position(name)?)?;
        let shown = kind.value(value, Style::Null);
        Some(shown.unwrap_or_else(|Mismatch| Value::from(value)))
    }

    /// az's documents of a list's elements. Once az has seen an element whose nested object is to
    /// be flattened, it flattens that of the others, too, and shows the properties of one that is
    /// not there as `null`.
    pub fn documents(&self, answers: &[Json]) -> Vec<Value> {
        let has = |answer: &Json, row: &Row| {
            matches!(row.2, Kind::Flattened(_)) && answer.get(row.0).is_some_and(Json::is_object)
        };
        let flattened: Vec<&str> = self
            .0
            .iter()
            .filter(|row| answers.iter().any(|answer| has(answer, row)))
            .map(|row| row.0)
            .collect();
        let completed = answers.iter().map(|answer| {
            let mut answer = answer.clone();
            if let Json::Object(object) = &mut answer {
                for name in &flattened {
                    let nested = object.entry(*name).or_insert(Json::Null);
                    if nested.is_null() {
                        *nested = Json::Object(Map::new());
                    }
                }
            }
            self.document(&answer)
        });
        completed.collect()
    }

    fn shown(&self, answer: &Json, style: Style) -> Value {
        let mut entries = Vec::with_capacity(self.0.len());
        match answer
            .is_object()
            .then(|| self.append(answer, style, &mut entries))
        {
            Some(Ok(())) => Value::object(entries),
            Some(Err(Mismatch)) | None => Value::from(answer),
        }
    }

    fn append(
        &self,
        answer: &Json,
        style: Style,
        entries: &mut Vec<(Arc<str>, Value)>,
    ) -> Result<(), Mismatch> {
        for (arm, az, kind) in self.0 {
            let value = answer.get(arm).unwrap_or(&Json::Null);
            match kind {
                Kind::Flattened(model) if value.is_object() => {
                    model.flatten(value, style, entries);
                }
                _ if value.is_null() && style == Style::Omitted => {}
                kind => entries.push(((*az).into(), kind.value(value, style)?)),
            }
        }
        if style == Style::Open {
            let all = answer.as_object().into_iter().flatten();
            let is_known = |name: &str| self.0.iter().any(|(arm, ..)| *arm == name);
            let others = all.filter(|(name, _)| !is_known(name));
            entries.extend(others.map(|(name, value)| (name.as_str().into(), value.into())));
        }
        Ok(())
    }

    /// Appends the properties of a nested object, or none of them if az cannot make sense of it.
    fn flatten(&self, value: &Json, style: Style, entries: &mut Vec<(Arc<str>, Value)>) {
        let before = entries.len();
        if self.append(value, style, entries).is_err() {
            entries.truncate(before);
        }
    }
}

impl Kind {
    fn value(&self, json: &Json, style: Style) -> Result<Value, Mismatch> {
        if json.is_null() {
            return Ok(Value::Null);
        }
        let converted = match self {
            Kind::Text => text(json),
            Kind::Integer => integer(json),
            Kind::Float => float(json),
            Kind::Boolean => Some(Value::Bool(azq_python::is_true(json))),
            Kind::DateTime => json
                .as_str()
                .and_then(datetime::iso_format)
                .map(Value::from),
            Kind::Bytes => json.as_str().and_then(decode),
            Kind::Choice | Kind::Any => None,
            Kind::Object(model) | Kind::Flattened(model) => Some(model.shown(json, style)),
            Kind::List(kind) => match json.as_array() {
                Some(items) => {
                    let items = items.iter().map(|item| kind.value(item, style));
                    Some(items.collect::<Result<Vec<_>, _>>()?.into())
                }
                None if kind.has_model() => return Err(Mismatch),
                None => json.as_str().map(characters),
            },
            Kind::Map(kind) => match json.as_object() {
                Some(map) => {
                    let entry = |(key, item): (&String, &Json)| {
                        Ok((key.as_str().into(), kind.value(item, style)?))
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

    /// Whether az converts such a value at once, with the object around it, and not when it is
    /// shown.
    fn has_model(&self) -> bool {
        match self {
            Kind::Object(_) | Kind::Flattened(_) => true,
            Kind::List(kind) | Kind::Map(kind) => kind.has_model(),
            _ => false,
        }
    }
}

/// The characters of a string that stands where a list belongs.
fn characters(text: &str) -> Value {
    let characters = text
        .chars()
        .map(|character| Value::from(character.to_string()));
    characters.collect::<Vec<_>>().into()
}

/// `str(…)` of a value.
fn text(json: &Json) -> Option<Value> {
    (!json.is_null()).then(|| azq_python::str(json).into())
}

/// `int(…)` of a scalar: floats are cut off, text is read.
fn integer(json: &Json) -> Option<Value> {
    let digits = match json {
        Json::Bool(value) => return Some(Value::Int(i128::from(*value))),
        Json::String(text) => number::parse_int(text),
        Json::Number(number) => match number::parsed(number) {
            Parsed::Int(digits) => Some(digits.to_owned()),
            Parsed::Float(float) => number::truncated(float),
        },
        _ => None,
    };
    digits.map(|digits| Value::integer(&digits))
}

/// `float(…)` of a scalar.
fn float(json: &Json) -> Option<Value> {
    let number = match json {
        Json::Bool(value) => Some(f64::from(u8::from(*value))),
        Json::String(text) => number::parse_float(text),
        Json::Number(number) => Some(number::to_float(number)),
        _ => None,
    };
    number.map(Value::Float)
}

/// `base64.b64decode(…)`: characters that are not base64's are passed over.
fn decode(encoded: &str) -> Option<Value> {
    if !encoded.is_ascii() {
        return None;
    }
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut digits: Vec<u8> = Vec::with_capacity(encoded.len());
    let mut padding = 0;
    for byte in encoded.bytes() {
        if is_digit(&byte) {
            // What follows the padding of a whole group is left out, an early `=` is passed over.
            digits.push(byte);
            padding = 0;
        } else if byte == b'=' && digits.len() % 4 >= 2 {
            padding += 1;
            if digits.len() % 4 + padding >= 4 {
                break;
            }
        }
    }
    let missing = digits.len() % 4;
    if missing != 0 && missing + padding < 4 {
        return None;
    }
    let decoded = DECODER.decode(digits).ok()?;
    Some(Value::Bytes(decoded.into()))
}

/// Reads base64 without its padding, and leaves out what the last digit has too much.
const DECODER: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

#[cfg(test)]
mod tests;
