//! What a check finds.

/// How a check ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Nothing speaks against the change.
    Pass,
    /// It cannot be told.
    Unknown,
    /// Azure would refuse the change, or it would not become what was asked for.
    Fail,
}

impl Verdict {
    /// Its name in documents and tables.
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
    /// How it ends.
    pub verdict: Verdict,
    /// Why: a sentence.
    pub reason: String,
    /// The alternative: command lines of az or azq, in their order.
    pub advice: Vec<String>,
}

impl Finding {
    /// Nothing speaks against the change.
    pub(crate) fn pass(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Pass, reason)
    }

    /// It cannot be told.
    pub(crate) fn unknown(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Unknown, reason)
    }

    /// Azure would refuse the change.
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

    /// The same with command lines.
    pub(crate) fn advise(mut self, commands: impl IntoIterator<Item = String>) -> Self {
        self.advice.extend(commands);
        self
    }
}

/// The outcome of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The check's name.
    pub check: &'static str,
    /// Its finding.
    pub finding: Finding,
}
