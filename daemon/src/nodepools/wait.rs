//! `az aks nodepool wait`: reads the pool until a condition holds (azure-cli-core,
//! `commands/command_operation.py`, `WaitCommandOperation`).

use std::time::Duration;

use azq_document::Value;
use azq_proto::v1;
use serde_json::Value as Json;

use super::schema::AGENT_POOL;
use super::{PoolCall, Printed};
use azq_command::work::CurrentWork;
use azq_command::{CommandError, ErrorKind, bail, error, invalid_query, query_message};

/// az's defaults, in seconds.
const DEFAULT_TIMEOUT: i64 = 3600;
const DEFAULT_INTERVAL: i64 = 30;

/// Reads the pool every `--interval` seconds, as often as that fits into `--timeout`. When the
/// condition holds nothing is printed. When it has not held, az prints an empty object and
/// succeeds.
///
/// # Errors
/// No condition; a pool that has failed; a custom condition that cannot be evaluated; an error of
/// Azure's, except that the pool is missing if the request waits for that or that may still change.
pub async fn wait(call: &PoolCall<'_, v1::WaitNodePoolRequest>) -> Printed {
    let request = call.request;
    call.check_name()?;
    let condition = Condition::of(request)?;
    let interval = request.interval.unwrap_or(DEFAULT_INTERVAL);
    let rounds = rounds(request.timeout.unwrap_or(DEFAULT_TIMEOUT), interval)?;
    for _ in 0..rounds {
        call.report.progress("Waiting");
        if condition.holds(call.read().await)? {
            return Ok(None);
        }
        tokio::time::sleep(Duration::from_secs(interval.unsigned_abs())).await;
    }
    Ok(Some(Value::object::<&str>([])))
}

/// Returns how often the pool is read: the length of Python's `range(0, timeout, interval)`.
fn rounds(timeout: i64, interval: i64) -> Result<u64, CommandError> {
    match interval {
        0 => Err(error!("--interval must not be zero.")),
        1.. => Ok(timeout
            .max(0)
            .unsigned_abs()
            .div_ceil(interval.unsigned_abs())),
        // az would read once and then fail, because it cannot sleep for a negative time.
        _ if timeout < 0 => Err(error!("--interval must not be negative.")),
        _ => Ok(0),
    }
}

/// The condition that ends the wait: at least one of the request's conditions.
struct Condition<'a>(&'a v1::WaitNodePoolRequest);

impl<'a> Condition<'a> {
    fn of(request: &'a v1::WaitNodePoolRequest) -> Result<Self, CommandError> {
        let condition = Self(request);
        if condition.may_be_missing() || request.updated || request.deleted {
            return Ok(condition);
        }
        bail!("incorrect usage: --created | --updated | --deleted | --exists | --custom JMESPATH")
    }

    /// Returns the custom condition. As in Python, an empty expression counts as none.
    fn custom(&self) -> Option<&'a str> {
        self.0.custom.as_deref().filter(|custom| !custom.is_empty())
    }

    /// Whether a missing pool may still be created.
    fn may_be_missing(&self) -> bool {
        self.0.created || self.0.exists || self.custom().is_some()
    }

    /// Whether the pool, or Azure's error for it, meets the condition.
    fn holds(&self, answer: Result<Json, CommandError>) -> Result<bool, CommandError> {
        let pool = match answer {
            Ok(pool) => pool,
            Err(error) if error.kind == ErrorKind::NotFound && self.0.deleted => return Ok(true),
            Err(error) if error.kind == ErrorKind::NotFound && self.may_be_missing() => {
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        if self.0.exists {
            return Ok(true);
        }
        // The document is without `resourceGroup`, which az adds only to its output.
        let document = AGENT_POOL.document(&pool);
        let state = document
            .get("provisioningState")
            .and_then(Value::as_str)
            .map(str::to_lowercase);
        match state.as_deref() {
            Some("failed") => Err(error!("The operation failed")),
            Some("succeeded") if self.0.created || self.0.updated => Ok(true),
            _ => self
                .custom()
                .map_or(Ok(false), |custom| search(custom, &document)),
        }
    }
}

/// Whether an expression finds a value that Python takes as true.
fn search(expression: &str, document: &Value) -> Result<bool, CommandError> {
    // az reports a bad expression like one of `--query` (azure-cli-core, `util.py`).
    let expression =
        azq_jmespath::compile(expression).map_err(|error| invalid_query(&error.message()))?;
    let found = expression
        .search(document, &CurrentWork)
        .map_err(|error| invalid_query(&query_message(&error)))?;
    Ok(azq_python::is_true(&found))
}

#[cfg(test)]
#[path = "wait_tests.rs"]
mod tests;
