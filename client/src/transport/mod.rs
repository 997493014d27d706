//! The only way from a command to the daemon and back.
//!
//! | module | content |
//! | --- | --- |
//! | `connection` | bytes and calls of one connection, with deadlines |
//! | `response` | the messages of one call, until the outcome of the command is known |
//! | `operation` | continued waiting for a long-running operation whose daemon has vanished |
//! | `unary` | calls with a single reply, such as `Hello` |
//! | `sink` | the destination of a response |
//!
//! Invariants: [`Transport::run`] alone decides whether a request is sent again. A request that
//! changes something is sent again only if the daemon certainly did not process it; a request that
//! only reads is sent again as long as stdout has nothing of its answer. The daemon responds, or
//! the command ends with an error within a deadline. There is no async runtime, because a look-up
//! costs less than the start of one.

mod connection;
mod interrupts;
mod operation;
mod response;
mod sink;
mod unary;

use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use azq_grpc::{CallError, Code, Status};
use azq_proto::v1;

use crate::cli::CommandCall;
use crate::daemon::{self, ANSWER_DEADLINE, ConnectError, Daemon};
use crate::serving::Serving;
use crate::show::Answered;
pub(crate) use connection::{CallId, Connection, Event, Lost, time_until};
pub(crate) use interrupts::Interrupts;
pub(crate) use operation::{INTERRUPTED, farewell};
pub(crate) use response::{Response, Step, exit_code, warns};
pub(crate) use sink::{Sink, Terminal};
pub(crate) use unary::{UnaryError, unary, unary_until};

/// The pauses before a request that only reads is sent again after its daemon has vanished. A
/// killed process accepts connections until it is gone, and several daemons may be ended one after
/// the other. The number of attempts is limited, because the command itself may be what ends the
/// daemon.
const PAUSES: [u64; 8] = [20, 40, 80, 160, 320, 320, 320, 320];

/// az's exit code for an error.
pub(crate) const FAILED: u8 = 1;

/// The outcome of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The command ended with this exit code.
    Exit(u8),
    /// The user interrupted the wait for an operation.
    Interrupted,
    /// Nothing was done; the command is left to the real az, for this reason.
    HandOver(String),
}

/// The reason why a command has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TransportError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(
        "azqd did not take the command within {} s; if this goes on, run: azq daemon restart",
        ANSWER_DEADLINE.as_secs()
    )]
    Silent,
    #[error("{0}")]
    Refused(Status),
    #[error("{why}; {}", operation::advice(operation))]
    NotResumed {
        why: String,
        operation: Box<v1::Operation>,
    },
    #[error(
        "azqd ended while it carried out the command; whether Azure has acted on it is not known, \
         so look before you repeat it"
    )]
    Lost,
    #[error("azqd ended again and again; nothing is lost: go on with azq gen2 migrate --resume")]
    Resumable,
    #[error(
        "azqd sees another file at {0} than this process; set AZQ_RUNTIME_DIR to a directory of \
         this container's own"
    )]
    Elsewhere(String),
    #[error("azqd's answer ended early; run the command again, or look at: azq daemon logs")]
    CutShort,
}

/// The outcome of one exchange with the daemon.
enum ExchangeEnd {
    Done(Outcome),
    /// Nothing was done; the user must agree to this first.
    Confirm(String),
    /// Nothing was done; the daemon sees a different file at this path.
    Elsewhere(String),
}

/// The reason why an exchange was not completed.
#[derive(Debug)]
enum BrokenExchange {
    /// The daemon did not accept the call in time.
    Silent,
    /// The daemon certainly did not process the call.
    NotTaken,
    /// The daemon or the connection ended.
    Gone,
    /// The daemon responded with an error status.
    Status(Status),
}

impl From<Lost> for BrokenExchange {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Silent => Self::Silent,
            Lost::Gone => Self::Gone,
        }
    }
}

impl From<CallError> for BrokenExchange {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused => Self::NotTaken,
            // A daemon that ends sends one of these statuses.
            CallError::Status(status)
                if !matches!(
                    status.code,
                    Code::Ok | Code::Cancelled | Code::Unknown | Code::Unavailable
                ) =>
            {
                Self::Status(status)
            }
            _ => Self::Gone,
        }
    }
}

/// The daemon that serves a process's commands, and the connection to it while there is one.
#[derive(Debug)]
pub(crate) struct Transport {
    daemon: Arc<Daemon>,
    connection: Option<Connection>,
    pub(crate) interrupts: Interrupts,
}

impl Transport {
    /// Creates a transport without a connection.
    pub(crate) fn to(daemon: Daemon) -> Self {
        Self {
            daemon: Arc::new(daemon),
            connection: None,
            interrupts: Interrupts::default(),
        }
    }

