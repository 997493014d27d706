//! The status with which a server ends a call (gRPC over HTTP/2, "Responses").

use std::fmt;

use percent_encoding::percent_decode;

use crate::{ProtocolError, hpack};

/// A gRPC status code; [`Other`](Self::Other) is any code that needs no particular action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// 0: the call succeeded.
    Ok,
    /// 1: the call was cancelled.
    Cancelled,
    /// 2: the server gave no further reason.
    Unknown,
    /// 3: the request is invalid.
    InvalidArgument,
    /// 4: the deadline passed.
    DeadlineExceeded,
    /// 8: a limit of the server was reached.
    ResourceExhausted,
    /// 9: the server's state does not allow the call.
    FailedPrecondition,
    /// 12: the server does not implement the call.
    Unimplemented,
    /// 13: an invariant of the server was broken.
    Internal,
    /// 14: the server is not available now.
    Unavailable,
    /// Any other code.
    Other(u16),
}

impl From<u16> for Code {
    fn from(number: u16) -> Self {
        match number {
            0 => Self::Ok,
            1 => Self::Cancelled,
            2 => Self::Unknown,
            3 => Self::InvalidArgument,
            4 => Self::DeadlineExceeded,
            8 => Self::ResourceExhausted,
            9 => Self::FailedPrecondition,
            12 => Self::Unimplemented,
            13 => Self::Internal,
            14 => Self::Unavailable,
            other => Self::Other(other),
        }
    }
}

/// The status of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The status code.
    pub code: Code,
    /// The server's message for a person; may be empty.
    pub message: String,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() {
            write!(
                f,
                "the server ended the call with the status {:?}",
                self.code
            )
        } else {
            f.write_str(&self.message)
        }
    }
}

impl Status {
    /// Decodes the trailers of a call.
    pub(crate) fn decode(block: &[u8]) -> Result<Self, ProtocolError> {
        let (mut code, mut message) = (None, String::new());
        for (name, value) in hpack::decode(block)? {
            match name.as_slice() {
                b"grpc-status" => {
                    let number = str::from_utf8(&value)
                        .ok()
                        .and_then(|text| text.parse().ok());
                    code = Some(number.map_or(Code::Unknown, |number: u16| number.into()));
                }
                b"grpc-message" => {
                    message = percent_decode(&value).decode_utf8_lossy().into_owned();
                }
                _ => {}
            }
        }
        // The server, or a proxy, does not support gRPC.
        let code = code.unwrap_or(Code::Unknown);
        Ok(Self { code, message })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_name_code_and_message() {
        let status = Status::decode(b"\x00\x0bgrpc-status\x0212\x00\x0cgrpc-message\x0aa%20%C3%A9");
        let status = status.unwrap();
        assert_eq!(status.code, Code::Unimplemented);
        assert_eq!(status.message, "a é", "{status:?}");
    }

    #[test]
    fn headers_without_a_status_are_unknown() {
        let status = Status::decode(b"\x8d").unwrap();
        assert_eq!((status.code, status.message.as_str()), (Code::Unknown, ""));
        assert!(status.to_string().contains("Unknown"));
    }
}
