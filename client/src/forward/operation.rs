//! A long-running operation outlives the daemon that has begun it, and its client.
//!
//! Invariant: nothing that changes anything is sent again; only the wait goes on.

use super::{Ended, Failure, copy, send};
use crate::cli::CommandCall;
use crate::connect::Daemon;
use crate::show;
use azq_proto::v1;
use std::process::ExitCode;

/// The exit code of a command that Ctrl-C ended, as shells have it.
const INTERRUPTED: u8 = 130;

/// How often a daemon may vanish while one operation is waited for; then something is wrong with daemons.
const MOST_DAEMONS: usize = 20;

/// Waits for Ctrl-C, to be asked for only while there is something to tell then: without a listener Ctrl-C ends the process, as ever.
pub(super) async fn interrupted() {
    if let Err(_no_handler) = tokio::signal::ctrl_c().await {
        std::future::pending::<()>().await;
    }
}

/// Leaves to itself what was begun, whether its operation is known already or not.
pub(super) fn leave(operation: Option<&v1::Operation>) -> Ended {
    const SENT: &str =
        "what was sent to Azure goes on. To see what it has begun, run: azq operation list";
    let advice = operation.map_or(SENT.to_owned(), advice);
    show::warning(&format!("interrupted; {advice}"));
    Ended::Exit(ExitCode::from(INTERRUPTED))
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
    daemon: &Daemon,
    begun: v1::Operation,
) -> Result<Ended, Failure> {
    tokio::select! {
        biased;
        ended = wait_elsewhere(call, daemon, begun.clone()) => ended,
        () = interrupted() => Ok(leave(Some(&begun))),
    }
}

async fn wait_elsewhere(
    call: &CommandCall,
    daemon: &Daemon,
    begun: v1::Operation,
) -> Result<Ended, Failure> {
    let waiting = call.waiting_for(begun.clone());
    let mut why = String::new();
    for _ in 0..MOST_DAEMONS {
        let connection = daemon.ready().await.map_err(|error| Failure::NotResumed {
            why: error.to_string(),
            operation: begun.clone(),
        })?;
        let replies = match send(&waiting, connection).await {
            Ok(replies) => replies,
            Err(failure @ Failure::CutShort) => {
                why = failure.to_string();
                continue;
            }
            Err(failure) => {
                return Err(Failure::NotResumed {
                    why: failure.to_string(),
                    operation: begun,
                });
            }
        };
        match copy(&waiting, replies).await {
            Err((failure @ (Failure::LostOperation(_) | Failure::CutShort), 0)) => {
                why = failure.to_string();
            }
            copied => return copied.map_err(|(failure, _)| failure),
        }
    }
    Err(Failure::NotResumed {
        why,
        operation: begun,
    })
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
