//! x
mod error;
mod odata;
mod retry;
mod throttle;
mod transport;
pub use error::{ArmError, Refusal};
pub use transport::{Deadlines, Transport, TransportSettings, Transports};
