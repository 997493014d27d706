//! `az account list`.

use azq_proto::v1;
use serde_json::Value as Json;

use crate::account::{Profile, Subscription};
use crate::document::Value;
use crate::error::CommandError;
use crate::report::Report;
use crate::schema::select;

/// The columns of the table (azure-cli, `profile/_format.py`).
const COLUMNS: [(&str, &str); 6] = [
    ("Name", "name"),
    ("CloudName", "cloudName"),
    ("SubscriptionId", "id"),
    ("TenantId", "tenantId"),
    ("State", "state"),
    ("IsDefault", "isDefault"),
];

/// The subscriptions in az's files: the enabled ones of the active cloud, or with `all` every one.
///
/// # Errors
/// `refresh`, which changes az's files and so belongs to the real az.
pub fn list_accounts(
    profile: &Profile,
    request: &v1::ListAccountsRequest,
    report: &dyn Report,
) -> Result<Option<Value>, CommandError> {
    if request.refresh {
        return Err(CommandError::new("'az account list --refresh' changes az's own files; run the real az."));
    }
    let known: Vec<&Subscription> = if request.all {
        profile.all_subscriptions().iter().collect()
    } else {
        profile.subscriptions().collect()
    };
    if known.is_empty() {
        report.warning("Please run \"az login\" to access your accounts.");
    }
    let enabled = known.iter().filter(|subscription| subscription.state == "Enabled");
    if !request.all && enabled.clone().count() != known.len() {
        report.warning(
            "A few accounts are skipped as they don't have 'Enabled' state. Use '--all' to display them.",
        );
    }
    let shown = known.iter().filter(|known| request.all || known.state == "Enabled");
    Ok(Some(shown.map(|subscription| document(subscription)).collect::<Vec<_>>().into()))
}

/// What the table shows: a row for each subscription.
pub fn table(document: &Value) -> Value {
    let accounts = document.as_array().unwrap_or_default();
    accounts.iter().map(|account| select(account, &COLUMNS)).collect::<Vec<_>>().into()
}

/// The entry with the cloud's name last and under another key.
fn document(subscription: &Subscription) -> Value {
    let mut entry = subscription.entry.clone();
    let cloud = entry.shift_remove("environmentName").unwrap_or(Json::Null);
    entry.shift_remove("cloudName");
    entry.insert("cloudName".to_owned(), cloud);
    Value::from(&Json::Object(entry))
}
