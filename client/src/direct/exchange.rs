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
                // A daemon that has answered and gone: its answer is still to be read.
                Err(_) => {
                    self.session.is_not_heard();
                    break;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::spoken::{answer, data, goaway, headers, ping, settings, trailers};
    use super::super::{frame, spoken};
    use super::*;
    use azq_proto::v1::reply::Kind;
    use std::io::{Read as _, Write as _};
    use std::ops::ControlFlow;
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    /// Keeps the replies, and breaks at the exit code.
    #[derive(Debug, Default)]
    struct Heard(Vec<Kind>);

    impl Receiver for Heard {
        fn receive(&mut self, reply: Kind) -> ControlFlow<()> {
            self.0.push(reply);
            match self.0.last() {
                Some(Kind::Exit(_)) => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        }
    }

    /// What a client makes of a daemon's bytes, sent in pieces of this size; and what it says beyond its call.
    fn exchange(bytes: Vec<u8>, pieces: usize) -> (Result<(), Stop>, Vec<Kind>, Vec<u8>) {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        ours.set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let mut call = Session::new();
        call.call("/a", b"b", Heard::default()).unwrap();
        let call = call.outgoing().clone();
        let daemon = std::thread::spawn(move || {
            let mut heard = vec![0; call.len()];
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
        let mut heard = Heard::default();
        let ended = Exchange::begin(ours.into(), "/a", b"b", &mut heard)
            .unwrap()
            .replies();
        (ended, heard.0, daemon.join().unwrap())
    }

    #[test]
    fn replies_come_whole_however_they_are_cut() {
        let long = vec![b'x'; 200_000];
        let replies = [
            Kind::Stdout(long.into()),
            Kind::Stdout("y".into()),
            Kind::Exit(3),
        ];
        let messages: Vec<u8> = replies.iter().cloned().flat_map(spoken::message).collect();
        let mut bytes = [settings(), headers(1)].concat();
        for piece in messages.chunks(70_000) {
            bytes.extend(ping());
            bytes.extend(spoken::frame(frame::DATA, 0, 1, piece));
            // The daemon ends, but not before it has answered.
            bytes.extend([goaway(u32::MAX >> 1), goaway(1)].concat());
        }
        for pieces in [1_000, 65_536, usize::MAX] {
            let (ended, heard, said) = exchange(bytes.clone(), pieces);
            assert_eq!((ended, &heard[..]), (Ok(()), &replies[..]));
            assert!(
                said.is_empty()
                    || said.starts_with(&spoken::frame(frame::SETTINGS, frame::ACK, 0, b""))
            );
        }
    }

    /// It wants its settings acknowledged, and is gone before they can be.
    #[test]
    fn a_daemon_that_has_answered_and_gone_is_heard_out() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        ours.set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let replies = [Kind::Stdout(vec![b'x'; 100_000].into()), Kind::Exit(3)];
        let mut heard = Heard::default();
        let mut exchange = Exchange::begin(ours.into(), "/a", b"b", &mut heard).unwrap();
        let bytes = [settings(), headers(1), data(1, &replies), trailers(1)];
        theirs.write_all(&bytes.concat()).unwrap();
        drop(theirs);
        assert_eq!(exchange.replies(), Ok(()));
        assert_eq!(heard.0, replies);
    }

    #[test]
    fn what_has_no_last_reply_is_odd() {
        for (about, bytes) in [
            ("an error status", trailers(1)),
            ("a reset", spoken::reset(1)),
            ("a daemon that goes", goaway(0)),
            ("padding", spoken::frame(frame::DATA, 8, 1, b"\0")),
            ("silence", Vec::new()),
            ("another's answer", answer(3, "x")),
        ] {
            let (ended, heard, _) = exchange(bytes, usize::MAX);
            assert_eq!((ended, heard.len()), (Err(Stop::Odd), 0), "{about}");
        }
    }

    #[test]
    fn a_long_answer_is_made_room_for() {
        let piece = [Kind::Stdout(vec![b'x'; 64 << 10].into())];
        let mut bytes = headers(1);
        (0..40).for_each(|_| bytes.extend(data(1, &piece)));
        bytes.extend(data(1, &[Kind::Exit(0)]));
        let (ended, heard, said) = exchange(bytes, usize::MAX);
        assert_eq!((ended, heard.len()), (Ok(()), 41));
        let increments = said.chunks(frame::HEAD + 4).map(|update| {
            assert_eq!((update[3], update[8]), (frame::WINDOW_UPDATE, 1));
            u32::from_be_bytes(update[frame::HEAD..].try_into().unwrap()) as usize
        });
        let told: usize = increments.sum();
        assert!(told > 39 * (64 << 10) - frame::WINDOW as usize);
    }

    #[test]
    fn a_daemon_that_is_silent_is_given_up() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        ours.set_read_timeout(Some(Duration::from_millis(10)))
            .unwrap();
        let mut exchange = Exchange::begin(ours.into(), "/a", b"b", Heard::default()).unwrap();
        assert_eq!(exchange.replies(), Err(Stop::Silent));
        theirs.write_all(&headers(1)).unwrap();
        assert_eq!(exchange.replies(), Err(Stop::Silent));
        drop(exchange);
        let mut said = Vec::new();
        theirs.read_to_end(&mut said).unwrap();
        assert!(said.ends_with(&spoken::frame(frame::PING, 0, 0, b"are you?")));
    }
}
