//! The direct way: a command that only reads, in one round trip on a blocking socket.
//!
//! tonic needs a runtime, and with it a process that finds its daemon spends most of its time on becoming ready to ask. What such
//! a command needs of HTTP/2 (RFC 9113) and gRPC is little, so it stands here ([`session`], [`headers`], [`frame`]); docs/benchmarks.md has
//! the figures. `azq batch` asks thousands of times in the same words, on a connection that it does not wait for.
//!
//! Invariants: nothing that changes anything goes this way; what goes wrong before anything was printed is not told but left to
//! [`crate::forward`], which asks again and knows how to start, replace and complain; every wait has a deadline.
//!
//! Deliberately absent: decoding headers and trailers. How a call has ended is what its last [reply](azq_proto::v1::Reply) says; a call without one
//! is left to the ordinary way.

mod exchange;
mod frame;
mod headers;
mod session;
#[cfg(test)]
pub(crate) mod spoken;

use std::borrow::Borrow;
use std::ops::ControlFlow;
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::process::ExitCode;
use std::task::{Context, Poll, Waker};

use azq_proto::meeting::{MeetingPlace, own_uid};
use azq_proto::v1::reply::Kind;
use rustix::net::sockopt::{Timeout, set_socket_timeout, socket_peercred};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

use crate::cli::CommandCall;
use crate::connect::ANSWER_DEADLINE;
use crate::forward::{self, Failure, Sink, Terminal};
use crate::show;
use exchange::{Exchange, Stop};
pub(crate) use session::{End, Odd, Receiver, Session};

/// Carries out a call; `None` if it is for the ordinary way, and nothing was printed.
pub(crate) fn answer(call: &mut CommandCall, place: &MeetingPlace) -> Option<ExitCode> {
    if !call.only_looks() {
        return None;
    }
    call.request.takes_file(true);
    let code = exchange(call, place);
    call.request.takes_file(false);
    code
}

fn exchange(call: &CommandCall, place: &MeetingPlace) -> Option<ExitCode> {
    let socket = connected(place, SocketFlags::empty())?;
    let mut terminal = OrFile(Answering::to(call, Terminal::new()));
    let (path, message) = (call.request.path(), call.request.encode());
    let ended = Exchange::begin(socket, path, &message, &mut terminal)?.replies();
    let OrFile(terminal) = terminal;
    match (ended, terminal.code) {
        (Ok(()), Some(code)) => Some(ExitCode::from(code)),
        (Err(Stop::Silent), _) if !terminal.has_spoken => Some(fail(&Failure::Silent)),
        _ => terminal.has_spoken.then(|| fail(&Failure::CutShort)),
    }
}

/// Takes a file for an answer too. One that cannot be read was removed meanwhile, or lies where this process does not see it: then
/// nothing is printed.
struct OrFile<C, S>(Answering<C, S>);

impl<C: Borrow<CommandCall>, S: Sink> Receiver for OrFile<C, S> {
    fn receive(&mut self, reply: Kind) -> ControlFlow<()> {
        let Self(answering) = self;
        let Kind::File(file) = reply else {
            return answering.receive(reply);
        };
        let Some(shown) = show::file(file.path.as_ref(), file.length) else {
            return ControlFlow::Break(());
        };
        answering.has_spoken = true;
        match shown {
            Ok(()) => ControlFlow::Continue(()),
            Err(closed) => {
                answering.code = Some(forward::code_of(closed));
                ControlFlow::Break(())
            }
        }
    }
}

/// Gives the replies to one call to a sink that takes them without waiting.
pub(crate) struct Answering<C, S> {
    pub(crate) call: C,
    pub(crate) sink: S,
    written: usize,
    /// Whether the sink has anything, so that nobody may be asked again.
    pub(crate) has_spoken: bool,
    /// az's exit code, once it is known.
    pub(crate) code: Option<u8>,
}

impl<C, S> Answering<C, S> {
    pub(crate) fn to(call: C, sink: S) -> Self {
        Self {
            call,
            sink,
            written: 0,
            has_spoken: false,
            code: None,
        }
    }
}

impl<C: Borrow<CommandCall>, S: Sink> Receiver for Answering<C, S> {
    fn receive(&mut self, reply: Kind) -> ControlFlow<()> {
        // Nothing that only looks has something to agree to, or an operation; this takes no file,
        // and starts no daemon.
        if let Kind::Confirm(_)
        | Kind::Writing(_)
        | Kind::Operation(_)
        | Kind::File(_)
        | Kind::Elsewhere(_) = reply
        {
            return ControlFlow::Break(());
        }
        self.has_spoken |= matches!(reply, Kind::Stdout(_) | Kind::Log(_));
        let call = self.call.borrow();
        match at_once(forward::end(call, reply, &self.sink, &mut self.written)) {
            Some(None) => ControlFlow::Continue(()),
            Some(code) => {
                self.code = code;
                ControlFlow::Break(())
            }
            None => ControlFlow::Break(()),
        }
    }
}

/// What a future comes to that has nothing to wait for: the terminal takes what it is given.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

fn fail(failure: &Failure) -> ExitCode {
    show::error(&failure.to_string());
    ExitCode::FAILURE
}

/// A connection to the daemon, if there is one and it is this user's.
pub(crate) fn connected(place: &MeetingPlace, flags: SocketFlags) -> Option<OwnedFd> {
    if !place.check().ok()? {
        return None;
    }
    let address = SocketAddrUnix::new(place.socket()).ok()?;
    let socket = socket_with(
        AddressFamily::UNIX,
        SocketType::STREAM,
        flags | SocketFlags::CLOEXEC,
        None,
    )
    .ok()?;
    for way in [Timeout::Send, Timeout::Recv] {
        // Connecting waits while the daemon's backlog is full; it is a kind of sending.
        set_socket_timeout(&socket, way, Some(ANSWER_DEADLINE)).ok()?;
    }
    connect(&socket, &address).ok()?;
    let peer = socket_peercred(&socket).ok()?;
    (peer.uid.as_raw() == own_uid()).then_some(socket)
}
