//! The one error that a command ends with, and the one mapping from its kind to az's exit code.
//!
//! Each module has its own `thiserror` enum; where a command is carried out they become a
//! [`CommandError`], whose message is what az prints after `ERROR: `.

mod output;

pub use output::{invalid_query, message as query_message};

/// What kind of failure, which decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Azure, the network, the account or the user's values: az exits with 1.
    Error,
    /// The command line itself: az exits with 2.
    Usage,
    /// Azure has no such resource: az exits with 3.
    NotFound,
}

impl ErrorKind {
    /// az's exit code (azure-cli-core, `azclierror` and `util.handle_exception`).
    pub fn exit_code(self) -> i32 {
        match self {
            ErrorKind::Error => 1,
            ErrorKind::Usage => 2,
            ErrorKind::NotFound => 3,
        }
    }
}

/// How a command failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CommandError {
    /// Decides the exit code.
    pub kind: ErrorKind,
    /// What follows `ERROR: `; may have several lines.
    pub message: String,
    /// az's recommendation, printed below the error without a prefix.
    pub recommendation: Option<String>,
    /// azq's own: a way that works, for somebody at a terminal. One line.
    pub hint: Option<String>,
}

impl CommandError {
    /// An error with exit code 1.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Error,
            message: message.into(),
            recommendation: None,
            hint: None,
        }
    }

    /// The same error with a recommendation.
    #[must_use]
    pub fn recommend(mut self, recommendation: impl Into<String>) -> Self {
        self.recommendation = Some(recommendation.into());
        self
    }

    /// The same error as another kind.
    #[must_use]
    pub fn of_kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }
}
