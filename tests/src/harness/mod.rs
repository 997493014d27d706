//! Running the real binaries: where they are, a home in which nothing of the machine's user shows,
//! and goldens replayed.
//!
//! Everything here drives azq from outside, as a user does; it calls nothing of the client or the
//! daemon.

mod binaries;
mod golden;
mod home;
mod replay;
pub mod sample;
mod waiting;

pub use binaries::{Binaries, BinariesError, binaries};
pub use golden::{Expectation, Golden, GoldenError, Mutation, Presets, goldens};
pub use home::{Home, HomeError, Outcome, signal};
pub use replay::{Difference, Replay, Report, Verdict};
pub use waiting::eventually;
