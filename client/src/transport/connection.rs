//! One connection to the daemon: a [`Session`] and its socket, for any number of calls at once.
//!
//! Invariants: no wait is longer than [`ANSWER_DEADLINE`] without a check whether the daemon is
//! still running; a daemon that has accepted all calls may take any time as long as it responds to
//! pings.

use std::cell::Cell;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use azq_grpc::{CallError, Options, Receiver, Session};
use azq_proto::protocol;
use prost::bytes::{Buf, Bytes};
use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{SendFlags, send};

use crate::daemon::ANSWER_DEADLINE;

/// The maximum length of a message from the daemon: a chunk of stdout, with a margin.
const MAX_MESSAGE: usize = 1 << 20;
/// The buffer sizes for one read: for a short response, and for a long one.
const READ_SIZE: [usize; 2] = [8 << 10, 256 << 10];
/// A daemon that has gone is an error, not a signal. macOS lacks the flag, and Rust's runtime
/// ignores SIGPIPE.
#[cfg(target_os = "linux")]
const NO_SIGNAL: SendFlags = SendFlags::NOSIGNAL;
#[cfg(not(target_os = "linux"))]
const NO_SIGNAL: SendFlags = SendFlags::empty();

/// A call on one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallId(u64);

/// A step of a call's response.
#[derive(Debug)]
pub(crate) enum Event {
    Message(Bytes),
    Ended(CallError),
}

/// The reason why a connection can no longer be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// The daemon has not accepted a call within the deadline.
    Silent,
    /// The daemon ended, no longer responds, or violated the protocol.
    Gone,
}

/// The descriptors for which a wait ended early.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ready {
    /// Whether each of the caller's own descriptors is readable.
    pub(crate) others: [bool; 2],
}

/// A connection to the daemon.
#[derive(Debug)]
pub(crate) struct Connection {
    socket: UnixStream,
    session: Session<Inbox>,
    events: mpsc::Receiver<(CallId, Event)>,
    sender: mpsc::Sender<(CallId, Event)>,
    next_id: u64,
    /// The time that this client has waited without receiving anything. Time that it spends
    /// elsewhere does not count, because nothing is read then.
    silence: Duration,
    is_pinged: bool,
}

/// A receiver that passes the messages of one call on to its connection.
#[derive(Debug)]
struct Inbox {
    id: CallId,
    events: mpsc::Sender<(CallId, Event)>,
    is_full: Cell<bool>,
}

impl Receiver for Inbox {
    fn receive(&mut self, mut message: impl Buf) {
        let message = message.copy_to_bytes(message.remaining());
        // The connection, which holds the other end, outlives its inboxes.
        let _gone = self.events.send((self.id, Event::Message(message)));
    }

    fn has_capacity(&self) -> bool {
        !self.is_full.get()
    }
}

impl Connection {
    /// Creates a connection on a connected socket, on which nothing has been sent.
    pub(crate) fn new(socket: UnixStream) -> std::io::Result<Self> {
        socket.set_nonblocking(true)?;
        let range = format!("{}-{}", protocol::OLDEST, protocol::NEWEST);
        let options = Options {
            authority: "azqd",
            metadata: (protocol::METADATA_KEY, range),
            max_message: MAX_MESSAGE,
        };
        let (sender, events) = mpsc::channel();
        Ok(Self {
            socket,
            session: Session::new(&options),
            events,
            sender,
            next_id: 0,
            silence: Duration::ZERO,
            is_pinged: false,
        })
    }

    /// Begins a call; `None` if the daemon takes no more calls for now.
    pub(crate) fn call(&mut self, path: &str, message: &[u8]) -> Option<CallId> {
        if self.session.is_idle() {
            self.expect_answer();
        }
        let id = CallId(self.next_id);
        self.next_id += 1;
        let inbox = Inbox {
            id,
            events: self.sender.clone(),
            is_full: Cell::new(false),
        };
        self.session.call(path, message, inbox).ok()?;
        Some(id)
    }

    /// Whether the daemon takes more calls, either now or after others have ended.
    pub(crate) fn is_open(&self) -> bool {
        self.session.is_open()
    }

    /// Whether no call is in flight.
    pub(crate) fn is_idle(&self) -> bool {
        self.session.is_idle()
    }

    /// Sets whether the daemon must not send more of a response than the current window allows.
    pub(crate) fn set_full(&mut self, id: CallId, is_full: bool) {
        if let Some(inbox) = self.session.receivers().find(|inbox| inbox.id == id) {
            inbox.is_full.set(is_full);
        }
    }

