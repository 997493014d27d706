//! One call on a connection of its own: everything said in one write, then whatever comes until the last reply.
//!
//! Invariants: replies are handed over as they come; a daemon that says nothing for
//! [`ANSWER_DEADLINE`](crate::connect::ANSWER_DEADLINE) (the socket's own time limit) is asked whether it is there, and given up if it is silent for as long again.

use std::os::fd::OwnedFd;

use rustix::buffer::spare_capacity;
use rustix::io::Errno;
use rustix::net::{SendFlags, send};

use super::session::{End, Odd, Receiver, Session};

/// Room for the bytes of one read: for a short answer, and for one that has turned out to be long.
const ROOM: [usize; 2] = [8 << 10, 256 << 10];

/// Why there are no more replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Nobody answers.
    Silent,
    /// The stream or the connection has ended without a last reply, or something came that is not understood here.
    Odd,
}

impl From<Odd> for Stop {
    fn from(_: Odd) -> Self {
        Self::Odd
    }
}

/// A call under way.
#[derive(Debug)]
pub(super) struct Exchange<R> {
    socket: OwnedFd,
    session: Session<R>,
}

impl<R: Receiver> Exchange<R> {
    /// Sends a call; `None` if it cannot be sent.
    pub(super) fn begin(socket: OwnedFd, path: &str, message: &[u8], receiver: R) -> Option<Self> {
        let mut session = Session::new();
        session.call(path, message, receiver).ok()?;
        let mut exchange = Self { socket, session };
        exchange.pay().ok()?;
        Some(exchange)
    }

    /// Hands over each reply until the receiver breaks.
    pub(super) fn replies(&mut self) -> Result<(), Stop> {
        loop {
            let taken = self.session.take();
            match self.session.ended().next() {
                Some((_, End::Answered)) => return Ok(()),
                Some((_, End::Odd)) => return Err(Stop::Odd),
                None => taken?,
            }
            self.pay()?;
            self.read()?;
        }
    }

    /// Waits for more.
    fn read(&mut self) -> Result<(), Stop> {
        let mut is_asked = false;
        let room = ROOM[usize::from(self.session.is_long())];
        loop {
            let incoming = self.session.incoming();
            incoming.reserve(room);
            match rustix::io::read(&self.socket, spare_capacity(incoming)) {
                Ok(0) => return Err(Stop::Odd),
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                // The time limit: only a daemon that took the call may think for longer.
                Err(Errno::AGAIN) if self.session.all_taken() && !is_asked => {
                    is_asked = true;
                    self.session.ping();
                    self.pay()?;
                }
                Err(Errno::AGAIN) => return Err(Stop::Silent),
                Err(_) => return Err(Stop::Odd),
            }
        }
    }

