//! Tests of the real binaries: their paths, a home that hides everything of the machine's user, and
//! the replay of goldens.
//!
//! Everything here drives azq from outside, as a user does; it calls no code of the client or the
//! daemon.

mod binaries;
mod bounded;
mod conversation;
mod golden;
mod home;
mod memory;
mod outcome;
mod peers;
mod processes;
mod replay;
pub mod sample;
mod screen;
mod signals;
mod stranger;
mod text;
mod waiting;

pub use binaries::{Binaries, BinariesError, binaries, checkout};
pub use bounded::{Bounded, BoundedChild, BoundedCommand, until_readable, within_limit};
pub use conversation::Conversation;
pub use golden::{Expectation, Golden, GoldenError, Mutation, Presets, goldens};
pub use home::{Home, HomeError};
pub use memory::{memory_with, peak_memory};
pub use outcome::Outcome;
pub use peers::Peers;
pub use processes::fact;
pub use replay::{Difference, Replay, Report, Verdict};
pub use screen::Screen;
pub use signals::{catches, ignores, signal};
pub use stranger::{STRANGER, as_user, give, is_root, somebody};
pub use text::ExaminedText;
pub use waiting::eventually;
