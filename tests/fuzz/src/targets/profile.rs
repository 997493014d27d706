//! `azureProfile.json`: the logged-in accounts.
//!
//! Holds for all: a selected subscription is one of the file's, of the active cloud; its entries
//! mean the same once written again; `account list` and `show` are printed; no content keeps the
//! daemon from making a session or refusing one with a message.

use azq_account::{Entry, Environment, Profile};
use azq_arm::Sessions;
use azq_arm::Silent;
use azq_http::Deadlines;
use azq_output::Table;
use azq_proto::v1;
use azqd::subscriptions::{list_accounts, show_account};
use serde_json::{Value as Json, json};

use super::rendering;
use crate::{azure::open, place::Files, recordings};

/// Reads an input: the file.
pub fn target(input: &[u8]) {
    let files = Files::with(&[("azureProfile.json", input)]);
    let profile = files.profile().expect("no other file is there");
    check_selection(&profile);
    let request = v1::ListAccountsRequest {
        all: true,
        ..Default::default()
    };
    let document = list_accounts::list_accounts(&profile, &request, &Silent);
    let table = Table::Transform(list_accounts::table);
    rendering::print(&document, table, input.len());
    if let Ok(Some(document)) = show_account::show_account(&profile, None) {
        rendering::print(&document, Table::Automatic, input.len());
    }
    let caller = files.caller(Environment::new());
    match open(&Sessions::new(Deadlines::default()), &caller) {
        Ok(session) => assert_eq!(session.scope, session.account.scope()),
        Err(error) => assert!(!error.message.is_empty()),
    }
    let entries = profile.all_entries().iter();
    let entries: Vec<_> = entries.map(|entry| entry.members().clone()).collect();
    let again = json!({"subscriptions": entries}).to_string();
    let again = Files::with(&[("azureProfile.json", again.as_bytes())]);
    let again = again.profile().expect("no other file is there");
    assert_eq!(again.all_entries(), profile.all_entries());
}

fn check_selection(profile: &Profile) {
    let text = |entry: &Entry, member: &str| {
        let value = entry.members().get(member);
        value.and_then(serde_json::Value::as_str).map(str::to_owned)
    };
    let entries = profile.all_entries().iter().take(8);
    let wanted = entries.flat_map(|entry| [text(entry, "id"), text(entry, "name")]);
    let wanted: Vec<_> = wanted.collect();
    let wanted = wanted.iter().map(Option::as_deref);
    for wanted in wanted.chain([None, Some("no such one")]) {
        match profile.select(wanted) {
            Ok(account) => {
                let id = Some(account.subscription.id);
                assert!(profile.entries().any(|entry| text(entry, "id") == id));
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

/// Returns a profile of each kind of account, with az's byte order mark and without.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for user in [
        json!({"name": "systemAssignedIdentity", "type": "servicePrincipal", "assignedIdentityInfo": "MSI"}),
        json!({"name": "userAssignedIdentity", "type": "servicePrincipal", "assignedIdentityInfo": "MSIClient-1-2"}),
        json!({"name": "11111111-1111-1111-1111-111111111111", "type": "servicePrincipal"}),
        json!({"name": "me@example.com", "type": "user"}),
        json!({"name": "me@example.com", "type": "user", "cloudShellID": true}),
    ] {
        let entry = |id: &str, default: bool| {
            json!({"id": id, "name": "Pay-As-You-Go", "state": "Enabled", "isDefault": default, "user": user, "tenantId": "t",
                   "environmentName": "AzureCloud", "homeTenantId": "t", "managedByTenants": [{"tenantId": "u"}]})
        };
        let profile = json!({"installationId": "i", "subscriptions": [entry("00000000-0000-0000-0000-000000000001", true), entry("2", false)]});
        seeds.push(profile.to_string().into_bytes());
        seeds.push(format!("\u{feff}{profile:#}").into_bytes());
    }
    // az prints of an account what its file has of it.
    for golden in recordings::goldens() {
        let printed = golden["expect"]["stdout"].as_str();
        let printed = printed.filter(|_| golden["argv"][0] == "account");
        let entries = match printed.and_then(|text| serde_json::from_str::<Json>(text).ok()) {
            Some(list) if list.is_array() => list,
            Some(entry) => json!([entry]),
            None => continue,
        };
        seeds.push(json!({"subscriptions": entries}).to_string().into_bytes());
    }
    recordings::distinct(seeds)
}
