//! The HTTP clients for a caller's settings: trusted roots, proxy and timeouts. Also HTTP failures,
//! in the words of Python's urllib3.
//!
//! Invariants: see [`Transport`]'s module; no error contains a token or a header's value.
//!
//! Deliberately absent: tokens (see `azq-auth`) and Resource Manager (see `azq-arm`).

mod error;
mod proxy;
mod transport;

pub use error::{HttpError, Stage, is_unannounced_end, unresolved};
pub use transport::{Deadlines, KEPT, REDIRECTS, Transport, TransportSettings, Transports};
