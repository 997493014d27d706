//! A client's connection, which can tell when something comes and when it is gone.
//!
//! It adds to the socket that arrivals are counted, and what happens when the server lets go of the
//! connection: a token is cancelled, or a place is free.

use rustix::net::sockopt::set_socket_send_buffer_size;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tonic::transport::server::Connected;

/// What the system is asked to hold for a client that has not read it yet, in bytes; it may allow
/// less.
const SEND_BUFFER: usize = 1 << 20;

/// How often bytes have come from any client. As long as the number stays, every call that there is
/// had been sent before.
#[derive(Clone, Debug, Default)]
pub struct ReadGeneration(Arc<AtomicU64>);

impl ReadGeneration {
    /// How often so far.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Bytes have come.
    pub(crate) fn note(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

/// A connection of this user's.
#[derive(Debug)]
pub struct Connection {
    stream: UnixStream,
    arrivals: ReadGeneration,
    /// Until its first bytes have come.
    unheard: Option<TaskTrackerToken>,
    _gone: Option<DropGuard>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Connection {
    /// A connection whose end cancels a token.
    pub(super) fn watched(stream: UnixStream, gone: CancellationToken) -> Self {
        Self::of(stream, Some(gone.drop_guard()), None)
    }

    /// A connection that takes a place while it lasts, and is among the unheard until something has
    /// come.
    pub(super) fn counted(
        stream: UnixStream,
        place: Option<OwnedSemaphorePermit>,
        unheard: &TaskTracker,
    ) -> Self {
        Self {
            unheard: Some(unheard.token()),
            ..Self::of(stream, None, place)
        }
    }

    fn of(
        stream: UnixStream,
        gone: Option<DropGuard>,
        place: Option<OwnedSemaphorePermit>,
    ) -> Self {
        // A long answer may get further ahead of its reader, so that the two take turns less often.
        // Without it, it is slower and no more.
        let _narrow = set_socket_send_buffer_size(&stream, SEND_BUFFER);
        Self {
            stream,
            arrivals: ReadGeneration::default(),
            unheard: None,
            _gone: gone,
            _place: place,
        }
    }

    /// The same connection, whose arrivals are noted with others'.
    #[must_use]
    pub fn noted_in(self, arrivals: &ReadGeneration) -> Self {
        Self {
            arrivals: arrivals.clone(),
            ..self
        }
    }

    /// The process at the other end, if it can be seen from here.
    pub(crate) fn peer(&self) -> Option<i32> {
        self.stream.peer_cred().ok()?.pid().filter(|id| *id > 0)
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
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = self.as_mut().stream().poll_read(context, buffer);
        // Afterwards: what comes is counted before anybody acts on it.
        if buffer.filled().len() > before {
            self.arrivals.note();
            self.unheard = None;
        }
        read
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
