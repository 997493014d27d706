//! Tokens for the account that az is logged in as, through `azure_identity` where it can.
//!
//! | account | where the token comes from |
//! | --- | --- |
//! | a user | the real `az account get-access-token`, run by `AzureCliCredential` (`azure_cli`) |
//! | managed identity of App Service, Azure Machine Learning or a virtual machine | the endpoint that the caller's environment names (`managed_identity`) |
//! | service principal with a secret, a certificate or an assertion | `ClientSecretCredential` or `ClientAssertionCredential`, with what az has stored (`service_principal`) |
//! | anything else: Cloud Shell, Azure Arc, encrypted store, ADFS | the real az, as for a user |
//!
//! az keeps a user's refresh token in a cache of its own format, which azq neither reads nor writes; so a user's
//! token, and only that, costs the start of az, about once in an hour and behind the callers.
//!
//! Invariants: secrets are wiped when dropped, and are in no log, error, `Debug` output or child's environment.

mod azure_cli;
mod certificate;
mod entra;
mod managed_identity;
mod service_principal;
mod source;
mod token;

pub(crate) use source::FETCH;
pub use source::{Fetch, TokenSource};
pub use token::Token;

use sha2::Digest as _;

use crate::account::{Account, Caller, UserKind};
use crate::arm::Transport;
use crate::error::CommandError;

/// az's recommendation after a refused login (azure-cli-core, `auth/util.py`, `aad_error_handler`).
const LOGIN: &str = "Run the command below to authenticate interactively; additional arguments may be added as \
     needed:\naz logout\naz login";

/// Why there is no token, in az's words where az has some.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// The login is refused, expired or revoked.
    #[error("{message}")]
    Refused {
        /// What follows az's `ERROR: `.
        message: String,
        /// What to do about it.
        recommendation: Option<String>,
    },
    /// The authority or the identity endpoint cannot be reached, or does not make sense.
    #[error("{message}")]
    Unavailable {
        /// What has failed.
        message: String,
    },
    /// The token did not come in time.
    #[error("No access token came within {seconds} seconds.")]
    Slow {
        /// The limit.
        seconds: u64,
    },
    /// A token that has ended before it came.
    #[error("The access token that was issued has expired already. Check this machine's clock.")]
    Expired,
    /// A kind of account that needs the real az, which is not there.
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
    /// A refusal with az's advice to log in.
    pub(crate) fn refused(message: String) -> Self {
        Self::Refused {
            message,
            recommendation: Some(LOGIN.to_owned()),
        }
    }

    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::Unavailable {
            message: message.into(),
        }
    }

    /// Whether the same may succeed later without the user's doing.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Slow { .. })
    }
}

impl From<CredentialError> for CommandError {
    fn from(error: CredentialError) -> Self {
        let command = Self::new(error.to_string());
        match error {
            CredentialError::Refused {
                recommendation: Some(text),
                ..
            } => command.recommend(text),
            _ => command,
        }
    }
}

/// What az warns of each time it makes a credential for an account.
pub(crate) fn warning(account: &Account) -> Option<String> {
    match account.subscription.user.kind {
        UserKind::ServicePrincipal => service_principal::warning(account),
        UserKind::User | UserKind::CloudShell | UserKind::ManagedIdentity { .. } => None,
    }
}

/// What of a caller decides by which way an account's tokens are got, as a hash, for some of it is
/// secret.
pub(crate) fn way(account: &Account, caller: &Caller) -> [u8; 32] {
    let environment = &caller.environment;
    let mut hash = sha2::Sha256::new();
    let mut add = |part: &[u8]| {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    };
    let needs_az = match account.subscription.user.kind {
        UserKind::User | UserKind::CloudShell | UserKind::ServicePrincipal => true,
        UserKind::ManagedIdentity { .. } => managed_identity::needs_az(environment),
    };
    for name in managed_identity::VARIABLES {
        add(environment.get(name).map_or(&[][..], String::as_bytes));
    }
    if needs_az {
        for (name, value) in azure_cli::passed_on(environment) {
            add(name.as_bytes());
            add(value.as_bytes());
        }
        let az = caller.az.as_deref().map(std::path::Path::as_os_str);
        add(az.unwrap_or_default().as_encoded_bytes());
    }
    hash.finalize().into()
}

/// The source of an account's tokens, as the caller's environment has it.
pub(crate) fn source(account: &Account, caller: &Caller, transport: &Transport) -> TokenSource {
    match &account.subscription.user.kind {
        UserKind::User | UserKind::CloudShell => {
            TokenSource::new(azure_cli::AzureCli::new(account, caller))
        }
        UserKind::ManagedIdentity { assigned } => {
            managed_identity::source(account, assigned, caller, transport)
        }
        UserKind::ServicePrincipal => {
            let fallback = azure_cli::AzureCli::new(account, caller);
            TokenSource::new(service_principal::ServicePrincipal::new(
                account, transport, fallback,
            ))
        }
    }
}
