//! The code that `azq` and `azqd` share: the messages (`azq.v1`), the protocol number, and the
//! runtime directory.
//!
//! Invariants: credentials (a token, a kubeconfig) are only in the replies to requests for them;
//! both sides derive the runtime directory by the same function.
//! Deliberately absent: az's semantics, HTTP, rendering.

#![forbid(unsafe_code)]

#[macro_use]
#[path = "generated/commands.rs"]
mod commands;

pub mod command;
mod context;
pub mod environment;
pub mod long_values;
pub mod pieces;
pub mod protocol;
pub mod quantity;
pub mod runtime_dir;
mod secrets;

/// The compiled `.proto` files as a `google.protobuf.FileDescriptorSet`, for gRPC's reflection.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!("generated/azq.v1.bin");

/// The messages and services of package `azq.v1`.
///
/// The code is generated from `proto/azq/v1/*.proto` and checked in; the crate
/// `azq-proto-codegen` writes it, and its test fails if it is out of date.
#[allow(warnings, clippy::all, clippy::pedantic)] // generated code
pub mod v1 {
    include!("generated/azq.v1.rs");
}
