//! Registration of a resource provider that a subscription has never used, which az does without
//! being asked (azure-mgmt-core, `policies/_base.py`, `ARMAutoResourceProviderRegistrationPolicy`).

use std::time::Duration;

use http::StatusCode;
use serde_json::Value;
use tokio::time::Instant;

use super::{Arm, ArmError, Declared, Request, Response, resource_path};
use crate::Report;

const API_VERSION: &str = "2016-02-01";
/// The interval between two polls of the registration's state.
const INTERVAL: Duration = Duration::from_secs(10);
/// The time limit. A registration takes a minute or two.
const LIMIT: Duration = Duration::from_secs(900);

/// Returns the provider that a response reports as not registered: the text between the last two
/// quotes in the first line of its message.
pub(super) fn missing_provider(response: &Response) -> Option<String> {
    if response.status != StatusCode::CONFLICT {
        return None;
    }
    let body = azq_python::json::loads(&response.body).ok()?;
    let error = body.get("error")?;
    if error.get("code")?.as_str()? != "MissingSubscriptionRegistration" {
        return None;
    }
    let line = error.get("message")?.as_str()?.lines().next()?;
    let (before, _) = line.rsplit_once('\'')?;
    before
        .rsplit_once('\'')
        .map(|(_, provider)| provider.to_owned())
}

/// Registers a provider and waits for the registration. Returns `false` if Azure refuses.
pub(super) async fn register(
    arm: &Arm,
    provider: &str,
    report: &dyn Report,
) -> Result<bool, ArmError> {
    report.warning(&format!(
        "Resource provider '{provider}' used by this operation is not registered. We are registering for you."
    ));
    let path = resource_path(&["subscriptions", arm.subscription(), "providers", provider]);
    let post = Request::post(
        format!("{path}/register"),
        API_VERSION,
        None,
        Declared::READ,
    );
    if arm.exchange(&arm.prepare(&post)?, report).await?.status != StatusCode::OK {
        report.warning("Registration failed. Please register manually.");
        return Ok(false);
    }
    let get = arm.prepare(&Request::get(path, API_VERSION))?;
    let deadline = Instant::now() + LIMIT;
    while Instant::now() < deadline {
        tokio::time::sleep(INTERVAL).await;
        let state = arm.exchange(&get, report).await?.document()?;
        let state = state
            .as_ref()
            .and_then(|state| state.get("registrationState"));
        if state.and_then(Value::as_str) == Some("Registered") {
            report.warning("Registration succeeded.");
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_provider_is_read_off_the_message() {
        let body = r#"{"error": {"code": "MissingSubscriptionRegistration", "message":
            "The subscription is not registered to use namespace 'Microsoft.ContainerService'. See https://x."}}"#;
        for (status, body, wanted) in [
            (409, body, Some("Microsoft.ContainerService")),
            (400, body, None),
            (409, "{}", None),
        ] {
            let provider = missing_provider(&Response::of(status, &[], body));
            assert_eq!(provider.as_deref(), wanted);
        }
    }
}
