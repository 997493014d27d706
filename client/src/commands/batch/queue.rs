//! The lines whose answers are under way, in their order.
//!
//! Invariants: every line is answered once. Of an answer that waits for its turn, at most [`KEPT`]
//! bytes are kept, and those that the daemon may send before it is told to wait. A line whose call
//! fails is carried out again by itself when its turn comes, unless a part of its answer was
//! printed.

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;

use prost::bytes::Bytes;

use super::writer::{LineSink, Part, Stream, Writer};
use crate::cli::CommandCall;
use crate::encoding::Encoding;
use crate::show::Closed;
use crate::transport::{
    CallId, Connection, Event, FAILED, INTERRUPTED, Outcome, Response, Sink, Step, Transport,
    TransportError,
};

/// The bytes of an answer that are kept before the daemon is asked to wait with the rest.
const KEPT: usize = 256 << 10;

/// The lines under way.
pub(super) struct Queue {
    slots: VecDeque<Slot>,
    /// The most lines under way.
    jobs: usize,
    /// The encoding of what they print.
    encoding: Encoding,
}

/// A line under way.
struct Slot {
    number: u64,
    state: State,
    answer: Collector,
}

enum State {
    /// Its call is to be made.
    Waiting(Box<Question>),
    /// Its call is under way.
    Asked(Box<Question>, CallId, Response),
    /// Its call failed before anything was printed.
    Failed(Box<Question>),
    /// It has its exit code.
    Answered(u8),
}

/// A request to the daemon, and a line to print after its answer.
struct Question {
    call: Box<CommandCall>,
    after: Option<String>,
}

/// Collects the parts of an answer.
struct Collector {
    encoding: Encoding,
    parts: Vec<Part>,
    bytes: usize,
}

impl Collector {
    fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            parts: Vec::new(),
            bytes: 0,
        }
    }

    fn push(&mut self, part: Part) {
        self.bytes += part.1.len();
        self.parts.push(part);
    }
}

impl Sink for Collector {
    fn encoding(&self) -> Encoding {
        self.encoding
    }

    fn stdout(&mut self, bytes: Bytes) -> Result<(), Closed> {
        self.push(Part(Stream::Stdout, bytes));
        Ok(())
    }

    fn line(&mut self, prefix: &str, text: &str) {
        self.push(Part(Stream::Stderr, format!("{prefix}{text}\n").into()));
    }
}

