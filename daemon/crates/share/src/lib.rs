//! Objects that many machines share through a store, where one machine renews each object for all.
//!
//! A [`Share`] looks an object up in a store. When the object is stale, one machine is elected by a
//! lease, requests the object from the origin, and writes it. The other machines serve the stale
//! object, or wait for a bounded time. The caller's [`Item`] defines the object.
//!
//! | module | what it does |
//! | --- | --- |
//! | `address` | `file:///…`, `az://…`, `s3://…`, `gs://…` |
//! | `backend`, `object`, `file` | reads and conditional writes of a store |
//! | `open`, `http` | stores in a cloud, over the caller's HTTP client |
//! | `breaker` | stops the use of a store that has failed |
//! | `lease` | which machine renews an object, and until when |
//! | `election`, `share` | levels put together: look, stand for election, ask, write |
//!
//! Invariants: a store that fails in any way changes no value, because the origin is asked instead;
//! every wait ends; no object larger than the bounds is read; an object that does not decode is
//! ignored and replaced; no error contains a credential.
//!
//! Deliberately absent: deleting unused objects, because stores have lifecycle rules for that.

mod address;
mod backend;
mod breaker;
mod election;
mod file;
mod http;
mod lease;
mod object;
mod open;
mod share;
#[cfg(test)]
mod tests;

pub use address::{Address, AddressError};
pub use backend::{Backend, Found, OnlyIf, Put, StoreError, Tag};
pub use breaker::Trouble;
pub use file::FileBackend;
pub use http::ClientSource;
pub use object::ObjectBackend;
pub use open::{AzureAccess, OpenError, TokenProvider, azure, google, may_carry_credentials, s3};
pub use share::{Age, Clock, Counts, Item, Mode, Renewed, Share, Standing, Timing};
