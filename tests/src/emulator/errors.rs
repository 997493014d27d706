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

/// Returns an error as AKS gives it.
pub(super) fn bare(status: StatusCode, code: &str, message: &str, subcode: &str) -> Answer {
    Answer::document(
        status,
        json!({"code": code, "details": null, "message": message, "subcode": subcode}),
    )
}

pub(super) fn not_found() -> Answer {
    wrapped(
        StatusCode::NOT_FOUND,
        "NotFound",
        "The resource could not be found.",
    )
}

/// Returns the error of a resource that Resource Manager has no record of, so that the provider is
/// never asked.
pub(super) fn resource_not_found(kind: &str, group: &str, name: &str) -> Answer {
    let message = format!(
        "The Resource 'Microsoft.ContainerService/{kind}/{name}' under resource group '{group}' was not found. \
         For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    );
    wrapped(StatusCode::NOT_FOUND, "ResourceNotFound", &message)
        .header("x-ms-failure-cause", "gateway")
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

pub(super) fn property_change_not_allowed(property: &str) -> Answer {
    Answer::document(
        StatusCode::BAD_REQUEST,
        json!({"code": "PropertyChangeNotAllowed", "details": null, "message": format!("Changing property '{property}' is not allowed."),
               "subcode": "", "target": property}),
    )
}

/// Returns the refusal of a VM size that the nodes of a pool cannot change to.
pub(super) fn size_change_not_allowed(why: &str) -> Answer {
    let message = format!("Changing property 'properties.vmSize' is not allowed: {why}.");
    Answer::document(
        StatusCode::BAD_REQUEST,
        json!({"code": "PropertyChangeNotAllowed", "details": null, "message": message,
               "subcode": "", "target": "properties.vmSize"}),
    )
}

pub(super) fn precondition_failed(message: &str) -> Answer {
    wrapped(
        StatusCode::PRECONDITION_FAILED,
        "PreconditionFailed",
        message,
    )
}

/// Returns the refusal of a region without AKS.
pub(super) fn unavailable_location(location: &str) -> Option<Answer> {
    let message = format!("The provided location '{location}' is not available.");
    location.contains("nowhere").then(|| {
        wrapped(
            StatusCode::BAD_REQUEST,
            "LocationNotAvailableForResourceType",
            &message,
        )
    })
}

pub(super) fn subscription_not_found(id: &str) -> Answer {
    wrapped(
        StatusCode::NOT_FOUND,
        "SubscriptionNotFound",
        &format!("The subscription '{id}' could not be found."),
    )
}

/// Returns the error of a request with invalid credentials.
pub(super) fn unauthenticated(request: &Request) -> Option<Answer> {
    let message = match request.header("authorization") {
        Some(value) if value.len() > "Bearer ".len() && value.starts_with("Bearer ") => {
            return None;
        }
        Some(_) => {
            "Authentication failed. The 'Authorization' header is provided in an invalid format."
        }
        None => "Authentication failed. The 'Authorization' header is missing.",
    };
    Some(wrapped(
        StatusCode::UNAUTHORIZED,
        "AuthenticationFailed",
        message,
    ))
}
