//! A client's connection, which can tell when it is gone.
//!
//! It adds nothing to the socket but what happens when the server lets go of the connection: a token is cancelled, or a place is free.

use rustix::net::sockopt::set_socket_send_buffer_size;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::transport::server::Connected;

/// What the system is asked to hold for a client that has not read it yet, in bytes; it may allow less.
const SEND_BUFFER: usize = 1 << 20;

/// A connection of this user's.
#[derive(Debug)]
pub struct Connection {
    stream: UnixStream,
    _gone: Option<DropGuard>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Connection {
    /// A connection whose end cancels a token.
    pub(super) fn watched(stream: UnixStream, gone: CancellationToken) -> Self {
        Self::of(stream, Some(gone.drop_guard()), None)
    }

    /// A connection that takes a place while it lasts.
    pub(super) fn counted(stream: UnixStream, place: Option<OwnedSemaphorePermit>) -> Self {
        Self::of(stream, None, place)
    }

    fn of(
        stream: UnixStream,
        gone: Option<DropGuard>,
        place: Option<OwnedSemaphorePermit>,
    ) -> Self {
        // A long answer may get further ahead of its reader, so that the two take turns less often. Without it, it is slower and no more.
        let _narrow = set_socket_send_buffer_size(&stream, SEND_BUFFER);
        Self {
            stream,
            _gone: gone,
            _place: place,
        }
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut UnixStream> {
        Pin::new(&mut self.get_mut().stream)
    }
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream().poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(context)
    }
}
