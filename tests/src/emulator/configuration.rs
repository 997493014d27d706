//! An az configuration directory that is logged in to the emulator: a custom cloud and a managed
//! identity.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde_json::{Value, json};

use super::specification::{SubscriptionSpecification, TENANT};

/// The name of the custom cloud.
pub const CLOUD: &str = "emulated";

/// Who is logged in, as `azureProfile.json` tells it.
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
    /// A person, by name.
    User(String),
}

impl Account {
    fn user(&self) -> Value {
        match self {
            Self::SystemAssigned => {
                json!({"name": "systemAssignedIdentity", "type": "servicePrincipal", "assignedIdentityInfo": "MSI"})
            }
            Self::UserAssigned(info) => {
                json!({"name": "userAssignedIdentity", "type": "servicePrincipal", "assignedIdentityInfo": info})
            }
            Self::ServicePrincipal(client) => json!({"name": client, "type": "servicePrincipal"}),
            Self::User(name) => json!({"name": name, "type": "user"}),
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
    let default = subscriptions
        .first()
        .map_or("", |subscription| &subscription.id);
    format!(
        "[{CLOUD}]\n\
         endpoint_resource_manager = {here}\n\
         endpoint_management = {here}\n\
         endpoint_active_directory = {here}\n\
         endpoint_active_directory_resource_id = https://management.core.windows.net/\n\
         endpoint_active_directory_graph_resource_id = {here}/\n\
         endpoint_microsoft_graph_resource_id = {here}/\n\
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
