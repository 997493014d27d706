//! One call of a connection: what of its request is still to be sent, and how far its response is.

use std::ops::ControlFlow;

use crate::message::{Messages, Receiver};
use crate::settings::{PeerSettings, STREAM_WINDOW};
use crate::{ProtocolError, frame};

/// How much of a response is read before the peer is told, so that not each byte is.
const UPDATE_AFTER: usize = STREAM_WINDOW as usize / 4;

/// A call under way.
#[derive(Debug)]
pub(crate) struct Stream<R> {
    pub(crate) id: u32,
    pub(crate) receiver: R,
    /// Whether the server has begun to respond.
    pub(crate) is_accepted: bool,
    messages: Messages,
    /// How many bytes were read and not reported to the peer.
    unreported: usize,
    /// The request message with its prefix, and how much of it was sent.
    body: Vec<u8>,
    sent: usize,
    /// How many bytes the peer takes on this stream; a change of its settings can make it negative.
    window: i64,
}

impl<R: Receiver> Stream<R> {
    pub(crate) fn new(id: u32, receiver: R, body: Vec<u8>, peer: &PeerSettings) -> Self {
        Self {
            id,
            receiver,
            is_accepted: false,
            messages: Messages::default(),
            unreported: 0,
            body,
            sent: 0,
            window: peer.initial_window.into(),
        }
    }

    /// Whether the whole request was handed to the connection.
    pub(crate) fn is_sent(&self) -> bool {
        self.sent == self.body.len()
    }

    /// Appends as much of the request as the windows of stream and connection allow.
    pub(crate) fn send(&mut self, out: &mut Vec<u8>, connection: &mut i64, max_frame: usize) {
        while !self.is_sent() {
            let window = usize::try_from(self.window.min(*connection)).unwrap_or_default();
            let unsent = self.body.get(self.sent..).unwrap_or_default();
            let length = unsent.len().min(window).min(max_frame);
            if length == 0 {
                return;
            }
            let is_last = length == unsent.len();
            let flags = if is_last { frame::END_STREAM } else { 0 };
            let payload = unsent.get(..length).unwrap_or_default();
            frame::push(out, frame::DATA, flags, self.id, payload);
            self.sent += length;
            // A frame is no longer than a window, which has 31 bits.
            let length = i64::try_from(length).unwrap_or_default();
            self.window -= length;
            *connection -= length;
        }
        self.body = Vec::new();
        self.sent = 0;
    }

    /// Changes the window by what the peer says.
    pub(crate) fn widen(&mut self, by: i64) -> Result<(), ProtocolError> {
        self.window += by;
        if self.window > frame::MAX_31_BITS.into() {
            return Err(ProtocolError::Window);
        }
        Ok(())
    }

    /// Takes a piece of the response; breaks when the receiver does.
    pub(crate) fn take(
        &mut self,
        piece: &[u8],
        max_message: usize,
    ) -> Result<ControlFlow<()>, ProtocolError> {
        self.unreported += piece.len();
        self.messages.take(piece, max_message, &mut self.receiver)
    }

    /// Lets the peer send more, if there is reason to.
    pub(crate) fn send_window_update(&mut self, out: &mut Vec<u8>) {
        if self.unreported >= UPDATE_AFTER && self.receiver.has_capacity() {
            // At most a window is read before it is reported.
            let increment = u32::try_from(std::mem::take(&mut self.unreported));
            frame::push_window_update(out, self.id, increment.unwrap_or(frame::MAX_31_BITS));
        }
    }
}
