//! The functions of the query language (jmespath, `functions.py`).

use std::cmp::Ordering;
use std::sync::Arc;

use azq_document::{Entries, Value};

use super::compare;
use super::evaluate::{Evaluation, Failure, crash};
use super::number;
use super::ordering::{extreme, extreme_by, sort, sort_by};
use super::python;
use super::signature::{Arguments, Type};

/// A function: its name, the types of each parameter (an empty list for any type), and its body.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) signature: &'static [&'static [Type]],
    /// Whether more arguments may follow.
    pub(super) variadic: bool,
    pub(super) body: Body,
}

/// The result of a function.
pub(super) type Answer = Result<Value, Failure>;
type Body = fn(&Evaluation<'_>, &Arguments<'_>) -> Answer;

/// Returns the function of this name.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// Declares the functions: `name [types of a parameter]… more? = body;`. A parameter without types
/// takes any value; `more` arguments may follow the parameters.
macro_rules! functions {
    (@variadic) => { false };
    (@variadic more) => { true };
    ($($name:ident $([$($kind:ident)*])+ $($more:ident)? = $body:expr;)*) => {
        static FUNCTIONS: &[Function] = &[$(Function {
            name: stringify!($name),
            signature: &[$(&[$(Type::$kind),*]),+],
            variadic: functions!(@variadic $($more)?),
            body: $body,
        }),*];
    };
}

functions! {
    abs [Number] = |_, given| Ok(given.value(0).map(number::absolute).into());
    avg [ArrayNumber] = |_, given| Ok(number::average(given.array(0)));
    ceil [Number] = |_, given| rounded(given, f64::ceil);
    contains [Array String] [] = contains;
    ends_with [String] [String] = |_, given| Ok(given.string(0).ends_with(given.string(1)).into());
    floor [Number] = |_, given| rounded(given, f64::floor);
    join [String] [ArrayString] = join;
    keys [Object] = |_, given| Ok(keys(given.entries(0)));
    length [String Array Object] = |_, given| Ok(length(given));
    map [Expref] [Array] = map;
    max [ArrayNumber ArrayString] = |_, given| extreme(given, Ordering::Greater);
    max_by [Array] [Expref] = |evaluation, given| {
        extreme_by(evaluation, given, "max_by", Ordering::Greater)
    };
    merge [Object] more = merge;
    min [ArrayNumber ArrayString] = |_, given| extreme(given, Ordering::Less);
    min_by [Array] [Expref] = |evaluation, given| {
        extreme_by(evaluation, given, "min_by", Ordering::Less)
    };
    not_null [] more = not_null;
    reverse [Array String] = |_, given| Ok(reverse(given));
    sort [ArrayString ArrayNumber] = |_, given| Ok(sort(given));
    sort_by [Array] [Expref] = sort_by;
    starts_with [String] [String] = |_, given| {
        Ok(given.string(0).starts_with(given.string(1)).into())
    };
    sum [ArrayNumber] = |_, given| Ok(number::sum(given.array(0)));
    to_array [] = to_array;
    to_number [] = to_number;
    to_string [] = to_string;
    type [] = |_, given| Ok(given.value(0).map(python::jmespath_type_name).into());
    values [Object] = |_, given| {
        let entries = given.entries(0).iter();
        Ok(entries.map(|(_, value)| value.clone()).collect())
    };
}

fn rounded(given: &Arguments<'_>, round: fn(f64) -> f64) -> Answer {
    given.value(0).map_or(Ok(Value::Null), |value| {
        number::rounded(value, round).or_else(crash)
    })
}

/// Implements Python's `in`, for which `true` is in `[1]`.
fn contains(evaluation: &Evaluation<'_>, given: &Arguments<'_>) -> Answer {
    let searched = given.value(1);
    if let Some(Value::Array(items)) = given.value(0) {
        // No value equals an expression reference.
        let Some(wanted) = searched else {
            return Ok(false.into());
        };
        for item in &**items {
            if compare::python_equal(item, wanted, &evaluation.budget)? {
                return Ok(true.into());
            }
        }
        return Ok(false.into());
    }
    match searched {
        Some(Value::String(part)) => Ok(given.string(0).contains(&**part).into()),
        other => crash(format!(
            "'in <string>' requires string as left operand, not {}",
            other.map_or("_Expression", python::full_type_name)
        )),
    }
}

fn join(evaluation: &Evaluation<'_>, given: &Arguments<'_>) -> Answer {
    let parts: Vec<&str> = given.array(1).iter().filter_map(Value::as_str).collect();
    let separators = given.string(0).len().saturating_mul(parts.len());
    let length = parts
        .iter()
        .fold(separators, |length, part| length.saturating_add(part.len()));
    evaluation.budget.spend(length)?;
    // The text, and its copy in the value.
    evaluation.budget.allocate_at_once(2 * length)?;
    Ok(parts.join(given.string(0)).into())
}

