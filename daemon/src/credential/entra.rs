//! The transport that `azure_identity` sends its requests by: azq's own client, with the refusals read here.
//!
//! `azure_identity` (1.0.0 and 1.1.0-beta.1) deserializes `error_description` into a borrowed string, which fails for
//! every description with an escape in it, and Entra's have `\r\n`: the reason is lost behind "invalid type: string …,
//! expected a borrowed string". So a refusal is read before `azure_identity` sees it, and travels as the source of
//! the error that comes out on the other side.

use std::sync::Arc;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{AccessToken, TokenCredential};
use azure_core::error::{Error, ErrorKind};
use azure_core::http::{AsyncRawResponse, Body, ClientOptions, HttpClient, Request, Transport};
use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{CredentialError, Token};

/// az's advice when a certificate was given as a password (azure-cli-core, `auth/util.py`).
const PASSWORD_CERTIFICATE_WARNING: &str = "The error may be caused by passing a service principal certificate with \
     --password. Please note that --password no longer accepts a service principal certificate. To pass a service \
     principal certificate, use --certificate instead.";
/// Entra's code for a wrong secret.
const INVALID_SECRET: i64 = 7_000_215;

/// Options that make a credential of `azure_identity` use azq's client.
///
/// `authority` is the cloud's login endpoint. With `claims`, a token is asked for that has them,
/// which `azure_identity` cannot do.
pub(super) fn options(
    client: &reqwest::Client,
    authority: &str,
    claims: Option<String>,
) -> ClientOptions {
    let wire = Wire {
        client: client.clone(),
        claims,
    };
    let mut cloud = CustomConfiguration::default();
    authority.clone_into(&mut cloud.authority_host);
    ClientOptions {
        transport: Some(Transport::new(Arc::new(wire))),
        cloud: Some(Arc::new(CloudConfiguration::Custom(cloud))),
        ..ClientOptions::default()
    }
}

/// Asks a credential of `azure_identity` for a token.
pub(super) async fn token(
    credential: &dyn TokenCredential,
    scope: &str,
) -> Result<Token, CredentialError> {
    let AccessToken {
        token, expires_on, ..
    } = credential
        .get_token(&[scope], None)
        .await
        .map_err(|error| explain(&error))?;
    Ok(Token::until(
        token.secret().to_owned(),
        expires_on.unix_timestamp(),
    ))
}

/// What is behind an error of `azure_identity`: a refusal that was read here, or its own words.
pub(super) fn explain(error: &Error) -> CredentialError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut innermost = error.to_string();
    while let Some(error) = cause {
        if let Some(refusal) = error.downcast_ref::<CredentialError>() {
            return refusal.clone();
        }
        innermost = error.to_string();
        // An `io::Error` hides what it wraps: its `source` is the source of that.
        cause = match error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    CredentialError::unavailable(format!("No access token could be got: {innermost}"))
}

#[derive(Debug)]
struct Wire {
    client: reqwest::Client,
    claims: Option<String>,
}

/// The request with the claims in its form, if it is a form.
fn claiming(claims: &str, request: &Request) -> Option<Request> {
    let Body::Bytes(form) = request.body() else {
        return None;
    };
    let claims = utf8_percent_encode(claims, NON_ALPHANUMERIC);
    let form = [form, format!("&claims={claims}").as_bytes()].concat();
    let mut request = request.clone();
    request.set_body(form);
    Some(request)
}

#[async_trait::async_trait]
impl HttpClient for Wire {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let claims = self.claims.as_deref();
        let claiming = claims.and_then(|claims| claiming(claims, request));
        let request = claiming.as_ref().unwrap_or(request);
        let response = self.client.execute_request(request).await?;
        let (status, headers, body) = response.deconstruct();
        let body = body.collect().await?;
        // As az, which asks once: whoever waits learns it at once, and may ask again.
        if u16::from(status) >= 400 {
            return Err(failed(refusal(status.into(), &body)));
        }
        if is_empty(&body) {
            return Err(failed(CredentialError::empty()));
        }
        let body = with_end(&body).map_or(body, Bytes::from);
        Ok(AsyncRawResponse::from_bytes(status, headers, body))
    }
}

/// How long a token lasts whose answer does not say it, in seconds (MSAL, `token_cache.py`).
const DEFAULT_LIFE: u64 = 3600;

/// Whether an answer is JSON that Python takes for nothing.
pub(super) fn is_empty(body: &[u8]) -> bool {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => members.is_empty(),
        Ok(Value::Null) => true,
        _ => false,
    }
}

