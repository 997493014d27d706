//! Who asks, and where: az's own configuration directory, read and never written.
//!
//! `azureProfile.json` names the subscriptions and identities, `config` and the caller's
//! environment the active cloud and the defaults, `clouds.config` the endpoints. Everything follows
//! azure-cli-core 2.91 (`_profile.py`, `cloud.py`) and knack (`config.py`), down to the words of
//! the errors.
//!
//! Invariants: one caller's environment never reaches another's profile; a change that az makes is
//! seen by the next command; malformed files never panic.
//!
//! Deliberately absent: tokens and secrets (see `credential`), HTTP (see `arm`).

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

/// The variables of a caller that travel to the daemon, by name.
pub type Environment = BTreeMap<String, String>;

/// From where a command is called: all that a [`Profile`] depends on but the files.
#[derive(Clone, PartialEq, Eq, Hash)]
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
    /// Somebody with that configuration directory and no variables.
    pub fn without_variables(config_dir: &Path) -> Self {
        Self {
            config_dir: config_dir.to_owned(),
            environment: Environment::new(),
            working_directory: None,
            az: None,
        }
    }
}

impl fmt::Debug for Caller {
    /// Variables may hold secrets, so only their names are shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("config_dir", &self.config_dir)
            .field("variables", &self.environment.keys())
            .field("working_directory", &self.working_directory)
            .field("az", &self.az)
            .finish()
    }
}

/// Separates cached data: nothing that was fetched for one scope is shown to another.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct Scope {
    /// The cloud's name, with its endpoint if that is not the usual one.
    pub cloud: String,
    /// The tenant's id.
    pub tenant: String,
    /// The subscription's id.
    pub subscription: String,
    /// Who asks.
    pub principal: String,
}

/// Why there is no account, in az's words where az has some.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// No subscription of the active cloud is known.
    #[error("Please run 'az login' to setup account.")]
    NotLoggedIn,
    /// `--subscription` names none of them.
    #[error("Subscription '{wanted}' not found. Check the spelling and casing and try again.")]
    NotFound {
        /// As typed.
        wanted: String,
    },
    /// None is the default, and none was asked for.
    #[error("No subscription found. Run 'az account set' to select a subscription.")]
    NoneSelected,
    /// More than one entry has this id, or more than one is the default.
    #[error("Multiple subscriptions with the name '{wanted}' found. Specify the subscription ID.")]
    Ambiguous {
        /// The id, or Python's `None`.
        wanted: String,
    },
    /// An entry of `azureProfile.json` that lacks what Azure is asked with. az prints a traceback.
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
    /// A cloud without an endpoint that is needed.
    #[error(
        "The endpoint '{endpoint}' for this cloud is not set but is used.\n{file} may be corrupt or invalid.\n\
         Resolve the error or delete this file and try again."
    )]
    EndpointNotSet {
        /// az's name for it.
        endpoint: String,
        /// The path of `clouds.config`.
        file: String,
    },
    /// A cloud whose API profile az does not have.
    #[error("Profile {profile} does not exist or is not supported.")]
    UnknownApiProfile {
        /// As configured.
        profile: String,
    },
    /// An option that must be a boolean.
    #[error("Not a boolean: {value}")]
    NotABoolean {
        /// As configured.
        value: String,
    },
    /// A file that Python's `configparser` would refuse. az prints a traceback.
    #[error("{}: {source}", file.display())]
    Malformed {
        /// Which.
        file: PathBuf,
        /// What is wrong with it.
        source: IniError,
    },
    /// A file that is there but cannot be read.
    #[error("{}: {reason}", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        reason: String,
    },
}

impl From<AccountError> for CommandError {
    fn from(error: AccountError) -> Self {
        Self::new(error.to_string())
    }
}
