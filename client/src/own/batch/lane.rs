//! The fast lane: lines that only look something up, all on one connection of [`crate::direct`]'s, many at once.
//!
//! What has been begun while the batch's task runs goes out in few writes, and one read may bring many answers.
//!
//! Invariants: a line whose answer does not come here, for whatever reason, is left to the ordinary way
//! ([`crate::forward`]), unless a part of the answer was given already; every line ends once; a daemon that says nothing for
//! [`Lane::limit`] is asked whether it is there, and given up if it is silent for as long again.
//!
//! Deliberately absent: starting a daemon, complaining about one.

mod asked;

use crate::connect::ANSWER_DEADLINE;
use crate::direct::{self, End, Odd, Session};
use crate::forward::{Failure, Link};
pub(super) use asked::Asked;
use azq_proto::meeting::MeetingPlace;
use rustix::net::SocketFlags;
use std::cell::RefCell;
use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::time::{Instant, Sleep, sleep};

/// How often is looked before a daemon that is silent is given up. Looks are counted, not time: while the batch waits for
/// whoever reads its answers there are none, and what the daemon has said meanwhile is still to be read.
const LOOKS: u8 = 10;
/// Room for the bytes of one read.
const ROOM: usize = 64 << 10;

/// The lines that were asked here and have no whole answer yet.
pub(super) struct Lane {
    /// Where the daemon is, if it is the user's.
    place: Option<MeetingPlace>,
    /// How long a daemon may be silent.
    limit: Duration,
    link: Arc<Link>,
    connection: RefCell<Option<Connection>>,
}

/// A connection.
struct Connection {
    socket: UnixStream,
    session: Session<Asked>,
    /// Nothing has waited for its answers yet.
    is_new: bool,
    /// How many lines were not sent yet.
    unsent: usize,
    /// How often was looked whether it is still heard of, and how often that was when it last was.
    looks: u64,
    heard: u64,
    is_pinged: bool,
    /// When to look next whether it is still heard of.
    look: Pin<Box<Sleep>>,
}

impl Lane {
    /// A lane to the daemon of a place, if it is the user's; lines that it leaves go to the link.
    pub(super) fn to(place: Option<MeetingPlace>, link: &Arc<Link>) -> Self {
        Self {
            place,
            limit: ANSWER_DEADLINE,
            link: Arc::clone(link),
            connection: RefCell::default(),
        }
    }

    /// Asks, or leaves the line to the ordinary way.
    pub(super) fn ask(&self, asked: Asked) {
        let mut connection = self.connection.borrow_mut();
        if connection.as_ref().is_none_or(Connection::is_over) {
            *connection = self.connected();
        }
        let asked = match &mut *connection {
            Some(connection) => connection.ask(asked),
            None => Err(asked),
        };
        if let Err(asked) = asked {
            asked.leave(Arc::clone(&self.link));
        }
    }

    fn connected(&self) -> Option<Connection> {
        let place = self.place.as_ref()?;
        let socket = direct::connected(place, SocketFlags::NONBLOCK)?;
        let socket = UnixStream::from_std(socket.into()).ok()?;
        Some(Connection::on(socket, self.limit))
    }

    /// Takes the answers, for ever.
    pub(super) async fn hear(&self) -> Infallible {
        self.always(|connection, context| connection.hear(context, self.limit))
            .await
    }

    /// Sends what was asked, for ever. It is to be polled after whoever asks, and whoever writes answers and so makes room for more,
    /// in the same task: neither wakes it.
    pub(super) async fn say(&self) -> Infallible {
        self.always(|connection, context| {
            connection.say(context);
            Ok(())
        })
        .await
    }

