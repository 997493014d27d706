//! Reports of a running command: warnings, debug lines, progress, the operations it has started.
//!
//! The modules that do the work take a `&dyn Report` and do not know the receiver. The daemon's
//! service sends the reports to the client, which decides what a terminal shows.

use crate::Continuation;

/// A receiver of a running command's reports.
pub trait Report: Send + Sync {
    /// Reports a `WARNING:` line for stderr, which is shown unless the caller wants errors only.
    fn warning(&self, text: &str);
    /// Reports a line for stderr of the kind that az prints while it starts, before its log level
    /// is set.
    fn notice(&self, _text: &str) {}
    /// Reports a line that `--debug` shows. It never contains a token, a header's value or a body.
    fn debug(&self, text: &str);
    /// Reports the progress of slow work: the label of az's spinner.
    fn progress(&self, text: &str);
    /// Reports the change that the next operation makes, for people: `3 → 5 nodes`.
    fn change(&self, _text: &str) {}
    /// Reports the progress of slow work that is not an operation of Azure.
    fn activity(&self, _text: &str) {}
    /// Reports that from now on the command may be interrupted between two of its steps without
    /// loss. Its progress is stored, and the same request, if repeated, continues from there.
    fn goes_on_when_repeated(&self) {}
    /// Reports that a request which changes something is about to be sent to Azure. The command
    /// must not be interrupted until it is known what the request has begun.
    fn writes(&self) {}
    /// Reports that the command now waits for this long-running operation.
    fn operation(&self, operation: &Continuation);
    /// Reports that the command has begun this long-running operation and does not wait for it
    /// (`--no-wait`).
    fn left(&self, _operation: &Continuation) {}
    /// Reports that the operation is over, whether it has succeeded or failed.
    fn ended(&self, _operation: &Continuation) {}
}

/// A receiver that drops all reports, for tests and for background work.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Report for Silent {
    fn warning(&self, _: &str) {}
    fn debug(&self, _: &str) {}
    fn progress(&self, _: &str) {}
    fn operation(&self, _: &Continuation) {}
}
