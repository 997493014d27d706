//! A connection without its socket: what is to be sent, and what that which has come means to whom.
//!
//! Any number of calls, each on its own stream. Invariants: every receiver gets its own replies, in their order, and comes out once
//! ([`Session::ended`]); of an answer no more than a window waits to be taken; whatever is not understood here ends a call, or
//! all of them, as [`End::Odd`], and none with a wrong answer.

use std::ops::ControlFlow;

use azq_proto::pieces::Assembly;
use azq_proto::v1::{self, reply::Kind};
use prost::Message as _;
use prost::bytes::BytesMut;

use super::frame::{self, HEAD, Head, PREFIX};
use super::headers::Headers;
use crate::forward::LARGEST_REPLY;

/// Frames but for DATA: the longest that is read.
const LONGEST_OTHER: usize = 16 << 10;
/// When an answer's room is told of: not for each of its bytes.
const WORTH_TELLING: usize = frame::WINDOW as usize / 4;
/// The same of the connection's.
const ALL_WORTH_TELLING: usize = frame::CONNECTION_WINDOW as usize / 4;

/// Something came that is not understood here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Odd;

/// Takes the replies to one call.
pub(crate) trait Receiver {
    /// The next reply; breaks if it is the last that is wanted.
    fn receive(&mut self, reply: Kind) -> ControlFlow<()>;

    /// Whether it can do with more than it has.
    fn has_room(&self) -> bool {
        true
    }
}

impl<R: Receiver> Receiver for &mut R {
    fn receive(&mut self, reply: Kind) -> ControlFlow<()> {
        (**self).receive(reply)
    }

    fn has_room(&self) -> bool {
        (**self).has_room()
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With the reply on which its receiver broke.
    Answered,
    /// Without it.
    Odd,
}

/// The calls of one connection.
#[derive(Debug)]
pub(crate) struct Session<R> {
    /// What was read and not taken: the bytes from `at`.
    incoming: Vec<u8>,
    at: usize,
    outgoing: Vec<u8>,
    headers: Headers,
    streams: Vec<Stream<R>>,
    ended: Vec<(R, End)>,
    /// The stream of the next call; none if the daemon takes no more.
    next: Option<u32>,
    /// Whether the daemon has stopped reading: nothing is for it any more.
    is_deaf: bool,
    /// The DATA of which not everything was taken.
    frame: Option<Head>,
    /// How many bytes of DATA were taken and not told of.
    taken: usize,
    /// How many bytes of DATA the daemon takes.
    room: usize,
}

/// A call under way.
#[derive(Debug)]
struct Stream<R> {
    number: u32,
    receiver: R,
    /// The beginning of a message.
    message: BytesMut,
    /// The beginning of a reply that takes several messages.
    assembly: Assembly,
    taken: usize,
    has_answered: bool,
}

impl<R: Receiver> Session<R> {
    /// A connection on which nothing was said yet.
    pub(crate) fn new() -> Self {
        Self {
            incoming: Vec::new(),
            at: 0,
            outgoing: frame::greeting(),
            headers: Headers::default(),
            streams: Vec::new(),
            ended: Vec::new(),
            next: Some(frame::FIRST_STREAM),
            is_deaf: false,
            frame: None,
            taken: 0,
            room: frame::FIRST_WINDOW as usize,
        }
    }

    /// Begins a call; its receiver again if it cannot be made here: it is too long, or the daemon takes no more for now.
    pub(crate) fn call(&mut self, path: &str, message: &[u8], receiver: R) -> Result<(), R> {
        let bytes = PREFIX + message.len();
        let number = match self.next {
            Some(number) if message.len() <= frame::LONGEST_REQUEST && bytes <= self.room => number,
            _ => return Err(receiver),
        };
        self.next = number.checked_add(2).filter(|next| *next <= u32::MAX >> 1);
        self.room -= bytes;
        let headers = self.headers.block(path);
        frame::push_call(&mut self.outgoing, number, &headers, message);
        self.streams.push(Stream {
            number,
            receiver,
            message: BytesMut::new(),
            assembly: Assembly::default(),
            taken: 0,
            has_answered: false,
        });
        Ok(())
    }

    /// Asks whether the daemon is still there.
    pub(crate) fn ping(&mut self) {
        frame::push_ping(&mut self.outgoing);
    }

