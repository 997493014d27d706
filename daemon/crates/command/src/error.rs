//! The one error that a command ends with, and the one mapping from its kind to az's exit code.
//!
//! Each module has its own `thiserror` enum. The code that carries out a command converts it to a
//! [`CommandError`], whose message is the text that az prints after `ERROR: `.

mod output;

pub use output::{invalid_query, message as query_message};

/// Creates a [`CommandError`] with exit code 1 from a format string and its arguments.
#[macro_export]
macro_rules! error {
    ($($message:tt)+) => { $crate::CommandError::new(format!($($message)+)) };
}

/// Returns from the function with a [`CommandError`], as [`error!`](crate::error!) creates it.
#[macro_export]
macro_rules! bail {
    ($($message:tt)+) => { return Err($crate::error!($($message)+)) };
}

/// Fails like [`bail!`](crate::bail!) if a condition does not hold.
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            $crate::bail!($($message)+)
        }
    };
}

/// The kind of a failure, which decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// A failure of Azure, the network, the account or the user's values: az exits with 1.
    Error,
    /// A failure of the command line itself: az exits with 2.
    Usage,
    /// A resource that does not exist in Azure: az exits with 3.
    NotFound,
}

impl ErrorKind {
    /// Returns az's exit code (azure-cli-core, `azclierror` and `util.handle_exception`).
    pub fn exit_code(self) -> i32 {
        match self {
            ErrorKind::Error => 1,
            ErrorKind::Usage => 2,
            ErrorKind::NotFound => 3,
        }
    }
}

/// The failure of a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CommandError {
    /// The kind, which decides the exit code.
    pub kind: ErrorKind,
    /// The text after `ERROR: `; it may have several lines.
    pub message: String,
    /// az's recommendation, printed below the error without a prefix.
    pub recommendation: Option<String>,
    /// azq's own hint: a way that works, for a user at a terminal. One line.
    pub hint: Option<String>,
}

impl CommandError {
    /// Creates an error with exit code 1.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Error,
            message: message.into(),
            recommendation: None,
            hint: None,
        }
    }

    /// Returns the same error with a recommendation.
    #[must_use]
    pub fn recommend(mut self, recommendation: impl Into<String>) -> Self {
        self.recommendation = Some(recommendation.into());
        self
    }

    /// Returns the same error as another kind.
    #[must_use]
    pub fn of_kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }
}
