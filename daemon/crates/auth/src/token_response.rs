//! A token endpoint's response, read as MSAL and azure-cli-core read it (`oauth2cli/oauth2.py`,
//! `auth/util.py`).
//!
//! The body decides, not the status, except for a server error. Values of another type than the
//! protocol's are converted as Python converts them. If the body is not JSON or has no token, az
//! crashes, and azq returns an error. An invalid lifetime counts as an hour.

use azq_python::{json, number};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::CredentialError;

/// The size limit of a response, which has a few kilobytes.
const ANSWER_LIMIT: usize = 1 << 20;
/// The life of a token whose response has no lifetime, in seconds.
const DEFAULT_LIFE: i64 = 3600;
/// The longest life that is accepted, in seconds.
const LONGEST_LIFE: i64 = 1 << 32;
/// Entra's code for a wrong secret.
const INVALID_SECRET: f64 = 7_000_215.0;

/// The issued tokens.
#[derive(Debug)]
pub(super) struct Issued {
    pub(super) access_token: Zeroizing<String>,
    /// The life of the access token, in seconds.
    pub(super) life: i64,
    pub(super) refresh_token: Option<Zeroizing<String>>,
}

/// The reason why nothing was issued.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotIssued {
    /// The login was refused.
    Refused {
        /// az's message.
        message: String,
        /// Whether the reason is a wrong secret.
        has_wrong_secret: bool,
    },
    /// The response is invalid, or the state of the login is unknown.
    Unavailable(CredentialError),
}

/// Reads a body to its end, or returns `None` if it is longer than any response with a token.
pub(super) async fn body(
    mut answer: reqwest::Response,
) -> Result<Option<Zeroizing<Vec<u8>>>, reqwest::Error> {
    let mut body = Zeroizing::new(Vec::new());
    while let Some(part) = answer.chunk().await? {
        body.extend_from_slice(&part);
        if body.len() > ANSWER_LIMIT {
            return Ok(None);
        }
    }
    Ok(Some(body))
}

/// Reads a response.
pub(super) fn read(status: u16, body: &[u8]) -> Result<Issued, NotIssued> {
    let answer = json::loads(body).ok();
    let what = match answer {
        _ if status >= 500 => said(answer.as_ref()),
        None => " and no JSON".to_owned(),
        Some(empty) if !azq_python::is_true(&empty) => {
            return Err(NotIssued::Unavailable(CredentialError::empty()));
        }
        Some(Value::Object(answer)) if answer.contains_key("error") => {
            return Err(refused(&answer));
        }
        Some(Value::Object(answer)) if answer.contains_key("access_token") => {
            return Ok(issued(answer));
        }
        Some(Value::Object(_)) => " and without a token".to_owned(),
        Some(_) => " and no JSON object".to_owned(),
    };
    Err(NotIssued::Unavailable(unavailable(&format!(
        "the login service answered with status {status}{what}"
    ))))
}

/// Returns the error for an unknown state of the login, with this reason.
pub(super) fn unavailable(why: &str) -> CredentialError {
    let why = why.trim_end_matches('.');
    CredentialError::unavailable(format!(
        "No access token could be got, for {why}. Try again in a moment."
    ))
}

/// Returns the server's description of its error, or an empty text.
fn said(answer: Option<&Value>) -> String {
    let text = |name| answer?.get(name)?.as_str();
    let said = text("error_description").or_else(|| text("error"));
    said.map_or_else(String::new, |said| format!(": {said}"))
}

/// Returns the refusal (`aad_error_handler`). An absent description becomes Python's `None`.
fn refused(answer: &Map<String, Value>) -> NotIssued {
    let description = answer.get("error_description").unwrap_or(&Value::Null);
    let codes = answer.get("error_codes").and_then(Value::as_array);
    let is_invalid_secret = |code: &Value| code.as_number().map(number::to_float);
    NotIssued::Refused {
        message: azq_python::str(description),
        has_wrong_secret: codes.is_some_and(|codes| {
            let mut codes = codes.iter();
            codes.any(|code| is_invalid_secret(code) == Some(INVALID_SECRET))
        }),
    }
}

fn issued(mut answer: Map<String, Value>) -> Issued {
    let mut secret = |name| answer.get_mut(name).map(Value::take).map(text);
    Issued {
        access_token: secret("access_token").unwrap_or_default(),
        refresh_token: secret("refresh_token").filter(|token| !token.is_empty()),
        life: answer
            .get("expires_in")
            .and_then(integer)
            .unwrap_or(DEFAULT_LIFE)
            .clamp(-1, LONGEST_LIFE),
    }
}

/// Returns Python's text of a value. A string is moved, not copied, so that it is wiped.
pub(super) fn text(value: Value) -> Zeroizing<String> {
    Zeroizing::new(match value {
        Value::String(text) => text,
        other => azq_python::str(&other),
    })
}

