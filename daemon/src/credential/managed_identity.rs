//! A managed identity's token: from the endpoint of App Service, Azure Machine Learning or a
//! virtual machine.
//!
//! The requests are made here, not by `ManagedIdentityCredential`, which reads the endpoint from
//! the environment of the process (the daemon's, who serves many callers), knows no other host for
//! a virtual machine's (`AZURE_POD_IDENTITY_AUTHORITY_HOST`), names a resource id wrongly at App
//! Service (Azure/azure-sdk-for-rust#2407), and refuses an `expires_on` that is a number or a date.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use time::format_description::{BorrowedFormatItem, well_known::Rfc3339};
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};
use zeroize::Zeroizing;

use super::azure_cli::AzureCli;
use super::{CredentialError, Fetch, Token, TokenRequest, TokenSource};
use crate::account::{Account, Caller, Environment};
use crate::arm::{ArmError, Transport};

/// A token endpoint's answer is a few kilobytes.
const ANSWER_LIMIT: usize = 1 << 20;
/// These endpoints are on this machine or its host.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The agent that makes a machine one of Azure Arc's.
const ARC_AGENT: &str = "/opt/azcmagent/bin/himds";
/// The host of a virtual machine's endpoint, and the variable that names another.
const MACHINE_HOST: &str = "http://169.254.169.254";
const MACHINE_HOST_VARIABLE: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
const MACHINE_PATH: &str = "/metadata/identity/oauth2/token";
/// Where Service Fabric keeps the certificate of its endpoint apart.
const THUMBPRINT: &str = "IDENTITY_SERVER_THUMBPRINT";

/// The variables that say where the machine's identities are.
pub(super) const VARIABLES: [&str; 7] = [
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    THUMBPRINT,
    "IMDS_ENDPOINT",
    "MSI_ENDPOINT",
    "MSI_SECRET",
    MACHINE_HOST_VARIABLE,
];

/// How one kind of endpoint is asked.
#[derive(Debug, PartialEq, Eq)]
struct Protocol {
    /// The variable that names the endpoint.
    endpoint: &'static str,
    /// The variable with the secret that opens it, and the header that the secret goes into.
    secret: Option<(&'static str, &'static str)>,
    version: &'static str,
    /// What the parameters for a client id and a resource id are called.
    client_id: &'static str,
    resource_id: &'static str,
}

static APP_SERVICE: Protocol = Protocol {
    endpoint: "IDENTITY_ENDPOINT",
    secret: Some(("IDENTITY_HEADER", "x-identity-header")),
    version: "2019-08-01",
    client_id: "client_id",
    resource_id: "mi_res_id",
};
static MACHINE_LEARNING: Protocol = Protocol {
    endpoint: "MSI_ENDPOINT",
    secret: Some(("MSI_SECRET", "secret")),
    version: "2017-09-01",
    client_id: "clientid",
    resource_id: "msi_res_id",
};
static VIRTUAL_MACHINE: Protocol = Protocol {
    endpoint: MACHINE_HOST_VARIABLE,
    secret: None,
    version: "2018-02-01",
    client_id: "client_id",
    resource_id: "msi_res_id",
};

/// Who has the machine's identities.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Endpoint(&'static Protocol),
    ServiceFabric,
    /// Its protocol needs a file that only some may read.
    Arc,
}

impl Place {
    /// In MSAL's order (`managed_identity.py`): what is set counts, even if it is empty.
    fn of(environment: &Environment, has_arc_agent: bool) -> Self {
        let has = |name: &str| environment.contains_key(name);
        let answers = |protocol: &Protocol| {
            has(protocol.endpoint) && protocol.secret.is_some_and(|(variable, _)| has(variable))
        };
        if answers(&APP_SERVICE) && has(THUMBPRINT) {
            Self::ServiceFabric
        } else if answers(&APP_SERVICE) {
            Self::Endpoint(&APP_SERVICE)
        } else if answers(&MACHINE_LEARNING) {
            Self::Endpoint(&MACHINE_LEARNING)
        } else if has_arc_agent || has("IDENTITY_ENDPOINT") && has("IMDS_ENDPOINT") {
            Self::Arc
        } else {
            Self::Endpoint(&VIRTUAL_MACHINE)
        }
    }

    fn here(environment: &Environment) -> Self {
        Self::of(environment, Path::new(ARC_AGENT).exists())
    }
}

/// Whether the real az is asked for these identities.
pub(super) fn needs_az(environment: &Environment) -> bool {
    Place::here(environment) == Place::Arc
}

