//! The value that a command results in, before it is queried and printed.
//!
//! A document is like JSON, with four differences that az's output depends on:
//!
//! - Integers and floats are distinct, as in Python.
//! - There are bytes.
//! - An object keeps the order of its entries and remembers whether it is Azure's data or a query's
//!   selection, because table and TSV show the two differently.
//! - Every part is shared, so that a clone is cheap and one list of capabilities serves a size in
//!   45 regions.
//!
//! Invariant: the keys of an object are distinct.
//!
//! Deliberately absent: parsing and printing (see `azq-output`), and knowledge of any Azure type.

mod entries;
mod timestamp;
pub mod units;

use std::sync::Arc;

use azq_python::View;
use azq_python::json::Build;
use azq_python::number::{self, Parsed};

pub use entries::Entries;
pub use timestamp::{timestamp, timestamp_of};

/// A document or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// JSON `null`, Python `None`.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer, within the range that Azure and people use.
    Int(i128),
    /// An integer beyond that range, in decimal.
    BigInt(Arc<str>),
    /// A float, printed as Python prints it.
    Float(f64),
    /// A string.
    String(Arc<str>),
    /// Bytes, which JSON and tables show as text and as Python's literal.
    Bytes(Arc<[u8]>),
    /// An array.
    Array(Arc<[Value]>),
    /// An object.
    Object(Arc<Object>),
}

/// The source of an object, which decides its order in table and TSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Origin {
    /// Azure's data, a literal, or a function's result: Python's `dict`.
    #[default]
    Data,
    /// A multi-select hash of a query: Python's `OrderedDict`.
    Selection,
}

/// An object: its entries in order, each key once.
#[derive(Clone, Debug, Default)]
pub struct Object {
    /// Keys with their values, in insertion order.
    pub entries: Vec<(Arc<str>, Value)>,
    /// Data or selection.
    pub origin: Origin,
}

/// An object of Azure's data that is built only on demand, from runs of entries that objects share.
pub trait LazyObject {
    /// The type of a key.
    type Key: AsRef<str>;

    /// Returns the runs, none of them empty. All keys together are distinct and in the order of
    /// their code points.
    fn runs(&self) -> impl Iterator<Item = &[(Self::Key, Value)]>;

    /// Builds the object.
    fn document(&self) -> Value;
}

impl Object {
    /// Returns the value of a key.
    #[inline]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries
            .iter()
            .find(|(name, _)| &**name == key)
            .map(|(_, value)| value)
    }

    /// Sets the value of a key: in place if the key exists, else at the end, as Python's `dict`
    /// does.
    pub fn set(&mut self, key: impl Into<Arc<str>>, value: Value) {
        let key = key.into();
        match self.entries.iter_mut().find(|(name, _)| *name == key) {
            Some(entry) => entry.1 = value,
            None => self.entries.push((key, value)),
        }
    }
}

/// Compares as Python's `dict` does: the same keys with equal values, in any order and of any
/// origin.
impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.entries.len() == other.entries.len()
            && self
                .entries
                .iter()
                .all(|(key, value)| other.get(key) == Some(value))
    }
}

impl Value {
    /// Returns a member of an object, `None` for any other value.
    #[inline]
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Object(object) => object.get(key),
            _ => None,
        }
    }

    /// Whether the value is an integer or a float.
    #[inline]
    pub fn is_number(&self) -> bool {
        matches!(self, Value::Int(_) | Value::BigInt(_) | Value::Float(_))
    }

    /// Returns the text of a string, `None` for any other value.
    #[inline]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the elements of an array, `None` for any other value.
    #[inline]
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// Reads an integer in decimal.
    pub fn integer(digits: &str) -> Value {
        match digits.parse() {
            Ok(number) => Value::Int(number),
            Err(_) => Value::BigInt(digits.into()),
        }
    }

    /// Builds an array of objects.
    pub fn list<C: LazyObject>(objects: &[C]) -> Value {
        objects.iter().map(LazyObject::document).collect()
    }

    /// Builds an object of Azure's data from its entries, which must have distinct keys.
    pub fn object<K: Into<Arc<str>>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
        let entries = entries.into_iter();
        Value::with_entries(
            entries.map(|(key, value)| (key.into(), value)).collect(),
            Origin::Data,
        )
    }

    /// Builds an object from its entries, which must have distinct keys.
    pub fn with_entries(entries: Vec<(Arc<str>, Value)>, origin: Origin) -> Value {
        Value::Object(Arc::new(Object { entries, origin }))
    }
}

/// Builds an array.
impl FromIterator<Value> for Value {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        Value::Array(items.into_iter().collect())
    }
}

/// Implements `From` for types that a part of a document is made of: `Type => conversion`.
macro_rules! conversions {
    ($($type:ty => $convert:expr;)*) => {
        $(impl From<$type> for Value {
            fn from(value: $type) -> Self {
                $convert(value)
            }
        })*
    };
}

conversions! {
    &str => |text: &str| Value::String(text.into());
    String => |text: String| Value::String(text.into());
    Vec<Value> => |items: Vec<Value>| Value::Array(items.into());
    bool => Value::Bool;
    i64 => |number: i64| Value::Int(number.into());
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

impl From<&serde_json::Value> for Value {
    fn from(json: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => match number::parsed(number) {
                Parsed::Int(digits) => Value::integer(digits),
                Parsed::Float(float) => Value::Float(float),
            },
            Json::String(text) => text.as_str().into(),
            Json::Array(items) => items.iter().map(Value::from).collect(),
            Json::Object(map) => Value::object(
                map.iter()
                    .map(|(key, value)| (key.as_str(), Value::from(value))),
            ),
        }
    }
}

impl azq_python::Value for Value {
    fn view(&self) -> View<'_, Self> {
        match self {
            Value::Null => View::None,
            Value::Bool(value) => View::Bool(*value),
            Value::Int(number) => View::Int(number.to_string().into()),
            Value::BigInt(digits) => View::Int((&**digits).into()),
            Value::Float(number) => View::Float(*number),
            Value::String(text) => View::Str(text),
            Value::Bytes(bytes) => View::Bytes(bytes),
            Value::Array(items) => View::List(items),
            Value::Object(object) => {
                let entries = object.entries.iter().map(|(key, value)| (&**key, value));
                match object.origin {
                    Origin::Data => View::Dict(Box::new(entries)),
                    Origin::Selection => View::OrderedDict(Box::new(entries)),
                }
            }
        }
    }
}

impl Build for Value {
    fn integer(digits: &str) -> Self {
        Value::integer(digits)
    }

    fn float(number: f64) -> Self {
        Value::Float(number)
    }

    fn object(entries: Vec<(String, Self)>) -> Self {
        let mut object = Entries::default();
        for (key, value) in entries {
            object.set(key.into(), value);
        }
        Value::object(object.into_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_compare_without_regard_to_order() {
        let one = Value::from(&serde_json::json!({"a": 1, "b": [true, null]}));
        let two = Value::from(&serde_json::json!({"b": [true, null], "a": 1}));
        assert_eq!(one, two);
    }

    #[test]
    fn integers_and_floats_are_kept_apart() {
        assert_eq!(Value::from(&serde_json::json!(1)), Value::Int(1));
        assert_eq!(Value::from(&serde_json::json!(1.0)), Value::Float(1.0));
        let large = "1".repeat(60);
        let number = azq_python::json::loads(large.as_bytes()).unwrap();
        assert_eq!(Value::from(&number), Value::BigInt(large.as_str().into()));
    }
}
