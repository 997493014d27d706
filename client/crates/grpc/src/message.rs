//! gRPC's length-prefixed messages.

use bytes::{Buf, BytesMut};

use crate::ProtocolError;

/// The length of a message's prefix: whether it is compressed, and its length.
pub(crate) const PREFIX: usize = 5;

/// A receiver of the messages of one call's response.
pub trait Receiver {
    /// Takes the next message.
    fn receive(&mut self, message: impl Buf);

    /// Whether the server may send more than the current window allows.
    fn has_capacity(&self) -> bool {
        true
    }
}

/// A splitter of a stream of bytes into messages.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    /// The first bytes of an incomplete message.
    partial: BytesMut,
}

impl Messages {
    /// Takes a piece of the response, and passes on the messages that it completes.
    pub(crate) fn take(
        &mut self,
        mut piece: &[u8],
        max_message: usize,
        receiver: &mut impl Receiver,
    ) -> Result<(), ProtocolError> {
        // A complete message needs no copy.
        while self.partial.is_empty()
            && let Some(length) = whole(piece, max_message)?
        {
            let (message, rest) = piece.split_at(length);
            piece = rest;
            give(receiver, message);
        }
        self.partial.extend_from_slice(piece);
        while let Some(length) = whole(&self.partial, max_message)? {
            let message = self.partial.split_to(length).freeze();
            give(receiver, message);
        }
        Ok(())
    }
}

fn give(receiver: &mut impl Receiver, mut message: impl Buf) {
    message.advance(PREFIX);
    receiver.receive(message);
}

/// Returns the length of the first message with its prefix, if the message is complete.
fn whole(bytes: &[u8], max_message: usize) -> Result<Option<usize>, ProtocolError> {
    let Some(([compressed, length @ ..], _)) = bytes.split_first_chunk::<PREFIX>() else {
        return Ok(None);
    };
    let length = u32::from_be_bytes(*length) as usize;
    if *compressed != 0 || length > max_message {
        return Err(ProtocolError::Message);
    }
    Ok((bytes.len() >= PREFIX + length).then_some(PREFIX + length))
}

/// Returns a message with its prefix. A message is at most 4 GiB long.
pub(crate) fn with_prefix(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let mut body = Vec::with_capacity(PREFIX + message.len());
    body.push(0);
    body.extend_from_slice(&length.to_be_bytes());
    body.extend_from_slice(message);
    body
}
