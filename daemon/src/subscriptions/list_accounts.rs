//! `az account list`.

use azq_document::Value;
use azq_proto::v1;
use serde_json::Value as Json;

use azq_account::{Entry, Profile};
use azq_arm::Report;
use azq_schema::select_all;

/// The columns of the table (azure-cli, `profile/_format.py`).
const COLUMNS: [(&str, &str); 6] = [
    ("Name", "name"),
    ("CloudName", "cloudName"),
    ("SubscriptionId", "id"),
    ("TenantId", "tenantId"),
    ("State", "state"),
    ("IsDefault", "isDefault"),
];

/// Returns the subscriptions in az's files: the enabled ones of the active cloud, or with `all`
/// every one.
pub fn list_accounts(
    profile: &Profile,
    request: &v1::ListAccountsRequest,
    report: &dyn Report,
) -> Value {
    let known: Vec<&Entry> = if request.all {
        profile.all_entries().iter().collect()
    } else {
        profile.entries().collect()
    };
    if known.is_empty() {
        report.warning("Please run \"az login\" to access your accounts.");
    }
    let is_enabled = |entry: &Entry| entry.state() == Some("Enabled");
    let enabled = known.iter().filter(|entry| is_enabled(entry));
    if !request.all && enabled.clone().count() != known.len() {
        report.warning(
            "A few accounts are skipped as they don't have 'Enabled' state. Use '--all' to display them.",
        );
    }
    let shown = known
        .iter()
        .filter(|known| request.all || is_enabled(known));
    shown
        .map(|entry| document(entry))
        .collect::<Vec<_>>()
        .into()
}

/// Returns the table: a row for each subscription.
pub fn table(document: &Value) -> Value {
    select_all(document, &COLUMNS)
}

/// Returns the entry with the cloud's name last and under another key.
fn document(entry: &Entry) -> Value {
    let mut entry = entry.members().clone();
    let cloud = entry.shift_remove("environmentName").unwrap_or(Json::Null);
    entry.shift_remove("cloudName");
    entry.insert("cloudName".to_owned(), cloud);
    Value::from(&Json::Object(entry))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixtures::{self, RecordedReport};

    fn profile(entries: &[(&str, &str, &str)]) -> Profile {
        let entry = |(id, state, cloud): &(&str, &str, &str)| {
            json!({"id": id, "name": id, "state": state, "user": {"name": "me", "type": "user"},
                "isDefault": *id == "a", "tenantId": "t", "environmentName": cloud, "homeTenantId": "h"})
        };
        fixtures::profile(&entries.iter().map(entry).collect::<Vec<_>>())
    }

    fn listed(profile: &Profile, all: bool) -> (Vec<String>, Vec<String>) {
        let heard = RecordedReport::default();
        let request = v1::ListAccountsRequest {
            all,
            ..Default::default()
        };
        let document = list_accounts(profile, &request, &heard);
        let ids = document.as_array().unwrap_or_default().iter();
        let ids = ids.filter_map(|account| Some(account.get("id")?.as_str()?.to_owned()));
        let heard = heard.0.into_inner().unwrap().into_iter();
        let first = |text: String| text.split(' ').next().unwrap_or_default().to_owned();
        (ids.collect(), heard.map(first).collect())
    }

    #[test]
    fn enabled_subscriptions_of_the_active_cloud_are_listed() {
        let profile = profile(&[
            ("a", "Enabled", "AzureCloud"),
            ("b", "Disabled", "AzureCloud"),
            ("c", "Enabled", "AzureChinaCloud"),
        ]);
        assert_eq!(
            listed(&profile, false),
            (vec!["a".into()], vec!["A".into()])
        );
        let all = vec!["a".into(), "b".into(), "c".into()];
        assert_eq!(listed(&profile, true), (all, Vec::new()));
    }

    #[test]
    fn without_accounts_az_says_how_to_get_some() {
        assert_eq!(
            listed(&profile(&[]), false),
            (Vec::new(), vec!["Please".into()])
        );
    }

    #[test]
    fn the_cloud_comes_last_and_the_table_has_azs_columns() {
        let profile = profile(&[("a", "Enabled", "AzureCloud")]);
        let request = v1::ListAccountsRequest::default();
        let accounts = list_accounts(&profile, &request, &azq_arm::Silent);
        let Some(Value::Object(account)) = accounts.as_array().and_then(<[_]>::first) else {
            panic!("no account")
        };
        let keys: Vec<&str> = account.entries.iter().map(|(key, _)| &**key).collect();
        assert_eq!(keys.last(), Some(&"cloudName"));
        assert!(!keys.contains(&"environmentName"));
        let row = json!([{"Name": "a", "CloudName": "AzureCloud", "SubscriptionId": "a", "TenantId": "t",
            "State": "Enabled", "IsDefault": true}]);
        assert_eq!(table(&accounts), Value::from(&row));
    }
}