/// The answer with `expires_in` as a number; `None` if it has one, or is no token.
fn with_end(body: &[u8]) -> Option<Vec<u8>> {
    let mut answer: Map<String, Value> = serde_json::from_slice(body).ok()?;
    answer.get("access_token")?;
    let life = match answer.get("expires_in") {
        None | Some(Value::Null) => DEFAULT_LIFE,
        Some(Value::String(text)) => text.parse().ok()?,
        Some(_) => return None,
    };
    answer.insert("expires_in".to_owned(), life.into());
    serde_json::to_vec(&answer).ok()
}

fn failed(error: CredentialError) -> Error {
    // Not an I/O error, which would be tried again.
    Error::with_error(ErrorKind::Credential, error, "the login is refused")
}

/// What Entra, or a machine's identity endpoint, says when it refuses.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    error: Option<String>,
    error_description: Option<String>,
    error_codes: Vec<i64>,
}

fn refusal(status: u16, body: &[u8]) -> CredentialError {
    let answer: Answer = serde_json::from_slice(body).unwrap_or_default();
    let message = answer.error_description.or(answer.error);
    let message = match message {
        Some(message) if status < 500 => message,
        message => {
            let said = message.map_or_else(String::new, |message| format!(": {message}"));
            let said = said.trim_end_matches('.');
            return CredentialError::unavailable(format!(
                "No access token could be got, for the login service answered with status \
                 {status}{said}. Try again in a moment."
            ));
        }
    };
    if answer.error_codes.contains(&INVALID_SECRET) {
        let recommendation = Some(PASSWORD_CERTIFICATE_WARNING.to_owned());
        return CredentialError::Refused {
            message,
            recommendation,
        };
    }
    CredentialError::refused(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_added_to_the_form() {
        let url = "https://login.invalid/token".parse().expect("a URL");
        let mut request = Request::new(url, azure_core::http::Method::Post);
        request.set_body("scope=x");
        let claiming = claiming("{\"a\"}", &request).expect("claims");
        let Body::Bytes(form) = claiming.body() else {
            panic!("a form");
        };
        assert_eq!(&form[..], b"scope=x&claims=%7B%22a%22%7D");
    }

    #[test]
    fn a_description_with_escapes_survives_azure_identity() {
        let body = br#"{"error": "invalid_client", "error_codes": [7000215],
            "error_description": "AADSTS7000215: Invalid \"secret\".\r\nTrace ID: 0"}"#;
        let wrapped = Error::with_error(ErrorKind::Credential, failed(refusal(401, body)), "outer");
        let CredentialError::Refused {
            message,
            recommendation,
        } = explain(&wrapped)
        else {
            panic!("a refusal");
        };
        assert_eq!(message, "AADSTS7000215: Invalid \"secret\".\r\nTrace ID: 0");
        assert_eq!(
            recommendation.as_deref(),
            Some(PASSWORD_CERTIFICATE_WARNING)
        );
    }

    #[test]
    fn a_proxys_page_is_no_refusal_of_the_login() {
        assert!(refusal(403, b"<html>").is_transient());
        assert!(!refusal(400, br#"{"error": "invalid_grant"}"#).is_transient());
    }

    #[test]
    fn a_busy_login_service_is_told_of_in_its_words() {
        let busy = br#"{"error": "busy", "error_description": "AADSTS90055: too many requests"}"#;
        assert_eq!(
            refusal(429, busy).to_string(),
            "AADSTS90055: too many requests"
        );
        let down = refusal(503, busy);
        assert!(down.is_transient() && down.to_string().contains("status 503: AADSTS90055"));
        assert!(refusal(500, b"").to_string().contains("status 500. Try"));
    }

    #[test]
    fn a_token_that_does_not_say_when_it_ends_lasts_an_hour() {
        let end = |body: &str| {
            let body = with_end(body.as_bytes())?;
            let answer: Value = serde_json::from_slice(&body).expect("JSON");
            answer["expires_in"].as_u64()
        };
        assert_eq!(end(r#"{"access_token": "t"}"#), Some(3600));
        assert_eq!(
            end(r#"{"access_token": "t", "expires_in": "60"}"#),
            Some(60)
        );
        assert_eq!(end(r#"{"access_token": "t", "expires_in": 60}"#), None);
        assert_eq!(end("{}"), None);
    }
}
