//! An az configuration directory that is logged in to the emulator: a custom cloud and a managed
//! identity.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde_json::{Value, json};

use super::specification::{Specification, SubscriptionSpecification, TENANT, UserSpecification};

/// The name of the custom cloud.
pub const CLOUD: &str = "emulated";

/// The logged-in account, as `azureProfile.json` describes it.
#[derive(Clone, Debug, Default)]
pub enum Account {
    /// The machine's system-assigned identity.
    #[default]
    SystemAssigned,
    /// A user-assigned identity, as az records it: `MSIClient-<id>`, `MSIObject-<id>` or
    /// `MSIResource-<id>`.
    UserAssigned(String),
    /// A service principal, by client id.
    ServicePrincipal(String),
    /// A user, by name.
    User(String),
    /// The user of the Cloud Shell.
    CloudShell,
}

impl Account {
    /// Parses the account that a specification names.
    pub(super) fn named(text: &str) -> Self {
        match text.split_once('=') {
            Some(("user", name)) => Self::User(name.to_owned()),
            Some(("principal", client)) => Self::ServicePrincipal(client.to_owned()),
            Some(("identity", info)) => Self::UserAssigned(info.to_owned()),
            _ => Self::SystemAssigned,
        }
    }

    fn user(&self) -> Value {
        let identity = |name, info| json!({"name": name, "type": "servicePrincipal", "assignedIdentityInfo": info});
        match self {
            Self::SystemAssigned => identity("systemAssignedIdentity", "MSI"),
            Self::UserAssigned(info) => identity("userAssignedIdentity", info),
            Self::ServicePrincipal(client) => json!({"name": client, "type": "servicePrincipal"}),
            Self::User(name) => json!({"name": name, "type": "user"}),
            Self::CloudShell => {
                json!({"name": "me@example.com", "type": "user", "cloudShellID": true})
            }
        }
    }
}

/// Writes the directory. `config` holds settings of az's `config` file by dotted name:
/// `defaults.group`.
pub(super) fn write(
    folder: &Path,
    port: u16,
    subscriptions: &[SubscriptionSpecification],
    account: &Account,
    config: &BTreeMap<String, String>,
) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    // az writes its profile with a byte order mark.
    std::fs::write(
        folder.join("azureProfile.json"),
        format!("\u{feff}{}", profile(subscriptions, account)),
    )?;
    std::fs::write(folder.join("clouds.config"), clouds(port, subscriptions))?;
    std::fs::write(folder.join("config"), settings(config))
}

/// Writes the account's secrets as `az login` does, if the specification has some.
pub(super) fn write_secrets(
    folder: &Path,
    specification: &Specification,
    account: &Account,
) -> io::Result<()> {
    let (name, content) = match account {
        Account::User(name) => {
            let user = specification.users.get(name);
            let cache = user.map(|user| token_cache(name, user));
            ("msal_token_cache.json", cache)
        }
        Account::ServicePrincipal(client) => {
            let secret = specification.service_principals.get(client);
            let entry = |secret: &String| json!([{"client_id": client, "tenant": TENANT, "client_secret": secret}]);
            ("service_principal_entries.json", secret.map(entry))
        }
        Account::SystemAssigned | Account::UserAssigned(_) | Account::CloudShell => return Ok(()),
    };
    match content {
        Some(content) => std::fs::write(folder.join(name), content.to_string()),
        None => Ok(()),
    }
}

/// Returns az's token cache as `az login` of a user leaves it (MSAL for Python 1.39).
fn token_cache(name: &str, user: &UserSpecification) -> Value {
    const HOST: &str = "localhost";
    const CLIENT: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
    let object_id = &user.object_id;
    let refresh_token = user.refresh_tokens.first().map_or("", String::as_str);
    let home = format!("{object_id}.{TENANT}");
    json!({
        "Account": {
            format!("{home}-{HOST}-{TENANT}"): {
                "home_account_id": home, "environment": HOST, "realm": TENANT, "local_account_id": object_id,
                "username": name, "authority_type": "MSSTS", "account_source": "authorization_code",
            },
        },
        "RefreshToken": {
            format!("{home}-{HOST}-refreshtoken-{CLIENT}--https://management.core.windows.net//.default"): {
                "credential_type": "RefreshToken", "secret": refresh_token, "home_account_id": home,
                "environment": HOST, "client_id": CLIENT,
                "target": "https://management.core.windows.net//.default",
                "last_modification_time": "1767225600", "family_id": "1",
            },
        },
        "AppMetadata": {
            format!("appmetadata-{HOST}-{CLIENT}"): {
                "client_id": CLIENT, "environment": HOST, "family_id": "1",
            },
        },
    })
}

fn profile(subscriptions: &[SubscriptionSpecification], account: &Account) -> Value {
    let subscription = |(index, subscription): (usize, &SubscriptionSpecification)| {
        json!({
            "id": subscription.id,
            "name": subscription.name,
            "state": subscription.state,
            "isDefault": index == 0,
            "tenantId": TENANT,
            "user": account.user(),
            "environmentName": CLOUD,
            "homeTenantId": TENANT,
            "managedByTenants": [],
        })
    };
    let subscriptions: Vec<Value> = subscriptions.iter().enumerate().map(subscription).collect();
    json!({"installationId": "00000000-0000-0000-0000-00000000000f", "subscriptions": subscriptions})
}

fn clouds(port: u16, subscriptions: &[SubscriptionSpecification]) -> String {
    let here = format!("https://localhost:{port}");
    let default = subscriptions.first();
    let default = default.map_or("", |subscription| &subscription.id);
    format!(
        "[{CLOUD}]\n\
         endpoint_resource_manager = {here}\n\
         endpoint_management = {here}\n\
         endpoint_active_directory = {here}\n\
         endpoint_active_directory_resource_id = https://management.core.windows.net/\n\
         endpoint_active_directory_graph_resource_id = https://aad-graph.example/\n\
         endpoint_microsoft_graph_resource_id = https://graph.example/\n\
         endpoint_vm_image_alias_doc = {here}/aliases.json\n\
         suffix_storage_endpoint = core.windows.net\n\
         suffix_keyvault_dns = .vault.azure.net\n\
         suffix_sql_server_hostname = .database.windows.net\n\
         suffix_acr_login_server_endpoint = .azurecr.io\n\
         subscription = {default}\n"
    )
}

fn settings(config: &BTreeMap<String, String>) -> String {
    let mut sections: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    let fixed = [
        ("cloud.name", CLOUD),
        ("core.instance_discovery", "false"),
        ("core.collect_telemetry", "no"),
        ("auto-upgrade.enable", "no"),
    ];
    let given = config
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in fixed.into_iter().chain(given) {
        let (section, option) = name.split_once('.').unwrap_or(("core", name));
        sections.entry(section).or_default().insert(option, value);
    }
    let mut text = String::new();
    for (section, options) in sections {
        text.extend(["[", section, "]\n"]);
        for (option, value) in options {
            text.extend([option, " = ", value, "\n"]);
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_overrides_and_adds() {
        let config = BTreeMap::from([
            ("core.output".to_owned(), "table".to_owned()),
            ("cloud.name".to_owned(), "AzureCloud".to_owned()),
        ]);
        let text = settings(&config);
        assert!(text.contains("[cloud]\nname = AzureCloud\n"), "{text}");
        assert!(
            text.contains("collect_telemetry = no\ninstance_discovery = false\noutput = table\n"),
            "{text}"
        );
    }
}
