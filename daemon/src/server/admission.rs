//! The pool of memory for incoming requests and outgoing responses.
//!
//! tonic buffers a request until it is whole and hyper keeps a response until the client reads it,
//! both without a limit over all connections. So a request reserves memory while it is read and
//! carried out, and each frame of a response until it is written to the socket.
//!
//! Invariants: a request for which there is no memory is refused at once; a request that is not
//! whole within [`READING`] is refused then; a response for which there is no memory waits until
//! others are read, for at most [`STALLED`].

use bytes::Bytes;
use http::{Request, Response};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service};

/// How long a client may take to send a request.
pub(crate) const READING: Duration = Duration::from_secs(30);
/// How long a response waits for memory.
const STALLED: Duration = Duration::from_secs(30);
/// The memory of a request beside its headers and its message.
const CALL: usize = 4 << 10;
/// How many copies of a message exist while it is read: in a buffer that doubles as it grows, and
/// decoded.
const COPIES: usize = 3;
/// The pool's unit, in bytes.
const UNIT: usize = 1 << 10;

/// The pool of memory.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    free: Arc<Semaphore>,
    bytes: u64,
    reading: Arc<AtomicU64>,
}

/// A part of the pool, until it is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    part: OwnedSemaphorePermit,
}

/// The memory that a request has reserved; it is in the request's extensions.
#[derive(Clone, Debug)]
pub(crate) struct RequestMemory {
    _parts: Arc<Mutex<Vec<Reservation>>>,
}

impl Pool {
    pub(crate) fn new(bytes: u64) -> Self {
        let units = usize::try_from(bytes).unwrap_or(usize::MAX) / UNIT;
        Self {
            free: Arc::new(Semaphore::new(units.min(Semaphore::MAX_PERMITS))),
            bytes,
            reading: Arc::default(),
        }
    }

    /// Returns the size of the pool, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns how much is reserved, in bytes.
    pub(crate) fn reserved(&self) -> u64 {
        let free = self.free.available_permits().saturating_mul(UNIT);
        self.bytes
            .saturating_sub(u64::try_from(free).unwrap_or(u64::MAX))
    }

    /// Returns how many requests are being read.
    pub(crate) fn reading(&self) -> u64 {
        self.reading.load(Ordering::Relaxed)
    }

    /// Reserves so many bytes, if they are free.
    pub(crate) fn try_reserve(&self, bytes: usize) -> Option<Reservation> {
        let part = Arc::clone(&self.free).try_acquire_many_owned(units(bytes));
        part.ok().map(|part| Reservation { part })
    }
}

impl Reservation {
    /// Returns bytes that keep their part of the pool until they are dropped.
    pub(crate) fn hold(self, bytes: impl Into<Bytes>) -> Bytes {
        Bytes::from_owner(Held {
            bytes: bytes.into(),
            _part: self.part,
        })
    }
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

/// Returns the error for a request that finds no memory.
fn no_room() -> Status {
    Status::resource_exhausted(
        "azqd has no room for more requests; try again, or look at: azq daemon status",
    )
}

/// A service whose requests and responses reserve memory in the pool.
#[derive(Clone, Debug)]
pub(crate) struct Admitted<S> {
    inner: S,
    pool: Pool,
}

impl<S> Admitted<S> {
    pub(crate) fn new(inner: S, pool: Pool) -> Self {
        Self { inner, pool }
    }
}

impl<S> Service<Request<Body>> for Admitted<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let headers = request.headers().iter();
        let lengths = headers.map(|(name, value)| name.as_str().len() + value.len());
        let Some(call) = self.pool.try_reserve(CALL + 2 * lengths.sum::<usize>()) else {
            return Box::pin(async { Ok(no_room().into_http()) });
        };
        let parts = Arc::new(Mutex::new(vec![call]));
        let (mut head, body) = request.into_parts();
        head.extensions.insert(RequestMemory {
            _parts: Arc::clone(&parts),
        });
        let body = Incoming {
            body,
            parts,
            deadline: Box::pin(sleep(READING)),
            counted: Counted::one(&self.pool),
        };
        let answered = self.inner.call(Request::from_parts(head, Body::new(body)));
        let pool = self.pool.clone();
        Box::pin(async move {
            let (head, body) = answered.await?.into_parts();
            let waiting = None;
            let body = Outgoing {
                body,
                pool,
                waiting,
            };
            Ok(Response::from_parts(head, Body::new(body)))
        })
    }
}

/// A request that is being read.
#[derive(Debug)]
struct Counted(Pool);

