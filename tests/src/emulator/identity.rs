//! Managed identities (App Service and IMDS) over plain HTTP.

use std::time::{SystemTime, UNIX_EPOCH};

use http::StatusCode;
use serde_json::json;

use super::entra::{self, Issue};
use super::exchange::{Answer, Content, Request};
use super::specification::TENANT;
use super::state::State;

/// The managed identity's object id.
const OBJECT: &str = "11111111-1111-1111-1111-111111111111";
/// The name of the file whose content Azure Arc's agent demands.
pub const ARC_KEY: &str = "emulated.key";
/// The managed identity's client id.
const CLIENT: &str = "22222222-2222-2222-2222-222222222222";

/// The endpoints that differ in the header that they demand, and in their refusal.
#[derive(Clone, Copy, Debug)]
pub(super) enum Endpoint {
    /// App Service's `IDENTITY_ENDPOINT`; Azure Cloud Shell and az's own MSI extension use the same
    /// form.
    AppService,
    /// The instance metadata service of a virtual machine.
    InstanceMetadata,
    /// Azure Machine Learning's `MSI_ENDPOINT`.
    MachineLearning,
    /// Service Fabric's `IDENTITY_ENDPOINT`, over TLS.
    ServiceFabric,
}

/// Answers at an endpoint.
pub(super) fn answer(state: &mut State, request: &Request, endpoint: Endpoint) -> Answer {
    let has = |header| request.header(header) == Some(&state.specification.identity_secret);
    let (is_allowed, status, refusal) = match endpoint {
        Endpoint::AppService => {
            let body = json!({"statusCode": 401, "message": "The secret does not match."});
            (has("x-identity-header"), StatusCode::UNAUTHORIZED, body)
        }
        Endpoint::InstanceMetadata => {
            let sent = request.header("metadata");
            let is_true = sent.is_some_and(|value| value.eq_ignore_ascii_case("true"));
            let body = json!({"error": "invalid_request", "error_description": "Required metadata header not specified"});
            (is_true, StatusCode::BAD_REQUEST, body)
        }
        Endpoint::MachineLearning => {
            let body = json!({"error": {"code": "Unauthorized"}});
            (has("secret"), StatusCode::UNAUTHORIZED, body)
        }
        Endpoint::ServiceFabric => {
            let body = json!({"error": {"code": "SecretHeaderNotFound", "message": "Secret is not found in the request headers."}});
            (has("secret"), StatusCode::BAD_REQUEST, body)
        }
    };
    if is_allowed {
        token(state, request)
    } else {
        Answer::document(status, refusal)
    }
}

/// Answers as Azure Arc's agent: a challenge that names a key file, then a token for a request with
/// that key.
pub(super) fn arc(state: &mut State, request: &Request) -> Answer {
    let key = format!("Basic {}", state.specification.identity_secret);
    if request.header("authorization") == Some(&key) {
        let mut answer = token(state, request);
        if let Content::Document(document) = &mut answer.content {
            for name in ["client_id", "object_id", "msi_res_id"] {
                if let Some(asked) = request.parameter(name) {
                    document[name] = asked.into();
                }
            }
        }
        return answer;
    }
    let realm = format!("Basic realm=/var/opt/azcmagent/tokens/{ARC_KEY}");
    Answer::empty(StatusCode::UNAUTHORIZED).header("WWW-Authenticate", realm)
}

/// Answers at Cloud Shell's endpoint, whose tokens are a user's.
pub(super) fn cloud_shell(state: &mut State, request: &Request) -> Answer {
    let Some(resource) = request.field("resource") else {
        let body = json!({"error": {"code": "invalid_request", "message": "No audience."}});
        return Answer::document(StatusCode::BAD_REQUEST, body);
    };
    let issue = issue(resource, CLIENT);
    let lifetime = state.specification.token_lifetime;
    Answer::ok(json!({
        "access_token": entra::access_token(state, &issue), "expires_in": lifetime.to_string(),
        "resource": resource, "token_type": "Bearer",
    }))
}

fn token(state: &mut State, request: &Request) -> Answer {
    let lifetime = state.specification.token_lifetime;
    let client = request.parameter("client_id").unwrap_or(CLIENT);
    let issue = issue(request.parameter("resource").unwrap_or_default(), client);
    Answer::ok(json!({
        "access_token": entra::access_token(state, &issue),
        "client_id": client,
        "expires_in": lifetime.to_string(),
        "expires_on": (now() + lifetime).to_string(),
        "resource": request.parameter("resource"),
        "token_type": "Bearer",
    }))
}

/// Returns the parameters of the identity's tokens.
fn issue<'a>(audience: &'a str, client: &'a str) -> Issue<'a> {
    Issue {
        tenant: TENANT,
        audience,
        client,
        object: OBJECT,
        claims: None,
    }
}

pub(super) fn now() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
    elapsed.map_or(0, |elapsed| elapsed.as_secs())
}
