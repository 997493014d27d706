//! The error responses of Resource Manager and of the providers behind it, in their own words.
//!
//! Resource Manager and Compute wrap an error in `error`; AKS mostly does not.

use http::StatusCode;
use serde_json::json;

use super::exchange::{Answer, Request};

/// Returns an error as Resource Manager wraps it.
pub(super) fn wrapped(status: StatusCode, code: &str, message: &str) -> Answer {
    Answer::document(status, json!({"error": {"code": code, "message": message}}))
}

/// Returns the error of something that does not exist.
pub(super) fn missing(code: &str, message: &str) -> Answer {
    wrapped(StatusCode::NOT_FOUND, code, message)
}

/// Returns the error of a request that means nothing.
pub(super) fn invalid(code: &str, message: &str) -> Answer {
    wrapped(StatusCode::BAD_REQUEST, code, message)
}

/// Returns an error as AKS gives it.
pub(super) fn bare(status: StatusCode, code: &str, message: &str, subcode: &str) -> Answer {
    Answer::document(
        status,
        json!({"code": code, "details": null, "message": message, "subcode": subcode}),
    )
}

pub(super) fn not_found() -> Answer {
    missing("NotFound", "The resource could not be found.")
}

/// Returns the error of a resource that Resource Manager has no record of, so that the provider is
/// never asked.
pub(super) fn resource_not_found(kind: &str, group: &str, name: &str) -> Answer {
    let message = format!(
        "The Resource 'Microsoft.ContainerService/{kind}/{name}' under resource group '{group}' was not found. \
         For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    );
    missing("ResourceNotFound", &message).header("x-ms-failure-cause", "gateway")
}

pub(super) fn pool_not_found() -> Answer {
    bare(
        StatusCode::NOT_FOUND,
        "NotFound",
        "Could not find the agent pool.",
        "GetAgentPool_NotFound",
    )
}

pub(super) fn nothing_to_abort() -> Answer {
    let message =
        "Operation is not allowed because there is no operation in progress on the agent pool.";
    bare(StatusCode::CONFLICT, "OperationNotAllowed", message, "")
}

/// Returns the refusal of another value of a property; `why` is empty, or `: REASON`.
pub(super) fn property_change_not_allowed(property: &str, why: &str) -> Answer {
    let message = format!("Changing property '{property}' is not allowed{why}.");
    let body = json!({"code": "PropertyChangeNotAllowed", "details": null, "message": message,
                      "subcode": "", "target": property});
    Answer::document(StatusCode::BAD_REQUEST, body)
}

/// Returns the refusal of a region without AKS.
pub(super) fn unavailable_location(location: &str) -> Option<Answer> {
    let message = format!("The provided location '{location}' is not available.");
    let refusal = || invalid("LocationNotAvailableForResourceType", &message);
    location.contains("nowhere").then(refusal)
}

pub(super) fn subscription_not_found(id: &str) -> Answer {
    let message = format!("The subscription '{id}' could not be found.");
    missing("SubscriptionNotFound", &message)
}

/// Returns the error of a request with invalid credentials.
pub(super) fn unauthenticated(request: &Request) -> Option<Answer> {
    let problem = match request.header("authorization") {
        Some(value) if value.len() > "Bearer ".len() && value.starts_with("Bearer ") => {
            return None;
        }
        Some(_) => "provided in an invalid format",
        None => "missing",
    };
    let message = format!("Authentication failed. The 'Authorization' header is {problem}.");
    let status = StatusCode::UNAUTHORIZED;
    Some(wrapped(status, "AuthenticationFailed", &message))
}
