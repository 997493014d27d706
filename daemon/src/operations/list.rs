//! `azq operation list`: what is still under way, as Azure says.

use futures_util::future::join_all;
use std::time::Duration;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Operations, Record};
use crate::account::Scope;
use crate::arm::Arm;
use crate::document::Value;
use crate::report::Report;

/// How long Azure may take to tell the state of an operation.
const PATIENCE: Duration = Duration::from_secs(15);

/// Resource Manager as one account sees it, and whose that is.
#[derive(Clone, Debug)]
pub struct Account {
    /// Who asks.
    pub scope: Scope,
    /// Resource Manager.
    pub arm: Arm,
}

/// The operations of a caller that are under way; those that have ended are forgotten. `account` gives the caller's account for
/// a subscription, if the caller has one.
pub async fn list(
    operations: &Operations,
    account: impl Fn(&str) -> Option<Account>,
    report: &dyn Report,
) -> Value {
    let looks = operations.all().into_iter().filter_map(|record| {
        let account = account(&record.scope.subscription)?;
        let is_callers = account.scope == record.scope;
        is_callers.then(|| look(operations, account.arm, record, report))
    });
    let rows = join_all(looks).await;
    rows.into_iter().flatten().collect::<Vec<_>>().into()
}

/// The columns of `--output table`.
pub fn table(document: &Value) -> Value {
    let columns = [
        ("Id", "id"),
        ("Command", "command"),
        ("Status", "status"),
        ("StartedAt", "startedAt"),
        ("Resource", "resource"),
    ];
    let row = |operation: &Value| {
        let cell = |key| operation.get(key).cloned().unwrap_or(Value::Null);
        Value::object(columns.map(|(title, key)| (title, cell(key))))
    };
    let rows = document.as_array().unwrap_or_default().iter().map(row);
    rows.collect::<Vec<_>>().into()
}

async fn look(
    operations: &Operations,
    arm: Arm,
    record: Record,
    report: &dyn Report,
) -> Option<Value> {
    let look = arm.is_under_way(&record.continuation, report);
    let status = match tokio::time::timeout(PATIENCE, look).await {
        Ok(Ok(true)) => "InProgress",
        Ok(Ok(false)) => {
            operations.ended(&record.id);
            return None;
        }
        Ok(Err(error)) => {
            report.debug(&format!("the state of {} is not known: {error}", record.id));
            "Unknown"
        }
        Err(_elapsed) => "Unknown",
    };
    Some(row(&record, status))
}

fn row(record: &Record, status: &str) -> Value {
    let started = i64::try_from(record.started)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|time| time.format(&Rfc3339).ok());
    Value::object([
        ("id", Value::from(record.id.as_str())),
        ("command", record.command.as_str().into()),
        ("resource", record.continuation.path().into()),
        ("status", status.into()),
        ("startedAt", started.map_or(Value::Null, Value::from)),
        ("subscription", record.scope.subscription.as_str().into()),
    ])
}