    /// Nothing can be sent any more. What the daemon said before it went is still to be read.
    pub(crate) fn is_not_heard(&mut self) {
        self.next = None;
        self.is_deaf = true;
    }

    /// What is to be sent; whatever was is to be taken off its beginning.
    pub(crate) fn outgoing(&mut self) -> &mut Vec<u8> {
        if self.is_deaf {
            self.outgoing.clear();
            return &mut self.outgoing;
        }
        for stream in &mut self.streams {
            if stream.taken >= WORTH_TELLING && stream.receiver.has_room() {
                tell(&mut self.outgoing, stream.number, &mut stream.taken);
            }
        }
        if self.taken >= ALL_WORTH_TELLING {
            tell(&mut self.outgoing, 0, &mut self.taken);
        }
        &mut self.outgoing
    }

    /// Where what comes is to be added.
    pub(crate) fn incoming(&mut self) -> &mut Vec<u8> {
        self.incoming.drain(..self.at);
        self.at = 0;
        &mut self.incoming
    }

    /// Whether an answer has turned out to be long.
    pub(super) fn is_long(&self) -> bool {
        self.taken > 0
    }

    /// The calls that have ended since this was last asked.
    pub(crate) fn ended(&mut self) -> impl Iterator<Item = (R, End)> {
        self.ended.drain(..)
    }

    /// The receivers under way.
    pub(crate) fn receivers(&mut self) -> impl Iterator<Item = &mut R> {
        self.streams.iter_mut().map(|stream| &mut stream.receiver)
    }

    /// How many calls are under way.
    pub(crate) fn calls(&self) -> usize {
        self.streams.len()
    }

    /// Whether no call is under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.streams.is_empty()
    }

    /// Whether it can be used for more calls, now or later.
    pub(crate) fn is_open(&self) -> bool {
        self.next.is_some()
    }

    /// Whether the daemon has taken all calls under way: it may think for as long as it likes then.
    pub(super) fn all_taken(&self) -> bool {
        self.streams.iter().all(|stream| stream.has_answered)
    }

    /// Gives up the calls that the daemon has not taken yet and that are late.
    pub(crate) fn give_up(&mut self, is_late: impl Fn(&R) -> bool) -> Vec<R> {
        let late = self.streams.extract_if(.., |stream| {
            !stream.has_answered && is_late(&stream.receiver)
        });
        late.map(|stream| {
            frame::push_cancel(&mut self.outgoing, stream.number);
            stream.receiver
        })
        .collect()
    }

    /// All receivers there are, when there is no connection any more.
    pub(crate) fn into_receivers(self) -> impl Iterator<Item = (R, End)> {
        let lost = self.streams.into_iter();
        self.ended
            .into_iter()
            .chain(lost.map(|stream| (stream.receiver, End::Odd)))
    }

    /// Takes what has come. After an error the connection is of no use.
    pub(crate) fn take(&mut self) -> Result<(), Odd> {
        loop {
            if let Some(head) = self.frame {
                self.data(head);
                if self.frame.is_some() {
                    return Ok(());
                }
            }
            let Some((head, after)) = self.unread().split_first_chunk::<HEAD>() else {
                return Ok(());
            };
            let head = Head::read(*head);
            if head.kind == frame::DATA {
                if head.has(frame::PADDED) {
                    return Err(Odd);
                }
                self.frame = Some(head);
                self.at += HEAD;
                continue;
            }
            if head.length > LONGEST_OTHER {
                return Err(Odd);
            }
            if after.len() < head.length {
                return Ok(());
            }
            self.at += HEAD;
            let end = self.at + head.length;
            self.other(head, end)?;
            self.at = end;
        }
    }

    fn unread(&self) -> &[u8] {
        self.incoming.get(self.at..).unwrap_or_default()
    }

