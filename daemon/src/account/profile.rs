//! Who is logged in: `azureProfile.json` and the active cloud (azure-cli-core, `_profile.py`).
//!
//! Invariant: an [`Account`] names a subscription of the active cloud, chosen by az's rules, and every endpoint
//! that azq needs to ask Azure for it.
//!
//! Deliberately absent: tokens (see `credential`), and any change to az's files.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::cloud::{self, ActiveCloud, Cloud};
use super::config::CliConfig;
use super::files::Files;
use super::{AccountError, Caller, Environment, Scope};

/// What az's configuration directory says to one caller.
#[derive(Clone, Debug)]
pub struct Profile {
    caller: Caller,
    files: Arc<Files>,
    config: CliConfig,
    active: ActiveCloud,
}

/// A subscription with all that is needed to ask Azure about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Where Azure is.
    pub cloud: Cloud,
    /// Whose resources, and who asks.
    pub subscription: Subscription,
    /// az's configuration directory, where the credential's secrets are.
    pub config_dir: PathBuf,
}

/// An entry of `azureProfile.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// A UUID; that of the tenant for a tenant without subscriptions.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// `Enabled`, `Disabled`, … az uses a disabled subscription too.
    pub state: String,
    /// The tenant whose token opens it.
    pub tenant_id: String,
    /// Whether it is used when none is asked for.
    pub is_default: bool,
    /// The cloud that it belongs to.
    pub environment_name: String,
    /// Who is logged in.
    pub user: User,
    /// The entry whole, for `az account show` and `list`.
    pub entry: Map<String, Value>,
}

/// The identity of a subscription's entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct User {
    /// The user's name, the application's id, `systemAssignedIdentity` or `userAssignedIdentity`.
    pub name: String,
    /// What kind of identity.
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
    /// The machine's own identity, with az's `assignedIdentityInfo`, such as `MSI` or `MSIClient-<id>`.
    ManagedIdentity {
        /// Which of the machine's identities.
        assigned: String,
    },
}

impl Profile {
    /// Reads a caller's configuration directory. Use [`super::Profiles`] to read only what has changed.
    pub fn load(caller: &Caller) -> Result<Self, AccountError> {
        let files = Files::read(&caller.config_dir);
        Self::of(Arc::new(files), Vec::new(), caller)
    }

    pub(super) fn of(
        files: Arc<Files>,
        local: Vec<Arc<super::ini::Ini>>,
        caller: &Caller,
    ) -> Result<Self, AccountError> {
        let config = CliConfig::new(files.config()?, local, &caller.environment);
        let active = cloud::active(config.get("cloud", "name").as_deref(), files.clouds()?);
        Ok(Self {
            caller: caller.clone(),
            files,
            config,
            active,
        })
    }

    /// A number that is another after az has changed its files.
    pub fn reading(&self) -> u64 {
        self.files.reading()
    }

    /// Whose it is.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The caller's variables.
    pub fn environment(&self) -> &Environment {
        &self.caller.environment
    }

    /// az's configuration with the caller's overrides.
    pub fn config(&self) -> &CliConfig {
        &self.config
    }

    /// The name of the active cloud.
    pub fn cloud_name(&self) -> &str {
        &self.active.name
    }

    /// What az prints, without a level, while it starts: that a file is malformed, that the cloud is unknown.
    pub fn notices(&self) -> impl Iterator<Item = &str> {
        self.files
            .notices()
            .chain(&self.active.notices)
            .map(String::as_str)
    }

    /// The subscriptions of all clouds, in the file's order.
    pub fn all_subscriptions(&self) -> &[Subscription] {
        self.files.subscriptions()
    }

    /// The subscriptions of the active cloud.
    pub fn subscriptions(&self) -> impl Iterator<Item = &Subscription> {
        let cloud = self.cloud_name();
        self.all_subscriptions()
            .iter()
            .filter(move |entry| entry.environment_name == cloud)
    }

    /// az's warning, given while the command line is parsed, if `--subscription` names nothing that it knows.
    pub fn unrecognized(&self, wanted: &str) -> Option<String> {
        let known = self
            .subscriptions()
            .any(|subscription| subscription.is_called(wanted));
        (!known).then(|| format!("Subscription '{wanted}' not recognized."))
    }

    /// The account of a subscription, by id or name without regard to case, or the default one. Of several with
    /// that name az takes the first; an empty `wanted` is none.
    pub fn select(&self, wanted: Option<&str>) -> Result<Account, AccountError> {
        let file = self.files.clouds_path();
        let cloud = cloud::resolve(self.cloud_name(), self.files.clouds()?, &file)?;
        let subscription = self.subscription(wanted)?.clone();
        Ok(Account {
            cloud,
            subscription,
            config_dir: self.files.directory().to_owned(),
        })
    }

    /// `SubscriptionNameOrIdAction`, which turns a name into an id, then `Profile.get_subscription`.
    fn subscription(&self, wanted: Option<&str>) -> Result<&Subscription, AccountError> {
        if self.subscriptions().next().is_none() {
            return Err(AccountError::NotLoggedIn);
        }
        let wanted = wanted.filter(|wanted| !wanted.is_empty());
        let found = |wanted: &str| self.subscriptions().find(|entry| entry.is_called(wanted));
        let wanted = wanted.map(|wanted| found(wanted).map_or(wanted, |entry| entry.id.as_str()));
        let mut matches = self.subscriptions().filter(|entry| match wanted {
            Some(wanted) => entry.is_called(wanted),
            None => entry.is_default,
        });
        match (matches.next(), matches.next(), wanted) {
            (Some(only), None, _) => Ok(only),
            (Some(_), Some(_), _) => Err(AccountError::Ambiguous {
                wanted: wanted.unwrap_or("None").to_owned(),
            }),
            (None, _, Some(wanted)) => Err(AccountError::NotFound {
                wanted: wanted.to_owned(),
            }),
            (None, _, None) => Err(AccountError::NoneSelected),
        }
    }
}

