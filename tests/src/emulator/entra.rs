//! Microsoft Entra ID: tokens of service principals and of users, over TLS.
//!
//! A token is an unsigned JWT. It names the account (`oid`, `upn`, `appid`), the audience (`aud`),
//! the issuing tenant (`tid`) and the requested claims (`requested`), which Resource Manager may
//! demand. Secrets and refresh tokens are compared and not logged.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::prelude::BASE64_STANDARD;
use http::StatusCode;
use serde_json::{Value, json};

use super::exchange::{Answer, Request};
use super::identity::now;
use super::specification::TENANT;
use super::state::State;

/// az's client id.
const AZURE_CLI: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

/// A request to the token endpoint, without its secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenRequest {
    /// `grant_type`.
    pub grant: String,
    /// The tenant in the URL.
    pub tenant: String,
    /// `client_id`.
    pub client: String,
    /// `scope`.
    pub scope: String,
    /// `claims`.
    pub claims: Option<String>,
    /// `client_session`, of the form and of the URL.
    pub client_session: Option<(String, String)>,
    /// `client_info`.
    pub client_info: Option<String>,
    /// The head of the JWT in `client_assertion`.
    pub assertion: Option<Value>,
    /// The header `X-AnchorMailbox`.
    pub anchor_mailbox: Option<String>,
}

/// The parameters of a token to be issued.
pub(super) struct Issue<'a> {
    pub(super) tenant: &'a str,
    pub(super) audience: &'a str,
    pub(super) client: &'a str,
    pub(super) object: &'a str,
    pub(super) claims: Option<&'a str>,
}

/// Answers `/{tenant}/oauth2/v2.0/token`.
pub(super) fn token(state: &mut State, request: &Request, tenant: &str) -> Answer {
    let field = |name| request.field(name).map(str::to_owned);
    let asked = TokenRequest {
        grant: field("grant_type").unwrap_or_default(),
        tenant: tenant.to_owned(),
        client: field("client_id").unwrap_or_default(),
        scope: field("scope").unwrap_or_default(),
        claims: field("claims"),
        client_session: field("client_session")
            .zip(request.parameter("client_session").map(str::to_owned)),
        client_info: field("client_info"),
        assertion: field("client_assertion").and_then(|jwt| head(&jwt)),
        anchor_mailbox: request.header("x-anchormailbox").map(str::to_owned),
    };
    state.token_requests.push(asked.clone());
    let Some(audience) = audience(&asked.scope) else {
        let text = format!("The provided value for scope {} is not valid.", asked.scope);
        return refusal("invalid_scope", 70011, &text);
    };
    match asked.grant.as_str() {
        "client_credentials" => client_credentials(state, request, &asked, audience),
        "refresh_token" => {
            let sent = request.field("refresh_token").unwrap_or_default();
            refresh_token(state, &asked, audience, sent)
        }
        _ => {
            let text = "The app requested an unsupported grant type.";
            refusal("unsupported_grant_type", 70003, text)
        }
    }
}

fn head(jwt: &str) -> Option<Value> {
    let head = URL_SAFE_NO_PAD.decode(jwt.split('.').next()?).ok()?;
    serde_json::from_slice(&head).ok()
}

/// Returns the resource of the first scope that names one.
fn audience(scope: &str) -> Option<&str> {
    let mut scopes = scope.split_whitespace();
    let scope = scopes.find(|scope| scope.contains("://"))?;
    let (resource, _) = scope.rsplit_once('/')?;
    (!resource.contains("invalid")).then_some(resource)
}

