//! The options that become headers of the request: `--aks-custom-headers`, `--if-match` and
//! `--if-none-match`.
//!
//! Deliberately absent: the headers that every request to Azure has (see `arm`).

use azq_command::{CommandError, ensure};

/// Headers of a request with their values.
pub(super) type Headers = Vec<(String, String)>;

/// Returns the headers of a request that has all three options.
macro_rules! of_request {
    ($request:expr) => {
        $crate::nodepools::headers::headers(
            $request.aks_custom_headers.as_deref(),
            $request.if_match.as_deref(),
            $request.if_none_match.as_deref(),
        )
    };
}
pub(super) use of_request;

/// Returns the headers of `--aks-custom-headers`, `--if-match` and `--if-none-match`, each name
/// once in any case; an entity tag takes precedence over a custom header of its name.
pub(super) fn headers(
    custom: Option<&str>,
    if_match: Option<&str>,
    if_none_match: Option<&str>,
) -> Result<Headers, CommandError> {
    let custom = custom_headers(custom)?.into_iter();
    let mut headers = Headers::new();
    for (name, value) in custom.chain(etags(if_match, if_none_match)) {
        headers.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
        headers.push((name, value));
    }
    Ok(headers)
}

/// Parses `--aks-custom-headers`: `name=value` separated by commas; values of the same name are
/// joined.
fn custom_headers(typed: Option<&str>) -> Result<Headers, CommandError> {
    let typed = typed.unwrap_or_default().trim();
    let mut headers = Headers::new();
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
        ensure!(
            parts.next().is_none(),
            "The format of '{item}' in '{typed}' is incorrect, correct format should be \
             'Key1=Value1,Key2=Value2'."
        );
        ensure!(
            !value.trim().is_empty(),
            "Empty value not allowed. The value '{value}' of key '{name}' in '{item}' is empty. \
             Raw input '{typed}'."
        );
        let (name, value) = (name.trim(), value.trim());
        match headers.iter_mut().find(|(known, _)| known == name) {
            Some((_, earlier)) => earlier.extend([",", value]),
            None => headers.push((name.to_owned(), value.to_owned())),
        }
    }
    Ok(headers)
}

/// Returns the headers of `--if-match` and `--if-none-match`, of which az ignores the second beside
/// the first, even an empty one. A bare entity tag is quoted (azure-mgmt-containerservice,
/// `_utils/utils.py`).
pub(super) fn etags(if_match: Option<&str>, if_none_match: Option<&str>) -> Headers {
    let other = if_none_match.filter(|_| if_match.is_none());
    let tags = [("if-match", if_match), ("if-none-match", other)];
    let given = |tag: Option<&str>| tag.filter(|tag| !tag.is_empty()).map(quoted);
    tags.into_iter()
        .filter_map(|(name, tag)| Some((name.to_owned(), given(tag)?)))
        .collect()
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

    fn own<const N: usize>(headers: [(&str, &str); N]) -> Headers {
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        headers.map(own).into()
    }

    #[test]
    fn headers_are_split_trimmed_and_joined() {
        assert_eq!(custom_headers(None).unwrap(), []);
        assert_eq!(custom_headers(Some("  ")).unwrap(), []);
        assert_eq!(
            custom_headers(Some(" a = 1 , b=2,a=3")).unwrap(),
            own([("a", "1,3"), ("b", "2")])
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
            assert_eq!(etags(Some(tag), None), own([("if-match", sent)]));
        }
        assert_eq!(etags(Some(""), None), []);
        assert_eq!(etags(None, Some("*")), own([("if-none-match", "*")]));
        assert_eq!(etags(Some(""), Some("x")), []);
    }

    #[test]
    fn an_entity_tag_or_a_later_header_wins_over_one_of_its_name() {
        let both = headers(Some("If-Match=a, B=c"), Some("e"), Some("*"));
        assert_eq!(both, Ok(own([("B", "c"), ("if-match", "\"e\"")])));
        let later = headers(Some("A=1,b=2,a=3"), None, None);
        assert_eq!(later, Ok(own([("b", "2"), ("a", "3")])));
    }
}
