//! Managed identities (App Service and IMDS) over plain HTTP.

use std::time::{SystemTime, UNIX_EPOCH};

use http::StatusCode;
use serde_json::json;

use super::entra::{self, Issue};
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
    let issue = Issue {
        tenant: TENANT,
        audience: request.parameter("resource").unwrap_or_default(),
        client: &client,
        object: OBJECT,
        claims: None,
    };
    Answer::ok(json!({
        "access_token": entra::access_token(state, &issue),
        "client_id": client,
        "expires_in": lifetime.to_string(),
        "expires_on": (now() + lifetime).to_string(),
        "resource": request.parameter("resource"),
        "token_type": "Bearer",
    }))
}

pub(super) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}
