//! Equality and order of values, as in Python.

use std::cmp::Ordering;
use std::sync::Arc;

use azq_document::{Object, Origin, Value};

use super::budget::{Budget, Exhausted, PART};

/// Compares two values as the query operator `==` does (jmespath, `visitor._equals`): a number
/// never equals a boolean.
pub(super) fn equal(left: &Value, right: &Value, budget: &Budget<'_>) -> Result<bool, Exhausted> {
    match (left, right) {
        (Value::Bool(_), other) | (other, Value::Bool(_)) if other.is_number() => Ok(false),
        _ => python_equal(left, right, budget),
    }
}

/// Compares as Python's `==` does inside lists: `True == 1 == 1.0`, and the order of entries counts
/// between two selections.
pub(super) fn python_equal(
    left: &Value,
    right: &Value,
    budget: &Budget<'_>,
) -> Result<bool, Exhausted> {
    budget.spend(PART)?;
    match (left, right) {
        (Value::Null, Value::Null) => Ok(true),
        (Value::String(left), Value::String(right)) => {
            budget.spend(left.len().min(right.len()))?;
            Ok(left == right)
        }
        (Value::Bytes(left), Value::Bytes(right)) => Ok(left == right),
        (Value::Array(left), Value::Array(right)) => equal_arrays(left, right, budget),
        (Value::Object(left), Value::Object(right)) => equal_objects(left, right, budget),
        _ => Ok(order_numbers(left, right).is_some_and(Ordering::is_eq)),
    }
}

/// Returns the order of two numbers or two strings; `None` if Python has none, or one is NaN.
pub(super) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::Bool(_), _) | (_, Value::Bool(_)) => None,
        _ => order_numbers(left, right),
    }
}

fn equal_arrays(
    left: &Arc<[Value]>,
    right: &Arc<[Value]>,
    budget: &Budget<'_>,
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
    budget: &Budget<'_>,
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

/// Returns the order of two numbers; a boolean is one here. The absolute value of a `BigInt` is
/// greater than that of every `Int`.
fn order_numbers(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Bool(left), _) => order_numbers(&Value::Int(i128::from(*left)), right),
        (_, Value::Bool(right)) => order_numbers(left, &Value::Int(i128::from(*right))),
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Float(left), Value::Float(right)) => left.partial_cmp(right),
        (Value::Int(left), Value::Float(right)) => order_mixed(*left, *right),
        (Value::BigInt(left), Value::BigInt(right)) => Some(order_digits(left, right)),
        (Value::BigInt(left), Value::Int(_)) => Some(sign(left)),
        (Value::BigInt(left), Value::Float(right)) => {
            let left: f64 = left.parse().unwrap_or(f64::NAN);
            left.partial_cmp(right)
        }
        (Value::Float(_), Value::Int(_) | Value::BigInt(_)) | (Value::Int(_), Value::BigInt(_)) => {
            order_numbers(right, left).map(Ordering::reverse)
        }
        _ => None,
    }
}

/// Returns how an integer in decimal compares with zero.
fn sign(digits: &str) -> Ordering {
    if digits.starts_with('-') {
        Ordering::Less
    } else {
        Ordering::Greater
    }
}

/// Returns the order of two integers in decimal that are not zero and have no leading zeros.
fn order_digits(left: &str, right: &str) -> Ordering {
    let magnitude = || left.len().cmp(&right.len()).then_with(|| left.cmp(right));
    sign(left).cmp(&sign(right)).then_with(|| {
        if sign(left).is_lt() {
            magnitude().reverse()
        } else {
            magnitude()
        }
    })
}

/// Orders the two by their exact values, because converting the integer to a float would round it.
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
            (1, 1.0, Ordering::Equal),
            (0, -0.0, Ordering::Equal),
            (1, 1.5, Ordering::Less),
            (-1, -1.5, Ordering::Greater),
            ((1 << 53) + 1, 2_f64.powi(53), Ordering::Greater),
            (i64::MAX, 9_223_372_036_854_775_807.0, Ordering::Less),
            (i64::MIN, -9_223_372_036_854_775_808.0, Ordering::Equal),
            (0, f64::INFINITY, Ordering::Less),
        ] {
            let found = order(&Value::from(integer), &Value::Float(float));
            assert_eq!(found, Some(expected), "{integer} {float}");
        }
        assert_eq!(order(&Value::Int(0), &Value::Float(f64::NAN)), None);
    }

    #[test]
    fn integers_beyond_128_bits_compare_exactly() {
        let large = |text: &str| Value::integer(text);
        let (ten, nine) = ("1".repeat(50), "9".repeat(49));
        let (below, lowest) = (format!("-{nine}"), format!("-{ten}"));
        let sorted = [lowest.as_str(), &below, "-5", "0", "7", &nine, &ten];
        for (at, left) in sorted.iter().enumerate() {
            for (other, right) in sorted.iter().enumerate() {
                assert_eq!(order(&large(left), &large(right)), Some(at.cmp(&other)));
            }
        }
        let float = Value::Float(1e300);
        assert_eq!(order(&large(&ten), &float), Some(Ordering::Less));
    }

    #[test]
    fn a_boolean_is_a_number_only_inside_lists() {
        let budget = Budget::default();
        let (one, yes) = (Value::Int(1), Value::Bool(true));
        assert!(!equal(&one, &yes, &budget).unwrap());
        assert!(equal(&vec![one].into(), &vec![yes].into(), &budget).unwrap());
    }
}
