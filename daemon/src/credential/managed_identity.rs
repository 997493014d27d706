//! A managed identity's token: from App Service's endpoint, or from a virtual machine's.
//!
//! App Service's request is made here, not by `ManagedIdentityCredential`, which reads `IDENTITY_ENDPOINT` from the
//! environment of the process (the daemon's, who serves many callers), names a resource id wrongly there
//! (Azure/azure-sdk-for-rust#2407), and refuses an `expires_on` that is a number.

use std::time::Duration;

use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::azure_cli::AzureCli;
use super::{CredentialError, Fetch, Token, TokenSource, entra};
use crate::account::{Account, Environment};
use crate::arm::{ArmError, Transport};

/// App Service's protocol.
const API_VERSION: &str = "2019-08-01";
/// A token endpoint's answer is a few kilobytes.
const ANSWER_LIMIT: usize = 1 << 20;
/// These endpoints are on this machine or its host.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The source for what az calls the assigned identity, such as `MSI` or `MSIClient-<id>`. The caller's environment
/// says where the machine's identities are, in MSAL's order (`managed_identity.py`).
pub(super) fn source(
    account: &Account,
    assigned: &str,
    environment: &Environment,
    transport: &Transport,
) -> TokenSource {
    let scope = account.cloud.token_scope();
    let transport = transport.clone();
    let identity = Identity::parse(assigned);
    match (
        environment.get("IDENTITY_ENDPOINT"),
        environment.get("IDENTITY_HEADER"),
    ) {
        (Some(endpoint), Some(header)) => TokenSource::new(AppService {
            endpoint: endpoint.clone(),
            header: Zeroizing::new(header.clone()),
            resource: account.cloud.audience.clone(),
            identity,
            transport,
        }),
        // Azure Arc, whose protocol needs a file that only some may read.
        (Some(_), None) => TokenSource::new(AzureCli::new(account, environment)),
        (None, _) => TokenSource::new(VirtualMachine {
            scope,
            identity,
            transport,
        }),
    }
}

/// Which of a machine's identities (azure-cli-core, `ManagedIdentityAuth`).
#[derive(Clone, Debug, PartialEq, Eq)]
enum Identity {
    System,
    Client(String),
    Object(String),
    Resource(String),
    Unknown(String),
}

impl Identity {
    fn parse(assigned: &str) -> Self {
        let (kind, id) = assigned.split_once('-').unwrap_or((assigned, ""));
        let id = id.to_owned();
        match kind {
            "MSI" => Self::System,
            "MSIClient" => Self::Client(id),
            "MSIObject" => Self::Object(id),
            "MSIResource" => Self::Resource(id),
            _ => Self::Unknown(kind.to_owned()),
        }
    }

    fn check(&self) -> Result<(), CredentialError> {
        match self {
            Self::Unknown(kind) => Err(CredentialError::unavailable(format!(
                "Unrecognized managed identity ID type '{kind}'"
            ))),
            _ => Ok(()),
        }
    }

    fn parameter(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::System | Self::Unknown(_) => None,
            Self::Client(id) => Some(("client_id", id)),
            Self::Object(id) => Some(("object_id", id)),
            Self::Resource(id) => Some(("mi_res_id", id)),
        }
    }

    fn user_assigned(&self) -> Option<UserAssignedId> {
        match self.clone() {
            Self::System | Self::Unknown(_) => None,
            Self::Client(id) => Some(UserAssignedId::ClientId(id)),
            Self::Object(id) => Some(UserAssignedId::ObjectId(id)),
            Self::Resource(id) => Some(UserAssignedId::ResourceId(id)),
        }
    }
}

struct VirtualMachine {
    scope: String,
    identity: Identity,
    transport: Transport,
}

#[async_trait::async_trait]
impl Fetch for VirtualMachine {
    async fn fetch(&self) -> Result<Token, CredentialError> {
        self.identity.check()?;
        let client = self.transport.direct().map_err(|error| unusable(&error))?;
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: self.identity.user_assigned(),
            client_options: entra::options(client, "https://unused.invalid", false),
        };
        let credential = ManagedIdentityCredential::new(Some(options))
            .map_err(|error| entra::explain(&error))?;
        entra::token(&*credential, &self.scope).await
    }
}

struct AppService {
    endpoint: String,
    header: Zeroizing<String>,
    resource: String,
    identity: Identity,
    transport: Transport,
}

