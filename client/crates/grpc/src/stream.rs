//! One call of a connection: the unsent part of its request, and the received part of its response.

use crate::message::{Messages, Receiver};
use crate::settings::{PeerSettings, STREAM_WINDOW};
use crate::{ProtocolError, frame};

/// The number of received bytes after which a window update for the stream is sent, so that not
/// every byte causes one.
const UPDATE_AFTER: usize = STREAM_WINDOW as usize / 4;

/// A call in flight.
#[derive(Debug)]
pub(crate) struct Stream<R> {
    pub(crate) id: u32,
    pub(crate) receiver: R,
    /// Whether the server has begun to respond.
    pub(crate) is_accepted: bool,
    messages: Messages,
    /// The number of bytes that were read and not yet reported to the peer.
    unreported: usize,
    /// The request message with its prefix; its first `sent` bytes were sent.
    body: Vec<u8>,
    sent: usize,
    /// The number of bytes that the peer accepts on this stream. A change of its settings can make
    /// it negative.
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

    /// Whether the whole request was appended to the connection's outgoing bytes.
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

    /// Changes the window by the peer's increment.
    pub(crate) fn widen(&mut self, by: i64) -> Result<(), ProtocolError> {
        self.window += by;
        if self.window > frame::MAX_31_BITS.into() {
            return Err(ProtocolError::Window);
        }
        Ok(())
    }

    /// Takes a piece of the response; breaks when the receiver does.
    pub(crate) fn take(&mut self, piece: &[u8], max_message: usize) -> Result<(), ProtocolError> {
        self.unreported += piece.len();
        self.messages.take(piece, max_message, &mut self.receiver)
    }

    /// Appends a window update, if enough was read and the receiver has capacity.
    pub(crate) fn send_window_update(&mut self, out: &mut Vec<u8>) {
        if self.unreported >= UPDATE_AFTER && self.receiver.has_capacity() {
            // At most one window is read before it is reported.
            let increment = u32::try_from(std::mem::take(&mut self.unreported));
            frame::push_window_update(out, self.id, increment.unwrap_or(frame::MAX_31_BITS));
        }
    }
}
