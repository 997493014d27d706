//! Checks that long work makes from time to time: whether a caller still waits for it, and whether
//! there is memory for more.
//!
//! A query may take half a minute or a gigabyte, and that cannot be known beforehand. So evaluation
//! and rendering call [`check`] as they go on. It looks at the process's actual memory, which
//! includes catalogues, documents, results and the allocator's free pages alike. Work that finds no
//! room ends with [`StopReason::Memory`].
//!
//! Invariant: as long as all work that may grow calls `check` or takes memory from a pool of the
//! server, the process stays below the configured limit. On a system that does not report the
//! memory of a process (macOS), only the pools limit it.

use crate::memory::{give_back, resident_bytes};
use azq_jmespath::Checkpoint;
use std::cell::{Cell, RefCell};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// The memory that the process may use before work that grows is refused, in bytes; zero means no
/// limit.
static MARK: AtomicU64 = AtomicU64::new(0);
/// The memory that running work was allowed to allocate and may not have allocated yet, in bytes.
/// It is not part of the process's memory so far.
static ALLOWED: AtomicU64 = AtomicU64::new(0);
/// The last time when free memory was returned to the system for lack of memory.
static GIVEN_BACK: Mutex<Option<Instant>> = Mutex::new(None);
/// The minimum interval between two such returns, because each takes milliseconds in which no
/// thread can allocate.
const BETWEEN: Duration = Duration::from_millis(50);

thread_local! {
    /// The token that cancels the work of this thread.
    static CANCELLED: RefCell<Option<CancellationToken>> = const { RefCell::new(None) };
    /// This thread's part of [`ALLOWED`].
    static OWN_ALLOWED: Cell<u64> = const { Cell::new(0) };
}

/// The reason why work is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StopReason {
    /// No caller waits for the result any more.
    #[error("the command was cancelled")]
    Cancelled,
    /// There is no memory for the result.
    #[error(
        "azqd has no memory left for this answer; select less, or raise 'memory' in config.toml (AZQ_MEMORY)"
    )]
    Memory,
}

impl From<StopReason> for azq_jmespath::StopReason {
    fn from(stop: StopReason) -> Self {
        match stop {
            StopReason::Cancelled => Self::Cancelled,
            StopReason::Memory => Self::Memory,
        }
    }
}

impl From<azq_jmespath::StopReason> for StopReason {
    fn from(stop: azq_jmespath::StopReason) -> Self {
        match stop {
            azq_jmespath::StopReason::Cancelled => Self::Cancelled,
            azq_jmespath::StopReason::Memory => Self::Memory,
        }
    }
}

/// The work of the current thread, as a checkpoint for queries and formats.
#[derive(Clone, Copy, Debug)]
pub struct CurrentWork;

impl Checkpoint for CurrentWork {
    fn check(&self, bytes: usize) -> Result<(), azq_jmespath::StopReason> {
        check(bytes).map_err(Into::into)
    }
}

/// Sets the memory limit. Work may fill five eighths of it. The rest is for allocations between two
/// checks, and for memory that a pool limits.
pub fn limit_memory(limit: u64) {
    MARK.store(limit / 8 * 5, Ordering::Relaxed);
}

/// Does work that is given up when the token is cancelled.
pub fn cancelled_by<T>(token: CancellationToken, work: impl FnOnce() -> T) -> T {
    let before = CANCELLED.replace(Some(token));
    let done = work();
    CANCELLED.set(before);
    release_allowed();
    done
}

/// Fails if the work of this thread must not go on, or must not allocate so many bytes more.
pub fn check(more: usize) -> Result<(), StopReason> {
    let is_cancelled =
        CANCELLED.with_borrow(|token| token.as_ref().map(CancellationToken::is_cancelled));
    if is_cancelled == Some(true) {
        return Err(StopReason::Cancelled);
    }
    // This thread has by now allocated the memory of its last allowance, or does not need it any
    // more.
    release_allowed();
    if !has_room(more) {
        return Err(StopReason::Memory);
    }
    if is_cancelled.is_some() {
        let more = u64::try_from(more).unwrap_or(u64::MAX);
        OWN_ALLOWED.set(more);
        ALLOWED.fetch_add(more, Ordering::Relaxed);
    }
    Ok(())
}

fn release_allowed() {
    ALLOWED.fetch_sub(OWN_ALLOWED.take(), Ordering::Relaxed);
}

/// Whether the process may use so many bytes more.
pub fn has_room(more: usize) -> bool {
    let mark = MARK.load(Ordering::Relaxed);
    if mark == 0 {
        return true;
    }
    let more = u64::try_from(more).unwrap_or(u64::MAX);
    let more = more.saturating_add(ALLOWED.load(Ordering::Relaxed));
    let fits = || resident_bytes().is_none_or(|bytes| bytes.saturating_add(more) <= mark);
    fits() || (give_back_now_and_then() && fits())
}

/// Whether a third of the limit for all work is free, for work that needs much memory.
pub fn has_much_room() -> bool {
    let mark = MARK.load(Ordering::Relaxed);
    has_room(usize::try_from(mark / 3).unwrap_or(usize::MAX))
}

/// Returns free memory to the system, unless that was done just before. Free memory counts as used
/// until it is returned.
fn give_back_now_and_then() -> bool {
    let Ok(mut last) = GIVEN_BACK.try_lock() else {
        return false;
    };
    let is_due = last.is_none_or(|last| last.elapsed() >= BETWEEN);
    if is_due {
        give_back();
        *last = Some(Instant::now());
    }
    is_due
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancelled_work_is_told_and_other_work_is_not() {
        let token = CancellationToken::new();
        cancelled_by(token.clone(), || {
            assert_eq!(check(0), Ok(()));
            token.cancel();
            assert_eq!(check(0), Err(StopReason::Cancelled));
        });
        assert_eq!(check(0), Ok(()));
    }

    #[test]
    fn what_was_allowed_counts_until_the_next_check_or_the_end_of_the_work() {
        let allowed = || OWN_ALLOWED.get();
        cancelled_by(CancellationToken::new(), || {
            assert_eq!((check(1000), allowed()), (Ok(()), 1000));
            assert_eq!((check(10), allowed()), (Ok(()), 10));
        });
        assert_eq!(allowed(), 0);
        assert_eq!((check(1000), allowed()), (Ok(()), 0));
    }
}
