//! The errors of a query, in Python's words.
//!
//! `jmespath.compile` raises a [`SyntaxError`], `search` a [`RuntimeError`]; their `Display` is
//! Python's `str()` of the exception.

use azq_python::number::MOST_DIGITS;

use super::budget::Exhausted;
use super::checkpoint::StopReason;
use super::{MAXIMUM_DEPTH, MAXIMUM_LENGTH};

/// The error for a query that cannot be compiled.
///
/// az reports `argument --query: invalid jmespath_type value: …` and exits with 2.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", fault.text(query))]
pub struct SyntaxError {
    /// The query as it was given.
    pub(super) query: Box<str>,
    pub(super) fault: Fault,
}

/// The fault in a query's text. Positions count characters, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// `EmptyExpressionError`.
    Empty,
    /// `LexerError`.
    Token { message: String, position: usize },
    /// `IncompleteExpressionError`.
    Incomplete,
    /// `ParseError`.
    Parse {
        message: String,
        position: usize,
        token: String,
        kind: String,
    },
    /// An integer with more digits than Python converts.
    Digits(usize),
    /// The query is longer than [`super::MAXIMUM_LENGTH`]; Python has no limit.
    Long,
    /// The query is nested deeper than [`super::MAXIMUM_DEPTH`], where Python ends with a
    /// `RecursionError`.
    Deep,
}

impl SyntaxError {
    /// Returns the query as it was given.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// Whether the query exceeds a limit that this crate has and Python does not.
    pub fn exceeds_limit(&self) -> bool {
        matches!(self.fault, Fault::Long | Fault::Deep)
    }

    /// Returns az's message for the error outside of `--query`.
    ///
    /// That is `getattr(error, 'message', str(error))`, and only a `LexerError` has a `message`
    /// (azure-cli-core, `util.handle_exception`).
    pub fn message(&self) -> String {
        match &self.fault {
            Fault::Token { message, .. } => message.clone(),
            _ => self.to_string(),
        }
    }
}

impl Fault {
    fn text(&self, query: &str) -> String {
        match self {
            Fault::Empty => "Invalid JMESPath expression: cannot be empty.".to_owned(),
            Fault::Token { message, position } => {
                let spaces = " ".repeat(*position);
                format!("Bad jmespath expression: {message}:\n{query}\n{spaces}^")
            }
            Fault::Incomplete => format!(
                "Invalid jmespath expression: Incomplete expression:\n\"{query}\"\n{}^",
                " ".repeat(query.chars().count() + 1)
            ),
            Fault::Parse {
                message,
                position,
                token,
                kind,
            } => format!(
                "{message}: Parse error at column {position}, token \"{token}\" ({kind}), \
                 for expression:\n\"{query}\"\n{}^",
                " ".repeat(position + 1)
            ),
            Fault::Digits(count) => format!(
                "Exceeds the limit ({MOST_DIGITS} digits) for integer string conversion: value has {count} digits; \
                 use sys.set_int_max_str_digits() to increase the limit",
            ),
            Fault::Long => format!("The expression has more than {MAXIMUM_LENGTH} bytes"),
            Fault::Deep => {
                format!("The expression is nested more than {MAXIMUM_DEPTH} levels deep")
            }
        }
    }
}

/// The error for a query that fails on its document; az exits with 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuntimeError {
    /// `UnknownFunctionError`. az reports `` Invalid jmespath query supplied for `--query`: … ``,
    /// as for the next two.
    #[error("Unknown function: {0}()")]
    UnknownFunction(String),
    /// `ArityError` and `VariadictArityError`.
    #[error(
        "Expected {}{expected} {} for function {function}(), received {received}",
        if *.variadic { "at least " } else { "" },
        if *.expected == 1 { "argument" } else { "arguments" }
    )]
    Arity {
        /// The function's name.
        function: &'static str,
        /// The number of arguments that it takes.
        expected: usize,
        /// Whether it takes more arguments than that.
        variadic: bool,
        /// The number of arguments that it was given.
        received: usize,
    },
    /// `JMESPathTypeError`.
    #[error(
        "In function {function}(), invalid type for value: {value}, expected one of: {expected}, \
         received: \"{received}\""
    )]
    Type {
        /// The function's name.
        function: &'static str,
        /// Python's `str()` of the value.
        value: String,
        /// Python's `repr()` of the list of types.
        expected: String,
        /// The query language's type of an argument, but the Python type of an array's element.
        received: &'static str,
    },
    /// A Python exception that jmespath does not foresee, such as that of `1 < 'a'`. az reports
    /// `The command failed with an unexpected error. Here is the traceback:`, then this message and
    /// the traceback.
    #[error("{0}")]
    Crash(String),
    /// The query exceeds its budget; Python would continue until the memory is full.
    #[error("The expression makes too many values")]
    TooExpensive,
    /// The checkpoint stopped the evaluation.
    #[error(transparent)]
    Stopped(StopReason),
}

impl From<Exhausted> for Box<RuntimeError> {
    fn from(why: Exhausted) -> Self {
        Box::new(match why {
            Exhausted::Spent => RuntimeError::TooExpensive,
            Exhausted::Stopped(stop) => RuntimeError::Stopped(stop),
        })
    }
}
