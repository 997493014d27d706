//! The caller's account and cloud, from az's own configuration directory, which is read and never
//! written.
//!
//! `azureProfile.json` contains the subscriptions and identities, `config` and the caller's
//! environment the active cloud and the defaults, `clouds.config` the endpoints. Everything follows
//! azure-cli-core 2.91 (`_profile.py`, `cloud.py`) and knack (`config.py`), including the words of
//! the errors.
//!
//! Invariants: one caller's environment never affects another's profile; the next command sees a
//! change that az makes; malformed files never cause a panic.
//!
//! Deliberately absent: tokens and secrets (see `azq-auth`), HTTP (see `azq-http`).

mod cloud;
mod config;
mod endpoints;
mod files;
mod profile;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

pub use azq_python::ini::{Ini, IniError};
pub use cloud::Cloud;
pub use config::CliConfig;
pub use files::{FILE_LIMIT, REMEMBERED, stamp};
pub use files::{FileStamp, Profiles};
pub use profile::{Account, Entry, Profile, Subscription, User, UserKind};

use azq_command::CommandError;

/// The variables of a caller that are sent to the daemon, by name.
pub type Environment = BTreeMap<String, String>;

/// The caller of a command: everything except the files that a [`Profile`] depends on.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Caller {
    /// az's configuration directory.
    pub config_dir: PathBuf,
    /// The caller's variables.
    pub environment: Environment,
    /// The caller's working directory, absolute.
    pub working_directory: Option<PathBuf>,
    /// The real az that the caller would run, absolute.
    pub az: Option<PathBuf>,
}

impl Caller {
    /// Creates a caller with that configuration directory and no variables.
    pub fn without_variables(config_dir: &Path) -> Self {
        Self {
            config_dir: config_dir.to_owned(),
            ..Self::default()
        }
    }
}

impl fmt::Debug for Caller {
    /// Shows only the names of the variables, because their values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("config_dir", &self.config_dir)
            .field("variables", &self.environment.keys())
            .field("working_directory", &self.working_directory)
            .field("az", &self.az)
            .finish()
    }
}

/// The key that separates cached data. Data that was fetched for one scope is never shown to
/// another.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct Scope {
    /// The cloud's name, with its endpoint if that is not the built-in one.
    pub cloud: String,
    /// The tenant's id.
    pub tenant: String,
    /// The subscription's id.
    pub subscription: String,
    /// The user, application or managed identity that makes the requests.
    pub principal: String,
}

/// The reason why there is no account, in az's words where az has some.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// No subscription of the active cloud is known.
    #[error("Please run 'az login' to setup account.")]
    NotLoggedIn,
    /// No subscription has the id or name that `--subscription` gives, as typed.
    #[error("Subscription '{0}' not found. Check the spelling and casing and try again.")]
    NotFound(String),
    /// No subscription is the default, and `--subscription` was not given.
    #[error("No subscription found. Run 'az account set' to select a subscription.")]
    NoneSelected,
    /// More than one entry has this id, or more than one is the default (Python's `None`).
    #[error("Multiple subscriptions with the name '{0}' found. Specify the subscription ID.")]
    Ambiguous(String),
    /// An entry of `azureProfile.json` lacks a member that requests to Azure need. az prints a
    /// traceback.
    #[error(
        "The entry of the subscription '{name}' in azureProfile.json has no usable '{missing}'. \
         Run 'az login' to have it written anew."
    )]
    Incomplete {
        /// The subscription's name or id.
        name: String,
        /// The member that is missing.
        missing: &'static str,
    },
    /// A cloud lacks an endpoint that is needed.
    #[error(
        "The endpoint '{endpoint}' for this cloud is not set but is used.\n{file} may be corrupt or invalid.\n\
         Resolve the error or delete this file and try again."
    )]
    EndpointNotSet {
        /// az's name for the endpoint.
        endpoint: String,
        /// The path of `clouds.config`.
        file: String,
    },
    /// A cloud has an API profile that az does not have.
    #[error("Profile {0} does not exist or is not supported.")]
    UnknownApiProfile(String),
    /// An option that must be a boolean has another value.
    #[error("Not a boolean: {0}")]
    NotABoolean(String),
    /// A file is malformed according to Python's `configparser`. az prints a traceback.
    #[error("{}: {source}", file.display())]
    Malformed {
        /// The path of the file.
        file: PathBuf,
        /// The syntax error.
        source: IniError,
    },
    /// A file exists but cannot be read, for this reason.
    #[error("{}: {}", .0.display(), .1)]
    Unreadable(PathBuf, String),
}

impl From<AccountError> for CommandError {
    fn from(error: AccountError) -> Self {
        Self::new(error.to_string())
    }
}
