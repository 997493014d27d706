//! What is remembered of one operation.

use serde::{Deserialize, Serialize};
use std::time::SystemTime;

use crate::account::Scope;
use crate::arm::Continuation;

/// An operation, the command that has begun it, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// By which people name it: the beginning of a hash of its URL, so that one operation has one id in every process.
    pub id: String,
    /// The command's words after `az`, without options.
    pub command: String,
    /// When it was begun, in seconds since 1970.
    pub started: u64,
    /// Whose it is; nobody else is shown it, or waits for it.
    pub scope: Scope,
    /// How to wait for it.
    pub continuation: Continuation,
}

impl Record {
    /// An operation that begins now.
    pub fn new(command: &str, scope: Scope, continuation: Continuation) -> Self {
        let started = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            id: Self::id(&continuation),
            command: command.to_owned(),
            started: started.as_secs(),
            scope,
            continuation,
        }
    }

    /// The id of an operation.
    pub fn id(operation: &Continuation) -> String {
        operation.id()
    }
}
