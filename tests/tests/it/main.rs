//! The integration tests: the real binaries against an emulated Azure, by area.
//!
//! They are one binary, so that the emulator and the harness are linked once. Tests that need the
//! machine for themselves are a binary of their own: `soak`.
//!
//! ```text
//! cargo test -p azq-tests --test it                 # all
//! cargo test -p azq-tests --test it lifecycle::     # one area
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod grpc_channel;
mod http_client;
mod interpreter;
mod long_running;
mod prelude;

mod batch;
mod cache;
mod cli;
mod emulator;
mod faults;
mod gen2;
mod lifecycle;
mod nodepool;
mod repository;
mod security;