/// The source for what az calls the assigned identity, such as `MSI` or `MSIClient-<id>`. The caller's environment
/// says where the machine's identities are.
pub(super) fn source(
    account: &Account,
    request: &TokenRequest,
    assigned: &str,
    caller: &Caller,
    transport: &Transport,
) -> TokenSource {
    let given = |name: &str| caller.environment.get(name).cloned().unwrap_or_default();
    let protocol = match Place::here(&caller.environment) {
        Place::Arc => return TokenSource::new(AzureCli::new(account, request, caller)),
        Place::ServiceFabric => return TokenSource::new(Unsupported),
        Place::Endpoint(protocol) => protocol,
    };
    let address = match given(protocol.endpoint) {
        host if protocol.endpoint != MACHINE_HOST_VARIABLE => host,
        host => {
            let host = Some(host).filter(|host| !host.is_empty());
            let host = host.unwrap_or_else(|| MACHINE_HOST.to_owned());
            format!("{}{MACHINE_PATH}", host.trim_matches('/'))
        }
    };
    TokenSource::new(Endpoint {
        protocol,
        address,
        secret: Zeroizing::new(
            protocol
                .secret
                .map(|(name, _)| given(name))
                .unwrap_or_default(),
        ),
        resource: request.resource().to_owned(),
        identity: Identity::parse(assigned),
        transport: transport.clone(),
    })
}

/// Refuses: who only looked at the endpoint's variables would send its secret to whoever answers
/// there.
struct Unsupported;

#[async_trait::async_trait]
impl Fetch for Unsupported {
    async fn fetch(&self, _: &str) -> Result<Token, CredentialError> {
        Err(CredentialError::unavailable(format!(
            "The managed identities of Service Fabric ({THUMBPRINT}) are not supported by azq. \
             Use the real az, or log in as a \
             service principal."
        )))
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

    fn parameter(&self, protocol: &Protocol) -> Option<(&'static str, &str)> {
        match self {
            Self::System | Self::Unknown(_) => None,
            Self::Client(id) => Some((protocol.client_id, id)),
            Self::Object(id) => Some(("object_id", id)),
            Self::Resource(id) => Some((protocol.resource_id, id)),
        }
    }
}

struct Endpoint {
    protocol: &'static Protocol,
    address: String,
    secret: Zeroizing<String>,
    resource: String,
    identity: Identity,
    transport: Transport,
}

#[async_trait::async_trait]
impl Fetch for Endpoint {
    async fn fetch(&self, _: &str) -> Result<Token, CredentialError> {
        self.identity.check()?;
        let client = self.transport.direct();
        let client = client.map_err(|error| CredentialError::unavailable(error.to_string()))?;
        let request = client.get(self.url()?).timeout(TIMEOUT);
        let request = match self.protocol.secret {
            Some((variable, header)) => request.header(header, self.secret(variable)?),
            None => request,
        };
        let answer = request.header("Metadata", "true").send().await;
        read(&body(answer.map_err(unreachable)?).await?)
    }
}

impl Endpoint {
    fn url(&self) -> Result<url::Url, CredentialError> {
        let parameters = [
            ("api-version", self.protocol.version),
            ("resource", &self.resource),
        ];
        let identity = self.identity.parameter(self.protocol);
        url::Url::parse_with_params(&self.address, parameters.into_iter().chain(identity)).map_err(
            |_| CredentialError::unavailable(format!("{} is not a URL.", self.protocol.endpoint)),
        )
    }

