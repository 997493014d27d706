//! Evaluation and rendering on threads of their own, with bounds on how many run at once.

use std::sync::Arc;
use std::time::Duration;

use azq_command::CommandError;
use azq_command::work;
use azq_output::OutputError;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::DaemonState;

/// The most queries that are evaluated at once; further ones wait.
pub(crate) const EVALUATIONS: usize = 16;
/// How often an answer that needs much memory checks for free memory, and how long it waits to be
/// alone.
const UNTIL_FREE: Duration = Duration::from_millis(50);
const LONGEST_QUEUE: Duration = Duration::from_secs(120);

/// Evaluates a query and renders the result. It does so once more, alone, if there was not enough
/// memory beside others.
pub(super) async fn evaluate<T: Send + 'static>(
    daemon: &DaemonState,
    work: impl Fn() -> Result<T, OutputError> + Send + Sync + 'static,
) -> Result<T, CommandError> {
    let work = Arc::new(work);
    {
        let place = daemon.evaluations.acquire().await;
        let _place = place.map_err(|_closed| stopping())?;
        let work = Arc::clone(&work);
        match elsewhere(move || work()).await? {
            Err(error) if error.is_out_of_memory() => {}
            done => return Ok(done?),
        }
    }
    let _alone = when_alone(&daemon.alone).await?;
    Ok(elsewhere(move || work()).await??)
}

/// Waits until no other answer that needs much memory is being rendered, and most memory is free.
pub(super) async fn when_alone(alone: &Semaphore) -> Result<SemaphorePermit<'_>, CommandError> {
    let free = async {
        let turn = alone.acquire().await.map_err(|_closed| stopping())?;
        while !work::has_much_room() {
            tokio::time::sleep(UNTIL_FREE).await;
        }
        Ok(turn)
    };
    let turn = timeout(LONGEST_QUEUE, free).await;
    turn.unwrap_or_else(|_elapsed| Err(out_of_memory()))
}

/// Returns the error for an answer that there is no memory for.
pub(super) fn out_of_memory() -> CommandError {
    CommandError::new(work::StopReason::Memory.to_string())
}

/// Returns the error for a call to a daemon that is stopping.
pub(in super::super) fn stopping() -> CommandError {
    CommandError::new("azqd is stopping; try again")
}

/// Runs work on a thread where other calls do not wait for it. The work is cancelled when the
/// returned future is dropped.
pub(in super::super) async fn elsewhere<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CommandError> {
    let wanted = CancellationToken::new();
    let _cancels = wanted.clone().drop_guard();
    match spawn_blocking(move || work::cancelled_by(wanted, work)).await {
        Ok(done) => Ok(done),
        Err(ended) => match ended.try_into_panic() {
            // The panic continues as if it had started here.
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(stopping()),
        },
    }
}
