//! `az account show`.

use azq_proto::v1;
use serde_json::Value as Json;

use crate::account::Profile;
use crate::document::Value;
use crate::error::CommandError;

/// The entry of a subscription in az's files, by id or name, or of the default one.
///
/// # Errors
/// Nobody is logged in; no such subscription.
pub fn show_account(
    profile: &Profile,
    request: &v1::ShowAccountRequest,
) -> Result<Option<Value>, CommandError> {
    let wanted = request
        .context
        .as_ref()
        .and_then(|context| context.subscription.as_deref());
    let account = profile.select(wanted)?;
    Ok(Some(Value::from(&Json::Object(account.subscription.entry))))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::json;

    use super::*;

    #[test]
    fn the_entry_is_shown_as_it_is() {
        let entry = json!({"id": "AA", "name": "One", "state": "Warned", "isDefault": true, "tenantId": "t",
            "user": {"name": "me", "type": "user"}, "environmentName": "AzureCloud", "new": [1]});
        let directory = tempfile::tempdir().unwrap();
        let file = json!({"subscriptions": [entry]}).to_string();
        std::fs::write(directory.path().join("azureProfile.json"), file).unwrap();
        let profile = Profile::load(directory.path(), &HashMap::new()).unwrap();
        let mut request = v1::ShowAccountRequest::default();
        assert_eq!(
            show_account(&profile, &request),
            Ok(Some(Value::from(&entry)))
        );
        let context = v1::Context {
            subscription: Some("two".into()),
            ..Default::default()
        };
        request.context = Some(context);
        let missing = show_account(&profile, &request).unwrap_err();
        assert_eq!(
            missing.message,
            "Subscription 'two' not found. Check the spelling and casing and try again."
        );
    }
}
