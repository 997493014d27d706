//! The test environment of azq.
//!
//! * [`emulator`]: Azure Resource Manager on loopback, as a library; the binary `azq-emulator` is
//!   the same with a command line ([`program`]).
//! * [`catalogue`]: the resource SKUs that it lists, generated from the tables of facts in
//!   `tests/catalogue`.
//! * [`faulty_store`]: stores that fail, for machines that share their catalogues.
//! * `harness`: the built binaries, a home of its own for each test, and the replay of goldens.
//! * `soak`: long runs by hand, for memory, crashes and faults.
//!
//! `harness` and `soak` are for Linux alone, because they read `/proc`. The emulator runs on macOS
//! too, where `azq demo` needs it.
//!
//! The emulator is independent of azq: it answers the real az with the same bytes.

#![forbid(unsafe_code)]

pub mod catalogue;
pub mod demo;
pub mod emulator;
pub mod faulty_store;
#[cfg(target_os = "linux")]
pub mod harness;
pub mod program;
#[cfg(target_os = "linux")]
pub mod soak;

pub use emulator::{Emulator, Fault, Specification};
