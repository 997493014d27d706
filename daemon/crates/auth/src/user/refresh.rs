//! The request that exchanges a refresh token for an access token, as MSAL 1.39 sends it for az.

use url::form_urlencoded;
use zeroize::Zeroizing;

use super::cache::CLIENT;
use crate::token_response::{self, NotIssued};
use crate::{CredentialError, Token, capabilities};
use azq_account::Environment;
use azq_http::HttpError;

/// The scopes that MSAL adds to the requested ones.
const RESERVED: [&str; 3] = ["offline_access", "openid", "profile"];
/// The variable with the session of an agent, whose tokens are marked (azure-cli-core,
/// `auth/agentic_session.py`).
const AGENT_SESSION: &str = "COPILOT_AGENT_SESSION_ID";
/// The size limit of a response, which has a few kilobytes.
const ANSWER_LIMIT: usize = 1 << 20;
const TOO_MANY_REQUESTS: u16 = 429;

/// Returns the caller's agent session, if there is one.
pub(super) fn agent_session(environment: &Environment) -> Option<&str> {
    let session = environment.get(AGENT_SESSION)?;
    Some(session.as_str()).filter(|session| !session.is_empty())
}

/// An issued token with its refresh token.
pub(super) struct Issued {
    pub(super) token: Token,
    /// The refresh token to use from now on.
    pub(super) refresh_token: Option<Zeroizing<String>>,
}

/// The reason why nothing was issued.
pub(super) enum RefreshError {
    /// The authority refused, with this message.
    Refused(String),
    /// The authority received too many requests, and refused with this message.
    Busy(String),
    /// The authority cannot be reached, or its response is invalid.
    Unavailable(CredentialError),
}

/// The part of the request that is the same for all refresh tokens that are tried.
pub(super) struct Refresh<'a> {
    /// The token endpoint of the tenant.
    pub(super) endpoint: String,
    pub(super) scopes: &'a [String],
    pub(super) claims: Option<&'a str>,
    pub(super) environment: &'a Environment,
}

impl Refresh<'_> {
    /// Sends one request.
    pub(super) async fn send(
        &self,
        client: &reqwest::Client,
        refresh_token: &str,
        home_account_id: &str,
    ) -> Result<Issued, RefreshError> {
        let mut url = url::Url::parse(&self.endpoint)
            .map_err(|_| unavailable("the login authority of the cloud is not a URL"))?;
        if let Some(session) = agent_session(self.environment) {
            url.query_pairs_mut().append_pair("client_session", session);
        }
        let mailbox = format!("Oid:{}", home_account_id.replace('.', "@"));
        let request = client
            .post(url)
            .header("Accept", "application/json")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("X-AnchorMailbox", mailbox)
            .body(self.form(refresh_token).to_string());
        let answer = request.send().await.map_err(|error| unreachable(&error))?;
        let status = answer.status().as_u16();
        read(status, &body(answer).await?)
    }

    fn form(&self, refresh_token: &str) -> Zeroizing<String> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("client_id", CLIENT)
            .append_pair("grant_type", "refresh_token")
            .append_pair("client_info", "1")
            .append_pair("refresh_token", refresh_token)
            .append_pair("scope", &decorated(self.scopes));
        if let Some(claims) = capabilities::with_own(self.claims, self.environment) {
            form.append_pair("claims", &claims);
        }
        if let Some(session) = agent_session(self.environment) {
            form.append_pair("client_session", session);
        }
        Zeroizing::new(form.finish())
    }
}

/// Returns the scopes and those that MSAL adds, each once, sorted as MSAL sorts them.
fn decorated(scopes: &[String]) -> String {
    let given = scopes.iter().map(String::as_str);
    let all: std::collections::BTreeSet<&str> = given.chain(RESERVED).collect();
    all.into_iter().collect::<Vec<_>>().join(" ")
}

async fn body(mut answer: reqwest::Response) -> Result<Zeroizing<Vec<u8>>, RefreshError> {
    let mut body = Zeroizing::new(Vec::new());
    while let Some(part) = answer.chunk().await.map_err(|error| unreachable(&error))? {
        body.extend_from_slice(&part);
        if body.len() > ANSWER_LIMIT {
            return Err(unavailable("the login service's answer is too long"));
        }
    }
    Ok(body)
}

fn read(status: u16, body: &[u8]) -> Result<Issued, RefreshError> {
    let issued = token_response::read(status, body).map_err(|refusal| match refusal {
        NotIssued::Unavailable(error) => RefreshError::Unavailable(error),
        NotIssued::Refused { message, .. } if status == TOO_MANY_REQUESTS => {
            RefreshError::Busy(message)
        }
        NotIssued::Refused { message, .. } => RefreshError::Refused(message),
    })?;
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    Ok(Issued {
        token: Token::until(issued.access_token, now.saturating_add(issued.life)),
        refresh_token: issued.refresh_token,
    })
}

fn unreachable(error: &reqwest::Error) -> RefreshError {
    // The message has no URL, because that contains the tenant.
    unavailable(&format!(
        "the login service cannot be reached: {}",
        HttpError::from(error)
    ))
}

fn unavailable(why: &str) -> RefreshError {
    RefreshError::Unavailable(token_response::unavailable(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(
        scopes: &[&str],
        claims: Option<&str>,
        variables: &[(&str, &str)],
    ) -> Vec<(String, String)> {
        let environment: Environment = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let refresh = Refresh {
            endpoint: String::new(),
            scopes: &scopes,
            claims,
            environment: &environment,
        };
        let form = refresh.form("secret");
        form_urlencoded::parse(form.as_bytes())
            .into_owned()
            .collect()
    }

    #[test]
    fn the_form_is_msals() {
        let wanted = [
            ("client_id", CLIENT),
            ("grant_type", "refresh_token"),
            ("client_info", "1"),
            ("refresh_token", "secret"),
            ("scope", "https://a//.default offline_access openid profile"),
            (
                "claims",
                r#"{"access_token":{"xms_cc":{"values":["CP1"]}}}"#,
            ),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(form(&["https://a//.default"], None, &[]), wanted);
    }

    #[test]
    fn an_agents_session_is_named() {
        let form = form(&["s"], None, &[(AGENT_SESSION, "a1")]);
        assert!(form.contains(&("client_session".to_owned(), "a1".to_owned())));
    }

    #[test]
    fn what_is_no_token_is_refused_or_unavailable() {
        let refused = |status, body: &str| match read(status, body.as_bytes()) {
            Err(RefreshError::Refused(words)) => Some(words),
            Err(RefreshError::Busy(_) | RefreshError::Unavailable(_)) => None,
            Ok(_) => panic!("a token"),
        };
        let grant = r#"{"error": "invalid_grant", "error_description": "AADSTS1: x"}"#;
        assert_eq!(refused(400, grant).as_deref(), Some("AADSTS1: x"));
        assert_eq!(refused(400, r#"{"error": "e"}"#).as_deref(), Some("None"));
        for (status, body) in [
            (429, grant),
            (503, grant),
            (200, "{}"),
            (200, "<html>"),
            (502, ""),
        ] {
            assert_eq!(refused(status, body), None, "{status} {body}");
        }
    }
}
