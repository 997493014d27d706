//! What a command says while it runs: warnings, debug lines, progress, the operation it has
//! started.
//!
//! The modules that do the work take a `&dyn Report` and do not know who listens; `service` sends
//! what they say to the client, which decides what a terminal shows.

use crate::Continuation;

/// Listens to a running command.
pub trait Report: Send + Sync {
    /// A `WARNING:` line on stderr, unless the caller wants errors only.
    fn warning(&self, text: &str);
    /// A line on stderr of those that az prints while it starts, before it knows how much to say.
    fn notice(&self, _text: &str) {}
    /// A line that `--debug` shows. Never a token, a header value or a body.
    fn debug(&self, text: &str);
    /// Something slow is under way, and how far it is: the label of az's spinner.
    fn progress(&self, text: &str);
    /// What the operation that is about to begin changes, for people: `3 → 5 nodes`.
    fn change(&self, _text: &str) {}
    /// Something slow is under way that is no operation of Azure's, and how far it is.
    fn activity(&self, _text: &str) {}
    /// From now on nothing is lost if the command is cut off between two of its steps: it is
    /// written down how far it is, and the same request goes on from there.
    fn goes_on_when_repeated(&self) {}
    /// A request that changes something is on its way to Azure: until it is known what that has
    /// begun, the command must not be cut off.
    fn writes(&self) {}
    /// The command waits for this long-running operation from now on.
    fn operation(&self, operation: &Continuation);
    /// The command has begun this long-running operation and does not wait for it (`--no-wait`).
    fn left(&self, _operation: &Continuation) {}
    /// The operation is over, however it has ended.
    fn ended(&self, _operation: &Continuation) {}
}

/// A listener for tests and for work that nobody waits for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Report for Silent {
    fn warning(&self, _: &str) {}
    fn debug(&self, _: &str) {}
    fn progress(&self, _: &str) {}
    fn operation(&self, _: &Continuation) {}
}
