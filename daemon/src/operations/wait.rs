//! Waiting for an operation that another command has begun, with the answer that that command would
//! have given.

use azq_document::Value;

use super::{Operations, Record};
use crate::nodepools;
use azq_arm::Report;
use azq_arm::{Arm, Continuation};
use azq_command::{CommandError, ErrorKind};

/// The reason why no single operation could be selected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSuchOperation {
    /// No operation is recorded.
    #[error("No operation is under way.")]
    None,
    /// No operation has this id.
    #[error("No operation '{0}' is under way. To see those that are: azq operation list")]
    Unknown(String),
    /// Several operations are possible.
    #[error("{} operations are under way. Name one of them: {}", .0.len(), .0.join(", "))]
    Several(Vec<String>),
}

impl From<NoSuchOperation> for CommandError {
    fn from(error: NoSuchOperation) -> Self {
        let kind = match error {
            NoSuchOperation::None | NoSuchOperation::Unknown(_) => ErrorKind::NotFound,
            NoSuchOperation::Several(_) => ErrorKind::Error,
        };
        Self::new(error.to_string()).of_kind(kind)
    }
}

impl Operations {
    /// Returns the operation with an id, or the only one.
    pub fn wanted(&self, id: Option<&str>) -> Result<Record, NoSuchOperation> {
        if let Some(id) = id {
            let unknown = || NoSuchOperation::Unknown(id.to_owned());
            return self.find(id).ok_or_else(unknown);
        }
        let mut all = self.under_way();
        match (all.pop(), all.is_empty()) {
            (None, _) => Err(NoSuchOperation::None),
            (Some(only), true) => Ok(only),
            (Some(last), false) => {
                let ids = all.into_iter().chain([last]).map(|record| record.id);
                Err(NoSuchOperation::Several(ids.collect()))
            }
        }
    }
}

/// Waits for an operation. Returns the resource as it is after a put; a deletion or an action
/// prints nothing, like the commands that begin such operations.
pub async fn wait(
    arm: &Arm,
    continuation: &Continuation,
    report: &dyn Report,
) -> Result<Option<Value>, CommandError> {
    let outcome = arm.resume(continuation, report).await;
    let resource = match outcome.map_err(CommandError::from) {
        // As in azure-cli-core, `LongRunningOperation`, a deletion may end with a response that
        // nothing is found any more.
        Err(error) if error.kind == ErrorKind::NotFound && deletes(continuation) => None,
        outcome => outcome?,
    };
    let is_put = matches!(continuation.method.as_str(), "PUT" | "PATCH");
    let resource = resource.as_ref().filter(|_| is_put);
    Ok(resource.map(nodepools::document::document))
}

fn deletes(continuation: &Continuation) -> bool {
    let action = continuation.path().rsplit('/').next().unwrap_or_default();
    continuation.method == "DELETE" || action.eq_ignore_ascii_case("deleteMachines")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::record::now;
    use crate::operations::tests::{continuation, operations, record};

    #[test]
    fn one_operation_needs_no_name() {
        let (_state, operations) = operations();
        assert_eq!(operations.wanted(None), Err(NoSuchOperation::None));
        let (one, _) = operations.begun(record("1", now()));
        assert_eq!(operations.wanted(None), Ok(one.clone()));
        let (two, _) = operations.begun(record("2", now()));
        assert_eq!(operations.wanted(Some(&one.id)), Ok(one));
        let Err(NoSuchOperation::Several(ids)) = operations.wanted(None) else {
            panic!("one was chosen")
        };
        assert!(ids.len() == 2 && ids.contains(&two.id));
        let unknown = operations.wanted(Some("no")).unwrap_err();
        assert_eq!(CommandError::from(unknown).kind, ErrorKind::NotFound);
    }

    #[test]
    fn deletions_are_told_by_method_or_action() {
        let of = |method, resource| deletes(&continuation(method, resource, ""));
        assert!(of("DELETE", "https://h/agentPools/p?x"));
        let machines = "https://h/agentPools/p/deleteMachines?api-version=1";
        assert!(of("POST", machines));
        assert!(!of("POST", "https://h/agentPools/p/abort"));
        assert!(!of("PUT", "https://h/agentPools/p"));
    }
}