    fn secret(&self, variable: &str) -> Result<http::HeaderValue, CredentialError> {
        let mut secret = http::HeaderValue::from_str(&self.secret)
            .map_err(|_| CredentialError::unavailable(format!("{variable} cannot be a header.")))?;
        secret.set_sensitive(true);
        Ok(secret)
    }
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
    expires_in: Value,
    error: Option<String>,
    error_description: Option<String>,
    #[serde(rename = "statusCode")]
    status_code: Value,
    message: Value,
}

/// MSAL's `_obtain_token_on_…`: what is no token is an error in the endpoint's words, or with its
/// status and message.
fn read(body: &[u8]) -> Result<Token, CredentialError> {
    let mut answer: Answer = serde_json::from_slice(body).map_err(|_| {
        CredentialError::unavailable("The managed identity endpoint's answer is not JSON.")
    })?;
    if !answer.access_token.is_empty() {
        let end = end(&answer.expires_on, &answer.expires_in).ok_or_else(|| {
            CredentialError::unavailable(format!(
                "The managed identity endpoint has given a token without saying when it ends \
                 (expires_on: {}).",
                answer.expires_on
            ))
        })?;
        return Ok(Token::until(std::mem::take(&mut *answer.access_token), end));
    }
    if let Some(message) = answer.error_description.or(answer.error) {
        return Err(CredentialError::refused(message));
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

/// The forms of a date that endpoints have had, all in UTC.
const DATES: [&[BorrowedFormatItem<'_>]; 2] = [
    format_description!(
        "[month padding:none]/[day padding:none]/[year] [hour padding:none]:[minute]:[second] +00:00"
    ),
    format_description!(
        "[month padding:none]/[day padding:none]/[year] [hour repr:12 padding:none]:[minute]:[second] [period] +00:00"
    ),
];

/// When a token ends, as a UNIX time in seconds: `expires_on` is that or a date, `expires_in`,
/// the second, counts from now.
fn end(expires_on: &Value, seconds: &Value) -> Option<i64> {
    let number = |value: &Value| match value {
        Value::String(text) => text.trim().parse().ok(),
        number => number.as_i64(),
    };
    let date = |text: &str| {
        let in_form = |form: &&[BorrowedFormatItem<'_>]| PrimitiveDateTime::parse(text, form).ok();
        let dates = DATES.iter().find_map(in_form);
        let date = dates.map(PrimitiveDateTime::assume_utc);
        date.or_else(|| OffsetDateTime::parse(text, &Rfc3339).ok())
    };
    let now = OffsetDateTime::now_utc().unix_timestamp();
    number(expires_on)
        .or_else(|| date(expires_on.as_str()?).map(OffsetDateTime::unix_timestamp))
        .or_else(|| number(seconds).map(|life| now.saturating_add(life)))
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
            resource.parameter(&APP_SERVICE),
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
        let refused = br#"{"error": "invalid_request", "error_description": "Identity not found"}"#;
        assert_eq!(words(refused), "Identity not found");
        let endless = words(br#"{"access_token": "s3cret", "expires_on": "soon"}"#);
        assert!(
            endless.contains("soon") && !endless.contains("s3cret"),
            "{endless}"
        );
    }

    /// The order is MSAL's: no endpoint is asked in place of another.
    #[test]
    fn the_environment_says_where_the_identities_are() {
        let place = |names: &[&str], has_arc_agent| {
            let set = names.iter().map(|name| ((*name).to_owned(), String::new()));
            Place::of(&set.collect(), has_arc_agent)
        };
        let app_service = ["IDENTITY_ENDPOINT", "IDENTITY_HEADER"];
        let fabric = [&app_service[..], &[THUMBPRINT]].concat();
        let learning = ["MSI_ENDPOINT", "MSI_SECRET"];
        let both = [app_service, learning].concat();
        assert_eq!(place(&fabric, false), Place::ServiceFabric);
        assert_eq!(place(&both, true), Place::Endpoint(&APP_SERVICE));
        assert_eq!(place(&learning, true), Place::Endpoint(&MACHINE_LEARNING));
        assert_eq!(place(&[], true), Place::Arc);
        assert_eq!(
            place(&["IDENTITY_ENDPOINT", "IMDS_ENDPOINT"], false),
            Place::Arc
        );
        for names in [
            &[][..],
            &["IDENTITY_ENDPOINT"],
            &["MSI_ENDPOINT"],
            &["MSI_SECRET"],
        ] {
            assert_eq!(
                place(names, false),
                Place::Endpoint(&VIRTUAL_MACHINE),
                "{names:?}"
            );
        }
    }

    #[test]
    fn the_end_may_be_a_number_or_a_date() {
        let json = |text: &str| serde_json::from_str(text).expect("JSON");
        for expires in [
            "\"4102444800\"",
            "4102444800",
            "\"01/01/2100 00:00:00 +00:00\"",
            "\"1/1/2100 12:00:00 AM +00:00\"",
            "\"2100-01-01T00:00:00Z\"",
        ] {
            assert_eq!(
                end(&json(expires), &Value::Null),
                Some(4_102_444_800),
                "{expires}"
            );
        }
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let counted = end(&Value::Null, &json("\"3600\"")).expect("an end");
        assert!((now + 3600..now + 3660).contains(&counted));
        assert_eq!(end(&json("\"soon\""), &Value::Null), None);
    }
}