/// Converts a value like Python's `int(value)`, limited to the range of the result.
pub(super) fn integer(value: &Value) -> Option<i64> {
    let digits = match value {
        Value::Bool(value) => return Some((*value).into()),
        Value::String(text) => number::parse_int(text)?,
        Value::Number(value) => match number::parsed(value) {
            number::Parsed::Int(digits) => digits.to_owned(),
            number::Parsed::Float(float) => number::truncated(float)?,
        },
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    let furthest = if digits.starts_with('-') {
        i64::MIN
    } else {
        i64::MAX
    };
    Some(digits.parse().unwrap_or(furthest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(expires_in: &str) -> i64 {
        let body = format!(r#"{{"access_token": "t", "expires_in": {expires_in}}}"#);
        read(200, body.as_bytes()).expect("a token").life
    }

    #[test]
    fn a_life_is_read_as_python_reads_an_integer() {
        for (expires_in, seconds) in [
            ("60", 60),
            ("\"60\"", 60),
            ("\" 3_600 \"", 3600),
            ("60.7", 60),
            ("true", 1),
            ("0", 0),
            ("-5", -1),
            ("99999999999999999999", LONGEST_LIFE),
            // What makes no sense is an hour.
            ("null", DEFAULT_LIFE),
            ("\"soon\"", DEFAULT_LIFE),
            ("\"\"", DEFAULT_LIFE),
            ("\"60.7\"", DEFAULT_LIFE),
            ("[1]", DEFAULT_LIFE),
            ("NaN", DEFAULT_LIFE),
            ("Infinity", DEFAULT_LIFE),
        ] {
            assert_eq!(life(expires_in), seconds, "{expires_in}");
        }
        let body = br#"{"access_token": "t"}"#;
        assert_eq!(read(200, body).expect("a token").life, DEFAULT_LIFE);
    }

    #[test]
    fn a_token_of_another_type_is_pythons_text_of_it() {
        for (token, text) in [
            ("5", "5"),
            ("null", "None"),
            ("true", "True"),
            ("[\"t\"]", "['t']"),
            ("{\"a\": 1.5}", "{'a': 1.5}"),
            ("\"\"", ""),
        ] {
            let body = format!(r#"{{"access_token": {token}}}"#);
            let issued = read(400, body.as_bytes()).expect("a token");
            assert_eq!(*issued.access_token, text, "{token}");
        }
    }

    #[test]
    fn an_error_counts_whatever_the_status_and_beside_a_token() {
        let refused = |body: &str| match read(200, body.as_bytes()) {
            Err(NotIssued::Refused { message, .. }) => message,
            other => panic!("{other:?}"),
        };
        let both = r#"{"error": "e", "error_description": "a\r\nb", "access_token": "t"}"#;
        assert_eq!(refused(both), "a\r\nb");
        for nothing in [
            r#"{"error": "e"}"#,
            r#"{"error": null}"#,
            r#"{"error": {}}"#,
        ] {
            assert_eq!(refused(nothing), "None", "{nothing}");
        }
        let list = r#"{"error": "e", "error_description": ["a", 1]}"#;
        assert_eq!(refused(list), "['a', 1]");
    }

    #[test]
    fn a_wrong_secret_is_known_by_its_code() {
        let is_wrong = |codes: &str| {
            let body = format!(r#"{{"error": "e", "error_codes": {codes}}}"#);
            match read(401, body.as_bytes()).expect_err("refused") {
                NotIssued::Refused {
                    has_wrong_secret, ..
                } => has_wrong_secret,
                NotIssued::Unavailable(_) => false,
            }
        };
        assert!(is_wrong("[1, 7000215]") && is_wrong("[7000215.0]"));
        assert!(!is_wrong("[\"7000215\"]") && !is_wrong("7000215") && !is_wrong("[]"));
    }

    #[test]
    fn what_says_nothing_is_azs_words_and_what_makes_no_sense_is_told() {
        let words = |status, body: &str| match read(status, body.as_bytes()) {
            Err(NotIssued::Unavailable(error)) => error.to_string(),
            other => panic!("{other:?}"),
        };
        for empty in ["{}", "[]", "null", "\"\"", "0"] {
            let said = words(200, empty);
            assert_eq!(said, "Can't find token from MSAL cache.", "{empty}");
        }
        let token = r#"{"access_token": "t"}"#;
        let down = r#"{"error": "e", "error_description": "down."}"#;
        for (status, body, what) in [
            (200, "<html>", "200 and no JSON"),
            (200, "", "200 and no JSON"),
            (403, "[1]", "403 and no JSON object"),
            (200, r#"{"token_type": 1}"#, "200 and without a token"),
            (500, "<html>", "500"),
            (503, down, "503: down"),
            (502, token, "502"),
        ] {
            let wanted = format!(
                "No access token could be got, for the login service answered with status {what}. \
                 Try again in a moment."
            );
            assert_eq!(words(status, body), wanted);
        }
    }
}
