//! One connection: its calls, and the HTTP/2 state of the connection as a whole.

use crate::frame::{self, HEAD, Head};
use crate::message::{self, Receiver};
use crate::request_headers::RequestHeaders;
use crate::settings::{self, MAX_HEADERS, Options, PeerSettings};
use crate::status::Status;
use crate::stream::Stream;
use crate::{CallError, ProtocolError};

/// The maximum length of a frame other than DATA and header blocks.
const MAX_CONTROL_FRAME: usize = 16 << 10;
/// The number of received bytes after which a window update for the connection is sent.
const UPDATE_AFTER: usize = settings::CONNECTION_WINDOW as usize / 4;
/// The first stream of a client; the others are the odd numbers after it.
const FIRST_STREAM: u32 = 1;

/// The calls of one connection.
///
/// After [`process`](Self::process) has failed, only [`ended`](Self::ended) may
/// be called.
#[derive(Debug)]
pub struct Session<R> {
    /// The received bytes, of which those before `at` are processed.
    incoming: Vec<u8>,
    at: usize,
    outgoing: Vec<u8>,
    headers: RequestHeaders,
    max_message: usize,
    streams: Vec<Stream<R>>,
    ended: Vec<(R, CallError)>,
    /// The stream of the next call; `None` if the connection takes no more calls.
    next: Option<u32>,
    /// Whether the peer no longer reads.
    write_closed: bool,
    peer: PeerSettings,
    /// The number of bytes of requests that the peer accepts on the whole connection.
    window: i64,
    /// The DATA frame that was received in part, with the length that is missing.
    data: Option<Head>,
    /// The header block that is being received: its first frame's head, and its bytes.
    block: Option<(Head, Vec<u8>)>,
    /// The number of bytes of responses that were read and not yet reported to the peer.
    unreported: usize,
}

impl<R: Receiver> Session<R> {
    /// Creates a connection on which nothing has been sent.
    pub fn new(options: &Options) -> Self {
        Self {
            incoming: Vec::new(),
            at: 0,
            outgoing: settings::connection_preface(),
            headers: RequestHeaders::new(options),
            max_message: options.max_message,
            streams: Vec::new(),
            ended: Vec::new(),
            next: Some(FIRST_STREAM),
            write_closed: false,
            peer: PeerSettings::default(),
            window: settings::INITIAL_WINDOW.into(),
            data: None,
            block: None,
            unreported: 0,
        }
    }

    /// Begins a call with its only request message.
    ///
    /// # Errors
    ///
    /// The receiver is returned if the connection takes no call now: see
    /// [`is_open`](Self::is_open).
    pub fn call(&mut self, path: &str, message: &[u8], receiver: R) -> Result<(), R> {
        let Some(id) = self.next.filter(|_| self.has_room()) else {
            return Err(receiver);
        };
        self.next = id.checked_add(2).filter(|next| *next <= frame::MAX_31_BITS);
        let block = self.headers.block(path);
        let flags = frame::END_HEADERS;
        frame::push(&mut self.outgoing, frame::HEADERS, flags, id, &block);
        let body = message::with_prefix(message);
        let mut stream = Stream::new(id, receiver, body, &self.peer);
        stream.send(&mut self.outgoing, &mut self.window, self.peer.max_frame);
        self.streams.push(stream);
        Ok(())
    }

    /// Queues a ping, which the peer must acknowledge.
    pub fn ping(&mut self) {
        frame::push_ping(&mut self.outgoing);
    }

    /// Records that nothing can be sent any more. Bytes that the peer sent before can still be
    /// read.
    pub fn close_write(&mut self) {
        self.next = None;
        self.write_closed = true;
    }

    /// Returns the bytes to send; the caller removes from the front those that were sent.
    pub fn outgoing(&mut self) -> &mut Vec<u8> {
        if self.write_closed {
            self.outgoing.clear();
            return &mut self.outgoing;
        }
        for stream in &mut self.streams {
            stream.send(&mut self.outgoing, &mut self.window, self.peer.max_frame);
            stream.send_window_update(&mut self.outgoing);
        }
        if self.unreported >= UPDATE_AFTER {
            let increment = u32::try_from(std::mem::take(&mut self.unreported));
            let increment = increment.unwrap_or(frame::MAX_31_BITS);
            frame::push_window_update(&mut self.outgoing, 0, increment);
        }
        &mut self.outgoing
    }

