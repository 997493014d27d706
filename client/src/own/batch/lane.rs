//! The fast lane: lines that only look something up, all on one connection of [`crate::direct`]'s, many at once.
//!
//! What has been begun while the batch's task runs goes out in one write, and one read may bring many answers.
//!
//! Invariants: a line whose answer does not come here, for whatever reason, is left to the ordinary way
//! ([`crate::forward`]), unless a part of the answer was given already; every line ends once; a daemon that says nothing for
//! [`Lane::limit`] is asked whether it is there, and given up if it is silent for as long again.
//!
//! Deliberately absent: starting a daemon, complaining about one.

use super::answer::{Collector, Part};
use super::{FAILED, ask};
use crate::cli::CommandCall;
use crate::connect::ANSWER_DEADLINE;
use crate::direct::{self, Answering, End, Odd, Receiver, Session};
use crate::forward::{Failure, Link, Sink};
use crate::show::{Answered, Closed};
use azq_proto::meeting::MeetingPlace;
use azq_proto::v1::{self, reply::Kind};
use prost::bytes::Bytes;
use rustix::net::SocketFlags;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::time::{Instant, Sleep, sleep};

/// Room for the bytes of one read.
const ROOM: usize = 64 << 10;
/// How long a line waits for others to be sent with it, while more are under way than wait. Answers that are kept come sooner
/// than that; those for which Azure is asked take so much longer that it makes no difference.
const COMPANY: Duration = Duration::from_millis(1);

/// The lines that were asked here and have no whole answer yet.
pub(super) struct Lane {
    /// Where the daemon is, if it is the user's.
    place: Option<MeetingPlace>,
    /// How long a daemon may be silent.
    limit: Duration,
    link: Arc<Link>,
    line: RefCell<Option<Line>>,
}

/// A connection.
struct Line {
    socket: UnixStream,
    session: Session<Asked>,
    /// Nothing has waited for its answers yet.
    is_new: bool,
    /// How many lines were not sent yet.
    unsent: usize,
    /// The time at which they are, if they wait for company.
    departure: Pin<Box<Sleep>>,
    waits: bool,
    heard: Instant,
    is_pinged: bool,
    /// When to look next whether it is still heard of.
    look: Pin<Box<Sleep>>,
}

/// A line that was asked.
pub(super) struct Asked {
    answering: Answering<Box<CommandCall>, Collected>,
    /// What is said after the answer.
    after: Option<String>,
    since: Instant,
}

impl Asked {
    pub(super) fn new(call: Box<CommandCall>, after: Option<String>, collector: Collector) -> Self {
        let collected = Collected {
            collector,
            waiting: RefCell::default(),
        };
        Self {
            answering: Answering::to(call, collected),
            after,
            since: Instant::now(),
        }
    }

    /// Asks in the ordinary way, on a task of its own.
    pub(super) fn leave(self, link: Arc<Link>) {
        let Answering { call, sink, .. } = self.answering;
        tokio::spawn(ask(call, self.after, link, sink.collector));
    }

    /// Says that there is no answer.
    fn fail(self, failure: &Failure) {
        self.answering.sink.say("ERROR: ", &failure.to_string());
        self.end(FAILED);
    }

    /// Gives what is left to be given.
    fn end(self, code: u8) {
        let sink = self.answering.sink;
        if let Some(after) = &self.after {
            sink.say("", after);
        }
        sink.give(Part::End(code));
        if !sink.has_room() {
            tokio::spawn(sink.give_the_rest());
        }
    }
}

impl Receiver for Asked {
    fn receive(&mut self, reply: Kind) -> ControlFlow<()> {
        self.answering.receive(reply)
    }

    fn has_room(&self) -> bool {
        self.answering.sink.has_room()
    }
}

/// A [`Collector`] that never waits: what it has no room for is at most what the daemon may send unasked.
struct Collected {
    collector: Collector,
    waiting: RefCell<VecDeque<Part>>,
}

impl Collected {
    fn give(&self, part: Part) {
        let mut waiting = self.waiting.borrow_mut();
        if !waiting.is_empty() {
            waiting.push_back(part);
        } else if let Err(part) = self.collector.give_now(part) {
            waiting.push_back(part);
        }
    }

    fn say(&self, prefix: &str, text: &str) {
        self.give(Part::Stderr(format!("{prefix}{text}\n").into()));
    }

    /// Gives what waits as far as there is room now.
    fn catch_up(&self) {
        let mut waiting = self.waiting.borrow_mut();
        while let Some(part) = waiting.pop_front() {
            if let Err(part) = self.collector.give_now(part) {
                return waiting.push_front(part);
            }
        }
    }

    fn has_room(&self) -> bool {
        self.waiting.borrow().is_empty()
    }

    async fn give_the_rest(self) {
        for part in self.waiting.into_inner() {
            if self.collector.give(part).await.is_err() {
                return;
            }
        }
    }
}

impl Sink for Collected {
    async fn stdout(&self, bytes: Bytes) -> Result<(), Closed> {
        self.give(Part::Stdout(bytes));
        Ok(())
    }

    async fn line(&self, prefix: &str, text: &str) {
        self.say(prefix, text);
    }

    fn progress(&self, _text: String) {}

    async fn turn(&self) {
        std::future::pending::<()>().await;
    }

    async fn interrupted(&self, _operation: &v1::Operation) {
        std::future::pending::<()>().await;
    }

