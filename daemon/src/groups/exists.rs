//! `az group exists`.

use azq_document::Value;
use http::{Method, StatusCode};

use super::{API_VERSION, path};
use azq_arm::Report;
use azq_arm::{Arm, Declared, Request};
use azq_command::CommandError;

/// Returns whether a resource group exists, according to Azure.
///
/// # Errors
/// An error of Azure's, if the response says neither yes nor no.
pub async fn exists(arm: &Arm, name: &str, report: &dyn Report) -> Result<Value, CommandError> {
    let path = path(arm.subscription(), name);
    let request = Request::new(Method::HEAD, path, API_VERSION, Declared::EXISTENCE);
    let response = arm.send(&request, report).await?;
    Ok(Value::Bool(response.status != StatusCode::NOT_FOUND))
}
