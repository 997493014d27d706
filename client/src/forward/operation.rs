//! A long-running operation outlives the daemon that has begun it, and its client.
//!
//! Invariant: nothing that changes anything is sent again; only the wait goes on.

use super::link::{Connected, Link};
use super::{Ended, Failure, Sink, copy, send};
use crate::cli::CommandCall;
use azq_proto::v1;

/// The exit code of a command that Ctrl-C ended, as shells have it.
pub(crate) const INTERRUPTED: u8 = 130;

/// How often a daemon may vanish while one operation is waited for; then something is wrong with daemons.
const MOST_DAEMONS: usize = 20;

/// Waits for whoever asked to lose patience while there is an operation to tell of, or a write that has been sent.
pub(super) async fn interrupted<'a>(
    operation: Option<&'a v1::Operation>,
    sink: &impl Sink,
) -> &'a v1::Operation {
    let Some(operation) = operation else {
        return std::future::pending().await;
    };
    sink.interrupted(operation).await;
    operation
}

/// Leaves the operation to itself.
pub(super) async fn leave(operation: &v1::Operation, sink: &impl Sink) -> Ended {
    sink.line("WARNING: ", &farewell(operation)).await;
    Ended::Exit(INTERRUPTED)
}

/// What is said when nobody waits any longer for the operation, or to hear what a write has begun.
pub(crate) fn farewell(operation: &v1::Operation) -> String {
    const SENT: &str =
        "what was sent to Azure goes on. To see what it has begun, run: azq operation list";
    if operation.url.is_empty() {
        return format!("interrupted; {SENT}");
    }
    format!("interrupted; {}", advice(operation))
}

/// What becomes of the operation, and how to wait for it.
pub(super) fn advice(operation: &v1::Operation) -> String {
    format!(
        "the operation goes on in Azure. To wait for it, run: azq operation wait {}",
        operation.id
    )
    .trim_end()
    .to_owned()
}

/// Waits for the operation with the next daemon, and answers as the call would have.
pub(super) async fn carry_on(
    call: &CommandCall,
    link: &Link,
    lost: Connected,
    begun: v1::Operation,
    sink: &impl Sink,
) -> Result<Ended, Failure> {
    tokio::select! {
        biased;
        ended = wait_elsewhere(call, link, lost, begun.clone(), sink) => ended,
        begun = interrupted(Some(&begun), sink) => Ok(leave(begun, sink).await),
    }
}

async fn wait_elsewhere(
    call: &CommandCall,
    link: &Link,
    mut connected: Connected,
    begun: v1::Operation,
    sink: &impl Sink,
) -> Result<Ended, Failure> {
    let waiting = call.waiting_for(begun.clone());
    let given_up = |why: String| Failure::NotResumed {
        why,
        operation: begun.clone(),
    };
    let mut why = String::new();
    for _ in 0..MOST_DAEMONS {
        connected = link
            .other_than(Some(&connected))
            .await
            .map_err(|error| given_up(error.to_string()))?;
        let replies = match send(&waiting, connected.connection.clone()).await {
            Ok(replies) => replies,
            Err(failure @ Failure::CutShort) => {
                why = failure.to_string();
                continue;
            }
            Err(failure) => return Err(given_up(failure.to_string())),
        };
        match copy(&waiting, replies, sink).await {
            Err((failure @ (Failure::LostOperation(_) | Failure::CutShort), 0)) => {
                why = failure.to_string();
            }
            copied => return copied.map_err(|(failure, _)| failure),
        }
    }
    Err(given_up(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_names_the_operation() {
        let operation = |id: &str| v1::Operation {
            id: id.to_owned(),
            ..v1::Operation::default()
        };
        assert!(advice(&operation("3f2a")).ends_with("azq operation wait 3f2a"));
        assert!(advice(&operation("")).ends_with("azq operation wait"));
    }
}
