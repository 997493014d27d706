//! The record of one operation.

use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};

use azq_account::Scope;
use azq_arm::Continuation;

/// How long an end for which no command has waited is shown.
pub const TOLD: Duration = Duration::from_secs(86_400);

/// An operation, the command that has begun it, and its scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The id by which users name it: the beginning of a hash of its URL, so that one operation has
    /// one id in every process.
    pub id: String,
    /// The command's words after `az`, without options.
    pub command: String,
    /// When it was begun, in seconds since 1970.
    pub started: u64,
    /// The scope of the account that has begun it; no other account sees it or waits for it.
    pub scope: Scope,
    /// The data with which a command can wait for it.
    pub continuation: Continuation,
    /// Its end, if that was seen while no command waited for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

/// The end of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When the end was seen, in seconds since 1970.
    pub at: u64,
    /// Azure's status.
    pub status: String,
}

/// Returns the time now, in seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

impl Record {
    /// Returns an operation that begins now.
    pub fn new(command: &str, scope: Scope, continuation: Continuation) -> Self {
        Self {
            id: continuation.id(),
            command: command.to_owned(),
            started: now(),
            scope,
            continuation,
            ended: None,
        }
    }

    /// Whether its end was seen longer ago than ends are shown.
    pub(super) fn is_over(&self) -> bool {
        let seen = self.ended.as_ref().map(|ended| ended.at);
        seen.is_some_and(|at| at.saturating_add(TOLD.as_secs()) < now())
    }
}
