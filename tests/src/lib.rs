//! What azq is tested against, and with what.
//!
//! * [`emulator`]: Azure Resource Manager on loopback, as a library; the binary `azq-emulator` is
//!   the same with a command line ([`program`]).
//! * [`catalogue`]: the resource SKUs it lists, grown from the tables of facts in
//!   `tests/catalogue`.
//! * `harness`: the built binaries, a home of their own for each test, and goldens replayed
//!   through them.
//! * `soak`: long runs by hand, for memory, crashes and faults.
//!
//! `harness` and `soak` are for Linux alone, because they read `/proc`. The emulator runs on macOS
//! too, where `azq demo` needs it.
//!
//! The emulator knows nothing of azq: it answers the real az with the same bytes.

#![forbid(unsafe_code)]

pub mod catalogue;
pub mod demo;
pub mod emulator;
#[cfg(target_os = "linux")]
pub mod harness;
pub mod program;
#[cfg(target_os = "linux")]
pub mod soak;

pub use emulator::{Emulator, Fault, Specification};