    /// Returns the buffer to which received bytes are appended.
    pub fn incoming(&mut self) -> &mut Vec<u8> {
        self.incoming.drain(..self.at);
        self.at = 0;
        &mut self.incoming
    }

    /// Returns the calls that ended since the last time, with their receivers.
    pub fn ended(&mut self) -> impl Iterator<Item = (R, CallError)> {
        self.ended.drain(..)
    }

    /// Iterates over the receivers of the calls in flight.
    pub fn receivers(&mut self) -> impl Iterator<Item = &mut R> {
        self.streams.iter_mut().map(|stream| &mut stream.receiver)
    }

    /// Whether no call is in flight.
    pub fn is_idle(&self) -> bool {
        self.streams.is_empty()
    }

    /// Whether the connection takes more calls, either now or after others have ended.
    pub fn is_open(&self) -> bool {
        self.next.is_some()
    }

    /// Whether bytes of a response were received that are not yet reported to the peer.
    pub fn is_receiving(&self) -> bool {
        self.unreported > 0
    }

    /// Whether the server has begun to respond to all calls; it may then take any time to complete
    /// them.
    pub fn all_accepted(&self) -> bool {
        self.streams.iter().all(|stream| stream.is_accepted)
    }

    /// Processes the received bytes.
    ///
    /// # Errors
    ///
    /// The connection cannot be used after a [`ProtocolError`].
    pub fn process(&mut self) -> Result<(), ProtocolError> {
        loop {
            if let Some(head) = self.data {
                self.process_data(head);
                if self.data.is_some() {
                    return Ok(());
                }
            }
            let unread = self.incoming.get(self.at..).unwrap_or_default();
            let Some((head, after)) = unread.split_first_chunk::<HEAD>() else {
                return Ok(());
            };
            let head = Head::parse(*head);
            self.check(head)?;
            if head.kind == frame::DATA {
                self.data = Some(head);
                self.at += HEAD;
            } else if after.len() < head.length {
                return Ok(());
            } else {
                self.at += HEAD;
                let end = self.at + head.length;
                self.process_control(head, end)?;
                self.at = end;
            }
        }
    }

    fn has_room(&self) -> bool {
        self.streams.len() < self.peer.max_streams
    }

    fn check(&self, head: Head) -> Result<(), ProtocolError> {
        let is_continued = head.kind == frame::CONTINUATION;
        if is_continued != self.block.is_some() {
            return Err(ProtocolError::Continuation);
        }
        match head.kind {
            frame::DATA if head.has(frame::PADDED) => Err(ProtocolError::Padding),
            frame::HEADERS | frame::CONTINUATION if head.length > MAX_HEADERS => {
                Err(ProtocolError::FrameSize)
            }
            frame::DATA | frame::HEADERS | frame::CONTINUATION => Ok(()),
            _ if head.length > MAX_CONTROL_FRAME => Err(ProtocolError::FrameSize),
            _ => Ok(()),
        }
    }

    /// Processes the received part of a DATA frame.
    fn process_data(&mut self, mut head: Head) {
        let unread = self.incoming.get(self.at..).unwrap_or_default();
        let piece = unread.get(..head.length).unwrap_or(unread);
        self.at += piece.len();
        self.unreported += piece.len();
        head.length -= piece.len();
        let is_whole = head.length == 0;
        self.data = (!is_whole).then_some(head);
        let Some(index) = self.index(head.stream) else {
            return;
        };
        let max_message = self.max_message;
        let stream = self.streams.get_mut(index);
        match stream.map(|stream| stream.take(piece, max_message)) {
            // A gRPC response ends with trailers, so a DATA frame must not end it.
            Some(Ok(())) if is_whole && head.has(frame::END_STREAM) => {
                self.end(index, CallError::Disconnected);
            }
            Some(Err(error)) => {
                frame::push_cancel(&mut self.outgoing, head.stream);
                self.end(index, error.into());
            }
            _ => {}
        }
    }

