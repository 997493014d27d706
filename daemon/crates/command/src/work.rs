//! What work that may take long asks from time to time: whether somebody still waits for it, and
//! whether there is memory for more.
//!
//! A query may be made to take half a minute or a gigabyte, whatever is known of it before. So
//! evaluation and rendering ask [`check`] as they go on. It looks at the memory that the process
//! really has, which covers catalogues, documents, results and what the allocator keeps between
//! them alike; work that finds no room ends with [`Stop::Memory`].
//!
//! Invariant: as long as all that may grow asks here or draws on a pool of the server, the
//! process stays below the configured limit. Where the system does not tell how much memory a
//! process has (macOS), only pools are bounds.

use crate::memory::{give_back, resident_bytes};
use azq_jmespath::Checkpoint;
use std::cell::{Cell, RefCell};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How much the process may have before work that grows is refused, in bytes; zero: no limit.
static MARK: AtomicU64 = AtomicU64::new(0);
/// How much work was allowed to allocate and may not have allocated yet, in bytes: it is not among
/// what the process has.
static ALLOWED: AtomicU64 = AtomicU64::new(0);
/// When memory was given back last for want of it.
static GIVEN_BACK: Mutex<Option<Instant>> = Mutex::new(None);
/// How often that is done at most: it takes milliseconds in which nobody is given memory.
const BETWEEN: Duration = Duration::from_millis(50);

thread_local! {
    /// Cancels the work that this thread does.
    static CANCELLED: RefCell<Option<CancellationToken>> = const { RefCell::new(None) };
    /// This thread's part of [`ALLOWED`].
    static OWN_ALLOWED: Cell<u64> = const { Cell::new(0) };
}

/// Why work is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// Nobody waits for it any more.
    #[error("the command was cancelled")]
    Cancelled,
    /// There is no memory for it.
    #[error(
        "azqd has no memory left for this answer; select less, or raise 'memory' in config.toml (AZQ_MEMORY)"
    )]
    Memory,
}

impl From<Stop> for azq_jmespath::Stop {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Cancelled => Self::Cancelled,
            Stop::Memory => Self::Memory,
        }
    }
}

impl From<azq_jmespath::Stop> for Stop {
    fn from(stop: azq_jmespath::Stop) -> Self {
        match stop {
            azq_jmespath::Stop::Cancelled => Self::Cancelled,
            azq_jmespath::Stop::Memory => Self::Memory,
        }
    }
}

/// The work of the current thread, as queries and formats ask about it.
#[derive(Clone, Copy, Debug)]
pub struct CurrentWork;

impl Checkpoint for CurrentWork {
    fn check(&self, bytes: usize) -> Result<(), azq_jmespath::Stop> {
        check(bytes).map_err(Into::into)
    }
}

/// The share of the limit that all work may fill: the rest is for what is allocated between two
/// checks, and for what a pool bounds.
pub fn limit_memory(limit: u64) {
    MARK.store(limit / 8 * 5, Ordering::Relaxed);
}

/// Does something that is given up when the token is cancelled.
pub fn cancelled_by<T>(token: CancellationToken, work: impl FnOnce() -> T) -> T {
    let before = CANCELLED.replace(Some(token));
    let done = work();
    CANCELLED.set(before);
    release_allowed();
    done
}

/// Whether the work of this thread may go on, and allocate so many bytes more.
pub fn check(more: usize) -> Result<(), Stop> {
    let is_cancelled =
        CANCELLED.with_borrow(|token| token.as_ref().map(CancellationToken::is_cancelled));
    if is_cancelled == Some(true) {
        return Err(Stop::Cancelled);
    }
    // What this thread was allowed before, it has allocated or does not want any more.
    release_allowed();
    if !has_room(more) {
        return Err(Stop::Memory);
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

/// Whether the process may have so many bytes more.
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

/// Whether most of what all work may fill is free, for work that needs much.
pub fn has_much_room() -> bool {
    let mark = MARK.load(Ordering::Relaxed);
    has_room(usize::try_from(mark / 3).unwrap_or(usize::MAX))
}

/// What is free counts as used until it is given back.
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
            assert_eq!(check(0), Err(Stop::Cancelled));
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
