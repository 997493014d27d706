//! The transport for `azure_identity`: it sends requests through azq's own client and reads the
//! refusals itself.
//!
//! `azure_identity` (1.0.0 and 1.1.0-beta.1) deserializes `error_description` into a borrowed
//! string. That fails for every description with an escape, and Entra's contain `\r\n`, so the
//! reason is lost behind "invalid type: string …, expected a borrowed string". So a refusal is read
//! before `azure_identity` sees it, and is passed through as the source of the error that
//! `azure_identity` returns.

use std::sync::Arc;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::TokenCredential;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::{
    AsyncRawResponse, Body, ClientOptions, HttpClient, Request, StatusCode, Transport,
};
use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use zeroize::Zeroizing;

use super::token_response::{self, Issued, NotIssued};
use super::{CredentialError, Token};

/// az's advice when a certificate was given as a password (azure-cli-core, `auth/util.py`).
const PASSWORD_CERTIFICATE_WARNING: &str = "The error may be caused by passing a service principal certificate with \
     --password. Please note that --password no longer accepts a service principal certificate. To pass a service \
     principal certificate, use --certificate instead.";

/// Returns options that make a credential of `azure_identity` use azq's client.
///
/// `authority` is the cloud's login endpoint. With `claims` the request is for a token with these
/// claims, which `azure_identity` cannot request.
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

/// Gets a token from a credential of `azure_identity`.
pub(super) async fn token(
    credential: &dyn TokenCredential,
    scope: &str,
) -> Result<Token, CredentialError> {
    let issued = credential.get_token(&[scope], None).await;
    let issued = issued.map_err(|error| explain(&error))?;
    let end = issued.expires_on.unix_timestamp();
    Ok(Token::until(issued.token.secret().to_owned(), end))
}

/// Returns the cause of an error of `azure_identity`: a refusal that was read here, or its own
/// message.
pub(super) fn explain(error: &Error) -> CredentialError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut innermost = error.to_string();
    while let Some(error) = cause {
        if let Some(refusal) = error.downcast_ref::<CredentialError>() {
            return refusal.clone();
        }
        innermost = error.to_string();
        // An `io::Error` hides the error that it wraps, because its `source` is that error's
        // source.
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

/// Returns the request with the claims added to its form, if its body is a form.
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
        let body = Zeroizing::new(body.collect().await?.to_vec());
        // A refusal is not retried, as in az, so that a waiting caller gets it at once.
        let issued =
            token_response::read(status.into(), &body).map_err(|refusal| failed(words(refusal)))?;
        let body = Bytes::from(canonical(&issued));
        Ok(AsyncRawResponse::from_bytes(StatusCode::Ok, headers, body))
    }
}

/// Returns a response that `azure_identity` can always read.
fn canonical(issued: &Issued) -> Vec<u8> {
    let answer = json!({
        "token_type": "Bearer",
        "access_token": *issued.access_token,
        "expires_in": issued.life,
        "ext_expires_in": issued.life,
    });
    answer.to_string().into_bytes()
}

fn failed(error: CredentialError) -> Error {
    // This is not an I/O error, because that would be retried.
    Error::with_error(ErrorKind::Credential, error, "the login is refused")
}

fn words(refusal: NotIssued) -> CredentialError {
    match refusal {
        NotIssued::Unavailable(error) => error,
        NotIssued::Refused {
            message,
            has_wrong_secret: true,
        } => CredentialError::Refused {
            message,
            recommendation: Some(PASSWORD_CERTIFICATE_WARNING.to_owned()),
        },
        NotIssued::Refused { message, .. } => CredentialError::refused(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, body: &[u8]) -> CredentialError {
        words(token_response::read(status, body).expect_err("no token"))
    }

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
        let wanted = CredentialError::Refused {
            message: "AADSTS7000215: Invalid \"secret\".\r\nTrace ID: 0".to_owned(),
            recommendation: Some(PASSWORD_CERTIFICATE_WARNING.to_owned()),
        };
        assert_eq!(explain(&wrapped), wanted);
    }

    #[test]
    fn a_proxys_page_is_no_refusal_of_the_login() {
        assert!(refusal(403, b"<html>").is_transient());
        assert!(!refusal(400, br#"{"error": "invalid_grant"}"#).is_transient());
    }

    #[test]
    fn a_busy_login_service_is_told_of_in_its_words() {
        let busy = br#"{"error": "busy", "error_description": "AADSTS90055: too many requests"}"#;
        let words = "AADSTS90055: too many requests";
        assert_eq!(refusal(429, busy).to_string(), words);
        let down = refusal(503, busy);
        assert!(down.is_transient() && down.to_string().contains("status 503: AADSTS90055"));
        assert!(refusal(500, b"").to_string().contains("status 500. Try"));
    }

    #[test]
    fn azure_identity_reads_whatever_az_reads() {
        let body =
            br#"{"access_token": 5, "access_token": "t", "expires_in": NaN, "token_type": 1}"#;
        let issued = token_response::read(201, body).expect("a token");
        let answer: serde_json::Value = serde_json::from_slice(&canonical(&issued)).expect("JSON");
        assert_eq!(answer["access_token"], "t");
        assert_eq!(answer["expires_in"], 3600);
    }
}
