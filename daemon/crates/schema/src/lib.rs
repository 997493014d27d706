//! Conversion of Resource Manager's responses to the documents that az shows, by tables of rows.
//!
//! az deserializes a response into a Python model and turns the model into a `dict`. Every property
//! of the model appears, under a name made of its Python name and in the model's order, `null` if
//! absent. Properties that the model does not know are left out. Scalars are converted by Python's
//! constructors, and stay as they are where that fails (`azure/mgmt/*/_utils/model_base.py`,
//! azure-cli-core `util.todict`). A [`Model`] contains these rules as data.
//! `tests/record_schema.py` writes the tables from az's own models.
//!
//! Deliberately absent: writing. A body that is sent back to Azure stays a `serde_json::Value`.

mod datetime;
mod resource_group;
mod selection;

pub use resource_group::add_resource_groups;
pub use selection::{select, select_all, selection};

use std::sync::Arc;

use azq_python::number::{self, Parsed};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value as Json};

use azq_document::Value;

/// Declares models: `NAME { "armName": KIND, "otherARMName" as "otherArmName": KIND }`.
///
/// `KIND` is a variant of [`Kind`]: one without a value by its name alone, `List(KIND)` and
/// `Map(KIND)`, and `Object` and `Flattened` with a model: `Object(NAME)` or `Object { … }`.
#[macro_export]
macro_rules! models {
    (@shown $arm:literal) => { $arm };
    (@shown $arm:literal $az:literal) => { $az };
    (@kind List($($of:tt)*)) => { $crate::Kind::List(&$crate::models!(@kind $($of)*)) };
    (@kind Map($($of:tt)*)) => { $crate::Kind::Map(&$crate::models!(@kind $($of)*)) };
    (@kind $kind:ident) => { $crate::Kind::$kind };
    (@kind $kind:ident($model:ident)) => { $crate::Kind::$kind(&$model) };
    (@kind $kind:ident {$($rows:tt)*}) => {
        $crate::Kind::$kind(&$crate::models!(@model $($rows)*))
    };
    (@model $($arm:literal $(as $az:literal)? : $kind:ident $(($($of:tt)*))? $({$($rows:tt)*})?),*
        $(,)?) => {
        $crate::Model(&[$((
            $arm,
            $crate::models!(@shown $arm $($az)?),
            $crate::models!(@kind $kind $(($($of)*))? $({$($rows)*})?),
        )),*])
    };
    ($($name:ident {$($rows:tt)*})*) => {
        $(pub(crate) static $name: $crate::Model = $crate::models!(@model $($rows)*);)*
    };
}