    /// Sends what is owed. That waits no longer than the socket's time limit allows.
    fn pay(&mut self) -> Result<(), Stop> {
        let owed = self.session.outgoing();
        while !owed.is_empty() {
            match send(&self.socket, owed, SendFlags::NOSIGNAL) {
                Ok(sent) => drop(owed.drain(..sent)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Err(Stop::Silent),
                Err(_) => return Err(Stop::Odd),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    /// A frame as a daemon sends it.
    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let [_, a, b, c] = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&[a, b, c, kind, flags, 0, 0, 0, 1], payload].concat()
    }

    fn message(kind: Kind) -> Vec<u8> {
        let message = v1::Reply { kind: Some(kind) }.encode_to_vec();
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        [&[0], &length[..], &message].concat()
    }

    /// What a client makes of a daemon's bytes, sent in pieces of this size; and what it says beyond its call.
    fn exchange(bytes: Vec<u8>, pieces: usize) -> (Result<i32, Stop>, Vec<Kind>, Vec<u8>) {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        ours.set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let call = frame::call("/a", b"b").unwrap();
        let length = call.len();
        let daemon = std::thread::spawn(move || {
            let mut heard = vec![0; length];
            theirs.read_exact(&mut heard).unwrap();
            assert_eq!(heard, call);
            // A client that has heard enough hangs up.
            let mut pieces = bytes.chunks(pieces);
            let _hung_up = pieces.try_for_each(|piece| theirs.write_all(piece));
            let _hung_up = theirs.shutdown(std::net::Shutdown::Write);
            let mut more = Vec::new();
            let _hung_up = theirs.read_to_end(&mut more);
            more
        });
        let mut exchange = Exchange::begin(ours.into(), "/a", b"b").unwrap();
        let mut replies = Vec::new();
        let ended = exchange.replies(|kind| match kind {
            Kind::Exit(code) => ControlFlow::Break(code),
            other => {
                replies.push(other);
                ControlFlow::Continue(())
            }
        });
        drop(exchange);
        (ended, replies, daemon.join().unwrap())
    }

    #[test]
    fn replies_come_whole_however_they_are_cut() {
        let long = vec![b'x'; 200_000];
        let text = [Kind::Stdout(long.into()), Kind::Stdout("y".into())];
        let data: Vec<u8> = text.iter().cloned().flat_map(message).collect();
        let mut bytes = frame(4, 0, &[0, 5, 0, 1, 0, 0]);
        bytes.extend(frame(frame::HEADERS, 4, b"whatever"));
        for piece in data.chunks(70_000) {
            bytes.extend(frame(frame::DATA, 0, piece));
        }
        bytes.extend(frame(frame::PING, 0, b"12345678"));
        // The daemon ends, but not before it has answered.
        bytes.extend(frame(frame::GOAWAY, 0, &[0x7f, 255, 255, 255, 0, 0, 0, 0]));
        bytes.extend(frame(frame::GOAWAY, 0, &[0, 0, 0, 1, 0, 0, 0, 0]));
        bytes.extend(frame(frame::DATA, 0, &message(Kind::Exit(3))));
        for pieces in [1_000, 65_536, usize::MAX] {
            let (ended, replies, said) = exchange(bytes.clone(), pieces);
            assert_eq!((ended, &replies[..]), (Ok(3), &text[..]));
            assert!(said.is_empty() || said.starts_with(&frame(4, 1, b"")[..5]));
        }
    }

    #[test]
    fn what_has_no_last_reply_is_odd() {
        let reply = message(Kind::Stdout("y".into()));
        let mut compressed = reply.clone();
        compressed[0] = 1;
        for (about, frame) in [
            ("an error status", frame(frame::HEADERS, 5, b"whatever")),
            ("a reset", frame(frame::RST_STREAM, 0, &[0; 4])),
            ("a daemon that goes", frame(frame::GOAWAY, 0, &[0; 8])),
            ("an end", frame(frame::DATA, 1, &reply)),
            ("padding", frame(frame::DATA, 8, &reply)),
            ("compression", frame(frame::DATA, 0, &compressed)),
            ("no message", frame(frame::DATA, 0, &[0, 0, 0, 0, 1, 0xff])),
            ("a flood", frame(frame::DATA, 0, &[0, 0xff, 0, 0, 0])),
            ("nonsense", frame(frame::HEADERS, 4, &vec![0; 100_000])),
            ("silence", Vec::new()),
        ] {
            let (ended, ..) = exchange(frame, usize::MAX);
            assert_eq!(ended, Err(Stop::Odd), "{about}");
        }
    }

    #[test]
    fn a_long_answer_is_made_room_for() {
        let piece = message(Kind::Stdout(vec![b'x'; 64 << 10].into()));
        let mut bytes = frame(frame::HEADERS, 4, b"");
        (0..40).for_each(|_| bytes.extend(frame(frame::DATA, 0, &piece)));
        bytes.extend(frame(frame::DATA, 0, &message(Kind::Exit(0))));
        let (ended, replies, said) = exchange(bytes, usize::MAX);
        assert_eq!((ended, replies.len()), (Ok(0), 40));
        let increments = said.chunks(26).map(|update| {
            let (connection, stream) = update.split_at(13);
            assert_eq!((connection[3], stream[8]), (8, 1));
            u32::from_be_bytes(connection[9..].try_into().unwrap()) as usize
        });
        let told: usize = increments.sum();
        assert!(told > 39 * piece.len() - frame::WINDOW as usize);
    }

    #[test]
    fn a_daemon_that_is_silent_is_given_up() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        ours.set_read_timeout(Some(Duration::from_millis(10)))
            .unwrap();
        let mut exchange = Exchange::begin(ours.into(), "/a", b"b").unwrap();
        assert_eq!(
            exchange.replies(|_| ControlFlow::Break(())),
            Err(Stop::Silent)
        );
        theirs
            .write_all(&frame(frame::HEADERS, 4, b"whatever"))
            .unwrap();
        assert_eq!(
            exchange.replies(|_| ControlFlow::Break(())),
            Err(Stop::Silent)
        );
        drop(exchange);
        let mut said = Vec::new();
        theirs.read_to_end(&mut said).unwrap();
        assert!(said.ends_with(&frame::ping()));
    }
}
