//! The options that become headers of the request: `--aks-custom-headers`, `--if-match` and
//! `--if-none-match`.
//!
//! Deliberately absent: the headers that every request to Azure has (see `arm`).

use serde_json::{Map, Value as Json};

use azq_command::CommandError;

/// Parses `--aks-custom-headers`: `name=value` separated by commas; values of the same name are
/// joined.
pub(super) fn custom_headers(typed: Option<&str>) -> Result<Json, CommandError> {
    let typed = typed.unwrap_or_default().trim();
    let mut headers: Map<String, Json> = Map::new();
    for item in typed
        .split(',')
        .filter(|_| !typed.is_empty())
        .map(str::trim)
    {
        let mut parts = item.split('=');
        let (name, value) = (
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        );
        if parts.next().is_some() {
            return Err(CommandError::new(format!(
                "The format of '{item}' in '{typed}' is incorrect, correct format should be \
                 'Key1=Value1,Key2=Value2'."
            )));
        }
        if value.trim().is_empty() {
            return Err(CommandError::new(format!(
                "Empty value not allowed. The value '{value}' of key '{name}' in '{item}' is empty. \
                 Raw input '{typed}'."
            )));
        }
        let (name, value) = (name.trim(), value.trim());
        let value = match headers.get(name).and_then(Json::as_str) {
            Some(earlier) => format!("{earlier},{value}"),
            None => value.to_owned(),
        };
        headers.insert(name.to_owned(), value.into());
    }
    Ok(headers.into())
}

/// Returns `--if-match`, quoted if it is a bare entity tag (azure-mgmt-containerservice,
/// `_utils/utils.py`).
pub(super) fn if_match(tag: Option<&str>) -> Option<Json> {
    tag.filter(|tag| !tag.is_empty())
        .map(|tag| quoted(tag).into())
}

/// Returns `--if-none-match`, which az ignores beside `--if-match`, even an empty one.
pub(super) fn if_none_match(tag: Option<&str>, if_match: Option<&str>) -> Option<Json> {
    if if_match.is_some() {
        None
    } else {
        self::if_match(tag)
    }
}

fn quoted(tag: &str) -> String {
    let within = |quote: char| tag.starts_with(quote) && tag.ends_with(quote);
    if tag == "*" || tag.starts_with("W/") || within('"') || within('\'') {
        tag.to_owned()
    } else {
        format!("\"{tag}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn headers_are_split_trimmed_and_joined() {
        assert_eq!(custom_headers(None).unwrap(), json!({}));
        assert_eq!(custom_headers(Some("  ")).unwrap(), json!({}));
        assert_eq!(
            custom_headers(Some(" a = 1 , b=2,a=3")).unwrap(),
            json!({"a": "1,3", "b": "2"})
        );
        for (typed, wrong) in [
            (
                "foo",
                "Empty value not allowed. The value '' of key 'foo' in 'foo' is empty. Raw input 'foo'.",
            ),
            (
                "a=1,",
                "Empty value not allowed. The value '' of key '' in '' is empty. Raw input 'a=1,'.",
            ),
            (
                " a=b=c ",
                "The format of 'a=b=c' in 'a=b=c' is incorrect, correct format should be 'Key1=Value1,Key2=Value2'.",
            ),
        ] {
            assert_eq!(custom_headers(Some(typed)).unwrap_err().message, wrong);
        }
    }

    #[test]
    fn entity_tags_are_quoted_once() {
        for (tag, sent) in [
            ("abc", "\"abc\""),
            ("\"abc\"", "\"abc\""),
            ("'abc'", "'abc'"),
            ("W/\"abc\"", "W/\"abc\""),
            ("*", "*"),
        ] {
            assert_eq!(if_match(Some(tag)), Some(json!(sent)));
        }
        assert_eq!(if_match(Some("")), None);
        assert_eq!(if_none_match(Some("*"), None), Some(json!("*")));
        assert_eq!(if_none_match(Some("*"), Some("")), None);
    }
}
