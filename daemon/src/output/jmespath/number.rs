//! Arithmetic as Python does it on integers and floats, apart from its unlimited integers: beyond 128
//! bits a result goes on as a float.

use crate::document::Value;

/// 2^127: the first float beyond the integers.
const BEYOND: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0;

/// `sum`: exact until the first float.
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

/// `sum(numbers) / len(numbers)`.
pub(super) fn average(numbers: &[Value]) -> Value {
    if numbers.is_empty() {
        return Value::Null;
    }
    #[expect(clippy::cast_precision_loss, reason = "no array has 2^53 elements")]
    let count = numbers.len() as f64;
    Value::Float(float(&sum(numbers)) / count)
}

/// `abs`.
pub(super) fn absolute(number: &Value) -> Value {
    match number {
        Value::Int(value) if *value != i128::MIN => Value::Int(value.abs()),
        other => Value::Float(float(other).abs()),
    }
}

/// `math.ceil` or `math.floor`, or what Python says to an infinite number and to none.
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
    if value.abs() >= BEYOND {
        return Ok(Value::Float(value));
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "within the range of i128, as just seen"
    )]
    Ok(Value::Int(value as i128))
}

/// `int(text)`, else `float(text)`, else nothing.
pub(super) fn parse(text: &str) -> Value {
    let text = text.trim_matches(super::python::is_space);
    let Some(digits) = without_underscores(text) else {
        return Value::Null;
    };
    if let Ok(value) = digits.parse() {
        return Value::Int(value);
    }
    digits.parse().map_or(Value::Null, Value::Float)
}

/// Python allows single underscores between digits.
fn without_underscores(text: &str) -> Option<String> {
    let is_digit = |part: Option<char>| part.is_some_and(|character| character.is_ascii_digit());
    let mut parts = text.split('_').peekable();
    let mut digits = String::with_capacity(text.len());
    while let Some(part) = parts.next() {
        if let Some(next) = parts.peek()
            && (!is_digit(part.chars().next_back()) || !is_digit(next.chars().next()))
        {
            return None;
        }
        digits.push_str(part);
    }
    Some(digits)
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
        // Signatures let nothing else in.
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
            (
                "999999999999999999999999999999999999999999",
                Value::Float(1e42),
            ),
        ] {
            assert_eq!(parse(text), expected, "{text:?}");
        }
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
            Value::Float(BEYOND)
        );
        assert_eq!(sum(&[]), Value::Int(0));
    }
}