    async fn always(
        &self,
        act: impl Fn(&mut Connection, &mut Context<'_>) -> Result<(), Odd>,
    ) -> Infallible {
        poll_fn(|context| {
            let mut held = self.connection.borrow_mut();
            if let Some(connection) = &mut *held {
                let acted = act(connection, context);
                self.settle(connection.session.ended());
                if (acted.is_err() || connection.is_over())
                    && let Some(connection) = held.take()
                {
                    self.settle(connection.session.into_receivers());
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Ends the lines that are answered, and leaves the others to the ordinary way, unless somebody would hear something twice.
    fn settle(&self, ended: impl Iterator<Item = (Asked, End)>) {
        for (asked, end) in ended {
            match (end, asked.answering.code) {
                (End::Answered, Some(code)) => asked.end(code),
                _ if asked.answering.has_spoken => asked.fail(&Failure::CutShort),
                _ => asked.leave(Arc::clone(&self.link)),
            }
        }
    }
}

impl Connection {
    fn on(socket: UnixStream, limit: Duration) -> Self {
        Self {
            socket,
            session: Session::new(),
            is_new: true,
            unsent: 0,
            looks: 0,
            heard: 0,
            is_pinged: false,
            look: Box::pin(sleep(limit / u32::from(LOOKS))),
        }
    }

    /// Whether it is of no use any more, and nobody's loss.
    fn is_over(&self) -> bool {
        self.session.is_idle() && !self.session.is_open()
    }

    fn ask(&mut self, mut asked: Asked) -> Result<(), Asked> {
        asked.since = self.looks;
        if self.session.is_idle() {
            self.heard = self.looks;
            self.is_pinged = false;
        }
        let request = &asked.answering.call.request;
        let (path, message) = (request.path(), request.encode());
        self.session.call(path, &message, asked)?;
        self.unsent += 1;
        // The daemon works on one half of the lines while the other is made ready here. (One alone is sent when this task rests.)
        if self.unsent >= 2 && self.session.calls() <= 2 * self.unsent {
            self.send(|socket, bytes| match socket.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
                tried => Poll::Ready(tried),
            });
        }
        Ok(())
    }

    fn hear(&mut self, context: &mut Context<'_>, limit: Duration) -> Result<(), Odd> {
        while self.read(context)? {
            self.session.take()?;
        }
        // Nothing is waited for while nothing is asked, not even the time.
        while !self.session.is_idle() && self.look.as_mut().poll(context).is_ready() {
            self.look(limit)?;
        }
        Ok(())
    }

    /// Sends as much as the socket takes.
    fn say(&mut self, context: &mut Context<'_>) {
        for asked in self.session.receivers() {
            asked.answering.sink.catch_up();
        }
        if std::mem::take(&mut self.is_new) {
            context.waker().wake_by_ref();
        }
        self.send(|socket, bytes| pin!(socket.write(bytes)).poll(context));
    }

    /// Writes until everything is sent, or the socket takes no more.
    fn send(&mut self, mut write: impl FnMut(&mut UnixStream, &[u8]) -> Poll<io::Result<usize>>) {
        let outgoing = self.session.outgoing();
        while !outgoing.is_empty() {
            match write(&mut self.socket, outgoing) {
                Poll::Ready(Ok(sent)) => drop(outgoing.drain(..sent)),
                Poll::Ready(Err(error)) if check(&error).is_ok() => {}
                // A daemon that has answered and gone: its answers are still to be read.
                Poll::Ready(Err(_)) => return self.session.is_not_heard(),
                Poll::Pending => return,
            }
        }
        self.unsent = 0;
    }

    /// Reads what has come; whether anything has.
    fn read(&mut self, context: &mut Context<'_>) -> Result<bool, Odd> {
        let incoming = self.session.incoming();
        incoming.reserve(ROOM);
        match pin!(self.socket.read_buf(incoming)).poll(context) {
            Poll::Ready(Ok(0)) => Err(Odd),
            Poll::Ready(Ok(_)) => {
                self.heard = self.looks;
                self.is_pinged = false;
                Ok(true)
            }
            Poll::Ready(Err(error)) => check(&error).map(|()| true),
            Poll::Pending => Ok(false),
        }
    }

    /// Looks whether the daemon has been silent for too long, for a line or altogether.
    fn look(&mut self, limit: Duration) -> Result<(), Odd> {
        self.looks += 1;
        let looks = self.looks;
        // More, because the first may be due when something is asked.
        let is_long = |since: u64| looks - since > u64::from(LOOKS);
        for asked in self.session.give_up(|asked| is_long(asked.since)) {
            asked.fail(&Failure::Silent);
        }
        if !self.session.is_idle() && is_long(self.heard) {
            if self.is_pinged {
                return Err(Odd);
            }
            self.session.ping();
            self.heard = looks;
            self.is_pinged = true;
        }
        let next = Instant::now() + limit / u32::from(LOOKS);
        self.look.as_mut().reset(next);
        Ok(())
    }
}

/// An interrupted system call is begun again.
fn check(error: &io::Error) -> Result<(), Odd> {
    if error.kind() == io::ErrorKind::Interrupted {
        Ok(())
    } else {
        Err(Odd)
    }
}

#[cfg(test)]
mod tests;
