//! The check that long work makes from time to time, to learn whether it may go on.
//!
//! Only the program that evaluates a query knows whether its result is still wanted, and how much
//! memory there is. Evaluation checks every few ten thousand steps and before each large
//! allocation, so a [`Checkpoint`] may take microseconds.

/// The reason why the program stopped an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StopReason {
    /// The result is no longer wanted.
    #[error("the work was cancelled")]
    Cancelled,
    /// There is no memory for the next allocation.
    #[error("there is no memory for the result")]
    Memory,
}

/// A decision whether work may go on.
pub trait Checkpoint {
    /// Checks whether work may go on and allocate so many bytes at once, which may be none.
    ///
    /// # Errors
    /// The reason to stop.
    fn check(&self, bytes: usize) -> Result<(), StopReason>;
}

/// A checkpoint that stops nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unlimited;

impl Checkpoint for Unlimited {
    fn check(&self, _: usize) -> Result<(), StopReason> {
        Ok(())
    }
}
