//! The HTTP clients that a caller's settings ask for: which roots they trust, which proxy they take,
//! how long they wait. And how HTTP fails, in the words of Python's urllib3.
//!
//! Invariants: see [`Transport`]'s module; no error has a token or a header's value.
//!
//! Deliberately absent: tokens (see `azq-auth`) and Resource Manager (see `azq-arm`).

mod error;
mod proxy;
mod transport;

pub use error::{HttpError, Stage, is_unannounced_end, unresolved};
pub use transport::{Deadlines, KEPT, REDIRECTS, Transport, TransportSettings, Transports};