    /// Processes a frame other than DATA, whose payload ends at this index.
    fn process_control(&mut self, head: Head, end: usize) -> Result<(), ProtocolError> {
        let payload = self.incoming.get(self.at..end).unwrap_or_default();
        let number = || frame::number(payload).ok_or(ProtocolError::Truncated);
        match head.kind {
            frame::SETTINGS if !head.has(frame::ACK) => {
                let before = i64::from(self.peer.initial_window);
                self.peer.apply(payload)?;
                let change = i64::from(self.peer.initial_window) - before;
                let mut streams = self.streams.iter_mut();
                streams.try_for_each(|stream| stream.widen(change))?;
                frame::push_acknowledgement(&mut self.outgoing, head, payload);
            }
            frame::WINDOW_UPDATE => {
                let increment = number()? & frame::MAX_31_BITS;
                self.widen(head.stream, increment.into())?;
            }
            frame::GOAWAY => {
                let last = number()? & frame::MAX_31_BITS;
                self.next = None;
                let refused = self.streams.extract_if(.., |stream| stream.id > last);
                self.ended
                    .extend(refused.map(|stream| (stream.receiver, CallError::Refused)));
            }
            frame::RST_STREAM => {
                let error = match number()? {
                    frame::REFUSED_STREAM => CallError::Refused,
                    code => CallError::Reset(code),
                };
                self.end_stream(head.stream, error);
            }
            frame::HEADERS => {
                let fragment = fragment(head, payload)?.to_vec();
                self.block = Some((head, fragment));
                self.end_block(head)?;
            }
            frame::CONTINUATION => {
                if let Some((first, block)) = &mut self.block {
                    block.extend_from_slice(payload);
                    if block.len() > MAX_HEADERS || first.stream != head.stream {
                        return Err(ProtocolError::Continuation);
                    }
                }
                self.end_block(head)?;
            }
            _ => frame::push_acknowledgement(&mut self.outgoing, head, payload),
        }
        Ok(())
    }

    /// Applies a `WINDOW_UPDATE` of a stream, or of the connection (0).
    fn widen(&mut self, id: u32, by: i64) -> Result<(), ProtocolError> {
        if id == 0 {
            self.window += by;
            let is_valid = self.window <= frame::MAX_31_BITS.into();
            return is_valid.then_some(()).ok_or(ProtocolError::Window);
        }
        let stream = self.streams.iter_mut().find(|stream| stream.id == id);
        stream.map_or(Ok(()), |stream| stream.widen(by))
    }

    /// Processes a header block if this frame was its last.
    fn end_block(&mut self, last: Head) -> Result<(), ProtocolError> {
        if !last.has(frame::END_HEADERS) {
            return Ok(());
        }
        let Some((first, block)) = self.block.take() else {
            return Ok(());
        };
        if first.has(frame::END_STREAM) {
            // The trailers, or the headers of a response without a message. They are needed only
            // for a call that its receiver has not ended.
            if self.index(first.stream).is_some() {
                let status = Status::decode(&block)?;
                self.end_stream(first.stream, CallError::Status(status));
            }
        } else if let Some(index) = self.index(first.stream)
            && let Some(stream) = self.streams.get_mut(index)
        {
            stream.is_accepted = true;
        }
        Ok(())
    }

    fn end_stream(&mut self, id: u32, error: CallError) {
        if let Some(index) = self.index(id) {
            self.end(index, error);
        }
    }

    fn index(&self, id: u32) -> Option<usize> {
        self.streams.iter().position(|stream| stream.id == id)
    }

    fn end(&mut self, index: usize, error: CallError) {
        let stream = self.streams.swap_remove(index);
        self.ended.push((stream.receiver, error));
    }
}

/// Returns the part of a HEADERS payload that belongs to the block (RFC 9113, 6.2).
fn fragment(head: Head, payload: &[u8]) -> Result<&[u8], ProtocolError> {
    let mut payload = payload;
    let mut padding = 0;
    if head.has(frame::PADDED) {
        let (length, rest) = payload.split_first().ok_or(ProtocolError::Truncated)?;
        (padding, payload) = (usize::from(*length), rest);
    }
    if head.has(frame::PRIORITY) {
        payload = payload.get(5..).ok_or(ProtocolError::Truncated)?;
    }
    let length = payload.len().checked_sub(padding);
    let length = length.ok_or(ProtocolError::Truncated)?;
    Ok(payload.get(..length).unwrap_or_default())
}

#[cfg(test)]
mod tests;