    /// Carries out a command, and passes its output to the sink.
    pub(crate) fn run(&mut self, call: &mut CommandCall, sink: &mut impl Sink) -> Outcome {
        match self.converse(call, sink) {
            Ok(outcome) => outcome,
            Err(failure) => {
                sink.line("ERROR: ", &failure.to_string());
                Outcome::Exit(FAILED)
            }
        }
    }

    /// Returns the connection, which is made if there is none. The daemon is started if it is not
    /// running.
    pub(crate) fn connected(&mut self) -> Result<&mut Connection, ConnectError> {
        let connection = match self.connection.take() {
            Some(connection) if connection.is_open() => connection,
            _ => self.daemon.ready()?,
        };
        Ok(self.connection.insert(connection))
    }

    /// Returns the connection, if there is one.
    pub(crate) fn connection(&mut self) -> Option<&mut Connection> {
        self.connection.as_mut()
    }

    /// Waits for the calls in flight, for this input or for an interrupt; returns whether the input
    /// is readable. `None` if no call is in flight.
    pub(crate) fn wait(&mut self, input: Option<BorrowedFd<'_>>) -> Option<Result<bool, Lost>> {
        let connection = self.connection.as_mut().filter(|held| !held.is_idle())?;
        let waited = connection.wait([self.interrupts.descriptor(), input], None);
        Some(waited.map(|ready| ready.others[1]))
    }

    /// Drops the connection with all calls on it.
    pub(crate) fn disconnect(&mut self) {
        self.connection = None;
    }

    /// Whether this process can read the daemon's files.
    pub(crate) fn shares_files(&self) -> bool {
        matches!(*self.daemon, Daemon::Shared(_))
    }

    /// Closes the connection and waits until a daemon that was started for this process alone has
    /// ended.
    pub(crate) fn close(mut self) {
        self.disconnect();
        self.daemon.leave();
    }

    fn converse(
        &mut self,
        call: &mut CommandCall,
        sink: &mut impl Sink,
    ) -> Result<Outcome, TransportError> {
        loop {
            let question = match self.carry_out(call, sink)? {
                ExchangeEnd::Done(outcome) => return Ok(outcome),
                ExchangeEnd::Elsewhere(path) => return Err(TransportError::Elsewhere(path)),
                ExchangeEnd::Confirm(question) => question,
            };
            match sink.ask(&question) {
                answered @ (Answered::No | Answered::Nobody) if call.is_cancelled() => {
                    return Ok(cancelled(answered, call, sink));
                }
                Answered::No => return Ok(Outcome::Exit(0)),
                Answered::Nobody => {
                    // azure-cli-core's words for knack's `NoTTYException`.
                    sink.line("ERROR: ", NO_TERMINAL);
                    return Ok(Outcome::Exit(FAILED));
                }
                Answered::Yes if call.confirm(question) => {}
                Answered::Yes => return Err(TransportError::CutShort),
            }
        }
    }

    /// Sends a request until it has an answer, if it may be sent again.
    fn carry_out(
        &mut self,
        call: &mut CommandCall,
        sink: &mut impl Sink,
    ) -> Result<ExchangeEnd, TransportError> {
        self.connect_for(call)?;
        let mut pauses = PAUSES.into_iter();
        let mut may_replace = true;
        loop {
            let mut response = Response::default();
            let broken = match self.exchange(call, sink, &mut response) {
                Ok(ExchangeEnd::Elsewhere(_)) if self.becomes_private() => {
                    self.connect_for(call)?;
                    continue;
                }
                Ok(ended) => return Ok(ended),
                Err(broken) => broken,
            };
            let may_repeat = response.written == 0
                && match broken {
                    BrokenExchange::NotTaken => response.operation.is_none(),
                    BrokenExchange::Gone => call.only_reads() || call.goes_on_when_repeated(),
                    BrokenExchange::Silent | BrokenExchange::Status(_) => false,
                };
            let pause = if may_repeat { pauses.next() } else { None };
            match (broken, pause) {
                (BrokenExchange::Status(status), _) if may_replace && is_mismatch(&status) => {
                    may_replace = false;
                    self.replace(&status)?;
                }
                (BrokenExchange::Status(status), _) => return Err(TransportError::Refused(status)),
                (BrokenExchange::Silent, _) => return Err(TransportError::Silent),
                (_, Some(pause)) => {
                    daemon::pause(Duration::from_millis(pause));
                    self.reconnect()?;
                }
                (_, None) => return self.after_loss(call, response, sink),
            }
        }
    }

    /// Ends a command whose daemon has vanished and whose request may not be sent again.
    fn after_loss(
        &mut self,
        call: &CommandCall,
        response: Response,
        sink: &mut impl Sink,
    ) -> Result<ExchangeEnd, TransportError> {
        match response.operation {
            Some(operation) if response.written == 0 && !operation.url.is_empty() => {
                self.resume(call, &operation, sink)
            }
            _ if call.goes_on_when_repeated() => Err(TransportError::Resumable),
            _ if call.only_reads() || response.written > 0 => Err(TransportError::CutShort),
            _ => Err(TransportError::Lost),
        }
    }

