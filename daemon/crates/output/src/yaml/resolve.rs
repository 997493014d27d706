//! Finds the plain scalars that YAML 1.1 would not read as strings (`PyYAML`, `resolver.py`).

use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder};

/// The type that YAML 1.1 gives a plain scalar by its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalarType {
    /// Any other text.
    String,
    /// `yes`, `Off`, `true` and so on.
    Boolean,
    /// `1.5`, `.inf`, and so on.
    Float,
    /// `12`, `0x1F`, `017`, and so on.
    Integer,
    /// `<<`, the key of a mapping to be merged.
    Merge,
    /// `~`, `null`, and the empty text.
    Null,
    /// A date, with or without a time.
    Timestamp,
    /// `=`.
    Value,
}

/// The implicit types: the first characters that can begin one, and its pattern.
///
/// `yaml` is left out, because its three scalars can never be plain.
const TYPES: [(ScalarType, &[u8], &str); 7] = [
    (
        ScalarType::Boolean,
        b"yYnNtTfFoO",
        "yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF",
    ),
    (
        ScalarType::Float,
        b"-+0123456789.",
        r"[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?
        |\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?
        |[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*
        |[-+]?\.(?:inf|Inf|INF)
        |\.(?:nan|NaN|NAN)",
    ),
    (
        ScalarType::Integer,
        b"-+0123456789",
        "[-+]?0b[0-1_]+
        |[-+]?0[0-7_]+
        |[-+]?(?:0|[1-9][0-9_]*)
        |[-+]?0x[0-9a-fA-F_]+
        |[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+",
    ),
    (ScalarType::Merge, b"<", "<<"),
    (ScalarType::Null, b"~nN", "~|null|Null|NULL"),
    (
        ScalarType::Timestamp,
        b"0123456789",
        r"[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]
        |[0-9][0-9][0-9][0-9]-[0-9][0-9]?-[0-9][0-9]?
         (?:[Tt]|[\ \t]+)[0-9][0-9]?
         :[0-9][0-9]:[0-9][0-9](?:\.[0-9]*)?
         (?:[\ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9][0-9])?))?",
    ),
    (ScalarType::Value, b"=", "="),
];

static PATTERNS: LazyLock<Vec<(ScalarType, &[u8], Regex)>> = LazyLock::new(|| {
    let compile = |pattern: &str| {
        RegexBuilder::new(&format!("^(?:{pattern})$"))
            .ignore_whitespace(true)
            .unicode(false)
            .build()
            .ok()
    };
    TYPES
        .iter()
        .filter_map(|&(of, first, pattern)| Some((of, first, compile(pattern)?)))
        .collect()
});

/// Whether the text would be read as a string if it were plain.
pub(super) fn is_string(text: &str) -> bool {
    scalar_type(text) == ScalarType::String
}

/// Returns the type of a plain scalar.
pub fn scalar_type(text: &str) -> ScalarType {
    let Some(first) = text.as_bytes().first() else {
        return ScalarType::Null;
    };
    PATTERNS
        .iter()
        .find(|(_, firsts, pattern)| firsts.contains(first) && pattern.is_match(text.as_bytes()))
        .map_or(ScalarType::String, |(of, ..)| *of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(PATTERNS.len(), TYPES.len());
    }

    #[test]
    fn words_numbers_and_times_are_not_strings() {
        for (scalar, texts) in [
            (ScalarType::Null, &["", "~", "null"][..]),
            (ScalarType::Boolean, &["Yes", "off"]),
            (
                ScalarType::Integer,
                &["0", "-1", "+12_000", "0x1F", "0b10", "017"],
            ),
            (ScalarType::Integer, &["190:20:30"]),
            (ScalarType::Float, &["1.", "1.5e+3", ".5", "190:20:30.15"]),
            (ScalarType::Float, &[".inf", "-.INF", ".NaN"]),
            (ScalarType::Timestamp, &["2001-12-14", "2001-1-1 1:00:00"]),
            (ScalarType::Timestamp, &["2001-12-14t21:59:43.10-05:00"]),
            (ScalarType::Merge, &["<<"]),
            (ScalarType::Value, &["="]),
            (
                ScalarType::String,
                &["y", "n", "nUll", "1e3", "1.5e3", "08", "0o7"],
            ),
            (
                ScalarType::String,
                &["1:60", "12e03", "-", ".", "v1", "NaN", "inf"],
            ),
            (
                ScalarType::String,
                &["2001-12-14 ", "24.04.1", "Standard_D2s_v3"],
            ),
        ] {
            for text in texts {
                assert_eq!(scalar_type(text), scalar, "{text}");
            }
        }
    }
}
