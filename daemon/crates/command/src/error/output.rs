//! The errors of queries that cannot be compiled or evaluated, and of results that cannot be
//! printed, as az reports them.
//!
//! A query that cannot be compiled results in argparse's `invalid jmespath_type value` (knack,
//! `query.py`). A query that fails on its document goes through azure-cli-core's
//! `util.handle_exception`.

use azq_jmespath::{RuntimeError, SyntaxError};
use azq_output::OutputError;

use super::{CommandError, ErrorKind};
use crate::work;

/// az's recommendation for a failed query (azure-cli-core, `util.QUERY_REFERENCE`).
const QUERY_REFERENCE: &str = "To learn more about --query, please visit: \
    'https://learn.microsoft.com/cli/azure/query-azure-cli'";

impl From<SyntaxError> for CommandError {
    fn from(error: SyntaxError) -> Self {
        if error.exceeds_limit() {
            return invalid_query(&error.to_string());
        }
        CommandError::new(format!(
            "argument --query: invalid jmespath_type value: {}",
            azq_python::quoted(error.query())
        ))
        .recommend(QUERY_REFERENCE)
        .of_kind(ErrorKind::Usage)
    }
}

impl From<RuntimeError> for CommandError {
    fn from(error: RuntimeError) -> Self {
        match &error {
            RuntimeError::Crash(message) => CommandError::new(format!(
                "The command failed with an unexpected error. Here is the traceback:\nERROR: {message}"
            ))
            .recommend(
                "To check existing issues, please visit: https://github.com/Azure/azure-cli/issues",
            ),
            RuntimeError::Stopped(_) => CommandError::new(message(&error)),
            _ => invalid_query(&message(&error)),
        }
    }
}

impl From<OutputError> for CommandError {
    fn from(error: OutputError) -> Self {
        match error {
            OutputError::Query(error) => error.into(),
            OutputError::Stopped(stop) => RuntimeError::Stopped(stop).into(),
            error => CommandError::new(error.to_string()),
        }
    }
}

/// Returns the error for a query that az refuses as a whole.
pub fn invalid_query(why: &str) -> CommandError {
    CommandError::new(format!(
        "Invalid jmespath query supplied for `--query`: {why}"
    ))
    .recommend(QUERY_REFERENCE)
}

/// Returns the message of a failed query. If the daemon stopped the query, the message is the
/// daemon's own.
pub fn message(error: &RuntimeError) -> String {
    match error {
        RuntimeError::Stopped(stop) => work::StopReason::from(*stop).to_string(),
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use azq_jmespath::StopReason;

    #[test]
    fn a_query_fails_in_azs_words() {
        let unclosed = azq_jmespath::compile("'unclosed").unwrap_err();
        let compared = azq_jmespath::compile("`1` < 'a'").unwrap();
        let crash = compared.search(&azq_document::Value::Null, &azq_jmespath::Unlimited);
        let unknown = RuntimeError::UnknownFunction("f".to_owned());
        let reference = Some(QUERY_REFERENCE);
        for (error, kind, message, recommendation) in [
            (
                CommandError::from(unclosed),
                ErrorKind::Usage,
                r#"argument --query: invalid jmespath_type value: "'unclosed""#,
                reference,
            ),
            (
                unknown.into(),
                ErrorKind::Error,
                "Invalid jmespath query supplied for `--query`: Unknown function: f()",
                reference,
            ),
            (
                crash.unwrap_err().into(),
                ErrorKind::Error,
                "The command failed with an unexpected error. Here is the traceback:\n\
                 ERROR: '<' not supported between instances of 'int' and 'str'",
                Some(
                    "To check existing issues, please visit: https://github.com/Azure/azure-cli/issues",
                ),
            ),
        ] {
            assert_eq!((error.kind, &*error.message), (kind, message));
            assert_eq!(error.recommendation.as_deref(), recommendation);
        }
    }

    #[test]
    fn work_that_was_stopped_ends_with_the_words_of_the_daemon() {
        for (stop, expected) in [
            (StopReason::Cancelled, "the command was cancelled"),
            (
                StopReason::Memory,
                "azqd has no memory left for this answer; select less, or raise 'memory' in \
                 config.toml (AZQ_MEMORY)",
            ),
        ] {
            let in_query = RuntimeError::Stopped(stop);
            assert_eq!(message(&in_query), expected);
            for error in [OutputError::Stopped(stop), OutputError::Query(in_query)] {
                assert_eq!(CommandError::from(error), CommandError::new(expected));
            }
        }
    }
}
