//! Waits for a long-running operation that outlives its daemon and its client.
//!
//! Invariant: no request that changes something is sent again; only the wait continues.

use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;

use azq_proto::v1;
use rustix::event::{PollFd, PollFlags, poll};

use super::{BrokenExchange, ExchangeEnd, Outcome, Response, Sink, Transport, TransportError};
use crate::cli::CommandCall;
use crate::daemon::ConnectError;
use crate::transport::Connection;

/// The exit code of a command that Ctrl-C ended, as in shells.
pub(crate) const INTERRUPTED: u8 = 130;

/// The number of daemons that may vanish during the wait for one operation, after which the wait
/// fails.
const MAX_DAEMONS: usize = 20;

/// Returns the warning of a command that no longer waits for an operation, or for the result of a
/// write.
pub(crate) fn farewell(operation: &v1::Operation) -> String {
    const SENT: &str =
        "what was sent to Azure goes on. To see what it has begun, run: azq operation list";
    if operation.url.is_empty() {
        return format!("interrupted; {SENT}");
    }
    format!("interrupted; {}", advice(operation))
}

/// Returns the advice that the operation continues, and how to wait for it.
pub(super) fn advice(operation: &v1::Operation) -> String {
    format!(
        "the operation goes on in Azure. To wait for it, run: azq operation wait {}",
        operation.id
    )
    .trim_end()
    .to_owned()
}

impl Transport {
    /// Waits for the operation with the next daemon, and produces the answer of the original call.
    pub(super) fn resume(
        &mut self,
        call: &CommandCall,
        operation: &v1::Operation,
        sink: &mut impl Sink,
    ) -> Result<ExchangeEnd, TransportError> {
        let mut waiting = call.waiting_for(operation.clone());
        let not_resumed = |why: String| TransportError::NotResumed {
            why,
            operation: Box::new(operation.clone()),
        };
        let mut why = TransportError::CutShort.to_string();
        for _ in 0..MAX_DAEMONS {
            self.disconnect();
            match self.next_daemon() {
                Some(Ok(connection)) => self.connection = Some(connection),
                Some(Err(error)) => return Err(not_resumed(error.to_string())),
                None => {
                    sink.line("WARNING: ", &farewell(operation));
                    return Ok(ExchangeEnd::Done(Outcome::Interrupted));
                }
            }
            // The operation is known from the start, so an interrupt only ends the wait.
            let mut response = Response::waiting_for(operation.clone());
            let broken = match self.exchange(&mut waiting, sink, &mut response) {
                Ok(ended) => return Ok(ended),
                Err(broken) => broken,
            };
            why = match broken {
                BrokenExchange::Gone | BrokenExchange::NotTaken if response.written == 0 => {
                    TransportError::CutShort.to_string()
                }
                BrokenExchange::Gone | BrokenExchange::NotTaken => {
                    return Err(TransportError::CutShort);
                }
                BrokenExchange::Silent => {
                    return Err(not_resumed(TransportError::Silent.to_string()));
                }
                BrokenExchange::Status(status) => return Err(not_resumed(status.to_string())),
            };
        }
        Err(not_resumed(why))
    }

    /// Returns a connection to the next daemon; `None` if the user interrupts the wait for it.
    ///
    /// A thread connects, because connecting can take a while and only this thread can handle
    /// interrupts.
    fn next_daemon(&mut self) -> Option<Result<Connection, ConnectError>> {
        self.interrupts.listen();
        let daemon = Arc::clone(&self.daemon);
        let Ok((done, mut signal)) = UnixStream::pair() else {
            return Some(daemon.again());
        };
        let connecting = thread::spawn(move || {
            let connected = daemon.again();
            // The other end is closed after the user has interrupted the wait.
            let _gone = signal.write_all(b".");
            connected
        });
        loop {
            if self.interrupts.take() {
                return None;
            }
            let mut polled = vec![PollFd::from_borrowed_fd(done.as_fd(), PollFlags::IN)];
            let interrupts = self.interrupts.descriptor();
            polled.extend(interrupts.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
            // Each wait of the thread has a deadline, so this wait ends, too.
            let _interrupted = poll(&mut polled, None);
            if polled
                .first()
                .is_some_and(|done| !done.revents().is_empty())
            {
                break;
            }
        }
        Some(connecting.join().unwrap_or_else(|_panicked| {
            let error = std::io::Error::other("the thread that connects has failed");
            Err(ConnectError::at("connecting to azqd")(error))
        }))
    }
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
