//! The logged-in accounts: `azureProfile.json` and the active cloud (azure-cli-core,
//! `_profile.py`).
//!
//! Invariant: an [`Account`] names a subscription of the active cloud, chosen by az's rules, and
//! every endpoint that azq needs for requests to Azure about it.
//!
//! Deliberately absent: tokens (see `azq-auth`), and any change to az's files.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::cloud::{self, ActiveCloud, Cloud};
use super::config::CliConfig;
use super::files::Files;
use super::{AccountError, Caller, Environment, Scope};

/// The content of az's configuration directory, as one caller sees it.
#[derive(Clone, Debug)]
pub struct Profile {
    caller: Caller,
    files: Arc<Files>,
    config: CliConfig,
    active: ActiveCloud,
}

/// An entry of `azureProfile.json` as it is written. az shows and lists an entry even if it lacks
/// members that requests to Azure need.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry(Map<String, Value>);

/// A subscription with everything that requests to Azure about it need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The cloud, with its endpoints.
    pub cloud: Cloud,
    /// The subscription, and the identity that makes the requests.
    pub subscription: Subscription,
    /// az's configuration directory, where the credential's secrets are.
    pub config_dir: PathBuf,
}

/// An entry that has all members that requests to Azure need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// A UUID. A tenant without subscriptions has an entry with the tenant's own id.
    pub id: String,
    /// The tenant whose tokens give access to the subscription.
    pub tenant_id: String,
    /// The identity that is logged in.
    pub user: User,
}

/// The identity of a subscription's entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct User {
    /// The user's name, the application's id, `systemAssignedIdentity` or `userAssignedIdentity`.
    pub name: String,
    /// The kind of identity.
    pub kind: UserKind,
}

/// The kinds of identity that az logs in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UserKind {
    /// A person.
    User,
    /// A person in Azure Cloud Shell.
    CloudShell,
    /// An application with a secret or a certificate.
    ServicePrincipal,
    /// The machine's own identity, with az's `assignedIdentityInfo`, such as `MSI` or
    /// `MSIClient-<id>`.
    ManagedIdentity {
        /// az's name for the chosen identity of the machine.
        assigned: String,
    },
}

impl Profile {
    /// Reads a caller's configuration directory. Use [`super::Profiles`] to read only files that
    /// have changed.
    pub fn load(caller: &Caller) -> Result<Self, AccountError> {
        let files = Files::read(&caller.config_dir);
        Self::of(Arc::new(files), Vec::new(), caller)
    }

    pub(super) fn of(
        files: Arc<Files>,
        local: Vec<Arc<super::Ini>>,
        caller: &Caller,
    ) -> Result<Self, AccountError> {
        let config = CliConfig::new(files.config.clone()?, local, &caller.environment);
        let active = cloud::active(config.get("cloud", "name").as_deref(), files.clouds()?);
        Ok(Self {
            caller: caller.clone(),
            files,
            config,
            active,
        })
    }

    /// Returns a number that changes whenever az has changed its files.
    pub fn reading(&self) -> u64 {
        self.files.reading
    }

    /// Returns the caller that the profile belongs to.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Returns the caller's variables.
    pub fn environment(&self) -> &Environment {
        &self.caller.environment
    }

    /// Returns az's configuration with the caller's overrides.
    pub fn config(&self) -> &CliConfig {
        &self.config
    }

    /// Returns the name of the active cloud.
    pub fn cloud_name(&self) -> &str {
        &self.active.name
    }

    /// Returns the lines that az prints, without a level, while it starts: about malformed files
    /// and an unknown cloud.
    pub fn notices(&self) -> impl Iterator<Item = &str> {
        let notices = self.files.notices.iter().chain(&self.active.notices);
        notices.map(String::as_str)
    }

    /// Whether az is still writing `azureProfile.json`, so that the entries read from it may be
    /// incomplete.
    pub fn is_being_written(&self) -> bool {
        self.files.are_being_written()
    }