    fn ask(&self, _question: &str) -> Answered {
        Answered::Nobody
    }
}

impl Lane {
    /// A lane to the daemon of a place, if it is the user's; lines that it leaves go to the link.
    pub(super) fn to(place: Option<MeetingPlace>, link: &Arc<Link>) -> Self {
        Self {
            place,
            limit: ANSWER_DEADLINE,
            link: Arc::clone(link),
            line: RefCell::default(),
        }
    }

    /// Asks, or leaves the line to the ordinary way.
    pub(super) fn ask(&self, asked: Asked) {
        let mut line = self.line.borrow_mut();
        if line.as_ref().is_none_or(Line::is_over) {
            *line = self.connected();
        }
        let asked = match &mut *line {
            Some(line) => line.ask(asked),
            None => Err(asked),
        };
        if let Err(asked) = asked {
            asked.leave(Arc::clone(&self.link));
        }
    }

    fn connected(&self) -> Option<Line> {
        let place = self.place.as_ref()?;
        let socket = direct::connected(place, SocketFlags::NONBLOCK)?;
        let socket = UnixStream::from_std(socket.into()).ok()?;
        Some(Line::on(socket, self.limit))
    }

    /// Takes the answers, for ever.
    pub(super) async fn hear(&self) -> Infallible {
        self.always(|line, context| line.hear(context, self.limit))
            .await
    }

    /// Sends what was asked, for ever. It is to be polled after whoever asks, and whoever writes answers and so makes room for more,
    /// in the same task: neither wakes it.
    pub(super) async fn say(&self) -> Infallible {
        self.always(Line::say).await
    }

    async fn always(
        &self,
        act: impl Fn(&mut Line, &mut Context<'_>) -> Result<(), Odd>,
    ) -> Infallible {
        poll_fn(|context| {
            let mut held = self.line.borrow_mut();
            if let Some(line) = &mut *held {
                let acted = act(line, context);
                self.settle(line.session.ended());
                if (acted.is_err() || line.is_over())
                    && let Some(line) = held.take()
                {
                    self.settle(line.session.into_receivers());
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

impl Line {
    fn on(socket: UnixStream, limit: Duration) -> Self {
        Self {
            socket,
            session: Session::new(),
            is_new: true,
            unsent: 0,
            departure: Box::pin(sleep(COMPANY)),
            waits: false,
            heard: Instant::now(),
            is_pinged: false,
            look: Box::pin(sleep(limit / 10)),
        }
    }

    /// Whether it is of no use any more, and nobody's loss.
    fn is_over(&self) -> bool {
        self.session.is_idle() && !self.session.is_open()
    }

    fn ask(&mut self, asked: Asked) -> Result<(), Asked> {
        if self.session.is_idle() {
            self.heard = asked.since;
            self.is_pinged = false;
        }
        let request = &asked.answering.call.request;
        let (path, message) = (request.path(), request.encode());
        self.session.call(path, &message, asked)?;
        self.unsent += 1;
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
    fn say(&mut self, context: &mut Context<'_>) -> Result<(), Odd> {
        for asked in self.session.receivers() {
            asked.answering.sink.catch_up();
        }
        if std::mem::take(&mut self.is_new) {
            context.waker().wake_by_ref();
        }
        if self.waits_for_company(context) {
            return Ok(());
        }
        let outgoing = self.session.outgoing();
        while !outgoing.is_empty() {
            match pin!(self.socket.write(outgoing)).poll(context) {
                Poll::Ready(Ok(sent)) => drop(outgoing.drain(..sent)),
                Poll::Ready(Err(error)) => check(&error)?,
                Poll::Pending => return Ok(()),
            }
        }
        self.unsent = 0;
        Ok(())
    }

    /// Whether what is to be sent waits until half of the lines go together: each time is a system call here, and the daemon's
    /// waking there.
    fn waits_for_company(&mut self, context: &mut Context<'_>) -> bool {
        if self.unsent == 0 || self.session.calls() <= 2 * self.unsent {
            self.waits = false;
        } else if !self.waits {
            self.waits = true;
            self.departure.as_mut().reset(Instant::now() + COMPANY);
        }
        self.waits = self.waits && self.departure.as_mut().poll(context).is_pending();
        self.waits
    }

    /// Reads what has come; whether anything has.
    fn read(&mut self, context: &mut Context<'_>) -> Result<bool, Odd> {
        let incoming = self.session.incoming();
        incoming.reserve(ROOM);
        match pin!(self.socket.read_buf(incoming)).poll(context) {
            Poll::Ready(Ok(0)) => Err(Odd),
            Poll::Ready(Ok(_)) => {
                self.heard = Instant::now();
                self.is_pinged = false;
                Ok(true)
            }
            Poll::Ready(Err(error)) => check(&error).map(|()| true),
            Poll::Pending => Ok(false),
        }
    }

    /// Looks whether the daemon has been silent for too long, for a line or altogether.
    fn look(&mut self, limit: Duration) -> Result<(), Odd> {
        let now = Instant::now();
        let is_long = |since: Instant| now.saturating_duration_since(since) >= limit;
        for asked in self.session.give_up(|asked| is_long(asked.since)) {
            asked.fail(&Failure::Silent);
        }
        if !self.session.is_idle() && is_long(self.heard) {
            if self.is_pinged {
                return Err(Odd);
            }
            self.session.ping();
            self.heard = now;
            self.is_pinged = true;
        }
        self.look.as_mut().reset(now + limit / 10);
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
