//! The client capability that az declares with each token request: that it can handle claims
//! challenges.

use serde_json::{Map, Value, json};

use azq_account::Environment;

/// The variable that turns the capability off (azure-cli-core, `auth/identity.py`).
const SWITCH: &str = "AZURE_IDENTITY_DISABLE_CP1";

/// Returns the claims of a challenge together with az's capabilities, as JSON text (MSAL,
/// `application.py`, `_merge_claims_challenge_and_capabilities`).
pub(super) fn with_own(challenge: Option<&str>, environment: &Environment) -> Option<String> {
    if environment.contains_key(SWITCH) {
        return challenge.map(str::to_owned);
    }
    let mut claims: Map<String, Value> = serde_json::from_str(challenge.unwrap_or("{}")).ok()?;
    let token = claims.entry("access_token").or_insert_with(|| json!({}));
    let own = json!({"values": ["CP1"]});
    token.as_object_mut()?.insert("xms_cc".to_owned(), own);
    Some(Value::Object(claims).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_of_a_challenge_are_kept_beside_azs_capabilities() {
        let on = Environment::new();
        let off = Environment::from([(SWITCH.to_owned(), String::new())]);
        let challenge = Some(r#"{"access_token":{"nbf":{"value":"1"}}}"#);
        let merged = r#"{"access_token":{"nbf":{"value":"1"},"xms_cc":{"values":["CP1"]}}}"#;
        assert_eq!(with_own(challenge, &on).as_deref(), Some(merged));
        assert_eq!(with_own(challenge, &off).as_deref(), challenge);
        assert_eq!(with_own(None, &off), None);
    }
}