impl Queue {
    pub(super) fn new(jobs: usize, encoding: Encoding) -> Self {
        Self {
            slots: VecDeque::new(),
            jobs,
            encoding,
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.slots.len() < self.jobs
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Adds a line that is answered already.
    pub(super) fn push_answer(&mut self, number: u64, parts: Vec<Part>, code: u8) {
        self.push(number, State::Answered(code), parts);
    }

    /// Adds a line that the daemon answers.
    pub(super) fn push_call(&mut self, number: u64, call: Box<CommandCall>, after: Option<String>) {
        let question = Box::new(Question { call, after });
        self.push(number, State::Waiting(question), Vec::new());
    }

    fn push(&mut self, number: u64, state: State, parts: Vec<Part>) {
        let mut answer = Collector::new(self.encoding);
        parts.into_iter().for_each(|part| answer.push(part));
        self.slots.push_back(Slot {
            number,
            state,
            answer,
        });
    }

    /// Makes the calls that are to be made, as far as the daemon takes them now.
    pub(super) fn ask(&mut self, transport: &mut Transport) {
        let is_asking = self.slots.iter().any(Slot::is_asked);
        for slot in &mut self.slots {
            let State::Waiting(question) = &slot.state else {
                continue;
            };
            // A connection that takes no more calls is replaced when those on it have ended.
            let connection = match transport.connection() {
                Some(connection) if connection.is_open() => Some(connection),
                Some(_) if is_asking => return,
                _ => transport.connected().ok(),
            };
            let Some(connection) = connection else {
                slot.fail();
                continue;
            };
            let request = &question.call.request;
            let Some(id) = connection.call(request.path(), &request.encode()) else {
                return;
            };
            slot.state = match slot.take_state() {
                State::Waiting(question) => State::Asked(question, id, Response::default()),
                state => state,
            };
        }
    }

    /// Writes the parts of answers that have come, in order; whether the batch is to stop.
    pub(super) fn write(
        &mut self,
        transport: &mut Transport,
        writer: &mut Writer<'_>,
    ) -> Result<bool, Closed> {
        while let Some(slot) = self.slots.front_mut() {
            let mut sink = LineSink::of(writer);
            for Part(stream, bytes) in std::mem::take(&mut slot.answer.parts) {
                sink.part(stream, &bytes)?;
            }
            slot.answer.bytes = 0;
            let code = match slot.take_state() {
                State::Answered(code) => code,
                State::Failed(mut question) => {
                    let outcome = transport.run(&mut question.call, &mut sink);
                    if let Some(after) = &question.after {
                        sink.line("", after);
                    }
                    match outcome {
                        Outcome::Exit(code) => code,
                        Outcome::Interrupted => INTERRUPTED,
                        // Such a command is answered by a process of its own.
                        Outcome::HandOver(_) => FAILED,
                    }
                }
                state => {
                    if let (State::Asked(_, id, _), Some(connection)) =
                        (&state, transport.connection())
                    {
                        connection.set_full(*id, false);
                    }
                    slot.state = state;
                    return Ok(false);
                }
            };
            let number = slot.number;
            self.slots.pop_front();
            if sink.end(number, code)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Waits until the daemon has answered something or the input is readable; whether it is.
    pub(super) fn wait(
        &mut self,
        transport: &mut Transport,
        input: Option<BorrowedFd<'_>>,
    ) -> bool {
        let (mut is_readable, mut is_lost) = (false, false);
        match transport.wait(input) {
            Some(Ok(ready)) => is_readable = ready,
            Some(Err(_lost)) => is_lost = true,
            None => return transport.interrupts.wait_for(input),
        }
        let mut has_failed = is_lost;
        while let Some((id, event)) = transport.connection().and_then(Connection::next_event) {
            has_failed |= self.take(transport, id, event);
        }
        if has_failed {
            // The other calls on the connection are made again with the one that failed.
            transport.disconnect();
            self.slots.iter_mut().for_each(Slot::fail);
        }
        is_readable
    }

    /// Takes a step of a call's response; whether the call has failed.
    fn take(&mut self, transport: &mut Transport, id: CallId, event: Event) -> bool {
        let Some(slot) = self.slots.iter_mut().find(|slot| slot.is(id)) else {
            return false;
        };
        let State::Asked(question, _, response) = &mut slot.state else {
            return false;
        };
        let message = match event {
            Event::Message(message) => message,
            Event::Ended(_) => return true,
        };
        match response.apply(&question.call, message, &mut slot.answer) {
            Step::Continue => {
                let is_full = slot.answer.bytes >= KEPT;
                if let (true, Some(connection)) = (is_full, transport.connection()) {
                    connection.set_full(id, true);
                }
                false
            }
            Step::Exit(code) => {
                if let Some(after) = question.after.take() {
                    slot.answer.line("", &after);
                }
                slot.state = State::Answered(code);
                false
            }
            _ => true,
        }
    }
}

impl Slot {
    fn is_asked(&self) -> bool {
        matches!(self.state, State::Asked(..))
    }

    fn is(&self, id: CallId) -> bool {
        matches!(self.state, State::Asked(_, own, _) if own == id)
    }

    /// Takes the state, to put another in its place.
    fn take_state(&mut self) -> State {
        std::mem::replace(&mut self.state, State::Answered(FAILED))
    }

    /// Notes that its call has failed.
    fn fail(&mut self) {
        self.state = match self.take_state() {
            State::Waiting(question) => State::Failed(question),
            State::Asked(question, _, response) if response.written == 0 => {
                self.answer = Collector::new(self.answer.encoding);
                State::Failed(question)
            }
            State::Asked(..) => {
                self.answer
                    .line("ERROR: ", &TransportError::CutShort.to_string());
                State::Answered(FAILED)
            }
            state => state,
        };
    }
}
