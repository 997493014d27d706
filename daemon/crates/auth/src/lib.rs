//! Tokens for the accounts that az is logged in with, through `azure_identity` where possible.
//!
//! The source of the token for each kind of account:
//!
//! - A user: the refresh token in az's cache (`user`), or the real az if the cache cannot be used
//!   (`azure_cli`).
//! - A managed identity of Service Fabric, App Service, Azure Machine Learning, Azure Arc or a
//!   virtual machine: the endpoint named by the caller's environment (`managed_identity`).
//! - A user in Cloud Shell: Cloud Shell's endpoint (`cloud_shell`).
//! - A service principal with a secret, a certificate or an assertion: `ClientSecretCredential` or
//!   `ClientAssertionCredential`, with the credential that az has stored (`service_principal`).
//! - Any other (encrypted store, ADFS): the real az, as for a user.
//!
//! az's files are read and never written.
//!
//! Invariants: secrets are wiped when dropped; no log, error, `Debug` output or child's environment
//! contains them.

mod azure_cli;
mod capabilities;
mod certificate;
mod cloud_shell;
mod entra;
mod managed_identity;
mod real_az;
mod secret_file;
mod service_principal;
mod source;
mod token;
mod token_response;
mod user;

pub use real_az::RealAz;
pub use source::FETCH;
pub use source::{Fetch, TokenSource};
pub use token::Token;

use std::path::PathBuf;

use base64::Engine as _;
use sha2::Digest as _;

use azq_account::{Account, Caller, Environment, UserKind};
use azq_command::CommandError;
use azq_http::{HttpError, Transport};

/// az's recommendation after a refused login (azure-cli-core, `auth/util.py`, `aad_error_handler`).
const LOGIN: &str = "Run the command below to authenticate interactively; additional arguments may be added as \
     needed:\naz logout\naz login";

/// Returns the same recommendation for a user, with the tenant, scopes and claims to log in for.
fn login(tenant: &str, scopes: &[String], claims: Option<&str>) -> String {
    let scopes = scopes.join("\" \"");
    let claims = claims.map_or_else(String::new, |claims| {
        let claims = base64::engine::general_purpose::STANDARD.encode(claims);
        format!(" --claims-challenge \"{claims}\"")
    });
    format!("{LOGIN} --tenant \"{tenant}\" --scope \"{scopes}\"{claims}")
}

/// The tenant and scopes of a requested token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenRequest {
    /// The tenant, if it differs from the account's.
    pub tenant: Option<String>,
    /// The scopes of Microsoft Entra v2.0; at least one.
    pub scopes: Vec<String>,
}

impl TokenRequest {
    /// Creates a request for a token for Resource Manager.
    pub fn for_resource_manager(account: &Account) -> Self {
        Self {
            tenant: None,
            scopes: vec![account.cloud.token_scope()],
        }
    }

    /// Returns the tenant that issues the token.
    fn tenant_of<'a>(&'a self, account: &'a Account) -> &'a str {
        let own = &account.subscription.tenant_id;
        self.tenant.as_deref().unwrap_or(own)
    }

    /// Returns the audience in the form for managed identities (azure-cli-core, `auth/util.py`,
    /// `scopes_to_resource`).
    fn resource(&self) -> &str {
        let scope = self.scopes.first().map_or("", String::as_str);
        let suffixes = ["/.default", "/user_impersonation"];
        let resource = suffixes
            .iter()
            .find_map(|suffix| scope.strip_suffix(suffix));
        resource.unwrap_or(scope)
    }
}

/// A login of a user or an application, as az has stored it, and the tokens that are wanted of it.
struct Login {
    /// The user's name or the application's id.
    name: String,
    tenant: String,
    /// The cloud's login endpoint, in lower case, without a slash at its end.
    authority: String,
    scopes: Vec<String>,
    config_dir: PathBuf,
    environment: Environment,
    transport: Transport,
}

impl Login {
    fn new(
        account: &Account,
        request: &TokenRequest,
        caller: &Caller,
        transport: &Transport,
    ) -> Self {
        let authority = account.cloud.active_directory.trim_end_matches('/');
        Self {
            name: account.subscription.user.name.clone(),
            tenant: request.tenant_of(account).to_owned(),
            authority: authority.to_lowercase(),
            scopes: request.scopes.clone(),
            config_dir: account.config_dir.clone(),
            environment: caller.environment.clone(),
            transport: transport.clone(),
        }
    }

    /// Whether only the real az can use the login: its store is encrypted, or its authority is
    /// ADFS, which has a path.
    fn needs_az(&self, encrypted_store: &str) -> bool {
        self.is_adfs() || self.config_dir.join(encrypted_store).exists()
    }

    fn is_adfs(&self) -> bool {
        self.authority.ends_with("/adfs")
    }

    /// Returns az's advice to log in, with the claims that are asked for.
    fn advice(&self, claims: Option<&str>) -> String {
        login(&self.tenant, &self.scopes, claims)
    }

    /// Returns the address of the tenant's token endpoint.
    fn token_endpoint(&self) -> String {
        format!("{}/{}/oauth2/v2.0/token", self.authority, self.tenant)
    }
}