fn client_credentials(
    state: &mut State,
    request: &Request,
    asked: &TokenRequest,
    audience: &str,
) -> Answer {
    let (client, tenant) = (&asked.client, &asked.tenant);
    let has_assertion = request.field("client_assertion").is_some();
    match state.specification.service_principals.get(client) {
        None => {
            let text = format!(
                "Application with identifier '{client}' was not found in the directory '{tenant}'."
            );
            refusal("unauthorized_client", 700_016, &text)
        }
        Some(known) if request.field("client_secret") != Some(known) && !has_assertion => {
            let text = format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
                 not the client secret ID, for a secret added to app '{client}'."
            );
            refusal("invalid_client", 7_000_215, &text)
        }
        Some(_) => {
            let issue = Issue {
                tenant,
                audience,
                client,
                object: client,
                claims: asked.claims.as_deref(),
            };
            let lifetime = state.specification.token_lifetime;
            let token = access_token(state, &issue);
            Answer::ok(
                json!({"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token}),
            )
        }
    }
}

/// Issues a user's token. A refresh token stays valid when it is used; each response has a new one.
fn refresh_token(state: &mut State, asked: &TokenRequest, audience: &str, sent: &str) -> Answer {
    let mut users = state.specification.users.iter();
    let user = users.find(|(_, user)| user.refresh_tokens.iter().any(|known| known == sent));
    let Some((name, user)) = user.map(|(name, user)| (name.clone(), user.clone())) else {
        let text = "The refresh token has expired due to inactivity.";
        return refusal("invalid_grant", 700_082, text);
    };
    if asked.client != AZURE_CLI {
        return refusal("invalid_grant", 700_016, "The application was not found.");
    }
    let claims = asked.claims.as_deref();
    if claims.is_some_and(|claims| claims.contains("needs_login")) {
        let text = "Due to a configuration change made by your administrator, you must use multi-factor authentication.";
        return refusal("interaction_required", 50076, text);
    }
    let issue = Issue {
        tenant: &asked.tenant,
        audience,
        client: AZURE_CLI,
        object: &user.object_id,
        claims,
    };
    let access_token = access_token(state, &issue);
    let next = format!("{sent}.{}", state.tokens);
    if let Some(user) = state.specification.users.get_mut(&name) {
        user.refresh_tokens.push(next.clone());
    }
    let lifetime = state.specification.token_lifetime;
    let id_token = json!({"aud": AZURE_CLI, "iss": "https://localhost/v2.0", "exp": now() + lifetime, "iat": now(),
                          "oid": user.object_id, "tid": asked.tenant, "preferred_username": name, "sub": user.object_id});
    let id_token = unsigned(&id_token);
    Answer::ok(json!({
        "token_type": "Bearer", "scope": asked.scope, "expires_in": lifetime, "ext_expires_in": lifetime,
        "access_token": access_token, "refresh_token": next, "foci": "1", "id_token": id_token,
        "client_info": part(&json!({"uid": user.object_id, "utid": TENANT})),
    }))
}

/// Encodes a part of a JWT.
fn part(claims: &Value) -> String {
    URL_SAFE_NO_PAD.encode(claims.to_string())
}

/// Returns a JWT with these claims and without a signature.
fn unsigned(claims: &Value) -> String {
    format!(
        "{}.{}.",
        part(&json!({"typ": "JWT", "alg": "none"})),
        part(claims)
    )
}

/// Returns an error as Microsoft Entra ID gives it, line breaks included.
fn refusal(error: &str, code: u32, text: &str) -> Answer {
    let trace = uuid::Uuid::new_v4().to_string();
    let description =
        format!("AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {trace} Timestamp: 2026-01-01 00:00:00Z").replace(" Trace", "\r\nTrace");
    let status = match error {
        "invalid_client" => StatusCode::UNAUTHORIZED,
        _ => StatusCode::BAD_REQUEST,
    };
    let body = json!({"error": error, "error_description": description, "error_codes": [code], "timestamp": "2026-01-01 00:00:00Z",
                      "trace_id": trace, "correlation_id": trace});
    Answer::document(status, body)
}

/// Returns the `OpenID` configuration that MSAL and `azure_identity` request from the authority.
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

/// Creates an unsigned token that differs from all earlier ones.
pub(super) fn access_token(state: &mut State, issue: &Issue<'_>) -> String {
    state.tokens += 1;
    let requested = issue
        .claims
        .and_then(|text| serde_json::from_str::<Value>(text).ok());
    let claims = json!({
        "aud": issue.audience, "tid": issue.tenant, "oid": issue.object, "appid": issue.client,
        "requested": requested, "xms_mirid": "x", "jti": state.tokens,
    });
    unsigned(&claims) + "sig"
}

/// Returns Resource Manager's refusal of a token that lacks the claims it demands.
pub(super) fn challenge(state: &State, request: &Request) -> Option<Answer> {
    let demanded = state.specification.demanded_claims.as_deref()?;
    let token = request.header("authorization")?.strip_prefix("Bearer ")?;
    let claims = token.split('.').nth(1)?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    let requested = &claims["requested"];
    let wanted: Value = serde_json::from_str(demanded).ok()?;
    let mut wanted = wanted["access_token"].as_object()?.iter();
    let has_all = wanted.all(|(name, value)| requested["access_token"].get(name) == Some(value));
    let claims = BASE64_STANDARD.encode(demanded);
    let challenge = format!(
        "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
         error=\"insufficient_claims\", claims=\"{claims}\""
    );
    let body = json!({"error": {"code": "InvalidAuthenticationToken", "message": "Continuous access evaluation resulted in challenge."}});
    (!has_all).then(|| {
        Answer::document(StatusCode::UNAUTHORIZED, body).header("WWW-Authenticate", challenge)
    })
}
