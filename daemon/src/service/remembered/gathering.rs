//! An answer on its way to the client, gathered to be given again.

use super::answers::{Chunks, LONGEST, Question, SHORT};
use super::{Remembered, locked};
use bytes::Bytes;
use std::sync::Arc;

/// What is gathered of an answer; nothing of one that is not kept.
pub(in super::super) struct Gathering(Option<Gathered>);

struct Gathered {
    remembered: Arc<Remembered>,
    question: Question,
    /// Without it only a short answer is kept.
    turn: Option<Turn>,
    chunks: Vec<Bytes>,
    bytes: usize,
}

impl Gathering {
    /// Gathers nothing.
    pub(in super::super) fn none() -> Self {
        Self(None)
    }

    pub(super) fn of(question: Question, remembered: &Arc<Remembered>) -> Self {
        let is_begun = locked(&remembered.answers).begin_long(&question);
        Self(Some(Gathered {
            remembered: Arc::clone(remembered),
            question,
            turn: is_begun.then(|| Turn(Arc::clone(remembered))),
            chunks: Vec::new(),
            bytes: 0,
        }))
    }

    /// The next part.
    pub(in super::super) fn add(&mut self, chunk: &Bytes) {
        let Some(gathered) = &mut self.0 else {
            return;
        };
        gathered.bytes += chunk.len();
        let limit = gathered.turn.as_ref().map_or(SHORT, |_| LONGEST);
        if gathered.bytes <= limit {
            gathered.chunks.push(chunk.clone());
        } else if let Some(gathered) = self.0.take() {
            gathered.end(false);
        }
    }

    /// The answer is whole.
    pub(in super::super) fn end(mut self) {
        if let Some(gathered) = self.0.take() {
            gathered.end(true);
        }
    }
}

impl Gathered {
    fn end(mut self, is_whole: bool) {
        if self.bytes <= SHORT {
            // Copies of their own, for these may be a small part of what was reserved for them.
            let own = |chunk: &Bytes| Bytes::copy_from_slice(chunk);
            self.chunks = self.chunks.iter().map(own).collect();
        }
        let chunks: Option<Chunks> = is_whole.then(|| self.chunks.into());
        let is_long = is_whole && self.bytes > SHORT;
        locked(&self.remembered.answers).put(self.question, chunks);
        if is_long {
            self.remembered.watch_long_answers();
        }
    }
}

/// The turn of the one long answer that is gathered.
struct Turn(Arc<Remembered>);

impl Drop for Turn {
    fn drop(&mut self) {
        locked(&self.0.answers).is_gathering = false;
    }
}
