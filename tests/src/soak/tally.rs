//! The counts of a run: the actions, the errors that faults explain, and the failures that nothing
//! explains.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::harness::Outcome;

/// The number of failures that are kept in full.
const KEPT: usize = 20;

/// The counts of a run.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Counts>);

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

/// The outcome of a call, to be judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged<'a> {
    /// The call, as text for the report.
    pub(super) line: &'a [&'a str],
    pub(super) outcome: &'a Outcome,
    /// The right answer.
    pub(super) answer: &'a [u8],
}

impl Judged<'_> {
    /// Whether it succeeded with the right answer.
    pub(super) fn is_right(self) -> bool {
        self.outcome.code == Some(0) && self.outcome.stdout == self.answer
    }

    /// Whether it is right, and there is no warning.
    pub(super) fn is_clean(self) -> bool {
        self.is_right() && self.outcome.stderr.is_empty()
    }
}

impl Tally {
    /// Counts a call.
    pub(super) fn count(&self, call: &'static str) {
        *self.counts().calls.entry(call).or_default() += 1;
    }

    /// Judges the outcome of a call: it must be right, or an error that a fault explains.
    pub(super) fn judge(
        &self,
        judged: Judged<'_>,
        explanation: impl FnOnce(&str) -> Option<&'static str>,
    ) {
        let Outcome { code, stderr, .. } = judged.outcome;
        if judged.is_clean() {
            return;
        }
        // An error comes without an answer, and a warning with the right one.
        if !judged.is_right() && (*code == Some(0) || stderr.is_empty()) {
            return self.fail(judged, "the answer is wrong");
        }
        match explanation(stderr) {
            Some(name) => *self.counts().explained.entry(name).or_default() += 1,
            None => self.fail(judged, "no fault explains it"),
        }
    }

    /// Records the failure of a call.
    pub(super) fn fail(&self, judged: Judged<'_>, why: &str) {
        let (asked, outcome) = (judged.line.join(" "), judged.outcome);
        let start: String = outcome.text().chars().take(300).collect();
        self.failed(format!(
            "{asked}: {why}; stderr {:?}, stdout ({} bytes) {start:?}",
            outcome.stderr,
            outcome.stdout.len()
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
    pub(super) fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |counts: &BTreeMap<&'static str, u64>| {
            let each = counts.iter().map(|(name, count)| format!("{count} {name}"));
            each.collect::<Vec<_>>().join(", ")
        };
        let (calls, explained) = (list(&self.calls), list(&self.explained));
        writeln!(out, "calls: {calls}")?;
        writeln!(
            out,
            "errors and warnings that a fault explains: {explained}"
        )?;
        let failures = self.failures;
        write!(out, "wrong answers and unexplained errors: {failures}")?;
        let mut failed = self.failed.iter();
        failed.try_for_each(|what| write!(out, "\n  {what}"))
    }
}
