//! When Python takes two values for equal, and which it puts first.

use std::cmp::Ordering;
use std::sync::Arc;

use super::budget::{Budget, Exhausted, PART};
use crate::document::{Object, Origin, Value};

/// The query operator `==` (jmespath, `visitor._equals`): never true for a number and a boolean.
pub(super) fn equal(left: &Value, right: &Value, budget: &Budget) -> Result<bool, Exhausted> {
    match (left, right) {
        (Value::Bool(_), Value::Int(_) | Value::Float(_))
        | (Value::Int(_) | Value::Float(_), Value::Bool(_)) => Ok(false),
        _ => python_equal(left, right, budget),
    }
}

/// Python's own `==`, as it holds inside lists: `True == 1 == 1.0`, and between two selections the order counts.
pub(super) fn python_equal(
    left: &Value,
    right: &Value,
    budget: &Budget,
) -> Result<bool, Exhausted> {
    budget.spend(PART)?;
    match (left, right) {
        (Value::Null, Value::Null) => Ok(true),
        (Value::String(left), Value::String(right)) => {
            budget.spend(left.len().min(right.len()))?;
            Ok(left == right)
        }
        (Value::Array(left), Value::Array(right)) => equal_arrays(left, right, budget),
        (Value::Object(left), Value::Object(right)) => equal_objects(left, right, budget),
        _ => Ok(number(left)
            .zip(number(right))
            .and_then(|(left, right)| order_numbers(left, right))
            .is_some_and(Ordering::is_eq)),
    }
}

/// The order of two numbers or two strings; `None` if Python has none, or NaN is in it.
pub(super) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::Bool(_), _) | (_, Value::Bool(_)) => None,
        _ => order_numbers(number(left)?, number(right)?),
    }
}

fn equal_arrays(
    left: &Arc<[Value]>,
    right: &Arc<[Value]>,
    budget: &Budget,
) -> Result<bool, Exhausted> {
    if left.len() != right.len() {
        return Ok(false);
    }
    if Arc::ptr_eq(left, right) {
        return Ok(true);
    }
    for (left, right) in left.iter().zip(&**right) {
        if !python_equal(left, right, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_objects(
    left: &Arc<Object>,
    right: &Arc<Object>,
    budget: &Budget,
) -> Result<bool, Exhausted> {
    if left.entries.len() != right.entries.len() {
        return Ok(false);
    }
    if Arc::ptr_eq(left, right) {
        return Ok(true);
    }
    let ordered = left.origin == Origin::Selection && right.origin == Origin::Selection;
    for ((key, value), (other_key, other_value)) in left.entries.iter().zip(&right.entries) {
        let other_value = if key == other_key {
            Some(other_value)
        } else if ordered {
            None
        } else {
            budget.spend(right.entries.len())?;
            right.get(key)
        };
        let Some(other_value) = other_value else {
            return Ok(false);
        };
        if !python_equal(value, other_value, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

#[derive(Clone, Copy)]
enum Number {
    Int(i128),
    Float(f64),
}

fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Bool(value) => Some(Number::Int(i128::from(*value))),
        Value::Int(value) => Some(Number::Int(*value)),
        Value::Float(value) => Some(Number::Float(*value)),
        _ => None,
    }
}

fn order_numbers(left: Number, right: Number) -> Option<Ordering> {
    match (left, right) {
        (Number::Int(left), Number::Int(right)) => Some(left.cmp(&right)),
        (Number::Float(left), Number::Float(right)) => left.partial_cmp(&right),
        (Number::Int(left), Number::Float(right)) => order_mixed(left, right),
        (Number::Float(left), Number::Int(right)) => {
            order_mixed(right, left).map(Ordering::reverse)
        }
    }
}

/// By their exact values: converting the integer to a float would round it.
fn order_mixed(integer: i128, float: f64) -> Option<Ordering> {
    const BEYOND: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0;
    if float.is_nan() {
        return None;
    }
    if float >= BEYOND {
        return Some(Ordering::Less);
    }
    if float < -BEYOND {
        return Some(Ordering::Greater);
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "within the range of i128, as just seen"
    )]
    let whole = float.trunc() as i128;
    Some(
        integer
            .cmp(&whole)
            .then_with(|| 0.0_f64.total_cmp(&(float.fract() + 0.0))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_floats_compare_exactly() {
        for (integer, float, expected) in [
            (1, 1.0, Some(Ordering::Equal)),
            (0, -0.0, Some(Ordering::Equal)),
            (1, 1.5, Some(Ordering::Less)),
            (-1, -1.5, Some(Ordering::Greater)),
            (
                (1 << 53) + 1,
                9_007_199_254_740_992.0,
                Some(Ordering::Greater),
            ),
            (i64::MAX, 9_223_372_036_854_775_807.0, Some(Ordering::Less)),
            (
                i64::MIN,
                -9_223_372_036_854_775_808.0,
                Some(Ordering::Equal),
            ),
            (0, f64::INFINITY, Some(Ordering::Less)),
            (0, f64::NAN, None),
        ] {
            assert_eq!(
                order(&Value::from(integer), &Value::Float(float)),
                expected,
                "{integer} {float}"
            );
        }
    }

    #[test]
    fn a_boolean_is_a_number_only_inside_lists() {
        let budget = Budget::default();
        let (one, yes) = (Value::Int(1), Value::Bool(true));
        assert!(!equal(&one, &yes, &budget).unwrap());
        assert!(equal(&vec![one].into(), &vec![yes].into(), &budget).unwrap());
    }
}
