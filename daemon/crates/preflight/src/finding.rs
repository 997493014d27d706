//! The findings of checks.

/// The verdict of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// No reason against the change is known.
    Pass,
    /// The result is not known.
    Unknown,
    /// Azure would refuse the change, or its result would differ from the request.
    Fail,
}

impl Verdict {
    /// Returns the name in documents and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
        }
    }
}

/// The finding of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The verdict.
    pub verdict: Verdict,
    /// The reason, a sentence.
    pub reason: String,
    /// The alternative: command lines of az or azq, in order.
    pub advice: Vec<String>,
}

impl Finding {
    /// Creates a finding without a reason against the change.
    pub(crate) fn pass(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Pass, reason)
    }

    /// Creates a finding whose result is not known.
    pub(crate) fn unknown(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Unknown, reason)
    }

    /// Creates a finding that Azure would refuse the change.
    pub(crate) fn fail(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Fail, reason)
    }

    fn new(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self {
            verdict,
            reason: reason.into(),
            advice: Vec::new(),
        }
    }

    /// Adds command lines to the advice.
    pub(crate) fn advise(mut self, commands: impl IntoIterator<Item = String>) -> Self {
        self.advice.extend(commands);
        self
    }
}

/// Creates a [`Finding`] that passes from a format string and its arguments.
macro_rules! pass {
    ($($reason:tt)+) => { $crate::finding::Finding::pass(format!($($reason)+)) };
}

/// Creates a [`Finding`] whose result is not known, like [`pass!`].
macro_rules! unknown {
    ($($reason:tt)+) => { $crate::finding::Finding::unknown(format!($($reason)+)) };
}

/// Creates a [`Finding`] that fails, like [`pass!`].
macro_rules! fail {
    ($($reason:tt)+) => { $crate::finding::Finding::fail(format!($($reason)+)) };
}

/// The outcome of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The check's name.
    pub check: &'static str,
    /// Its finding.
    pub finding: Finding,
}
