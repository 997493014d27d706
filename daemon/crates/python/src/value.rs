//! The view of a type that lets it be written as Python writes its own values.

use std::borrow::Cow;

use super::number::{self, Parsed};

/// The outermost level of a value, as a Python type.
pub enum View<'a, V> {
    /// `None`.
    None,
    /// `bool`.
    Bool(bool),
    /// `int`, in decimal.
    Int(Cow<'a, str>),
    /// `float`.
    Float(f64),
    /// `str`.
    Str(&'a str),
    /// `bytes`.
    Bytes(&'a [u8]),
    /// `list`.
    List(&'a [V]),
    /// `dict`.
    Dict(Entries<'a, V>),
    /// `collections.OrderedDict`.
    OrderedDict(Entries<'a, V>),
}

/// The entries of a dictionary, in its order.
pub type Entries<'a, V> = Box<dyn ExactSizeIterator<Item = (&'a str, &'a V)> + 'a>;

/// A value that Python can represent.
pub trait Value: Sized {
    /// Returns the value's outermost level.
    fn view(&self) -> View<'_, Self>;
}

impl Value for serde_json::Value {
    fn view(&self) -> View<'_, Self> {
        match self {
            Self::Null => View::None,
            Self::Bool(value) => View::Bool(*value),
            Self::Number(number) => match number::parsed(number) {
                Parsed::Int(digits) => View::Int(digits.into()),
                Parsed::Float(float) => View::Float(float),
            },
            Self::String(text) => View::Str(text),
            Self::Array(items) => View::List(items),
            Self::Object(map) => {
                let entries = map.iter().map(|(key, value)| (key.as_str(), value));
                View::Dict(Box::new(entries))
            }
        }
    }
}

/// Returns the name of a value's type.
pub fn type_name(value: &impl Value) -> &'static str {
    match value.view() {
        View::None => "NoneType",
        View::Bool(_) => "bool",
        View::Int(_) => "int",
        View::Float(_) => "float",
        View::Str(_) => "str",
        View::Bytes(_) => "bytes",
        View::List(_) => "list",
        View::Dict(_) => "dict",
        View::OrderedDict(_) => "OrderedDict",
    }
}

/// Evaluates `bool(value)`: false for zero, `None` and empty values, true for all others.
pub fn is_true(value: &impl Value) -> bool {
    match value.view() {
        View::None => false,
        View::Bool(value) => value,
        View::Int(digits) => digits != "0",
        View::Float(float) => float != 0.0,
        View::Str(text) => !text.is_empty(),
        View::Bytes(bytes) => !bytes.is_empty(),
        View::List(items) => !items.is_empty(),
        View::Dict(entries) | View::OrderedDict(entries) => entries.len() > 0,
    }
}
