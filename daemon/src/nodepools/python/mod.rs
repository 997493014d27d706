//! The few habits of Python that az's checks and messages show: how it writes values, numbers and types.
//!
//! Deliberately absent: anything that az does not show its users.

pub(super) mod json;
mod literal;
mod text;

use serde_json::Value as Json;

/// Python's `repr` of a JSON value, as error messages show it.
pub(super) fn repr(value: &Json) -> String {
    match value {
        Json::Null => "None".to_owned(),
        Json::Bool(true) => "True".to_owned(),
        Json::Bool(false) => "False".to_owned(),
        Json::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => float_repr(float),
            _ => number.to_string(),
        },
        Json::String(text) => string_repr(text),
        Json::Array(items) => {
            format!(
                "[{}]",
                items.iter().map(repr).collect::<Vec<_>>().join(", ")
            )
        }
        Json::Object(entries) => {
            let entries = entries
                .iter()
                .map(|(k, v)| format!("{}: {}", string_repr(k), repr(v)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Python's `str`: a string as it is, anything else as its `repr`.
pub(super) fn str(value: &Json) -> String {
    value.as_str().map_or_else(|| repr(value), str::to_owned)
}

/// Python's name for the type of a JSON value.
pub(super) fn type_name(value: &Json) -> &'static str {
    match value {
        Json::Null => "NoneType",
        Json::Bool(_) => "bool",
        Json::Number(number) if number.is_f64() => "float",
        Json::Number(_) => "int",
        Json::String(_) => "str",
        Json::Array(_) => "list",
        Json::Object(_) => "dict",
    }
}

/// Python's `repr` of a finite float: the shortest digits, an exponent below 1e-4 and from 1e16 on.
pub(super) fn float_repr(value: f64) -> String {
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        return format!("{value:?}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// Whether Python's `int` accepts the text, and then whether the number is negative.
pub(super) fn int_is_negative(text: &str) -> Option<bool> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix(['+', '-']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    let groups = digits.split('_');
    let valid = groups
        .clone()
        .all(|g| !g.is_empty() && g.bytes().all(|b| b.is_ascii_digit()));
    valid.then(|| negative && digits.bytes().any(|b| (b'1'..=b'9').contains(&b)))
}

fn string_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c if c.is_control() => out.extend(format!("\\x{:02x}", u32::from(c)).chars()),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_written_as_python_writes_them() {
        for (value, written) in [
            (json!(null), "None"),
            (json!([true, 1, 1.0, "it's"]), "[True, 1, 1.0, \"it's\"]"),
            (json!({"a": {"b": []}}), "{'a': {'b': []}}"),
            (json!("a'\"\n\u{7f}é"), r#"'a\'"\n\x7fé'"#),
        ] {
            assert_eq!(repr(&value), written);
        }
        assert_eq!(str(&json!("plain")), "plain");
    }

    #[test]
    fn floats_switch_to_an_exponent_where_python_does() {
        for (value, written) in [
            (0.05, "0.05"),
            (1.0, "1.0"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (-2.5e100, "-2.5e+100"),
        ] {
            assert_eq!(float_repr(value), written);
        }
    }

    #[test]
    fn integers_are_read_as_python_reads_them() {
        for (text, negative) in [
            ("5", Some(false)),
            (" +1_000 ", Some(false)),
            ("-0", Some(false)),
            ("-3", Some(true)),
            ("1__0", None),
            ("_1", None),
            ("", None),
            ("3.0", None),
        ] {
            assert_eq!(int_is_negative(text), negative, "{text:?}");
        }
    }
}
