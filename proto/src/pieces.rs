//! The division of replies into messages of at most 64 KiB by the daemon, and their assembly by the
//! client.
//!
//! A gRPC client refuses messages of more than 4 MiB by default, and a query or an error of Azure
//! can make any text longer than that. Bytes for stdout are split as they are. Any other reply that
//! does not fit is encoded, and its bytes are sent in [pieces](v1::Piece).

use crate::v1::{self, reply::Kind};
use prost::Message as _;
use prost::bytes::Bytes;

/// The maximum length of a message in a stream of replies, in bytes.
pub const LONGEST_MESSAGE: usize = 64 << 10;
/// The size of a message without its bytes: the fields' numbers and lengths.
const OVERHEAD: usize = 16;
/// The maximum length of an assembled reply, in bytes, which is more than azqd makes.
const LONGEST_REPLY: usize = 256 << 20;

/// Splits a reply into the messages in which it is sent.
pub fn cut(reply: Kind) -> Messages {
    match reply {
        Kind::Stdout(bytes) => Messages::Stdout(bytes),
        reply => {
            let reply = v1::Reply { kind: Some(reply) };
            if reply.encoded_len() <= LONGEST_MESSAGE {
                Messages::Whole(reply.kind)
            } else {
                Messages::Pieces(reply.encode_to_vec().into())
            }
        }
    }
}

/// The messages of one reply.
#[derive(Debug)]
pub enum Messages {
    /// A single message.
    Whole(Option<Kind>),
    /// The remaining bytes for stdout.
    Stdout(Bytes),
    /// The remaining bytes of an encoded reply.
    Pieces(Bytes),
}

impl Iterator for Messages {
    type Item = Kind;

    fn next(&mut self) -> Option<Kind> {
        match self {
            Self::Whole(reply) => reply.take(),
            Self::Stdout(rest) => next_part(rest).map(Kind::Stdout),
            Self::Pieces(rest) => next_part(rest).map(|bytes| {
                let last = rest.is_empty();
                Kind::Piece(v1::Piece { bytes, last })
            }),
        }
    }
}

fn next_part(rest: &mut Bytes) -> Option<Bytes> {
    let length = rest.len().min(LONGEST_MESSAGE - OVERHEAD);
    (length > 0).then(|| rest.split_to(length))
}

/// The received pieces of an incomplete reply.
#[derive(Debug, Default)]
pub struct Assembly(Vec<u8>);

/// The error that the pieces do not form a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("azqd's answer cannot be put together")]
pub struct BadPieces;

impl Assembly {
    /// Takes a message, and returns the reply that it completes.
    pub fn take(&mut self, message: Kind) -> Result<Option<Kind>, BadPieces> {
        let Kind::Piece(piece) = message else {
            return Ok(Some(message));
        };
        if self.0.len() + piece.bytes.len() > LONGEST_REPLY {
            return Err(BadPieces);
        }
        self.0.extend_from_slice(&piece.bytes);
        if !piece.last {
            return Ok(None);
        }
        let bytes = Bytes::from(std::mem::take(&mut self.0));
        let reply = v1::Reply::decode(bytes).map_err(|_| BadPieces)?;
        Ok(reply.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(length: usize) -> Kind {
        let level = v1::log::Level::Error.into();
        let text = "é".repeat(length / 2);
        Kind::Log(v1::Log { level, text })
    }

    #[test]
    fn no_message_is_longer_than_the_limit_and_replies_come_back_whole() {
        for reply in [
            Kind::Exit(3),
            log(10),
            log(LONGEST_MESSAGE),
            log(5 << 20),
            Kind::Usage("x".repeat(LONGEST_MESSAGE + 1)),
            Kind::Confirm("y".repeat(3 * LONGEST_MESSAGE)),
            Kind::Missing(v1::MissingFields {
                field: vec!["z".repeat(200); 1000],
            }),
            Kind::Operation(v1::Operation {
                url: "u".repeat(100_000),
                ..v1::Operation::default()
            }),
        ] {
            let mut assembly = Assembly::default();
            let mut whole = Vec::new();
            for kind in cut(reply.clone()) {
                let message = v1::Reply {
                    kind: Some(kind.clone()),
                };
                assert!(message.encoded_len() <= LONGEST_MESSAGE);
                whole.extend(assembly.take(kind).unwrap());
            }
            assert_eq!(whole, [reply]);
        }
    }

    #[test]
    fn stdout_is_cut_and_nothing_is_lost() {
        for length in [0, 1, LONGEST_MESSAGE - OVERHEAD, LONGEST_MESSAGE, 3 << 20] {
            let bytes = Bytes::from(vec![7; length]);
            let mut together = Vec::new();
            for kind in cut(Kind::Stdout(bytes.clone())) {
                let Kind::Stdout(part) = &kind else {
                    panic!("{kind:?}")
                };
                together.extend_from_slice(part);
                assert!(v1::Reply { kind: Some(kind) }.encoded_len() <= LONGEST_MESSAGE);
            }
            assert_eq!(together, bytes);
        }
    }

    #[test]
    fn pieces_that_make_no_reply_are_refused() {
        let piece = |bytes: &'static [u8]| {
            Kind::Piece(v1::Piece {
                bytes: Bytes::from_static(bytes),
                last: true,
            })
        };
        assert_eq!(Assembly::default().take(piece(b"\xff")), Err(BadPieces));
        assert_eq!(Assembly::default().take(piece(b"")), Ok(None));
    }
}