impl Counted {
    fn one(pool: &Pool) -> Self {
        pool.reading.fetch_add(1, Ordering::Relaxed);
        Self(pool.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.reading.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A request's body, which reserves memory as it is read.
struct Incoming {
    body: Body,
    parts: Arc<Mutex<Vec<Reservation>>>,
    deadline: Pin<Box<Sleep>>,
    counted: Counted,
}

impl http_body::Body for Incoming {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Status>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) else {
            ready!(self.deadline.as_mut().poll(context));
            let seconds = READING.as_secs();
            let late = format!("the request did not come whole within {seconds} s");
            return Poll::Ready(Some(Err(Status::deadline_exceeded(late))));
        };
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            let part = self.counted.0.try_reserve(COPIES * data.len());
            let Some(part) = part else {
                return Poll::Ready(Some(Err(no_room())));
            };
            let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
            parts.push(part);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

type Acquiring =
    Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send + 'static>>;

/// A response's body, which reserves memory for each frame.
struct Outgoing {
    body: Body,
    pool: Pool,
    /// Bytes for which there is no memory yet.
    waiting: Option<(Bytes, Acquiring, Pin<Box<Sleep>>)>,
}

/// A response's bytes, which keep their part of the pool until they are dropped.
struct Held {
    bytes: Bytes,
    _part: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

fn held(bytes: Bytes, part: OwnedSemaphorePermit) -> http_body::Frame<Bytes> {
    http_body::Frame::data(Reservation { part }.hold(bytes))
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Status>>> {
        if self.waiting.is_none() {
            let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
            let bytes = match frame.transpose()?.map(http_body::Frame::into_data) {
                Some(Ok(bytes)) => bytes,
                Some(Err(trailers)) => return Poll::Ready(Some(Ok(trailers))),
                None => return Poll::Ready(None),
            };
            let (free, units) = (Arc::clone(&self.pool.free), units(bytes.len()));
            if let Ok(part) = Arc::clone(&free).try_acquire_many_owned(units) {
                return Poll::Ready(Some(Ok(held(bytes, part))));
            }
            let part = Box::pin(free.acquire_many_owned(units));
            self.waiting = Some((bytes, part, Box::pin(sleep(STALLED))));
        }
        let Some((bytes, part, deadline)) = &mut self.waiting else {
            return Poll::Ready(None);
        };
        let Poll::Ready(part) = part.as_mut().poll(context) else {
            ready!(deadline.as_mut().poll(context));
            self.waiting = None;
            return Poll::Ready(Some(Err(no_room())));
        };
        let part = part.map_err(|_closed| no_room())?;
        let bytes = std::mem::take(bytes);
        self.waiting = None;
        Poll::Ready(Some(Ok(held(bytes, part))))
    }

    fn is_end_stream(&self) -> bool {
        self.waiting.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        if self.waiting.is_some() {
            return http_body::SizeHint::default();
        }
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body::Body as _;
    use std::future::poll_fn;
    use tonic::Code;

    /// A body of one frame, or one whose frame never comes.
    struct Once(Option<Bytes>);

    impl http_body::Body for Once {
        type Data = Bytes;
        type Error = Status;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<http_body::Frame<Bytes>, Status>>> {
            match self.0.take() {
                Some(bytes) => Poll::Ready(Some(Ok(http_body::Frame::data(bytes)))),
                None => Poll::Pending,
            }
        }
    }

    fn incoming(pool: &Pool, bytes: Option<Bytes>) -> Incoming {
        Incoming {
            body: Body::new(Once(bytes)),
            parts: Arc::default(),
            deadline: Box::pin(sleep(READING)),
            counted: Counted::one(pool),
        }
    }

    fn outgoing(pool: &Pool, length: usize) -> Outgoing {
        Outgoing {
            body: Body::new(Once(Some(vec![7; length].into()))),
            pool: pool.clone(),
            waiting: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_does_not_come_whole_is_refused_in_time() {
        let pool = Pool::new(1 << 20);
        let mut body = incoming(&pool, None);
        assert_eq!(pool.reading(), 1);
        let frame = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
        let refused = frame.unwrap().unwrap_err();
        assert_eq!(refused.code(), Code::DeadlineExceeded);
        drop(body);
        assert_eq!(pool.reading(), 0);
    }

    #[tokio::test]
    async fn a_request_takes_of_the_pool_what_it_needs_and_no_more_than_there_is() {
        let pool = Pool::new(1 << 20);
        for (length, is_taken) in [(100 << 10, true), (400 << 10, false)] {
            let mut body = incoming(&pool, Some(vec![7; length].into()));
            let frame = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
            assert_eq!(frame.unwrap().is_ok(), is_taken, "{length}");
            let expected = if is_taken { COPIES * length } else { 0 };
            assert_eq!(pool.reserved(), expected as u64);
        }
        assert_eq!(pool.reserved(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_waits_for_room_until_others_are_read_or_its_time_is_over() {
        let pool = Pool::new(64 << 10);
        let frame = |mut body: Outgoing| async move {
            poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
        };
        let first = frame(outgoing(&pool, 60 << 10)).await.unwrap().unwrap();
        let second = tokio::spawn(frame(outgoing(&pool, 60 << 10)));
        tokio::time::advance(STALLED / 2).await;
        assert!(!second.is_finished());
        drop(first);
        let second = second.await.unwrap().unwrap().unwrap();
        assert_eq!(second.data_ref().map(Bytes::len), Some(60 << 10));
        let third = frame(outgoing(&pool, 60 << 10)).await.unwrap();
        assert_eq!(third.unwrap_err().code(), Code::ResourceExhausted);
        drop(second);
        assert_eq!(pool.reserved(), 0);
    }
}
