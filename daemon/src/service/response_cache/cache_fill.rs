//! The copy of an answer that is cached while the answer goes to the client.

use super::answers::{Answer, Question, SHORT};
use super::files::Writing;
use super::{ResponseCache, locked};
use azq_python::surrogate;
use bytes::Bytes;
use std::io;
use std::sync::Arc;

/// The copy of an answer so far; empty for an answer that is not cached.
pub(in super::super) struct CacheFill(Option<PendingFill>);

struct PendingFill {
    remembered: Arc<ResponseCache>,
    question: Question,
    /// The turn to write a long answer; without it only a short answer is kept.
    turn: Option<FillTurn>,
    /// The copy while it is short.
    short: Vec<u8>,
    /// The file of a copy that is long.
    writing: Option<Writing>,
}

impl CacheFill {
    /// Returns a copy that collects nothing.
    pub(in super::super) fn none() -> Self {
        Self(None)
    }

    pub(super) fn of(question: Question, remembered: &Arc<ResponseCache>) -> Self {
        let is_begun = locked(&remembered.answers).begin_long(&question);
        Self(Some(PendingFill {
            remembered: Arc::clone(remembered),
            question,
            turn: is_begun.then(|| FillTurn(Arc::clone(remembered))),
            short: Vec::new(),
            writing: None,
        }))
    }

    /// Whether an answer of this length, in bytes, is written to a disk.
    pub(in super::super) fn writes(&self, length: usize) -> bool {
        let turn = self.0.as_ref().and_then(|gathered| gathered.turn.as_ref());
        length > SHORT && turn.is_some()
    }

    /// Adds the next chunk.
    pub(in super::super) fn add(&mut self, chunk: &Bytes) {
        let Some(gathered) = &mut self.0 else {
            return;
        };
        if let Err(instead) = gathered.add(chunk)
            && let Some(gathered) = self.0.take()
        {
            gathered.end(instead);
        }
    }

    /// Caches the answer, which is complete.
    pub(in super::super) fn end(mut self) {
        let Some(mut gathered) = self.0.take() else {
            return;
        };
        let answer = match gathered.writing.take() {
            None => {
                let short = std::mem::take(&mut gathered.short);
                Answer::Short(short.into_boxed_slice().into())
            }
            Some(writing) => match writing.end() {
                Ok(file) => Answer::Long(Arc::new(file)),
                Err(error) => gathered.failed(&error),
            },
        };
        gathered.end(answer);
    }
}

impl PendingFill {
    /// Adds a chunk. Fails with what is known of an answer that is not kept.
    fn add(&mut self, chunk: &Bytes) -> Result<(), Answer> {
        // The client copies a file to stdout unchecked, so an answer with a surrogate, which Python
        // cannot print, is not kept. A chunk that begins within a character may hold half of one.
        let begins_within = chunk.first().is_some_and(|byte| byte & 0xc0 == 0x80);
        if begins_within || surrogate::is_in(chunk) {
            return Err(Answer::Asked);
        }
        if self.writing.is_none() {
            if self.short.len() + chunk.len() <= SHORT {
                self.short.extend_from_slice(chunk);
                return Ok(());
            }
            let files = &self.remembered.files;
            self.writing = self.turn.as_ref().and_then(|_| files.begin());
        }
        let Some(writing) = &mut self.writing else {
            return Err(Answer::Asked);
        };
        let short = std::mem::take(&mut self.short);
        let written = writing.add(&short).and_then(|()| writing.add(chunk));
        let length = writing.length();
        written.map_err(|error| self.failed(&error))?;
        if length > self.remembered.files.most_bytes {
            return Err(Answer::TooLong);
        }
        Ok(())
    }

    fn failed(&self, error: &io::Error) -> Answer {
        self.remembered.files.has_failed(error);
        Answer::Asked
    }

    fn end(self, answer: Answer) {
        locked(&self.remembered.answers).put(self.question, answer);
    }
}

/// The turn to write the one long answer that is being written.
struct FillTurn(Arc<ResponseCache>);

impl Drop for FillTurn {
    fn drop(&mut self) {
        locked(&self.0.answers).is_gathering = false;
    }
}
