//! The counts of a run: the actions, the errors that faults explain, and the failures that nothing
//! explains.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::injection::{Family, Injection};
use crate::emulator::Emulator;

/// The number of failures that are kept in full.
const KEPT: usize = 20;

/// The counts of a run.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: Mutex<Counts>,
}

/// The counts at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    /// The number of calls by kind.
    pub(super) calls: BTreeMap<&'static str, u64>,
    /// Errors and warnings by the kind of fault that explains them.
    pub(super) explained: BTreeMap<&'static str, u64>,
    /// The number of wrong answers, and of errors without a fault.
    pub(super) failures: u64,
    /// The first failures, in full.
    pub(super) failed: Vec<String>,
}

impl Tally {
    /// Counts a call.
    pub(super) fn count(&self, call: &'static str) {
        *self.counts().calls.entry(call).or_default() += 1;
    }

    /// Judges the outcome of a call: it must be right, or an error that a fault explains.
    pub(super) fn judge(
        &self,
        injection: &Mutex<Injection>,
        emulator: &Emulator,
        family: Family,
        outcome: &Judged<'_>,
    ) {
        let explanation = || {
            let mut injection = injection.lock().unwrap_or_else(PoisonError::into_inner);
            // The fault may have been applied since the last update.
            injection.tick(emulator, &[]);
            injection.explains(family, outcome.stderr)
        };
        let is_silent = outcome.stderr.is_empty();
        match (outcome.is_right, is_silent) {
            (true, true) => {}
            (false, true) => self.fail(outcome, "the answer is wrong"),
            // An error comes without an answer, and a warning with the right one.
            _ if !outcome.is_right && outcome.succeeded => {
                self.fail(outcome, "the answer is wrong");
            }
            _ => match explanation() {
                Some(name) => *self.counts().explained.entry(name).or_default() += 1,
                None => self.fail(outcome, "no fault explains it"),
            },
        }
    }

    /// Records the failure of a call.
    pub(super) fn fail(&self, outcome: &Judged<'_>, why: &str) {
        let Judged {
            asked,
            stdout,
            stderr,
            ..
        } = outcome;
        let start: String = String::from_utf8_lossy(stdout).chars().take(300).collect();
        self.failed(format!(
            "{asked}: {why}; stderr {stderr:?}, stdout ({} bytes) {start:?}",
            stdout.len()
        ));
    }

    /// Records a failure with this description.
    pub(super) fn failed(&self, what: String) {
        let mut counts = self.counts();
        counts.failures += 1;
        if counts.failed.len() < KEPT {
            counts.failed.push(what);
        }
    }

    /// Returns the counts so far.
    pub(super) fn so_far(&self) -> Counts {
        self.counts().clone()
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The outcome of a call, to be judged.
#[derive(Debug)]
pub(super) struct Judged<'a> {
    /// The call, as text for the report.
    pub(super) asked: String,
    /// Whether it ended with exit code 0.
    pub(super) succeeded: bool,
    /// Whether it succeeded with the right answer.
    pub(super) is_right: bool,
    pub(super) stdout: &'a [u8],
    pub(super) stderr: &'a str,
}

impl fmt::Display for Counts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |counts: &BTreeMap<&'static str, u64>| {
            let each = counts.iter().map(|(name, count)| format!("{count} {name}"));
            each.collect::<Vec<_>>().join(", ")
        };
        writeln!(out, "calls: {}", list(&self.calls))?;
        writeln!(
            out,
            "errors and warnings that a fault explains: {}",
            list(&self.explained)
        )?;
        write!(
            out,
            "wrong answers and unexplained errors: {}",
            self.failures
        )?;
        self.failed
            .iter()
            .try_for_each(|what| write!(out, "\n  {what}"))
    }
}
