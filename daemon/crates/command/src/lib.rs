//! What every command of the daemon has, whatever it does: the error that it ends with ([`error`]),
//! and the limits of time and memory that its work observes ([`work`]).
//!
//! Invariants: an error's kind alone decides the exit code; work that grows asks before it grows.
//!
//! Deliberately absent: Azure, files and the protocol between client and daemon.

mod error;
pub mod memory;
pub mod work;

pub use error::{CommandError, ErrorKind, invalid_query, query_message};