/// The source of users' tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserTokens {
    /// az's token cache, and the real az if the cache cannot be used.
    #[default]
    Cache,
    /// The real az always, so that azqd never has a refresh token.
    Az,
}

/// The reason why there is no token, in az's words where az has some.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// The login was refused, or has expired or been revoked.
    #[error("{message}")]
    Refused {
        /// The text after az's `ERROR: `.
        message: String,
        /// az's recommendation.
        recommendation: Option<String>,
    },
    /// The authority or the identity endpoint cannot be reached, or its response is invalid.
    #[error("{message}")]
    Unavailable {
        /// The message.
        message: String,
    },
    /// The token, or another result of the real az, did not come in time.
    #[error("No access token came within {seconds} seconds.")]
    Slow {
        /// The limit.
        seconds: u64,
    },
    /// The token had expired before it was received.
    #[error("The access token that was issued has expired already. Check this machine's clock.")]
    Expired,
    /// The claims can be met only by a new login.
    #[error("{advice}")]
    NeedsLogin {
        /// az's advice.
        advice: String,
        /// The authority's message, if a request was sent.
        refusal: Option<String>,
    },
    /// The account needs the real az, which was not found.
    #[error(
        "The account '{user}' needs the Azure CLI to get an access token, \
         but no 'az' is on the PATH, neither on this command's nor \
         on azqd's."
    )]
    NoAzureCli {
        /// The account's user.
        user: String,
    },
}

impl CredentialError {
    /// Creates a refusal with az's advice to log in.
    pub fn refused(message: String) -> Self {
        Self::Refused {
            message,
            recommendation: Some(LOGIN.to_owned()),
        }
    }

    /// Creates a refusal without advice.
    pub fn plain(message: String) -> Self {
        Self::Refused {
            message,
            recommendation: None,
        }
    }

    /// Creates az's error for an empty object from the token endpoint (azure-cli-core,
    /// `auth/util.py`, `check_result`).
    pub fn empty() -> Self {
        Self::Refused {
            message: "Can't find token from MSAL cache.".to_owned(),
            recommendation: Some("To re-authenticate, please run:\naz login".to_owned()),
        }
    }

    /// Creates the error of an authority or identity endpoint that cannot be reached, with this
    /// message.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::Unavailable {
            message: message.into(),
        }
    }

    /// Whether the same request may succeed later without an action of the user.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Slow { .. })
    }
}

impl From<HttpError> for CredentialError {
    fn from(error: HttpError) -> Self {
        Self::unavailable(error.to_string())
    }
}

impl From<CredentialError> for CommandError {
    fn from(error: CredentialError) -> Self {
        let mut command = Self::new(error.to_string());
        if let CredentialError::Refused { recommendation, .. } = error {
            command.recommendation = recommendation;
        }
        command
    }
}

/// Returns az's warning for each time it makes a credential for an account.
pub fn warning(account: &Account, request: &TokenRequest) -> Option<String> {
    match account.subscription.user.kind {
        UserKind::ServicePrincipal => service_principal::warning(account, request),
        UserKind::User | UserKind::CloudShell | UserKind::ManagedIdentity { .. } => None,
    }
}

/// Returns a hash of the caller's settings that determine how an account's tokens are obtained. It
/// is a hash because some of them are secret.
pub fn way(account: &Account, caller: &Caller) -> [u8; 32] {
    let environment = &caller.environment;
    let mut hash = sha2::Sha256::new();
    let mut add = |part: &[u8]| {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    };
    let variables = managed_identity::VARIABLES.into_iter();
    for name in variables.chain([cloud_shell::VARIABLE]) {
        add(environment.get(name).map_or(&[][..], String::as_bytes));
    }
    let kind = &account.subscription.user.kind;
    if !matches!(kind, UserKind::ManagedIdentity { .. }) {
        for (name, value) in real_az::passed_on(environment) {
            add(name.as_bytes());
            add(value.as_bytes());
        }
        let az = caller.az.as_deref().map(std::path::Path::as_os_str);
        add(az.unwrap_or_default().as_encoded_bytes());
    }
    hash.finalize().into()
}

/// Returns the source of the requested tokens, for the caller's environment.
pub fn source(
    account: &Account,
    request: &TokenRequest,
    caller: &Caller,
    transport: &Transport,
    user_tokens: UserTokens,
) -> TokenSource {
    let az = || azure_cli::AzureCli::new(account, request, caller);
    let login = || Login::new(account, request, caller, transport);
    match &account.subscription.user.kind {
        UserKind::CloudShell if cloud_shell::is_here(&caller.environment) => {
            TokenSource::new(cloud_shell::CloudShell::new(request, transport))
        }
        UserKind::User | UserKind::CloudShell => match user_tokens {
            UserTokens::Cache => TokenSource::new(user::User::new(login(), az())),
            UserTokens::Az => TokenSource::new(az()),
        },
        UserKind::ManagedIdentity { assigned } => {
            managed_identity::source(request, assigned, caller, transport)
        }
        UserKind::ServicePrincipal => {
            let fallback = az();
            let login = login();
            TokenSource::new(service_principal::ServicePrincipal { login, fallback })
        }
    }
}