    /// Returns the entries of all clouds, in the file's order.
    pub fn all_entries(&self) -> &[Entry] {
        &self.files.entries
    }

    /// Returns the entries of the active cloud.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        let cloud = Some(self.cloud_name());
        let all = self.all_entries().iter();
        all.filter(move |entry| entry.environment_name() == cloud)
    }

    /// Whether the file has a login of this user to this tenant, in any cloud.
    pub fn has_login(&self, user: &User, tenant: &str) -> bool {
        let mut logins = self.all_entries().iter().filter_map(Entry::login);
        logins.any(|(of, to)| (&of, to) == (user, tenant))
    }

    /// Returns az's warning for a `--subscription` that matches no entry. az gives it while it
    /// parses the command line.
    pub fn unrecognized(&self, wanted: &str) -> Option<String> {
        let known = self.entries().any(|entry| entry.is_called(wanted));
        (!known).then(|| format!("Subscription '{wanted}' not recognized."))
    }

    /// Returns the account of a subscription, by id or name without regard to case, or of the
    /// default one. If several match, az takes the first. An empty `wanted` counts as not given.
    pub fn select(&self, wanted: Option<&str>) -> Result<Account, AccountError> {
        self.select_only(self.id_of(wanted))
    }

    /// Returns the account of the only subscription with that id or name, or of the default one. It
    /// is for the commands that do not take az's global `--subscription`.
    pub fn select_only(&self, wanted: Option<&str>) -> Result<Account, AccountError> {
        let cloud = self.cloud()?;
        let subscription = self.entry(wanted)?.subscription()?;
        Ok(Account {
            cloud,
            subscription,
            config_dir: self.files.directory.clone(),
        })
    }

    /// Returns the active cloud.
    ///
    /// # Errors
    /// Fails if the cloud lacks an endpoint that azq needs.
    pub fn cloud(&self) -> Result<Cloud, AccountError> {
        let file = self.files.clouds_path();
        cloud::resolve(self.cloud_name(), self.files.clouds()?, &file)
    }

    /// Returns the endpoints of the active cloud, in the order in which az compares them with a
    /// URL.
    pub fn endpoints(&self) -> Result<Vec<String>, AccountError> {
        Ok(cloud::endpoints(self.cloud_name(), self.files.clouds()?))
    }

    /// Returns the audience of a resource in the active cloud, by az's name for it, such as
    /// `ms-graph`.
    pub fn resource(&self, name: &str) -> Result<String, AccountError> {
        let file = self.files.clouds_path();
        cloud::resource(self.cloud_name(), self.files.clouds()?, &file, name)
    }

    /// Returns the id of the first subscription with that id or name (azure-cli-core,
    /// `SubscriptionNameOrIdAction`), or `wanted` itself if there is none.
    fn id_of<'a>(&'a self, wanted: Option<&'a str>) -> Option<&'a str> {
        let wanted = wanted?;
        let found = self.entries().find(|entry| entry.is_called(wanted));
        Some(found.and_then(Entry::id).unwrap_or(wanted))
    }

    /// Returns the entry of the only subscription with that id or name without regard to case, or
    /// of the only default one (azure-cli-core, `Profile.get_subscription`). An empty `wanted`
    /// counts as not given.
    pub fn entry(&self, wanted: Option<&str>) -> Result<&Entry, AccountError> {
        if self.entries().next().is_none() {
            return Err(AccountError::NotLoggedIn);
        }
        let wanted = wanted.filter(|wanted| !wanted.is_empty());
        let mut matches = self.entries().filter(|entry| match wanted {
            Some(wanted) => entry.is_called(wanted),
            None => entry.is_default(),
        });
        match (matches.next(), matches.next(), wanted) {
            (Some(only), None, _) => Ok(only),
            (Some(_), Some(_), _) => {
                let wanted = wanted.unwrap_or("None").to_owned();
                Err(AccountError::Ambiguous(wanted))
            }
            (None, _, Some(wanted)) => Err(AccountError::NotFound(wanted.to_owned())),
            (None, _, None) => Err(AccountError::NoneSelected),
        }
    }
}

