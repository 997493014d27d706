//! `az group exists`.

use azq_document::Value;
use http::{Method, StatusCode};

use super::{API_VERSION, path};
use azq_arm::Report;
use azq_arm::{Arm, Declared, Request};
use azq_command::CommandError;

/// Asks Azure whether there is a resource group.
///
/// # Errors
/// Azure's, where it says neither yes nor no.
pub async fn exists(arm: &Arm, name: &str, report: &dyn Report) -> Result<Value, CommandError> {
    let path = path(arm.subscription(), name);
    let request = Request::new(Method::HEAD, path, API_VERSION, Declared::EXISTENCE);
    let response = arm.send(&request, report).await?;
    Ok(Value::Bool(response.status != StatusCode::NOT_FOUND))
}
