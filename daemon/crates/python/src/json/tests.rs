use super::*;
use serde_json::json;

#[test]
fn errors_have_pythons_words_and_positions() {
    const PROPERTY: &str = "Expecting property name enclosed in double quotes";
    for (text, message, line, column, position) in [
        ("", "Expecting value", 1, 1, 0),
        ("{nope\n", PROPERTY, 1, 2, 1),
        ("{\"a\" 1}", "Expecting ':' delimiter", 1, 6, 5),
        ("{\n \"a\": tru\n}", "Expecting value", 2, 7, 8),
        ("{\"a\": 1 \"b\": 2}", "Expecting ',' delimiter", 1, 9, 8),
        ("{\"a\": 1} x", "Extra data", 1, 10, 9),
        ("[1, \"a", "Unterminated string starting at", 1, 5, 4),
        ("[\"a\nb\"]", "Invalid control character at", 1, 4, 3),
        ("[\"\\q\", true]", "Invalid \\escape", 1, 3, 2),
        ("[\"\\u12\"]", "Invalid \\uXXXX escape", 1, 4, 3),
        ("[01]", "Expecting ',' delimiter", 1, 3, 2),
        ("é {", "Expecting value", 1, 1, 0),
    ] {
        let expected = format!("{message}: line {line} column {column} (char {position})");
        let error = parse_lenient(text).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text:?}");
    }
}

#[test]
fn json_comes_first_and_python_literals_second() {
    for (text, value) in [
        (
            " {\"a\": [1, -2.5e1, null], \"a\": \"\\u00e9\\ud83d\\ude00\"} ",
            json!({"a": "é😀"}),
        ),
        (
            "{'a': True, 'b': (1, 'x' \"y\"), }",
            json!({"a": true, "b": [1, "xy"]}),
        ),
        ("{\"a\": 1,}", json!({"a": 1})),
        ("9223372036854775808", json!(9_223_372_036_854_775_808_u64)),
    ] {
        assert_eq!(parse_lenient(text).unwrap(), value, "{text:?}");
    }
}

#[test]
fn nesting_is_bounded() {
    let deep = "[".repeat(100_000);
    assert!(parse_lenient(&deep).is_err());
    assert!(parse_lenient(&"(".repeat(100_000)).is_err());
}

#[test]
fn numbers_are_kept_as_python_keeps_them() {
    for (read, written) in [
        ("1180591620717411303424", "1180591620717411303424"),
        (
            "-123456789012345678901234567890",
            "-123456789012345678901234567890",
        ),
        ("0.12345678901234567890", "0.12345678901234568"),
        (
            "[1.0, 1E+2, -0, -0.0, 1e16]",
            "[1.0, 100.0, 0, -0.0, 1e+16]",
        ),
        ("[1e999, -1e999, -0e999]", "[Infinity, -Infinity, -0.0]"),
        ("[NaN, Infinity, -Infinity]", "[NaN, Infinity, -Infinity]"),
        ("[NaN, 2.50, 2e2, -0e999]", "[NaN, 2.5, 200.0, -0.0]"),
    ] {
        assert_eq!(dumps(&loads(read.as_bytes()).unwrap()), written, "{read}");
    }
    let long = "1".repeat(4301);
    let error = loads(long.as_bytes()).unwrap_err();
    assert!(
        error
            .message()
            .starts_with("Exceeds the limit (4300 digits)")
    );
}

#[test]
fn answers_are_decoded_as_azure_core_decodes_them() {
    for (bytes, written) in [
        (&b"\xef\xbb\xbf{\"a\": 1}"[..], r#"{"a": 1}"#),
        (b"[\"gr\xf6\xdfe\"]", r#"["gr\ufffd\ufffde"]"#),
        (
            br#"["\ud800x", "\ud83d\ude00"]"#,
            r#"["\ud800x", "\ud83d\ude00"]"#,
        ),
        (br#"{"a": 1, "b": NaN, "a": 2}"#, r#"{"a": 2, "b": NaN}"#),
    ] {
        assert_eq!(dumps(&loads(bytes).unwrap()), written);
    }
    let deep = |depth| format!("[NaN, {}{}]", "[".repeat(depth), "]".repeat(depth));
    assert!(loads(deep(ANSWER_DEPTH - 1).as_bytes()).is_ok());
    assert!(loads(deep(ANSWER_DEPTH).as_bytes()).unwrap_err().is_depth());
}
