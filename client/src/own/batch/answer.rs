//! The answer to one line on its way to the writer.
//!
//! Invariant: an answer whose turn has not come holds at most [`PARTS_AHEAD`] parts; then whoever gives it waits.

use crate::forward::Sink;
use crate::show::{Answered, Closed};
use azq_proto::v1;
use prost::bytes::Bytes;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, OwnedSemaphorePermit, mpsc};

/// How many parts are kept until an answer's turn comes. The daemon's and a child's have at most 64 KiB.
const PARTS_AHEAD: usize = 4;

/// A part of an answer. The last is its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    Stdout(Bytes),
    Stderr(Bytes),
    /// The exit code.
    End(u8),
}

/// An answer, to be written when its turn comes.
pub(super) struct Answer {
    pub(super) parts: mpsc::Receiver<Part>,
    /// The number of its line.
    pub(super) line: u64,
    /// Whoever waits for it may begin when this answer is written.
    _place: OwnedSemaphorePermit,
}

/// Collects an answer.
pub(super) struct Collector {
    parts: mpsc::Sender<Part>,
    under_way: Arc<UnderWay>,
}

impl Answer {
    /// The answer to the line of this number.
    pub(super) fn of_line(self, line: u64) -> Self {
        Self { line, ..self }
    }
}

/// An answer, and the collector to which it is given.
pub(super) fn answer(place: OwnedSemaphorePermit, under_way: Arc<UnderWay>) -> (Answer, Collector) {
    let (sender, parts) = mpsc::channel(PARTS_AHEAD);
    let answer = Answer {
        parts,
        line: 0,
        _place: place,
    };
    let collector = Collector {
        parts: sender,
        under_way,
    };
    (answer, collector)
}

impl Collector {
    /// A part; an error if the writer is gone.
    pub(super) async fn give(&self, part: Part) -> Result<(), Closed> {
        self.parts.send(part).await.map_err(|_gone| Closed::Pipe)
    }

    /// A part, without waiting; it comes back if there is no room for it now.
    pub(super) fn give_now(&self, part: Part) -> Result<(), Part> {
        match self.parts.try_send(part) {
            Err(mpsc::error::TrySendError::Full(part)) => Err(part),
            // Without a writer nobody waits for it.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
        }
    }

    /// The end. What was done for the answer must have been dropped.
    pub(super) async fn end(self, code: u8) {
        self.under_way.set(None);
        // Without a writer nobody waits for it.
        let _gone = self.give(Part::End(code)).await;
    }
}

impl Sink for Collector {
    async fn stdout(&self, bytes: Bytes) -> Result<(), Closed> {
        self.give(Part::Stdout(bytes)).await
    }

    async fn line(&self, prefix: &str, text: &str) {
        let line = format!("{prefix}{text}\n");
        let _gone = self.give(Part::Stderr(line.into())).await;
    }

    fn progress(&self, _text: String) {}

    async fn turn(&self) {
        std::future::pending::<()>().await;
    }

    /// Never by itself: Ctrl-C ends the whole batch.
    async fn interrupted(&self, operation: &v1::Operation) {
        self.under_way.set(Some(operation.clone()));
        std::future::pending::<()>().await;
    }

    /// Standard input belongs to the batch.
    fn ask(&self, _question: &str) -> Answered {
        Answered::Nobody
    }
}

/// The long-running operation that a line waits for: at most one, because what begins one is carried out alone.
#[derive(Default)]
pub(super) struct UnderWay {
    operation: Mutex<Option<v1::Operation>>,
    begun: Notify,
}

impl UnderWay {
    fn set(&self, operation: Option<v1::Operation>) {
        let has_begun = operation.is_some();
        *self.lock() = operation;
        if has_begun {
            self.begun.notify_one();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<v1::Operation>> {
        self.operation
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for Ctrl-C; the operation of that moment. Until the first operation Ctrl-C ends the process, as ever.
    pub(super) async fn interrupted(&self) -> Option<v1::Operation> {
        self.begun.notified().await;
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        self.lock().clone()
    }
}