impl Account {
    /// What separates this account's cached data from another's.
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

impl Subscription {
    /// An entry of the file; nothing for one that lacks what every entry has.
    pub(super) fn from_entry(entry: &Value) -> Option<Self> {
        let entry = entry.as_object()?;
        let text = |key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            id: text("id")?,
            name: text("name").unwrap_or_default(),
            state: text("state").unwrap_or_default(),
            tenant_id: text("tenantId")?,
            is_default: entry
                .get("isDefault")
                .is_some_and(|flag| flag == &Value::Bool(true)),
            environment_name: text("environmentName")?,
            user: User::from_entry(entry.get("user")?)?,
            entry: entry.clone(),
        })
    }

    fn is_called(&self, wanted: &str) -> bool {
        let wanted = wanted.to_lowercase();
        self.id.to_lowercase() == wanted || self.name.to_lowercase() == wanted
    }
}

impl User {
    /// `Profile._parse_managed_identity_account`: the name is looked at first, then the type.
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
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(id: &str, name: &str, default: bool, cloud: &str) -> Value {
        json!({"id": id, "name": name, "state": "Enabled", "tenantId": "t", "isDefault": default,
               "environmentName": cloud, "user": {"name": "me@example.com", "type": "user"}})
    }

    fn profile(entries: &[Value]) -> Profile {
        let directory = tempfile::tempdir().expect("a directory");
        let text = format!("\u{feff}{}", json!({"subscriptions": entries}));
        std::fs::write(directory.path().join("azureProfile.json"), text).expect("written");
        Profile::load(&Caller::without_variables(directory.path())).expect("readable")
    }

    fn select(profile: &Profile, wanted: Option<&str>) -> Result<String, String> {
        let account = profile.select(wanted).map_err(|error| error.to_string())?;
        Ok(account.subscription.id)
    }

    #[test]
    fn a_subscription_is_found_by_id_or_name_in_any_case() {
        let profile = profile(&[
            entry("AA", "One", true, "AzureCloud"),
            entry("BB", "Two", false, "AzureCloud"),
            entry("CC", "Three", true, "AzureChinaCloud"),
        ]);
        assert_eq!(select(&profile, None), Ok("AA".to_owned()));
        assert_eq!(select(&profile, Some("")), Ok("AA".to_owned()));
        assert_eq!(select(&profile, Some("bb")), Ok("BB".to_owned()));
        assert_eq!(select(&profile, Some("TWO")), Ok("BB".to_owned()));
        let missing =
            "Subscription 'Three' not found. Check the spelling and casing and try again.";
        assert_eq!(select(&profile, Some("Three")), Err(missing.to_owned()));
        let warning = profile.unrecognized("Three");
        assert_eq!(
            warning.as_deref(),
            Some("Subscription 'Three' not recognized.")
        );
        assert_eq!(profile.unrecognized("two"), None);
    }

    #[test]
    fn of_several_with_one_name_the_first_is_taken() {
        let twins = profile(&[
            entry("AA", "Same", true, "AzureCloud"),
            entry("BB", "Same", true, "AzureCloud"),
        ]);
        assert_eq!(select(&twins, Some("same")), Ok("AA".to_owned()));
        let many =
            "Multiple subscriptions with the name 'None' found. Specify the subscription ID.";
        assert_eq!(select(&twins, None), Err(many.to_owned()));
    }

    #[test]
    fn az_says_what_is_missing() {
        assert_eq!(
            select(&profile(&[]), None),
            Err("Please run 'az login' to setup account.".to_owned())
        );
        let unset = profile(&[entry("AA", "One", false, "AzureCloud")]);
        let words = "No subscription found. Run 'az account set' to select a subscription.";
        assert_eq!(select(&unset, None), Err(words.to_owned()));
    }

    #[test]
    fn damaged_entries_are_passed_over() {
        let profile = profile(&[
            json!(null),
            json!({"id": 1}),
            entry("AA", "One", true, "AzureCloud"),
        ]);
        assert_eq!(profile.all_subscriptions().len(), 1);
    }

    #[test]
    fn the_kind_of_user_is_read_as_az_reads_it() {
        let kind = |user: Value| User::from_entry(&user).expect("a user").kind;
        let assigned = |text: &str| UserKind::ManagedIdentity {
            assigned: text.to_owned(),
        };
        assert_eq!(
            kind(json!({"name": "systemAssignedIdentity", "type": "servicePrincipal"})),
            assigned("MSI")
        );
        assert_eq!(
            kind(
                json!({"name": "userAssignedIdentity", "type": "servicePrincipal",
                        "assignedIdentityInfo": "MSIClient-1-2"})
            ),
            assigned("MSIClient-1-2")
        );
        assert_eq!(
            kind(json!({"name": "a", "type": "servicePrincipal"})),
            UserKind::ServicePrincipal
        );
        assert_eq!(
            kind(json!({"name": "a", "type": "user", "cloudShellID": true})),
            UserKind::CloudShell
        );
    }
}
