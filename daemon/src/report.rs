//! What a command says while it runs: warnings, debug lines, progress, the operation it has started.
//!
//! The modules that do the work take a `&dyn Report` and do not know who listens; `service` sends what they say to
//! the client, which decides what a terminal shows.

/// Listens to a running command.
pub trait Report: Send + Sync {
    /// A `WARNING:` line on stderr, unless the caller wants errors only.
    fn warning(&self, text: &str);
    /// A line that `--debug` shows. Never a token, a header value or a body.
    fn debug(&self, text: &str);
    /// Something slow is under way, in az's words (` - Running ..` becomes a spinner).
    fn progress(&self, text: &str);
    /// A long-running operation has begun; this is its URL.
    fn operation(&self, url: &str);
}

/// A listener for tests and for work that nobody waits for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Report for Silent {
    fn warning(&self, _: &str) {}
    fn debug(&self, _: &str) {}
    fn progress(&self, _: &str) {}
    fn operation(&self, _: &str) {}
}