    /// Returns the next step of any call.
    pub(crate) fn next_event(&mut self) -> Option<(CallId, Event)> {
        self.events.try_recv().ok()
    }

    fn expect_answer(&mut self) {
        self.silence = Duration::ZERO;
        self.is_pinged = false;
    }

    /// Sends the outgoing bytes, as far as the socket takes them.
    pub(crate) fn flush(&mut self) {
        let due = self.session.outgoing();
        while !due.is_empty() {
            match send(&self.socket, due, NO_SIGNAL) {
                Ok(sent) => drop(due.drain(..sent)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                // The daemon has responded and ended; its response can still be read.
                Err(_) => {
                    self.session.close_write();
                    return;
                }
            }
        }
    }

    /// Waits until the daemon has sent something, one of the caller's descriptors is readable, or
    /// this time has come. There may be events even if the connection is lost.
    pub(crate) fn wait(
        &mut self,
        others: [Option<BorrowedFd<'_>>; 2],
        until: Option<Instant>,
    ) -> Result<Ready, Lost> {
        self.flush();
        let is_waited_for = !self.session.is_idle();
        let began = Instant::now();
        let silent_at = began + ANSWER_DEADLINE.saturating_sub(self.silence);
        let deadline = match (is_waited_for, until) {
            (true, Some(until)) => Some(until.min(silent_at)),
            (true, None) => Some(silent_at),
            (false, until) => until,
        };
        let wants_write = !self.session.outgoing().is_empty();
        let (readable, ready) = self.poll(others, deadline, wants_write);
        self.silence += began.elapsed();
        if readable {
            self.read()?;
        } else if is_waited_for && self.silence >= ANSWER_DEADLINE {
            self.look_after_silence()?;
        }
        self.flush();
        Ok(ready)
    }

    /// Waits, and returns whether the socket and the other descriptors are readable.
    fn poll(
        &self,
        others: [Option<BorrowedFd<'_>>; 2],
        deadline: Option<Instant>,
        wants_write: bool,
    ) -> (bool, Ready) {
        let mut events = PollFlags::IN;
        events.set(PollFlags::OUT, wants_write);
        let mut polled = vec![PollFd::from_borrowed_fd(self.socket.as_fd(), events)];
        let given = others.iter().flatten();
        polled.extend(given.map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)));
        // An interrupted wait finds nothing; the caller waits again.
        let _interrupted = poll(&mut polled, deadline.map(time_until).as_ref());
        let mut readable = polled.iter().map(|polled| {
            let found = polled.revents();
            found.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR)
        });
        let socket = readable.next().unwrap_or_default();
        let mut ready = Ready::default();
        for (other, found) in others.iter().zip(&mut ready.others) {
            *found = other.is_some() && readable.next().unwrap_or_default();
        }
        (socket, ready)
    }

    fn read(&mut self) -> Result<(), Lost> {
        let room = READ_SIZE[usize::from(self.session.is_receiving())];
        let incoming = self.session.incoming();
        incoming.reserve(room);
        match rustix::io::read(&self.socket, spare_capacity(incoming)) {
            Ok(0) => return Err(Lost::Gone),
            Ok(_) => {}
            Err(Errno::INTR | Errno::AGAIN) => return Ok(()),
            Err(_) => return Err(Lost::Gone),
        }
        self.expect_answer();
        let processed = self.session.process();
        for (inbox, error) in self.session.ended() {
            let _gone = self.sender.send((inbox.id, Event::Ended(error)));
        }
        processed.map_err(|_violation| Lost::Gone)
    }

    /// Pings a daemon that has accepted all calls, once.
    fn look_after_silence(&mut self) -> Result<(), Lost> {
        match (self.session.all_accepted(), self.is_pinged) {
            (false, _) => Err(Lost::Silent),
            (true, true) => Err(Lost::Gone),
            (true, false) => {
                self.session.ping();
                self.silence = Duration::ZERO;
                self.is_pinged = true;
                Ok(())
            }
        }
    }
}

/// Returns the remaining time, in the form for `poll`.
pub(crate) fn time_until(deadline: Instant) -> Timespec {
    let left = deadline.saturating_duration_since(Instant::now());
    // A wait that ends early is repeated; it must not spin.
    let left = left.max(Duration::from_micros(1));
    Timespec {
        tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: left.subsec_nanos().into(),
    }
}
