//! Calls with a single reply, such as `Hello` and `Stop`.

use std::time::Instant;

use azq_grpc::{CallError, Status};
use prost::Message;

use super::connection::{Connection, Event, Lost};
use crate::daemon::ANSWER_DEADLINE;

/// The reason why a call has no reply.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnaryError {
    #[error("azqd does not answer within {} s; if this goes on, run: azq daemon restart", ANSWER_DEADLINE.as_secs())]
    Silent,
    #[error("it ended the connection")]
    Gone,
    #[error("{0}")]
    Status(Status),
}

impl From<CallError> for UnaryError {
    fn from(error: CallError) -> Self {
        match super::BrokenExchange::from(error) {
            super::BrokenExchange::Status(status) => Self::Status(status),
            _ => Self::Gone,
        }
    }
}

/// Makes a call of service `Daemon` and waits for its reply, within the deadline.
pub(crate) fn unary<T: Message + Default>(
    connection: &mut Connection,
    method: &str,
    request: &impl Message,
) -> Result<T, UnaryError> {
    unary_until(
        Instant::now() + ANSWER_DEADLINE,
        connection,
        method,
        request,
    )
}

/// Makes the call with another deadline.
pub(crate) fn unary_until<T: Message + Default>(
    deadline: Instant,
    connection: &mut Connection,
    method: &str,
    request: &impl Message,
) -> Result<T, UnaryError> {
    let path = format!("/azq.v1.Daemon/{method}");
    let id = connection.call(&path, &request.encode_to_vec());
    let id = id.ok_or(UnaryError::Gone)?;
    let mut lost = None;
    loop {
        while let Some((of, event)) = connection.next_event() {
            match event {
                _ if of != id => {}
                Event::Message(message) => {
                    return T::decode(message).map_err(|_malformed| UnaryError::Gone);
                }
                Event::Ended(error) => return Err(error.into()),
            }
        }
        match lost {
            Some(Lost::Silent) => return Err(UnaryError::Silent),
            Some(Lost::Gone) => return Err(UnaryError::Gone),
            None if Instant::now() >= deadline => return Err(UnaryError::Silent),
            None => lost = connection.wait([None, None], Some(deadline)).err(),
        }
    }
}
