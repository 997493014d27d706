//! `az account show`.

use azq_document::Value;
use serde_json::Value as Json;

use azq_account::Profile;
use azq_command::CommandError;

/// Returns the entry of the requested subscription in az's files, by id or name, or of the default
/// one.
///
/// # Errors
/// No user is logged in; no such subscription, or several.
pub fn show_account(
    profile: &Profile,
    wanted: Option<&str>,
) -> Result<Option<Value>, CommandError> {
    let entry = profile.entry(wanted)?;
    let members = entry.members().clone();
    Ok(Some(Value::from(&Json::Object(members))))
}

#[cfg(test)]
mod tests {

    use serde_json::json;

    use super::*;
    use crate::fixtures::profile;

    #[test]
    fn the_entry_is_shown_as_it_is() {
        let entry = json!({"id": "AA", "name": "One", "state": "Warned", "isDefault": true, "tenantId": "t",
            "user": {"name": "me", "type": "user"}, "environmentName": "AzureCloud", "new": [1]});
        let profile = profile(std::slice::from_ref(&entry));
        let shown = show_account(&profile, None);
        assert_eq!(shown, Ok(Some(Value::from(&entry))));
        let missing = show_account(&profile, Some("two")).unwrap_err();
        assert_eq!(
            missing.message,
            "Subscription 'two' not found. Check the spelling and casing and try again."
        );
    }
}
