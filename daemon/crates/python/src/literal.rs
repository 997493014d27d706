//! Python literals as `ast.literal_eval` accepts them, if JSON can represent the result:
//! dictionaries, lists, tuples, strings, numbers, `True`, `False`, `None`, comments and implicit
//! concatenation.
//!
//! Escapes by name (`\N{…}`) are not supported. Sets, bytes and complex numbers are refused, and so
//! are keys that are no scalars, because az could not send them either.

use serde_json::Value as Json;

use super::cursor::Cursor;
use super::json::{DEPTH_LIMIT, dumps};
use super::write::control;
use super::{number as python, surrogate};

/// Returns the value of a literal; `None` if the text is not one.
pub(crate) fn parse(chars: &[char]) -> Option<Json> {
    let mut cursor = Cursor::new(chars);
    let (mut items, comma) = sequence(&mut cursor, None, |cursor| value(cursor, 0))?;
    // Several values, or one value and a comma, are a tuple.
    if comma {
        Some(Json::Array(items))
    } else {
        items.pop()
    }
}

/// Skips white space, comments and continued lines. Line ends outside brackets are skipped as well;
/// Python would end the expression there, but only blanks may follow it anyway.
fn skip_blank(cursor: &mut Cursor<'_>) {
    loop {
        match cursor.peek() {
            Some(' ' | '\t' | '\n' | '\r' | '\u{c}') => cursor.at += 1,
            Some('\\') if cursor.peek_second() == Some('\n') => cursor.at += 2,
            Some('#') => {
                cursor.take_while(|c| c != '\n');
            }
            _ => return,
        }
    }
}

fn value(cursor: &mut Cursor<'_>, depth: usize) -> Option<Json> {
    if depth > DEPTH_LIMIT {
        return None;
    }
    match cursor.peek()? {
        '{' => dictionary(cursor, depth),
        '[' => values(cursor, ']', depth).map(|(items, _)| Json::Array(items)),
        '(' => tuple(cursor, depth),
        '\'' | '"' | 'r' | 'R' | 'u' | 'U' => strings(cursor).map(Json::String),
        '+' | '-' | '.' | '0'..='9' => number(cursor),
        _ => word(cursor),
    }
}

/// Reads a dictionary; or a set as an array if it is the whole text, which az rejects because it is
/// not a dictionary.
fn dictionary(cursor: &mut Cursor<'_>, depth: usize) -> Option<Json> {
    let start = cursor.at;
    cursor.next();
    match sequence(cursor, Some('}'), |cursor| entry(cursor, depth + 1)) {
        Some((entries, _)) => Some(entries.into_iter().collect()),
        None if depth == 0 => {
            cursor.at = start;
            values(cursor, '}', depth).map(|(items, _)| Json::Array(items))
        }
        None => None,
    }
}

fn entry(cursor: &mut Cursor<'_>, depth: usize) -> Option<(String, Json)> {
    let key = match value(cursor, depth)? {
        Json::String(text) => text,
        // `json.dumps` makes strings of the other scalars.
        key @ (Json::Null | Json::Bool(_) | Json::Number(_)) => dumps(&key),
        Json::Array(_) | Json::Object(_) => return None,
    };
    skip_blank(cursor);
    if !cursor.eat(':') {
        return None;
    }
    skip_blank(cursor);
    Some((key, value(cursor, depth)?))
}

/// Reads a bracket and the values up to the closing one.
fn values(cursor: &mut Cursor<'_>, close: char, depth: usize) -> Option<(Vec<Json>, bool)> {
    cursor.next();
    sequence(cursor, Some(close), |cursor| value(cursor, depth + 1))
}

