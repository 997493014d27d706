//! `ListOperations` and `WaitOperation`: azq's own commands for the long-running operations in
//! progress.

use super::{Answer, Call, Command, implement_commands};
use crate::operations::{self, Account, Record};
use azq_arm::{Continuation, Polled, Session};
use azq_command::CommandError;
use azq_proto::v1::{self, operation::Polling};

implement_commands! { |_own, call|
    ListOperationsRequest Transform(operations::table) => {
        let account = |subscription: &str| {
            let session = call.session_for(Some(subscription)).ok()?;
            Some(Account { scope: session.scope.clone(), arm: session.arm.clone() })
        };
        operations::list(&call.daemon.operations, account, call.report).await
    };
}

impl Command for v1::WaitOperationRequest {
    fn name(&self) -> &str {
        self.operation
            .as_ref()
            .map_or("", |operation| &operation.command)
    }

    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        let (session, continuation) = if let Some(learned) = &self.operation {
            (call.session()?, continuation(learned))
        } else {
            let record = call.daemon.operations.wanted(self.id.as_deref())?;
            let session = call.session_for(Some(&record.scope.subscription))?;
            check_owner(&record, &session)?;
            (session, record.continuation)
        };
        operations::wait(&session.arm, &continuation, call.report)
            .await
            .map(Answer::from)
    }
}

fn check_owner(record: &Record, session: &Session) -> Result<(), CommandError> {
    if record.scope == session.scope {
        return Ok(());
    }
    Err(CommandError::new(format!(
        "The operation '{}' was begun by '{}' in tenant '{}'. To wait for it, log in as that.",
        record.id, record.scope.principal, record.scope.tenant
    )))
}

fn continuation(operation: &v1::Operation) -> Continuation {
    Continuation {
        method: operation.method.clone(),
        resource: operation.resource.clone(),
        url: operation.url.clone(),
        polled: match operation.polling() {
            Polling::Unspecified | Polling::Status => Polled::Status,
            Polling::Location => Polled::Location,
            Polling::Resource => Polled::Resource,
        },
        location: operation.location.clone(),
    }
}

/// Returns the message that describes an operation to a client.
pub(super) fn told(record: Record) -> v1::Operation {
    let polling = match record.continuation.polled {
        Polled::Status => Polling::Status,
        Polled::Location => Polling::Location,
        Polled::Resource => Polling::Resource,
    };
    v1::Operation {
        url: record.continuation.url,
        id: record.id,
        command: record.command,
        method: record.continuation.method,
        resource: record.continuation.resource,
        polling: polling.into(),
        location: record.continuation.location,
    }
}
