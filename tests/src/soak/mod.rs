//! Long runs against a real daemon, by hand: `azq-soak` ([`program`]), and the same code for a few
//! seconds as a test.
//!
//! * [`look_ups`]: very many look-ups by many clients while Azure fails; no answer may be wrong, no
//!   error unexplained, and the daemon must be no larger at the end than after the beginning.
//! * [`crashes`]: `kill -9` at very many random moments under load; the next command must be
//!   answered at once, no two daemons may serve, no snapshot may be unreadable.
//!
//! Invariants: everything random comes from one seed, which is printed; the right answers come from
//! a daemon without faults; a fault explains an error only if it applied to the same kind of
//! request, and if the error's message is one of the fault's. No timeout is tight, because the
//! machine may be busy, and other users may stop these programs for a while (SIGSTOP).
//!
//! Deliberately absent: the speed of an answer (see the benchmarks) and az's answers (see the
//! goldens).

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

/// The reason why a run could not be carried out; its findings are in its report instead.
#[derive(Debug, thiserror::Error)]
pub enum SoakError {
    /// No emulator.
    #[error(transparent)]
    Emulator(#[from] StartError),
    /// No home.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// No runtime, no process, or no file.
    #[error("{doing}: {error}")]
    System {
        /// The action that failed.
        doing: &'static str,
        /// The system's error.
        error: io::Error,
    },
    /// A call to the daemon failed although nothing was wrong.
    #[error("{doing}: {reason}")]
    Daemon {
        /// The action that failed.
        doing: &'static str,
        /// Its outcome.
        reason: String,
    },
}

/// Returns the texts of the conditions that hold.
fn holding<const N: usize>(conditions: [(bool, &str); N]) -> Vec<String> {
    let holding = conditions.into_iter().filter(|(holds, _)| *holds);
    holding.map(|(_, text)| text.to_owned()).collect()
}

impl SoakError {
    fn at(doing: &'static str) -> impl Fn(io::Error) -> Self {
        move |error| Self::System { doing, error }
    }
}
