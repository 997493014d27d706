//! A client's connection, which reports when bytes arrive and when it is gone.
//!
//! It extends the socket in two ways: arrivals are counted, and when the server drops the
//! connection, a token is cancelled or a slot becomes free.

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

/// The size of the send buffer that the system is asked for, in bytes; the system may grant less.
const SEND_BUFFER: usize = 1 << 20;

/// A count of the reads that have brought bytes from any client. While the number stays the same,
/// every call that has arrived had been sent before.
#[derive(Clone, Debug, Default)]
pub struct ReadGeneration(Arc<AtomicU64>);

impl ReadGeneration {
    /// Returns the count so far.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Counts a read that has brought bytes.
    pub(crate) fn note(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

/// A connection of this user.
#[derive(Debug)]
pub struct Connection {
    stream: UnixStream,
    arrivals: ReadGeneration,
    /// A token that is dropped when the first bytes arrive.
    unheard: Option<TaskTrackerToken>,
    _gone: Option<DropGuard>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Connection {
    /// Returns a connection whose end cancels a token.
    pub(super) fn watched(stream: UnixStream, gone: CancellationToken) -> Self {
        Self::of(stream, Some(gone.drop_guard()), None)
    }

    /// Returns a connection that holds a slot while it lasts, and counts as unheard, meaning that
    /// no bytes have arrived, until the first bytes.
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
        // A long answer may get further ahead of its reader, so that the two alternate less often.
        // If the option cannot be set, the transfer is only slower.
        let _narrow = set_socket_send_buffer_size(&stream, SEND_BUFFER);
        Self {
            stream,
            arrivals: ReadGeneration::default(),
            unheard: None,
            _gone: gone,
            _place: place,
        }
    }

    /// Returns the same connection, with its arrivals counted together with others'.
    #[must_use]
    pub fn noted_in(self, arrivals: &ReadGeneration) -> Self {
        Self {
            arrivals: arrivals.clone(),
            ..self
        }
    }

    /// Returns the process at the other end, if it is visible from here.
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
        // Counting comes after the read and before any task acts on the bytes.
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