/// The properties of one object, in az's order.
#[derive(Debug)]
pub struct Model(pub &'static [Row]);

/// A row of a model: Resource Manager's name, az's name, and the type of the value.
pub type Row = (&'static str, &'static str, Kind);

/// The type of a property in az's model.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Python's `str`: other scalars become text.
    Text,
    /// A string with known values; any value is shown unchanged.
    Choice,
    /// Python's `int`.
    Integer,
    /// Python's `float`.
    Float,
    /// Python's `bool`, by Python's rules of truth.
    Boolean,
    /// A point in time, shown in Python's ISO format.
    DateTime,
    /// Base64 in the response, shown decoded.
    Bytes,
    /// Any value, shown unchanged.
    Any,
    /// A nested object.
    Object(&'static Model),
    /// A nested object whose properties take its place; a value of another type appears as itself.
    Flattened(&'static Model),
    /// An array.
    List(&'static Kind),
    /// An object with free keys, in the order of the response.
    Map(&'static Kind),
}

/// The treatment of properties that are only in the model or only in the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// Properties that are absent from the response are shown as `null`; those that the model does
    /// not know are left out. az's SDK models do so.
    Null,
    /// The same as `Null`, but the properties that the model does not know follow unchanged. az's
    /// older SDK models do so.
    Open,
    /// Both are left out, and so is a `null`, as in az's own generated commands ("AAZ").
    Omitted,
}

/// A value of another type than the model's, which makes az show the whole object around it
/// unchanged.
struct Mismatch;

impl Model {
    /// Returns az's document of a response, with every property of the model. A value that is not
    /// an object is shown unchanged. So is an object in which a value of another type stands in the
    /// place of an array or a map of objects.
    ///
    /// Recursion is as deep as the response, which `serde_json` limits.
    pub fn document(&self, answer: &Json) -> Value {
        self.shown(answer, Style::Null)
    }

    /// Returns the same document, followed by the properties that the model does not know, at every
    /// depth.
    pub fn open_document(&self, answer: &Json) -> Value {
        self.shown(answer, Style::Open)
    }

    /// Returns az's document of a resource: the model's, and the resource groups of all ids in it.
    pub fn resource(&self, answer: &Json) -> Value {
        add_resource_groups(self.document(answer))
    }

    /// Returns az's documents of a list's resources.
    pub fn resources(&self, answers: &[Json]) -> Value {
        let documents = self.documents(answers).into_iter();
        documents
            .map(add_resource_groups)
            .collect::<Vec<_>>()
            .into()
    }

    /// Returns az's document of a response with only those properties of the model that the
    /// response has.
    pub fn sparse_document(&self, answer: &Json) -> Value {
        self.shown(answer, Style::Omitted)
    }

    /// Returns the position of a property in az's order, by Resource Manager's name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|(arm, ..)| *arm == name)
    }

    /// Returns what [`Self::document`] shows of a property with this value, or `None` if the model
    /// does not know the property. Where az would show the whole object unchanged, the value is
    /// shown unchanged.
    pub fn property(&self, name: &str, value: &Json) -> Option<Value> {
        let (_, _, kind) = self.0.get(self.position(name)?)?;
        let shown = kind.value(value, Style::Null);
        Some(shown.unwrap_or_else(|Mismatch| Value::from(value)))
    }

    /// Returns az's documents of a list's elements. If one element has a nested object that is
    /// flattened, az flattens that object in all elements, and shows its properties as `null` where
    /// it is absent.
    pub fn documents(&self, answers: &[Json]) -> Vec<Value> {
        let has = |answer: &Json, row: &Row| {
            matches!(row.2, Kind::Flattened(_)) && answer.get(row.0).is_some_and(Json::is_object)
        };
        let rows = self.0.iter();
        let flattened = rows.filter(|row| answers.iter().any(|answer| has(answer, row)));
        let flattened: Vec<&str> = flattened.map(|row| row.0).collect();
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
        if answer.is_object() && self.append(answer, style, &mut entries).is_ok() {
            return Value::object(entries);
        }
        Value::from(answer)
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

    /// Appends the properties of a nested object, or none of them if az cannot deserialize it.
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
            Kind::Text => Some(azq_python::str(json).into()),
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

    /// Whether az converts such a value at once, together with the object around it, instead of
    /// when it is shown.
    fn has_model(&self) -> bool {
        match self {
            Kind::Object(_) | Kind::Flattened(_) => true,
            Kind::List(kind) | Kind::Map(kind) => kind.has_model(),
            _ => false,
        }
    }
}

/// Returns the characters of a string that stands in the place of a list.
fn characters(text: &str) -> Value {
    let characters = text.chars().map(|c| Value::from(c.to_string()));
    characters.collect::<Vec<_>>().into()
}

/// Converts a scalar like Python's `int(…)`: floats are truncated, text is parsed.
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

/// Converts a scalar like Python's `float(…)`.
fn float(json: &Json) -> Option<Value> {
    let number = match json {
        Json::Bool(value) => Some(f64::from(u8::from(*value))),
        Json::String(text) => number::parse_float(text),
        Json::Number(number) => Some(number::to_float(number)),
        _ => None,
    };
    number.map(Value::Float)
}

/// Decodes like Python's `base64.b64decode(…)`: characters outside the alphabet are ignored.
fn decode(encoded: &str) -> Option<Value> {
    if !encoded.is_ascii() {
        return None;
    }
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut digits: Vec<u8> = Vec::with_capacity(encoded.len());
    let mut padding = 0;
    for byte in encoded.bytes() {
        if is_digit(&byte) {
            // Characters after the padding of a whole group are left out; an early `=` is ignored.
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

/// The decoder for base64 without padding, which drops the surplus bits of the last digit.
const DECODER: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

#[cfg(test)]
mod tests;
