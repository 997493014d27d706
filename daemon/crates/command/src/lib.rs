//! The parts that all commands of the daemon share: the error that a command ends with
//! ([`CommandError`]), and the limits of time and memory for its work ([`work`]).
//!
//! Invariants: an error's kind alone decides the exit code; work that grows checks the limits
//! before it allocates.
//!
//! Deliberately absent: Azure, files and the protocol between client and daemon.

mod error;
pub mod memory;
pub mod work;

pub use error::{CommandError, ErrorKind, invalid_query, query_message};