    /// Connects. For a request that cannot be sent again, the daemon must have just responded to
    /// `Hello`.
    fn connect_for(&mut self, call: &CommandCall) -> Result<(), ConnectError> {
        let connection = self.connected()?;
        if call.only_reads() {
            return Ok(());
        }
        match daemon::hello(connection).map(drop) {
            Err(ConnectError::NoAnswer(_)) => self.reconnect(),
            greeted => greeted,
        }
    }

    /// Switches to a private daemon; returns whether the daemon was a different one before.
    ///
    /// It is needed because a client in another container sees different files than the user's
    /// daemon.
    fn becomes_private(&mut self) -> bool {
        let is_shared = matches!(*self.daemon, Daemon::Shared(_));
        if is_shared {
            self.disconnect();
            self.daemon = Arc::new(Daemon::of(Serving::Private));
        }
        is_shared
    }

    /// Connects again after the connection was lost.
    fn reconnect(&mut self) -> Result<(), ConnectError> {
        self.disconnect();
        self.connection = Some(self.daemon.again()?);
        Ok(())
    }

    /// Connects to a daemon that is compatible with this client, instead of one that refused a
    /// call.
    fn replace(&mut self, status: &Status) -> Result<(), ConnectError> {
        if let Some(connection) = self.connection.take() {
            let lacks_call = status.code == Code::Unimplemented;
            self.connection = Some(self.daemon.replace(connection, lacks_call)?);
        }
        Ok(())
    }

    /// Sends a request once and passes its response on.
    fn exchange(
        &mut self,
        call: &mut CommandCall,
        sink: &mut impl Sink,
        response: &mut Response,
    ) -> Result<ExchangeEnd, BrokenExchange> {
        let takes_file = self.shares_files() && sink.takes_files();
        call.request.takes_file(takes_file);
        let connection = self.connection.as_mut().ok_or(BrokenExchange::NotTaken)?;
        let mut id = begin(connection, call)?;
        let mut lost = None;
        // Interrupts are recorded so that the line on the terminal is cleared.
        let mut clears_line = false;
        loop {
            while let Some((of, event)) = connection.next_event() {
                let message = match event {
                    _ if of != id => continue,
                    Event::Message(message) => message,
                    Event::Ended(error) => return Err(error.into()),
                };
                match response.apply(call, message, sink) {
                    Step::Continue => {}
                    Step::Exit(code) => return Ok(ExchangeEnd::Done(Outcome::Exit(code))),
                    Step::Confirm(question) => return Ok(ExchangeEnd::Confirm(question)),
                    Step::Elsewhere(path) => return Ok(ExchangeEnd::Elsewhere(path)),
                    Step::HandOver(reason) => {
                        return Ok(ExchangeEnd::Done(Outcome::HandOver(reason)));
                    }
                    Step::Malformed => return Err(BrokenExchange::Gone),
                    Step::FileUnreadable => {
                        call.request.takes_file(false);
                        id = begin(connection, call)?;
                    }
                }
            }
            if let Some(lost) = lost {
                return Err(BrokenExchange::from(lost));
            }
            let is_shown = sink.next_tick().is_some();
            if response.operation.is_some() || is_shown {
                self.interrupts.listen();
                clears_line |= is_shown;
            } else if clears_line {
                self.interrupts.let_go();
            }
            if (response.operation.is_some() || clears_line) && self.interrupts.take() {
                if let Some(operation) = &response.operation {
                    sink.line("WARNING: ", &farewell(operation));
                }
                return Ok(ExchangeEnd::Done(Outcome::Interrupted));
            }
            if sink.next_tick().is_some_and(|at| at <= Instant::now()) {
                sink.tick();
            }
            let others = [self.interrupts.descriptor(), None];
            lost = connection.wait(others, sink.next_tick()).err();
        }
    }
}

const NO_TERMINAL: &str = "Unable to prompt for confirmation as no tty available. Use --yes.";

/// Ends a command to which the user did not agree (knack, `commands.py`).
fn cancelled(answered: Answered, call: &CommandCall, sink: &mut impl Sink) -> Outcome {
    if answered == Answered::Nobody && warns(call) {
        sink.line("WARNING: ", NO_TERMINAL);
    }
    sink.line("ERROR: ", "Operation cancelled.");
    Outcome::Exit(FAILED)
}

fn begin(connection: &mut Connection, call: &CommandCall) -> Result<CallId, BrokenExchange> {
    let (path, message) = (call.request.path(), call.request.encode());
    connection
        .call(path, &message)
        .ok_or(BrokenExchange::NotTaken)
}

/// Whether a daemon of a different version refuses the call.
fn is_mismatch(status: &Status) -> bool {
    matches!(status.code, Code::FailedPrecondition | Code::Unimplemented)
}
