//! Responses of the endpoints of managed identities.

use azq_python::repr;
use serde::Deserialize;
use serde_json::Value;
use time::format_description::{BorrowedFormatItem, well_known::Rfc3339};
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};
use zeroize::Zeroizing;

use super::Kind;
use crate::{CredentialError, Token, token_response};
use azq_http::HttpError;

/// Reads the body of a response.
pub(crate) async fn body(answer: reqwest::Response) -> Result<Zeroizing<Vec<u8>>, CredentialError> {
    let message = "The managed identity endpoint's answer is too long.";
    let body = token_response::body(answer).await.map_err(unreachable)?;
    body.ok_or_else(|| CredentialError::unavailable(message))
}

/// Returns the error of an endpoint that cannot be reached. It lacks the URL, which contains the
/// identity.
pub(crate) fn unreachable(error: reqwest::Error) -> CredentialError {
    let error = HttpError::from(&error.without_url());
    CredentialError::unavailable(format!(
        "The managed identity endpoint cannot be reached: {error}"
    ))
}

/// A response with a token, which is wiped when it is dropped.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    access_token: Zeroizing<String>,
    expires_on: Value,
    expires_in: Value,
}

/// Returns the token of a response, if it has one.
pub(crate) fn read(body: &[u8]) -> Result<Option<Token>, CredentialError> {
    let mut answer: Answer = serde_json::from_slice(body).map_err(|_| {
        CredentialError::unavailable("The managed identity endpoint's answer is not JSON.")
    })?;
    if answer.access_token.is_empty() {
        return Ok(None);
    }
    let end = end(&answer.expires_on, &answer.expires_in).ok_or_else(|| {
        CredentialError::unavailable(format!(
            "The managed identity endpoint has given a token without saying when it ends \
             (expires_on: {}).",
            answer.expires_on
        ))
    })?;
    Ok(Some(Token::until(
        std::mem::take(&mut answer.access_token),
        end,
    )))
}

/// Returns the reason why a response has no token, in MSAL's words for this kind of endpoint.
pub(super) fn refusal(kind: Kind, body: &[u8]) -> CredentialError {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |value: &Value| match value {
        Value::Null => "None".to_owned(),
        Value::String(text) => text.clone(),
        other => repr(other),
    };
    CredentialError::refused(match kind {
        Kind::AppService => ["statusCode", "message"]
            .map(|key| text(&answer[key]))
            .join(", "),
        Kind::MachineLearning => repr(&answer),
        Kind::VirtualMachine => text(&answer["error_description"]),
        Kind::ServiceFabric | Kind::Arc => String::from_utf8_lossy(body).into_owned(),
    })
}

/// The formats of dates that endpoints have used, all in UTC.
const DATES: [&[BorrowedFormatItem<'_>]; 2] = [
    format_description!(
        "[month padding:none]/[day padding:none]/[year] [hour padding:none]:[minute]:[second] +00:00"
    ),
    format_description!(
        "[month padding:none]/[day padding:none]/[year] [hour repr:12 padding:none]:[minute]:[second] [period] +00:00"
    ),
];

/// Returns the end of a token's life as a UNIX time in seconds. `expires_on` is such a time or a
/// date; `seconds`, the value of `expires_in`, counts from now.
fn end(expires_on: &Value, seconds: &Value) -> Option<i64> {
    let number = |value: &Value| match value {
        Value::String(text) => text.trim().parse().ok(),
        number => number.as_i64(),
    };
    let date = |text: &str| {
        let in_form = |form: &&[BorrowedFormatItem<'_>]| PrimitiveDateTime::parse(text, form).ok();
        let dates = DATES.iter().find_map(in_form);
        let date = dates.map(PrimitiveDateTime::assume_utc);
        date.or_else(|| OffsetDateTime::parse(text, &Rfc3339).ok())
    };
    let now = OffsetDateTime::now_utc().unix_timestamp();
    number(expires_on)
        .or_else(|| date(expires_on.as_str()?).map(OffsetDateTime::unix_timestamp))
        .or_else(|| number(seconds).map(|life| now.saturating_add(life)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_a_token_reads_as_in_az() {
        let described = r#"{"error": "invalid_request", "error_description": "Not found"}"#;
        let status = r#"{"statusCode": 400, "message": "No identity"}"#;
        let nested = r#"{"error": {"code": "Unauthorized"}}"#;
        for (kind, body, words) in [
            (Kind::AppService, status, "400, No identity"),
            (Kind::AppService, "{}", "None, None"),
            (Kind::VirtualMachine, described, "Not found"),
            (Kind::VirtualMachine, r#"{"error": "e"}"#, "None"),
            (
                Kind::MachineLearning,
                nested,
                "{'error': {'code': 'Unauthorized'}}",
            ),
            (Kind::ServiceFabric, nested, nested),
        ] {
            assert!(matches!(read(body.as_bytes()), Ok(None)), "{body}");
            assert_eq!(refusal(kind, body.as_bytes()).to_string(), words);
        }
        let html = read(b"<html>").expect_err("no JSON").to_string();
        assert_eq!(html, "The managed identity endpoint's answer is not JSON.");
        let endless = read(br#"{"access_token": "s3cret", "expires_on": "soon"}"#);
        let endless = endless.expect_err("no end").to_string();
        let is_told = endless.contains("soon") && !endless.contains("s3cret");
        assert!(is_told, "{endless}");
    }

    #[test]
    fn the_end_may_be_a_number_or_a_date() {
        let json = |text: &str| serde_json::from_str(text).expect("JSON");
        for expires in [
            "\"4102444800\"",
            "4102444800",
            "\"01/01/2100 00:00:00 +00:00\"",
            "\"1/1/2100 12:00:00 AM +00:00\"",
            "\"2100-01-01T00:00:00Z\"",
        ] {
            let end = end(&json(expires), &Value::Null);
            assert_eq!(end, Some(4_102_444_800), "{expires}");
        }
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let counted = end(&Value::Null, &json("\"3600\"")).expect("an end");
        assert!((now + 3600..now + 3660).contains(&counted));
        assert_eq!(end(&json("\"soon\""), &Value::Null), None);
    }
}
