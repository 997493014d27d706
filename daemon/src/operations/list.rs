//! `azq operation list`: operations that are still in progress, according to Azure, and those that
//! ended while no command waited for them.

use futures_util::future::join_all;
use std::time::Duration;

use azq_document::Value;

use super::{Operations, Record};
use azq_account::Scope;
use azq_arm::Report;
use azq_arm::{Arm, OperationStatus};
use azq_document::timestamp_of;

/// How long Azure may take to return the state of an operation.
const PATIENCE: Duration = Duration::from_secs(15);

/// Resource Manager with one account's rights, and that account's scope.
#[derive(Clone, Debug)]
pub struct Account {
    /// The account's scope.
    pub scope: Scope,
    /// Resource Manager.
    pub arm: Arm,
}

/// Returns the operations of a caller that are in progress, and for a day those that ended while no
/// command waited for them. `account` returns the caller's account for a subscription, if the
/// caller has one.
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

/// Returns the columns of `--output table`.
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
    if record.is_over() {
        operations.ended(&record.id);
        return None;
    }
    if let Some(ended) = &record.ended {
        return Some(row(&record, &ended.status));
    }
    let look = arm.look(&record.continuation, report);
    let status = match tokio::time::timeout(PATIENCE, look).await {
        Ok(Ok(OperationStatus::UnderWay)) => "InProgress",
        Ok(Ok(OperationStatus::Ended(status))) => {
            return Some(row(&operations.seen_to_end(&record, status), status));
        }
        Ok(Ok(OperationStatus::Gone)) => {
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
    let ended = record.ended.as_ref().map(|ended| timestamp_of(ended.at));
    Value::object([
        ("id", Value::from(record.id.as_str())),
        ("command", record.command.as_str().into()),
        ("resource", record.continuation.path().into()),
        ("status", status.into()),
        ("startedAt", timestamp_of(record.started)),
        ("endSeenAt", ended.unwrap_or(Value::Null)),
        ("subscription", record.scope.subscription.as_str().into()),
    ])
}
