//! Arithmetic on integers and floats, as in Python.
//!
//! Python's integers are unlimited; here a sum beyond 128 bits continues as a float.

use azq_python::number;

use azq_document::Value;

/// Evaluates `sum`, which is exact until the first float.
pub(super) fn sum(numbers: &[Value]) -> Value {
    let mut whole: i128 = 0;
    let mut rest = numbers.iter();
    for number in rest.by_ref() {
        match number {
            Value::Int(integer) if whole.checked_add(*integer).is_some() => whole += integer,
            other => {
                let first = approximate(whole) + float(other);
                return Value::Float(rest.fold(first, |total, number| total + float(number)));
            }
        }
    }
    Value::Int(whole)
}

/// Evaluates `sum(numbers) / len(numbers)`.
pub(super) fn average(numbers: &[Value]) -> Value {
    if numbers.is_empty() {
        return Value::Null;
    }
    #[expect(clippy::cast_precision_loss, reason = "no array has 2^53 elements")]
    let count = numbers.len() as f64;
    Value::Float(float(&sum(numbers)) / count)
}

/// Evaluates `abs`.
pub(super) fn absolute(number: &Value) -> Value {
    match number {
        Value::Int(value) if *value != i128::MIN => Value::Int(value.abs()),
        Value::BigInt(digits) => Value::BigInt(digits.trim_start_matches('-').into()),
        other => Value::Float(float(other).abs()),
    }
}

/// Evaluates `math.ceil` or `math.floor`, or returns Python's error for an infinite number or NaN.
pub(super) fn rounded(number: &Value, round: fn(f64) -> f64) -> Result<Value, &'static str> {
    let value = match number {
        Value::Float(value) => round(*value),
        other => return Ok(other.clone()),
    };
    if value.is_nan() {
        return Err("cannot convert float NaN to integer");
    }
    if value.is_infinite() {
        return Err("cannot convert float infinity to integer");
    }
    Ok(number::truncated(value).map_or(Value::Null, |digits| Value::integer(&digits)))
}

/// Evaluates `int(text)`, else `float(text)`; the result is null if the text is neither.
pub(super) fn parse(text: &str) -> Value {
    match number::parse_int(text) {
        Some(digits) => Value::integer(&digits),
        None => number::parse_float(text).map_or(Value::Null, Value::Float),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "rounds to the nearest, as Python does"
)]
fn approximate(value: i128) -> f64 {
    value as f64
}

fn float(number: &Value) -> f64 {
    match number {
        Value::Int(value) => approximate(*value),
        Value::Float(value) => *value,
        Value::BigInt(digits) => digits.parse().unwrap_or(f64::NAN),
        // Signatures admit no other values.
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_python_reads_them() {
        for (text, expected) in [
            ("12", Value::Int(12)),
            (" +1_000\n", Value::Int(1000)),
            ("-007", Value::Int(-7)),
            ("1.", Value::Float(1.0)),
            (".5e1_0", Value::Float(5e9)),
            ("-Infinity", Value::Float(f64::NEG_INFINITY)),
            (
                "99999999999999999999",
                Value::Int(99_999_999_999_999_999_999),
            ),
        ] {
            assert_eq!(parse(text), expected, "{text:?}");
        }
        let long = "9".repeat(42);
        assert_eq!(parse(&long), Value::BigInt(long.as_str().into()));
        for text in [
            "", "_1", "1_", "1__0", "1_.5", "0x10", "1 2", "e5", ".", "+-1", "١٢x",
        ] {
            assert_eq!(parse(text), Value::Null, "{text:?}");
        }
    }

    #[test]
    fn sums_are_exact_until_the_first_float() {
        let large = 1 << 60;
        assert_eq!(
            sum(&[Value::Int(large), Value::Int(1)]),
            Value::Int(large + 1)
        );
        assert_eq!(
            sum(&[Value::Int(1), Value::Float(0.5), Value::Int(2)]),
            Value::Float(3.5)
        );
        assert_eq!(
            sum(&[Value::Int(i128::MAX), Value::Int(1)]),
            Value::Float(2.0_f64.powi(127))
        );
        assert_eq!(sum(&[]), Value::Int(0));
    }
}
