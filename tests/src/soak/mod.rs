//! Long runs against a real daemon, by hand: `azq-soak` ([`program`]), and the same code for a few
//! seconds as a test.
//!
//! * [`look_ups`]: very many look-ups by many clients while Azure misbehaves; no answer may be
//!   wrong, no error unexplained, and the daemon must be no larger at the end than after the
//!   beginning.
//! * [`crashes`]: `kill -9` at very many random moments under load; the next command must be
//!   answered at once, no two daemons may serve, no snapshot may be unreadable.
//!
//! Invariants: everything random comes from one seed, which is printed; what is right is known from
//! a daemon that no fault has touched; a fault explains an error only if it struck the same kind of
//! request, and says how the error reads. No wait is tight: the machine may be busy, and whoever
//! needs it may stop these programs for a while (SIGSTOP).
//!
//! Deliberately absent: how fast an answer is (the benchmarks tell) and what az would answer (the
//! goldens do).

pub mod crashes;
pub mod look_ups;
pub mod program;

mod acts;
mod client;
mod gauge;
mod injection;
mod questions;
mod scene;
mod snapshots;
mod sole;
mod tally;

use std::io;

use crate::emulator::StartError;
use crate::harness::HomeError;

/// Why a run could not be carried out; what it found is in its report instead.
#[derive(Debug, thiserror::Error)]
pub enum SoakError {
    /// No emulator.
    #[error(transparent)]
    Emulator(#[from] StartError),
    /// No home.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// No runtime, no process, no file.
    #[error("{doing}: {error}")]
    System {
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        error: io::Error,
    },
    /// The daemon could not be talked to when nothing was wrong.
    #[error("{doing}: {reason}")]
    Daemon {
        /// What was tried.
        doing: &'static str,
        /// What came of it.
        reason: String,
    },
}

impl SoakError {
    fn at(doing: &'static str) -> impl Fn(io::Error) -> Self {
        move |error| Self::System { doing, error }
    }
}