/// Reads the items up to the closing bracket or, without one, to the end; returns them and whether
/// there was a comma.
fn sequence<T>(
    cursor: &mut Cursor<'_>,
    close: Option<char>,
    item: impl Fn(&mut Cursor<'_>) -> Option<T>,
) -> Option<(Vec<T>, bool)> {
    let (mut items, mut comma) = (Vec::new(), false);
    loop {
        skip_blank(cursor);
        if cursor.peek() == close {
            cursor.next();
            return Some((items, comma));
        }
        items.push(item(cursor)?);
        skip_blank(cursor);
        if cursor.eat(',') {
            comma = true;
        } else if cursor.peek() != close {
            return None;
        }
    }
}

/// Reads a tuple, or a value in parentheses.
fn tuple(cursor: &mut Cursor<'_>, depth: usize) -> Option<Json> {
    let (mut items, comma) = values(cursor, ')', depth)?;
    if items.len() == 1 && !comma {
        items.pop()
    } else {
        Some(Json::Array(items))
    }
}

/// Reads one string or several in a row, which Python joins.
fn strings(cursor: &mut Cursor<'_>) -> Option<String> {
    let mut text = string(cursor)?;
    loop {
        skip_blank(cursor);
        if !matches!(cursor.peek(), Some('\'' | '"' | 'r' | 'R' | 'u' | 'U')) {
            return Some(text);
        }
        text.push_str(&string(cursor)?);
    }
}

fn string(cursor: &mut Cursor<'_>) -> Option<String> {
    let raw = matches!(cursor.peek(), Some('r' | 'R'));
    if raw || matches!(cursor.peek(), Some('u' | 'U')) {
        cursor.next();
    }
    let quote = cursor.next().filter(|c| matches!(c, '\'' | '"'))?;
    let triple: String = [quote; 3].iter().collect();
    cursor.at -= 1;
    let long = cursor.eat_word(&triple);
    cursor.at += usize::from(!long);
    let mut text = String::new();
    loop {
        if (long && cursor.eat_word(&triple)) || (!long && cursor.eat(quote)) {
            return Some(text);
        }
        match cursor.next()? {
            '\n' if !long => return None,
            '\\' if raw => text.extend(['\\', cursor.next()?]),
            '\\' => text.extend(escape(cursor)?),
            c => text.push(c),
        }
    }
}

/// Returns the characters that an escape sequence stands for: none for a continued line, the
/// sequence itself if Python does not know it.
fn escape(cursor: &mut Cursor<'_>) -> Option<Vec<char>> {
    let code = |value: u32| (value <= 0x0010_FFFF).then(|| vec![surrogate::stand_in(value)]);
    match cursor.next()? {
        '\n' => Some(Vec::new()),
        c @ ('\\' | '\'' | '"') => Some(vec![c]),
        'x' => cursor.hexadecimal(2).and_then(code),
        'u' => cursor.hexadecimal(4).and_then(code),
        'U' => cursor.hexadecimal(8).and_then(code),
        'N' => None,
        first @ '0'..='7' => {
            let mut value = first.to_digit(8)?;
            for _ in 0..2 {
                let Some(digit) = cursor.peek().and_then(|c| c.to_digit(8)) else {
                    break;
                };
                value = value * 8 + digit;
                cursor.at += 1;
            }
            code(value)
        }
        other => Some(control(other).map_or(vec!['\\', other], |c| vec![c])),
    }
}

fn number(cursor: &mut Cursor<'_>) -> Option<Json> {
    let negative = cursor.eat('-');
    if negative || cursor.eat('+') {
        skip_blank(cursor);
    }
    let mut digits = String::new();
    while let Some(c) = cursor.peek() {
        let exponent_sign = matches!(c, '+' | '-') && digits.ends_with(['e', 'E']);
        if !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_') || exponent_sign) {
            break;
        }
        digits.push(c);
        cursor.at += 1;
    }
    let misplaced = digits.starts_with('_') || digits.ends_with('_') || digits.contains("__");
    let digits = digits.replace('_', "");
    if misplaced {
        return None;
    }
    let sign = if negative { "-" } else { "" };
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(rest) = digits.to_ascii_lowercase().strip_prefix(prefix) {
            let value = u128::from_str_radix(rest, radix).ok()?;
            return python::from_digits(&format!("{sign}{value}")).map(Json::Number);
        }
    }
    let float = digits.contains(['.', 'e', 'E']);
    let zeros = digits.bytes().all(|b| b == b'0');
    let numeric = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if !numeric || (!float && !zeros && digits.starts_with('0')) {
        return None;
    }
    let digits = format!("{sign}{digits}");
    let number = if float {
        digits.parse().ok().map(python::from_float)
    } else {
        python::from_digits(&digits)
    };
    number.map(Json::Number)
}

fn word(cursor: &mut Cursor<'_>) -> Option<Json> {
    match cursor
        .take_while(|c| c.is_alphanumeric() || c == '_')
        .as_str()
    {
        "True" => Some(Json::Bool(true)),
        "False" => Some(Json::Bool(false)),
        "None" => Some(Json::Null),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Option<Json> {
        parse(&text.chars().collect::<Vec<_>>())
    }

    #[test]
    fn literals_are_read() {
        for (text, value) in [
            ("{}", json!({})),
            (
                "{'a': None, # why\n 'b': [1, 2,],}",
                json!({"a": null, "b": [1, 2]}),
            ),
            ("(1)", json!(1)),
            ("(1,)", json!([1])),
            ("[0x1F, 1_000, -0.5, 1e3]", json!([31, 1000, -0.5, 1000.0])),
            ("'''a\nb''' r'\\d' '\\x41\\101\\q'", json!("a\nb\\dAA\\q")),
            ("{1: 'a', None: 2}", json!({"1": "a", "null": 2})),
            ("{1, 2}", json!([1, 2])),
        ] {
            assert_eq!(read(text), Some(value), "{text:?}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "{true: 1}",
            "{'a': true}",
            "{nope",
            "{'a': {1, 2}}",
            "f()",
            "'a\nb'",
            "01",
            "1__0",
            "a",
            "{'a' 1}",
            "[1 2]",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
