//! The destination of rendered bytes: one buffer, or a receiver of chunks.
//!
//! Formats append to [`Sink::buffer`] and call [`Sink::spill`] between entries, so that an answer
//! of any size needs memory for one chunk. Deliberately absent: any knowledge of formats.

use std::ops::ControlFlow;

use azq_jmespath::Checkpoint;

use super::OutputError;

/// The minimum size of a chunk except the last, in bytes, so that most chunks fit one message of 64
/// KiB.
pub(super) const CHUNK: usize = 48 * 1024;

/// The maximum size of an answer, in bytes: several times everything that Azure can list.
///
/// The limit is necessary because a query that selects the same value over and over
/// (`[@, @] | [@, @] | …`) is small in memory and endless when printed.
pub const LIMIT: usize = if cfg!(test) { 8 } else { 512 } * 1024 * 1024;

/// The growth of the buffer between two checks whether there is memory for more, in bytes.
const SMALL: usize = 1024 * 1024;

/// A function that takes the next chunk; `Break` ends the rendering.
pub(super) type Receiver<'r> = dyn FnMut(Vec<u8>) -> ControlFlow<()> + 'r;

/// A buffer of rendered bytes.
pub(super) struct Sink<'r> {
    /// The bytes that the receiver has not got yet.
    pub(super) buffer: Vec<u8>,
    /// The number of bytes that the receiver has got.
    gone: usize,
    /// The length of the buffer at the last check of the checkpoint.
    allowed: usize,
    receiver: Option<&'r mut Receiver<'r>>,
    /// The check whether the rendering may go on.
    pub(super) checkpoint: &'r dyn Checkpoint,
}

impl<'r> Sink<'r> {
    /// Creates a sink that keeps all bytes in its buffer.
    pub(super) fn whole(checkpoint: &'r dyn Checkpoint) -> Self {
        Self {
            buffer: Vec::new(),
            gone: 0,
            allowed: 0,
            receiver: None,
            checkpoint,
        }
    }

    /// Creates a sink that passes each chunk to the receiver as soon as it is full.
    pub(super) fn chunked(receiver: &'r mut Receiver<'r>, checkpoint: &'r dyn Checkpoint) -> Self {
        Self {
            buffer: Vec::with_capacity(CHUNK + CHUNK / 4),
            receiver: Some(receiver),
            ..Self::whole(checkpoint)
        }
    }

    /// Passes the buffer to the receiver if it holds a chunk.
    pub(super) fn spill(&mut self) -> Result<(), OutputError> {
        if self.buffer.len() < CHUNK {
            return Ok(());
        }
        if self.gone + self.buffer.len() > LIMIT {
            return Err(OutputError::TooLarge);
        }
        if self.buffer.len().saturating_sub(self.allowed) >= SMALL {
            self.allowed = self.buffer.len();
            self.checkpoint.check(self.buffer.len())?;
        }
        if self.receiver.is_none() {
            return Ok(());
        }
        self.allowed = 0;
        self.hand_over(Vec::with_capacity(CHUNK + CHUNK / 4))
    }

    /// Passes the rest to the receiver.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, OutputError> {
        if !self.buffer.is_empty() && self.receiver.is_some() {
            self.hand_over(Vec::new())?;
        }
        Ok(self.buffer)
    }

    fn hand_over(&mut self, next: Vec<u8>) -> Result<(), OutputError> {
        let chunk = std::mem::replace(&mut self.buffer, next);
        self.gone += chunk.len();
        match self.receiver.as_mut().map(|receive| receive(chunk)) {
            Some(ControlFlow::Break(())) => Err(OutputError::Closed),
            Some(ControlFlow::Continue(())) | None => Ok(()),
        }
    }
}
