//! The direct way: a command that only reads, in one round trip on a blocking socket.
//!
//! tonic needs a runtime, and with it a process that finds its daemon spends most of its time on becoming ready to ask. What such
//! a command needs of HTTP/2 (RFC 9113) and gRPC is little, so it stands here ([`exchange`], [`frame`]); the README has the figures.
//!
//! Invariants: nothing that changes anything goes this way; what goes wrong before anything was printed is not told but left to
//! [`crate::forward`], which asks again and knows how to start, replace and complain; every wait has a deadline.
//!
//! Deliberately absent: decoding headers and trailers. How a call has ended is what its last [`v1::Reply`] says; a call without one
//! is left to the ordinary way.

mod exchange;
mod frame;

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
use crate::forward::{self, Failure, Terminal};
use crate::show;
use exchange::{Exchange, Stop};

/// Carries out a call; `None` if it is for the ordinary way, and nothing was printed.
pub(crate) fn answer(call: &CommandCall, place: &MeetingPlace) -> Option<ExitCode> {
    if !call.only_looks() {
        return None;
    }
    let socket = connected(place)?;
    let mut exchange = Exchange::begin(socket, call.request.path(), &call.request.encode())?;
    let terminal = Terminal::new();
    let mut written = 0;
    let mut has_spoken = false;
    let ended = exchange.replies(|kind| match kind {
        // Nothing that only looks has something to agree to, or an operation.
        Kind::Confirm(_) | Kind::Writing(_) | Kind::Operation(_) => ControlFlow::Break(None),
        kind => {
            has_spoken |= matches!(kind, Kind::Stdout(_) | Kind::Log(_));
            match at_once(forward::end(call, kind, &terminal, &mut written)) {
                Some(Some(code)) => ControlFlow::Break(Some(ExitCode::from(code))),
                Some(None) => ControlFlow::Continue(()),
                None => ControlFlow::Break(None),
            }
        }
    });
    match ended {
        Ok(Some(code)) => Some(code),
        Err(Stop::Silent) if !has_spoken => Some(fail(&Failure::Silent)),
        Ok(None) | Err(_) => has_spoken.then(|| fail(&Failure::CutShort)),
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
fn connected(place: &MeetingPlace) -> Option<OwnedFd> {
    if !place.check().ok()? {
        return None;
    }
    let address = SocketAddrUnix::new(place.socket()).ok()?;
    let socket = socket_with(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
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