#[async_trait::async_trait]
impl Fetch for AppService {
    async fn fetch(&self) -> Result<Token, CredentialError> {
        self.identity.check()?;
        let parameters = [("api-version", API_VERSION), ("resource", &self.resource)];
        let url = url::Url::parse_with_params(
            &self.endpoint,
            parameters.into_iter().chain(self.identity.parameter()),
        );
        let url =
            url.map_err(|_| CredentialError::unavailable("IDENTITY_ENDPOINT is not a URL."))?;
        let mut header = http::HeaderValue::from_str(&self.header)
            .map_err(|_| CredentialError::unavailable("IDENTITY_HEADER cannot be a header."))?;
        header.set_sensitive(true);
        let request = self
            .transport
            .direct()
            .map_err(|error| unusable(&error))?
            .get(url)
            .timeout(TIMEOUT)
            .header("X-IDENTITY-HEADER", header);
        let answer = request
            .header("Metadata", "true")
            .send()
            .await
            .map_err(unreachable)?;
        read(&body(answer).await?)
    }
}

fn unusable(error: &ArmError) -> CredentialError {
    CredentialError::unavailable(error.to_string())
}

async fn body(mut answer: reqwest::Response) -> Result<Zeroizing<Vec<u8>>, CredentialError> {
    let mut body = Zeroizing::new(Vec::new());
    while let Some(part) = answer.chunk().await.map_err(unreachable)? {
        body.extend_from_slice(&part);
        if body.len() > ANSWER_LIMIT {
            let message = "The managed identity endpoint's answer is too long.";
            return Err(CredentialError::unavailable(message));
        }
    }
    Ok(body)
}

/// Without the URL, which says who asks.
fn unreachable(error: reqwest::Error) -> CredentialError {
    let error = ArmError::transport(&error.without_url());
    CredentialError::unavailable(format!(
        "The managed identity endpoint cannot be reached: {error}"
    ))
}

/// What an endpoint answers. The token is wiped when it is dropped.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Answer {
    access_token: Zeroizing<String>,
    expires_on: Value,
    #[serde(rename = "statusCode")]
    status_code: Value,
    message: Value,
}

/// MSAL's `_obtain_token_on_app_service`: what is no token is an error with the endpoint's status and message.
fn read(body: &[u8]) -> Result<Token, CredentialError> {
    let mut answer: Answer = serde_json::from_slice(body).map_err(|_| {
        CredentialError::unavailable("The managed identity endpoint's answer is not JSON.")
    })?;
    let expires = match &answer.expires_on {
        Value::String(text) => text.parse().ok(),
        number => number.as_i64(),
    };
    if let (false, Some(expires)) = (answer.access_token.is_empty(), expires) {
        return Ok(Token::until(
            std::mem::take(&mut *answer.access_token),
            expires,
        ));
    }
    let text = |value: &Value| match value {
        Value::Null => "None".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Err(CredentialError::refused(format!(
        "{}, {}",
        text(&answer.status_code),
        text(&answer.message)
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn azs_names_of_identities_are_understood() {
        assert_eq!(Identity::parse("MSI"), Identity::System);
        assert_eq!(
            Identity::parse("MSIClient-a-b"),
            Identity::Client("a-b".to_owned())
        );
        assert_eq!(
            Identity::parse("MSIObject-a-b"),
            Identity::Object("a-b".to_owned())
        );
        let resource = Identity::parse("MSIResource-/subscriptions/a-b");
        assert_eq!(
            resource.parameter(),
            Some(("mi_res_id", "/subscriptions/a-b"))
        );
        let error = Identity::parse("MSINew-a").check().expect_err("unknown");
        assert_eq!(
            error.to_string(),
            "Unrecognized managed identity ID type 'MSINew'"
        );
    }

    #[test]
    fn an_answer_without_a_token_reads_as_in_az() {
        let words = |body: &[u8]| read(body).expect_err("no token").to_string();
        assert_eq!(
            words(br#"{"statusCode": 400, "message": "No identity"}"#),
            "400, No identity"
        );
        assert_eq!(words(b"{}"), "None, None");
        assert_eq!(
            words(b"<html>"),
            "The managed identity endpoint's answer is not JSON."
        );
    }

    #[test]
    fn the_end_may_be_text_or_a_number() {
        for expires in ["\"4102444800\"", "4102444800"] {
            let body = format!(r#"{{"access_token": "t", "expires_on": {expires}}}"#);
            assert!(
                read(body.as_bytes()).expect("a token").remaining() > Duration::from_secs(1 << 20)
            );
        }
    }
}