impl Account {
    /// Returns the scope that separates this account's cached data from another's.
    pub fn scope(&self) -> Scope {
        let user = &self.subscription.user;
        let principal = match &user.kind {
            UserKind::ManagedIdentity { assigned } => format!("{}/{assigned}", user.name),
            UserKind::User | UserKind::CloudShell | UserKind::ServicePrincipal => user.name.clone(),
        };
        Scope {
            cloud: self.cloud.cache_name(),
            tenant: self.subscription.tenant_id.clone(),
            subscription: self.subscription.id.clone(),
            principal,
        }
    }
}

impl Entry {
    /// Reads an entry of the file. The result is `None` for a value that is not an object, on which
    /// az crashes.
    pub(super) fn of(entry: &Value) -> Option<Self> {
        entry.as_object().cloned().map(Self)
    }

    /// Returns all members of the entry, for `az account show` and `list`.
    pub fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Returns the state, such as `Enabled` or `Disabled`. az uses a disabled subscription too.
    pub fn state(&self) -> Option<&str> {
        self.text("state")
    }

    fn id(&self) -> Option<&str> {
        self.text("id")
    }

    /// Returns the name of the cloud that the entry belongs to.
    fn environment_name(&self) -> Option<&str> {
        self.text("environmentName")
    }

    /// Whether the entry is used when no subscription is named.
    fn is_default(&self) -> bool {
        self.0.get("isDefault").is_some_and(is_true)
    }

    fn is_called(&self, wanted: &str) -> bool {
        let wanted = wanted.to_lowercase();
        let mut names = ["id", "name"].into_iter().filter_map(|key| self.text(key));
        names.any(|name| name.to_lowercase() == wanted)
    }

    /// Returns the user of the entry, and the tenant that the user is logged in to.
    fn login(&self) -> Option<(User, &str)> {
        let user = User::from_entry(self.0.get("user")?)?;
        Some((user, self.text("tenantId")?))
    }

    /// Returns the subscription, or an error if a member is missing that requests to Azure need.
    fn subscription(&self) -> Result<Subscription, AccountError> {
        let incomplete = |missing| AccountError::Incomplete {
            name: self.text("name").or(self.id()).unwrap_or("?").to_owned(),
            missing,
        };
        let text = |key| self.text(key).ok_or_else(|| incomplete(key));
        let user = self.0.get("user").and_then(User::from_entry);
        Ok(Subscription {
            id: text("id")?.to_owned(),
            tenant_id: text("tenantId")?.to_owned(),
            user: user.ok_or_else(|| incomplete("user"))?,
        })
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }
}

/// Whether Python takes a value as true.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

impl User {
    /// Reads a user from an entry (`Profile._parse_managed_identity_account`): first by its name,
    /// then by its type.
    fn from_entry(user: &Value) -> Option<Self> {
        let name = user.get("name")?.as_str()?.to_owned();
        let assigned = user.get("assignedIdentityInfo").and_then(Value::as_str);
        let kind = match (name.as_str(), user.get("type")?.as_str()?) {
            ("systemAssignedIdentity", _) => UserKind::ManagedIdentity {
                assigned: "MSI".to_owned(),
            },
            ("userAssignedIdentity", _) => UserKind::ManagedIdentity {
                assigned: assigned?.to_owned(),
            },
            (_, "servicePrincipal") => UserKind::ServicePrincipal,
            _ if user.get("cloudShellID") == Some(&Value::Bool(true)) => UserKind::CloudShell,
            _ => UserKind::User,
        };
        Some(Self { name, kind })
    }
}

#[cfg(test)]
mod tests;