    /// Takes as much of a DATA frame as there is.
    fn data(&mut self, mut head: Head) {
        let unread = self.incoming.get(self.at..).unwrap_or_default();
        let piece = unread.get(..head.length).unwrap_or(unread);
        self.at += piece.len();
        self.taken += piece.len();
        head.length -= piece.len();
        let is_whole = head.length == 0;
        self.frame = (!is_whole).then_some(head);
        let Some(place) = self.place(head.stream) else {
            return;
        };
        let stream = self.streams.get_mut(place).map(|stream| stream.take(piece));
        match stream {
            Some(Ok(ControlFlow::Break(()))) => self.end(place, End::Answered),
            Some(Ok(ControlFlow::Continue(()))) if is_whole && head.has(frame::END_STREAM) => {
                self.end(place, End::Odd);
            }
            Some(Err(Odd)) => {
                frame::push_cancel(&mut self.outgoing, head.stream);
                self.end(place, End::Odd);
            }
            _ => {}
        }
    }

    /// Does what a frame other than DATA asks for; its payload ends where this says.
    fn other(&mut self, head: Head, end: usize) -> Result<(), Odd> {
        let payload = self.incoming.get(self.at..end).ok_or(Odd)?;
        match head.kind {
            frame::SETTINGS if !head.has(frame::ACK) && !frame::suit(payload) => return Err(Odd),
            frame::WINDOW_UPDATE if head.stream == 0 => {
                self.room += frame::number(payload).ok_or(Odd)? as usize;
            }
            frame::GOAWAY => {
                let last = frame::number(payload).ok_or(Odd)?;
                self.next = None;
                let left = self.streams.extract_if(.., |stream| stream.number > last);
                self.ended
                    .extend(left.map(|stream| (stream.receiver, End::Odd)));
            }
            frame::HEADERS | frame::RST_STREAM => self.status(head),
            _ => head.acknowledge(payload, &mut self.outgoing),
        }
        Ok(())
    }

    /// Headers, trailers (which come after the last reply), or the end of a stream without either.
    fn status(&mut self, head: Head) {
        let Some(place) = self.place(head.stream) else {
            return;
        };
        if head.kind == frame::RST_STREAM || head.has(frame::END_STREAM) {
            self.end(place, End::Odd);
        } else if let Some(stream) = self.streams.get_mut(place) {
            stream.has_answered = true;
        }
    }

    fn place(&self, number: u32) -> Option<usize> {
        self.streams
            .iter()
            .position(|stream| stream.number == number)
    }

    fn end(&mut self, place: usize, end: End) {
        let stream = self.streams.swap_remove(place);
        self.ended.push((stream.receiver, end));
    }
}

fn tell(outgoing: &mut Vec<u8>, stream: u32, taken: &mut usize) {
    // At most a window is taken before it is told of.
    let increment = u32::try_from(std::mem::take(taken)).unwrap_or(u32::MAX >> 1);
    frame::push_window(outgoing, stream, increment);
}

impl<R: Receiver> Stream<R> {
    /// Takes a piece of the answer; breaks after the last reply.
    fn take(&mut self, mut piece: &[u8]) -> Result<ControlFlow<()>, Odd> {
        self.taken += piece.len();
        // What is whole need not be gathered first.
        while self.message.is_empty()
            && let Some(length) = whole(piece)?
        {
            let (message, rest) = piece.split_at(length);
            piece = rest;
            if self.reply(message)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        self.message.extend_from_slice(piece);
        while let Some(length) = whole(&self.message)? {
            let message = self.message.split_to(length).freeze();
            if self.reply(message)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn reply(&mut self, mut message: impl prost::bytes::Buf) -> Result<ControlFlow<()>, Odd> {
        message.advance(PREFIX);
        let reply = v1::Reply::decode(message).map_err(|_| Odd)?;
        let Some(kind) = reply.kind else {
            return Ok(ControlFlow::Continue(()));
        };
        let whole = self.assembly.take(kind).map_err(|_| Odd)?;
        let received = whole.map(|kind| self.receiver.receive(kind));
        Ok(received.unwrap_or(ControlFlow::Continue(())))
    }
}

/// How long the message is with which the bytes begin, if it is whole.
fn whole(bytes: &[u8]) -> Result<Option<usize>, Odd> {
    let Some(([compressed, length @ ..], _)) = bytes.split_first_chunk::<PREFIX>() else {
        return Ok(None);
    };
    let length = u32::from_be_bytes(*length) as usize;
    if *compressed != 0 || length > LARGEST_REPLY {
        return Err(Odd);
    }
    Ok((bytes.len() >= PREFIX + length).then_some(PREFIX + length))
}

#[cfg(test)]
mod tests;