fn keys(entries: &[(Arc<str>, Value)]) -> Value {
    let keys = entries.iter().map(|(key, _)| Value::String(key.clone()));
    keys.collect()
}

fn length(given: &Arguments<'_>) -> Value {
    let length = match given.value(0) {
        Some(Value::Array(items)) => items.len(),
        Some(Value::Object(object)) => object.entries.len(),
        _ => given.string(0).chars().count(),
    };
    Value::Int(i128::try_from(length).unwrap_or(i128::MAX))
}

fn map(evaluation: &Evaluation<'_>, given: &Arguments<'_>) -> Answer {
    let expression = given.expression(0);
    let evaluate = |item| Ok(evaluation.evaluate(expression, item)?.into_owned());
    given.array(1).iter().map(evaluate).collect()
}

fn not_null(_: &Evaluation<'_>, given: &Arguments<'_>) -> Answer {
    let found = given
        .values()
        .find(|value| !matches!(value, Ok(Value::Null)));
    Ok(found.transpose()?.cloned().into())
}

fn reverse(given: &Arguments<'_>) -> Value {
    match given.value(0) {
        Some(Value::String(text)) => text.chars().rev().collect::<String>().into(),
        _ => given.array(0).iter().rev().cloned().collect(),
    }
}

fn to_array(_: &Evaluation<'_>, given: &Arguments<'_>) -> Answer {
    let value = given.first()?;
    Ok(match value {
        Value::Array(_) => value.clone(),
        _ => vec![value.clone()].into(),
    })
}

fn to_number(_: &Evaluation<'_>, given: &Arguments<'_>) -> Answer {
    match given.value(0) {
        Some(Value::String(text)) => Ok(number::parse(text)),
        Some(number) if number.is_number() => Ok(number.clone()),
        Some(_) => Ok(Value::Null),
        None => crash(
            "int() argument must be a string, a bytes-like object or a real number, not '_Expression'",
        ),
    }
}

fn to_string(evaluation: &Evaluation<'_>, given: &Arguments<'_>) -> Answer {
    let value = given.first()?;
    Ok(match value {
        Value::String(_) => value.clone(),
        _ => python::dumps(value, &evaluation.budget)?.into(),
    })
}

fn merge(evaluation: &Evaluation<'_>, given: &Arguments<'_>) -> Answer {
    let mut entries = Entries::default();
    let mut values = given.values();
    values.try_for_each(|value| update(evaluation, &mut entries, value?))?;
    Ok(Value::object(entries.into_vec()))
}

/// Implements Python's `dict.update`, which accepts values that are no objects after the first
/// argument.
fn update(
    evaluation: &Evaluation<'_>,
    entries: &mut Entries,
    value: &Value,
) -> Result<(), Failure> {
    if let Value::Object(object) = value {
        for (key, value) in &object.entries {
            entries.set(key.clone(), value.clone());
        }
        return Ok(());
    }
    if let Value::String(text) = value {
        evaluation.budget.spend_elements(text.len())?;
        evaluation.budget.allocate_at_once(CHARACTER * text.len())?;
    }
    let Some(pairs) = iterated(value) else {
        let name = python::type_name(value);
        return crash(format!("'{name}' object is not iterable"));
    };
    for (place, pair) in pairs.as_array().unwrap_or_default().iter().enumerate() {
        let element = format!("dictionary update sequence element #{place}");
        let Some(pair) = iterated(pair) else {
            return crash(format!("cannot convert {element} to a sequence"));
        };
        match pair.as_array().unwrap_or_default() {
            [Value::String(key), value] => entries.set(key.clone(), value.clone()),
            [key @ (Value::Array(_) | Value::Object(_)), _] => {
                let name = python::full_type_name(key);
                return crash(format!("unhashable type: '{name}'"));
            }
            // The key as it is written in JSON, because documents have no other keys.
            [key, value] => {
                let key = python::dumps(key, &evaluation.budget)?;
                entries.set(key.into(), value.clone());
            }
            other => {
                let length = other.len();
                return crash(format!("{element} has length {length}; 2 is required"));
            }
        }
    }
    Ok(())
}

/// The size of one character of a text as a value of its own, in bytes.
const CHARACTER: usize = 96;

/// Returns the array of items that Python's iteration over a value yields.
fn iterated(value: &Value) -> Option<Value> {
    match value {
        Value::Array(_) => Some(value.clone()),
        Value::String(text) => {
            let characters = text.chars();
            Some(characters.map(|item| item.to_string().into()).collect())
        }
        Value::Object(object) => Some(keys(&object.entries)),
        _ => None,
    }
}
