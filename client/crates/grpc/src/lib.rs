//! A gRPC client over HTTP/2 (RFC 9113) without I/O.
//!
//! A [`Session`] is one connection. The caller moves bytes between it and a socket:
//!
//! ```text
//! Session::call ─► Session::outgoing ─► socket ─► Session::incoming ─► Session::process ─► Receiver
//! ```
//!
//! Invariants: each receiver gets the messages of its own call, in order, and is returned when the
//! call ends ([`Session::ended`]); at most one window of a response is buffered in memory; bytes
//! that this crate does not support end a call or the connection with an error, never with a wrong
//! message.
//!
//! Deliberately absent: TLS, client streaming, compression, padding in DATA frames, retries and
//! deadlines. The caller owns the clock and knows which calls may be sent twice.

#![forbid(unsafe_code)]

mod frame;
mod hpack;
mod message;
mod request_headers;
mod session;
mod settings;
mod status;
mod stream;
#[doc(hidden)]
pub mod test_frames;

pub use message::Receiver;
pub use session::Session;
pub use settings::Options;
pub use status::{Code, Status};

/// A violation of the protocol by the peer, or its use of a part that this crate does not support.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// A DATA frame is padded.
    #[error("the peer sent a padded DATA frame, which this client does not support")]
    Padding,
    /// A frame or a header block is longer than this client announced.
    #[error("the peer sent a frame that is longer than this client allows")]
    FrameSize,
    /// The payload of a frame is shorter than its type demands.
    #[error("the peer sent a frame whose payload is too short")]
    Truncated,
    /// The peer's settings are lower than this client requires.
    #[error("the peer's HTTP/2 settings leave too little for this client")]
    Settings,
    /// A flow-control window exceeds its limit.
    #[error("the peer raised a flow-control window above its limit")]
    Window,
    /// A CONTINUATION frame is missing or out of place.
    #[error("the peer sent a header block whose frames are out of order")]
    Continuation,
    /// A header block cannot be decoded.
    #[error("the peer sent headers that cannot be decoded")]
    Headers,
    /// A message is compressed, or longer than allowed.
    #[error("the peer sent a message that this client does not understand")]
    Message,
}

/// The end of a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The server ended the call with this status.
    #[error("{0}")]
    Status(Status),
    /// The server certainly did not process the call, so it may be sent again.
    #[error("the server did not take the call")]
    Refused,
    /// The server reset the stream with this HTTP/2 error code.
    #[error("the server reset the call (HTTP/2 error code {0})")]
    Reset(u32),
    /// The connection ended.
    #[error("the connection to the server ended")]
    Disconnected,
    /// The response violates the protocol.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
}
