//! A line on the fast lane, and its answer on its way to the writer.

use super::super::answer::{Collector, Part};
use super::super::{FAILED, ask};
use crate::cli::CommandCall;
use crate::direct::{Answering, Receiver};
use crate::forward::{Failure, Link, Sink};
use crate::show::{Answered, Closed};
use azq_proto::v1::{self, reply::Kind};
use prost::bytes::Bytes;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;

/// A line that was asked.
pub(in super::super) struct Asked {
    pub(super) answering: Answering<Box<CommandCall>, Collected>,
    /// What is said after the answer.
    after: Option<String>,
    /// The connection's number of looks when it was asked.
    pub(super) since: u64,
}

impl Asked {
    pub(in super::super) fn new(
        call: Box<CommandCall>,
        after: Option<String>,
        collector: Collector,
    ) -> Self {
        let collected = Collected {
            collector,
            waiting: RefCell::default(),
        };
        Self {
            answering: Answering::to(call, collected),
            after,
            since: 0,
        }
    }

    /// Asks in the ordinary way, on a task of its own.
    pub(super) fn leave(self, link: Arc<Link>) {
        let Answering { call, sink, .. } = self.answering;
        tokio::spawn(ask(call, self.after, link, sink.collector));
    }

    /// Says that there is no answer.
    pub(super) fn fail(self, failure: &Failure) {
        self.answering.sink.say("ERROR: ", &failure.to_string());
        self.end(FAILED);
    }

    /// Gives what is left to be given.
    pub(super) fn end(self, code: u8) {
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
pub(super) struct Collected {
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
    pub(super) fn catch_up(&self) {
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
