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
    let wanted = request.context.as_ref().and_then(|context| context.subscription.as_deref());
    let account = profile.select(wanted)?;
    Ok(Some(Value::from(&Json::Object(account.subscription.entry))))
}
