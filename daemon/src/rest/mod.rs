//! `az rest`: sends any request of a caller unchanged (azure-cli-core, `util.py`,
//! `send_raw_request`).
//!
//! | module | purpose |
//! | --- | --- |
//! | `arguments` | headers, parameters and the body, from JSON or `KEY=VALUE` |
//! | `target` | the URL of the request, and the audience of the token that it may carry |
//!
//! Invariants: a token goes only to the origin for which az would send it, over TLS, and not along
//! a redirect to another origin. The request is sent once; nothing of it is logged.
//!
//! Deliberately absent: retries, az's models, and waiting for operations, because az does none of
//! them here.

mod arguments;
mod target;

use azq_document::Value;
use azq_proto::v1;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, StatusCode};

use arguments::Headers;
use azq_account::Profile;
use azq_arm::Report;
use azq_arm::{Raw, RawResponse, Sessions};
use azq_auth::TokenRequest;
use azq_command::{CommandError, error};
use target::Target;

/// The outcome of a call.
pub enum Outcome {
    /// A JSON document, to be queried and printed.
    Document(Value),
    /// Another text, which is printed unchanged.
    Text(String),
    /// The body, for the caller's file.
    File(RawResponse),
    /// Nothing is printed.
    Nothing,
}

/// Sends the request.
///
/// # Errors
/// Arguments that az cannot parse; no account for the token; no connection; a status of 400 or
/// more.
pub async fn call(
    sessions: &Sessions,
    profile: &Profile,
    subscription: Option<&str>,
    request: &v1::CallRestRequest,
    report: &dyn Report,
) -> Result<Outcome, CommandError> {
    if let Some(warning) = subscription.and_then(|wanted| profile.unrecognized(wanted)) {
        report.warning(&warning);
    }
    let words = |words: &Option<v1::Words>| words.clone().unwrap_or_default().word;
    let mut headers = Headers::read(&words(&request.headers))?;
    let body = request.body.as_deref().filter(|body| !body.is_empty());
    let body = body.map(|body| headers.with_body(body));
    let parameters = arguments::parameters(&words(&request.uri_parameters))?;
    let cloud = profile.cloud()?;
    let url = request.url.as_deref().unwrap_or_default();
    let target = Target::new(url, &cloud.resource_manager, &parameters, || {
        Ok(profile.select(subscription)?.subscription.id)
    })?;
    let method = method(request);
    let mut sent = headers.sendable()?;
    if !headers.has("authorization") && !request.skip_authorization_header && target.is_tls() {
        let given = request
            .resource
            .clone()
            .filter(|resource| !resource.is_empty());
        let audience = match given {
            Some(resource) => Some(resource),
            None if target.is_of(&cloud.resource_manager) => Some(cloud.audience.clone()),
            None => target.matching(&profile.endpoints()?),
        };
        match audience {
            Some(audience) => {
                // If a URL of Resource Manager contains a subscription, the token is that one's.
                let of = target.is_of(&cloud.resource_manager);
                let subscription = target.subscription().filter(|_| of);
                let token = token(sessions, profile, subscription.as_deref(), &audience);
                sent.insert(header::AUTHORIZATION, token.await?);
            }
            None => report.warning(NO_AUDIENCE),
        }
    }
    if !method.is_safe() {
        report.writes();
    }
    let raw = Raw {
        method,
        is_resource_manager: target.is_of(&cloud.resource_manager),
        url: target.into_url(),
        headers: sent,
        body,
    };
    let response = sessions.send_raw(profile, &raw, report).await?;
    answered(response, request.output_file.is_some(), report).await
}

const NO_AUDIENCE: &str = "Can't derive appropriate Azure AD resource from --url to acquire an access \
    token. If access token is required, use --resource to specify the resource";

fn method(request: &v1::CallRestRequest) -> Method {
    let method = request.method.as_deref().unwrap_or("get").to_uppercase();
    Method::from_bytes(method.as_bytes()).unwrap_or(Method::GET)
}

/// Returns the value of `Authorization`, with a token of the subscription's account.
async fn token(
    sessions: &Sessions,
    profile: &Profile,
    subscription: Option<&str>,
    audience: &str,
) -> Result<HeaderValue, CommandError> {
    let account = profile.select_only(subscription)?;
    let request = TokenRequest {
        tenant: None,
        scopes: vec![format!("{audience}/.default")],
    };
    let source = sessions.token_source(profile, &account, &request);
    let token = source.token().await?;
    token
        .header()
        .ok_or_else(|| error!("The access token is malformed. Run 'az login', and try again."))
}

/// Returns the outcome for a response.
async fn answered(
    response: RawResponse,
    to_file: bool,
    report: &dyn Report,
) -> Result<Outcome, CommandError> {
    let status = response.status();
    if status.as_u16() >= 400 {
        let asks = response.headers().contains_key(header::WWW_AUTHENTICATE);
        return Err(refused(response, asks && status == StatusCode::UNAUTHORIZED).await?);
    }
    if to_file {
        return Ok(Outcome::File(response));
    }
    let headers = response.headers().clone();
    let body = response.whole().await?;
    if body.is_empty() {
        return Ok(Outcome::Nothing);
    }
    if let Ok(document) = azq_python::json::loads(&body) {
        return Ok(Outcome::Document(Value::from(&document)));
    }
    report.warning(
        "Not a json response, outputting to stdout. For binary data suggest use \"--output-file\" to \
         write to a file",
    );
    Ok(Outcome::Text(decoded(&headers, &body) + "\n"))
}

/// Returns az's error for a status of 400 or more.
async fn refused(response: RawResponse, asks: bool) -> Result<CommandError, CommandError> {
    let mut message = response.reason();
    let headers = response.headers().clone();
    let text = decoded(&headers, &response.whole().await?);
    if !text.is_empty() {
        message = format!("{message}({text})");
    }
    let error = CommandError::new(message);
    Ok(if asks {
        error.recommend("Interactive authentication is needed. Please run:\naz logout\naz login")
    } else {
        error
    })
}

/// Decodes a body to text (requests, `Response.text`): in the charset that its type names, Latin-1
/// for other texts without one, else UTF-8.
fn decoded(headers: &HeaderMap, body: &[u8]) -> String {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.to_ascii_lowercase();
    let charset = kind
        .split(';')
        .filter_map(|part| part.trim().strip_prefix("charset="))
        .map(|charset| charset.trim_matches(['"', '\'']))
        .next();
    let is_latin1 = match charset {
        Some(charset) => ["iso-8859-1", "latin-1", "latin1"].contains(&charset),
        None => kind.starts_with("text/"),
    };
    if is_latin1 {
        body.iter().copied().map(char::from).collect()
    } else {
        String::from_utf8_lossy(body).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_in_its_charset() {
        for (kind, expected) in [
            ("text/html", "Ã¼"),
            ("text/html; charset=UTF-8", "ü"),
            ("application/octet-stream; charset=\"latin1\"", "Ã¼"),
            ("application/json", "ü"),
            ("", "ü"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
            assert_eq!(decoded(&headers, "ü".as_bytes()), expected, "{kind}");
        }
    }
}
