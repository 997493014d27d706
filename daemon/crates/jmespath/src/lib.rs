//! The language of `--query`, as the `jmespath` package 1.1 for Python evaluates it for az.
//!
//! [`compile`] a query once and call [`Expression::search`] as often as needed. A result shares the
//! parts of its document. A multi-select hash makes a [selection](azq_document::Origin::Selection),
//! because az asks jmespath for an `OrderedDict` (knack, `query.py`); literals and functions make
//! data, as in Python.
//!
//! ```
//! use azq_document::Value;
//! use azq_jmespath::{Unlimited, compile};
//!
//! let document = Value::object([("name", Value::from("np1"))]);
//! let query = compile("name").unwrap();
//! assert_eq!(query.search(&document, &Unlimited).unwrap(), Value::from("np1"));
//! ```
//!
//! Invariant: no query, however hostile, overflows a thread's stack or runs without end, because
//! its length, its depth and its work have limits. The limits of length and depth are no lower than
//! those of az itself: an argument has at most 128 KiB on Linux, a query in a file
//! (`--query @FILE`) somewhat more, and Python gives up at about 490 levels.
//!
//! Deliberate differences from Python: a sum beyond 128 bits is a float; `to_number` reads only
//! ASCII digits; an expression reference that is neither an argument nor called is an error (az
//! cannot print one either); NaN sorts last and never equals itself.
//!
//! From text to result: `lexer` → `parser` → `node` → `evaluate` (with `condition` for filters and
//! `list` for lists of lazy objects) → `functions`.

mod budget;
mod checkpoint;
mod compare;
mod condition;
mod error;
mod evaluate;
mod functions;
mod lexer;
mod list;
mod node;
mod number;
mod ordering;
mod parser;
mod places;
mod python;
mod signature;
#[cfg(test)]
mod tests;
mod token;

use std::sync::Arc;

use azq_document::{LazyObject, Value};
use budget::Budget;
pub use budget::LIMIT as BUDGET;
pub use checkpoint::{Checkpoint, StopReason, Unlimited};
pub use error::{RuntimeError, SyntaxError};

/// The length of the longest query, in bytes.
pub const MAXIMUM_LENGTH: usize = 1024 * 1024;

/// The depth to which a query's parts may be nested, and the nesting that it may add to a document.
pub const MAXIMUM_DEPTH: usize = 500;

/// A compiled query.
#[derive(Clone, Debug)]
pub struct Expression {
    root: Arc<node::Node>,
}

/// Compiles a query, as `jmespath.compile` does.
pub fn compile(text: &str) -> Result<Expression, SyntaxError> {
    let fault = |fault| SyntaxError {
        query: text.into(),
        fault,
    };
    if text.len() > MAXIMUM_LENGTH {
        return Err(fault(error::Fault::Long));
    }
    let root = parser::parse(text).map_err(|error| fault(*error))?;
    Ok(Expression {
        root: Arc::from(root),
    })
}

impl Expression {
    /// Selects from a document, as `search` with `Options(dict_cls=OrderedDict)` does.
    ///
    /// # Errors
    /// The query fails on the document, or the checkpoint stops the evaluation.
    pub fn search(
        &self,
        document: &Value,
        checkpoint: &dyn Checkpoint,
    ) -> Result<Value, RuntimeError> {
        let budget = Budget::new(BUDGET, checkpoint);
        evaluate::search(&self.root, document, budget).map_err(|error| *error)
    }

    /// Selects from a list of objects, which are built one at a time if the query goes through them
    /// one by one.
    ///
    /// # Errors
    /// The same as those of [`Expression::search`].
    pub fn search_list<C: LazyObject>(
        &self,
        objects: &[C],
        checkpoint: &dyn Checkpoint,
    ) -> Result<Value, RuntimeError> {
        let budget = Budget::new(BUDGET, checkpoint);
        evaluate::search_list(&self.root, objects, budget).map_err(|error| *error)
    }
}
