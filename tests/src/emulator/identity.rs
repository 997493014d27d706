//! Access tokens: managed identity (App Service and IMDS) over plain HTTP, service principals over
//! TLS.
//!
//! A token is an unsigned JWT with the claims that az and `azure_identity` read; nothing checks it
//! but for its presence.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::{Value, json};

use super::exchange::{Answer, Request};
use super::specification::TENANT;
use super::state::State;

/// The managed identity's object id.
const OBJECT: &str = "11111111-1111-1111-1111-111111111111";
/// The managed identity's client id.
const CLIENT: &str = "22222222-2222-2222-2222-222222222222";

/// App Service's `IDENTITY_ENDPOINT`; Azure Cloud Shell and az's own MSI extension look alike.
pub(super) fn app_service(state: &mut State, request: &Request) -> Answer {
    if request.header("x-identity-header") != Some(state.specification.identity_secret.as_str()) {
        return Answer::document(
            StatusCode::UNAUTHORIZED,
            json!({"statusCode": 401, "message": "The secret does not match."}),
        );
    }
    token(state, request)
}

/// The instance metadata service of a virtual machine.
pub(super) fn instance_metadata(state: &mut State, request: &Request) -> Answer {
    if !request
        .header("metadata")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    {
        let body = json!({"error": "invalid_request", "error_description": "Required metadata header not specified"});
        return Answer::document(StatusCode::BAD_REQUEST, body);
    }
    token(state, request)
}

fn token(state: &mut State, request: &Request) -> Answer {
    let lifetime = state.specification.token_lifetime;
    let client = request.parameter("client_id").unwrap_or(CLIENT).to_owned();
    Answer::ok(json!({
        "access_token": access_token(state, &client, OBJECT),
        "client_id": client,
        "expires_in": lifetime.to_string(),
        "expires_on": (now() + lifetime).to_string(),
        "resource": request.parameter("resource"),
        "token_type": "Bearer",
    }))
}

/// `/{tenant}/oauth2/v2.0/token` for client credentials (secret or assertion).
pub(super) fn client_credentials(state: &mut State, request: &Request, tenant: &str) -> Answer {
    let field = |name: &str| {
        request
            .form
            .iter()
            .flatten()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
    };
    let client = field("client_id").unwrap_or_default();
    if field("grant_type").as_deref() != Some("client_credentials") {
        return refusal(
            "unsupported_grant_type",
            70003,
            "The app requested an unsupported grant type.",
        );
    }
    match state.specification.service_principals.get(&client) {
        None => {
            let text = format!(
                "Application with identifier '{client}' was not found in the directory '{tenant}'."
            );
            refusal("unauthorized_client", 700_016, &text)
        }
        Some(secret)
            if field("client_secret").as_ref() != Some(secret)
                && field("client_assertion").is_none() =>
        {
            let text = format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
                 not the client secret ID, for a secret added to app '{client}'."
            );
            refusal("invalid_client", 7_000_215, &text)
        }
        Some(_) => {
            let lifetime = state.specification.token_lifetime;
            let token = access_token(state, &client, &client);
            Answer::ok(
                json!({"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token}),
            )
        }
    }
}

/// An error as Microsoft Entra ID gives it, line breaks included.
fn refusal(error: &str, code: u32, text: &str) -> Answer {
    let trace = uuid::Uuid::new_v4().to_string();
    let description =
        format!("AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {trace} Timestamp: 2026-01-01 00:00:00Z").replace(" Trace", "\r\nTrace");
    let status = if error == "invalid_client" {
        StatusCode::UNAUTHORIZED
    } else {
        StatusCode::BAD_REQUEST
    };
    let body = json!({"error": error, "error_description": description, "error_codes": [code], "timestamp": "2026-01-01 00:00:00Z",
                      "trace_id": trace, "correlation_id": trace});
    Answer::document(status, body)
}

/// The `OpenID` configuration that MSAL and `azure_identity` ask the authority for.
pub(super) fn openid_configuration(request: &Request, tenant: &str) -> Answer {
    let base = format!("https://{}/{tenant}", request.host);
    Answer::ok(json!({
        "issuer": format!("{base}/v2.0"),
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
    }))
}

fn access_token(state: &mut State, client: &str, object: &str) -> String {
    state.tokens += 1;
    let part = |claims: Value| URL_SAFE_NO_PAD.encode(claims.to_string());
    let header = part(json!({"typ": "JWT", "alg": "none"}));
    let claims = part(
        json!({"tid": TENANT, "oid": object, "appid": client, "xms_mirid": "x", "jti": state.tokens}),
    );
    format!("{header}.{claims}.sig")
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}
