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
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::{CredentialError, Token};

/// az's advice when a certificate was given as a password (azure-cli-core, `auth/util.py`).
const PASSWORD_CERTIFICATE_WARNING: &str = "The error may be caused by passing a service principal certificate with \
     --password. Please note that --password no longer accepts a service principal certificate. To pass a service \
     principal certificate, use --certificate instead.";
/// Entra's code for a wrong secret.
const INVALID_SECRET: i64 = 7_000_215;

/// Options that make a credential of `azure_identity` use azq's client.
///
/// `authority` is the cloud's login endpoint; `patient` whether a failed connection is worth further tries, as it
/// is to an authority but not to a metadata endpoint that this machine may lack.
pub(super) fn options(client: &reqwest::Client, authority: &str, patient: bool) -> ClientOptions {
    options_with_claims(client, authority, patient, None)
}

/// The same, for a token that has these claims, which `azure_identity` cannot ask for.
pub(super) fn options_with_claims(
    client: &reqwest::Client,
    authority: &str,
    patient: bool,
    claims: Option<&str>,
) -> ClientOptions {
    let wire = Wire {
        client: client.clone(),
        patient,
        claims: claims.map(str::to_owned),
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
    patient: bool,
    claims: Option<String>,
}

impl Wire {
    /// The request with the claims in its form, if it is a form and there are claims.
    fn claiming(&self, request: &Request) -> Option<Request> {
        let claims = self.claims.as_deref()?;
        let Body::Bytes(form) = request.body() else {
            return None;
        };
        let claims = utf8_percent_encode(claims, NON_ALPHANUMERIC);
        let form = [form, format!("&claims={claims}").as_bytes()].concat();
        let mut request = request.clone();
        request.set_body(form);
        Some(request)
    }
}

#[async_trait::async_trait]
impl HttpClient for Wire {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let claiming = self.claiming(request);
        let request = claiming.as_ref().unwrap_or(request);
        let answered = self.client.execute_request(request).await;
        let response = answered.map_err(|error| {
            if self.patient {
                error
            } else {
                failed(explain(&error))
            }
        })?;
        let status = u16::from(response.status());
        if !matches!(status, 400 | 401 | 403) {
            return Ok(response);
        }
        let body = response.into_body().collect().await?;
        Err(failed(refusal(status, &body)))
    }
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
    let Some(message) = answer.error_description.or(answer.error) else {
        return CredentialError::unavailable(format!(
            "No access token could be got: status {status}"
        ));
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
        let wire = |claims: Option<&str>| Wire {
            client: reqwest::Client::new(),
            patient: true,
            claims: claims.map(str::to_owned),
        };
        let url = "https://login.invalid/token".parse().expect("a URL");
        let mut request = Request::new(url, azure_core::http::Method::Post);
        request.set_body("scope=x");
        let claiming = wire(Some("{\"a\"}")).claiming(&request).expect("claims");
        let Body::Bytes(form) = claiming.body() else {
            panic!("a form");
        };
        assert_eq!(&form[..], b"scope=x&claims=%7B%22a%22%7D");
        assert!(wire(None).claiming(&request).is_none());
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
}
