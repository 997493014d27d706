//! The request that exchanges a refresh token for an access token, as MSAL 1.39 sends it for az.

use url::form_urlencoded;
use zeroize::Zeroizing;

use super::NoToken;
use super::cache::CLIENT;
use crate::token_response::{self, Issued, NotIssued};
use crate::{CredentialError, Login, capabilities};
use azq_account::Environment;
use azq_http::HttpError;

/// The scopes that MSAL adds to the requested ones.
const RESERVED: [&str; 3] = ["offline_access", "openid", "profile"];
/// The variable with the session of an agent, whose tokens are marked (azure-cli-core,
/// `auth/agentic_session.py`).
const AGENT_SESSION: &str = "COPILOT_AGENT_SESSION_ID";
const TOO_MANY_REQUESTS: u16 = 429;

/// Returns the caller's agent session, if there is one.
pub(super) fn agent_session(environment: &Environment) -> Option<&str> {
    let session = environment.get(AGENT_SESSION)?;
    Some(session.as_str()).filter(|session| !session.is_empty())
}

/// The part of the request that is the same for all refresh tokens that are tried.
pub(super) struct Refresh<'a> {
    pub(super) login: &'a Login,
    pub(super) claims: Option<&'a str>,
}

impl Refresh<'_> {
    /// Sends one request.
    pub(super) async fn send(
        &self,
        client: &reqwest::Client,
        refresh_token: &str,
        home_account_id: &str,
    ) -> Result<Issued, NoToken> {
        let mut url = url::Url::parse(&self.login.token_endpoint())
            .map_err(|_| unavailable("the login authority of the cloud is not a URL"))?;
        if let Some(session) = agent_session(&self.login.environment) {
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
        let body = token_response::body(answer).await;
        let body = body.map_err(|error| unreachable(&error))?;
        let too_long = || unavailable("the login service's answer is too long");
        self.read(status, &body.ok_or_else(too_long)?)
    }

    fn read(&self, status: u16, body: &[u8]) -> Result<Issued, NoToken> {
        token_response::read(status, body).map_err(|refusal| match refusal {
            NotIssued::Unavailable(error) => NoToken::Unavailable(error),
            NotIssued::Refused { message, .. } => {
                let recommendation = Some(self.login.advice(None));
                let refused = CredentialError::Refused {
                    message,
                    recommendation,
                };
                // az would be refused for the same reason, and would add another request.
                if status == TOO_MANY_REQUESTS {
                    NoToken::Unavailable(refused)
                } else {
                    NoToken::Refused(refused)
                }
            }
        })
    }

    fn form(&self, refresh_token: &str) -> Zeroizing<String> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("client_id", CLIENT)
            .append_pair("grant_type", "refresh_token")
            .append_pair("client_info", "1")
            .append_pair("refresh_token", refresh_token)
            .append_pair("scope", &decorated(&self.login.scopes));
        if let Some(claims) = capabilities::with_own(self.claims, &self.login.environment) {
            form.append_pair("claims", &claims);
        }
        if let Some(session) = agent_session(&self.login.environment) {
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

fn unreachable(error: &reqwest::Error) -> NoToken {
    // The message has no URL, because that contains the tenant.
    unavailable(&format!(
        "the login service cannot be reached: {}",
        HttpError::from(error)
    ))
}

fn unavailable(why: &str) -> NoToken {
    NoToken::Unavailable(token_response::unavailable(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login() -> Login {
        let transports = azq_http::Transports::new(azq_http::Deadlines::default());
        Login {
            name: String::new(),
            tenant: String::new(),
            authority: String::new(),
            scopes: vec!["https://a//.default".to_owned()],
            config_dir: std::path::PathBuf::new(),
            environment: Environment::new(),
            transport: transports.get(&azq_http::TransportSettings::default()),
        }
    }

    #[test]
    fn the_form_is_msals_and_names_an_agents_session() {
        let mut login = login();
        let form = |login: &Login| {
            let form = Refresh {
                login,
                claims: None,
            }
            .form("secret");
            form_urlencoded::parse(form.as_bytes())
                .into_owned()
                .collect::<Vec<_>>()
        };
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
            ("client_session", "a1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(form(&login), wanted[..6]);
        let session = (AGENT_SESSION.to_owned(), "a1".to_owned());
        login.environment.extend([session]);
        assert_eq!(form(&login), wanted);
    }

    #[test]
    fn what_is_no_token_is_refused_or_unavailable() {
        let (login, claims) = (&login(), None);
        let refresh = Refresh { login, claims };
        let refused = |status, body: &str| match refresh.read(status, body.as_bytes()) {
            Err(NoToken::Refused(error)) => Some(error.to_string()),
            Err(NoToken::Unavailable(_)) => None,
            Err(NoToken::Doubtful) | Ok(_) => panic!("neither"),
        };
        let grant = r#"{"error": "invalid_grant", "error_description": "AADSTS1: x"}"#;
        for (status, body, words) in [
            (400, grant, Some("AADSTS1: x")),
            (400, r#"{"error": "e"}"#, Some("None")),
            (429, grant, None),
            (503, grant, None),
            (200, "{}", None),
            (200, "<html>", None),
            (502, "", None),
        ] {
            let refused = refused(status, body);
            assert_eq!(refused.as_deref(), words, "{status} {body}");
        }
    }
}
