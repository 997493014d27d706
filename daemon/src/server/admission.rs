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
use futures_util::{StreamExt as _, stream};
use http::{Request, Response};
use http_body::{Body as _, Frame};
use http_body_util::{BodyStream, StreamBody};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};
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
    parts: Arc<Mutex<Vec<Reservation>>>,
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
        let memory = RequestMemory {
            parts: Arc::new(Mutex::new(vec![call])),
        };
        let (mut head, body) = request.into_parts();
        head.extensions.insert(memory.clone());
        let body = incoming(body, memory, Counted::one(&self.pool));
        let answered = self.inner.call(Request::from_parts(head, body));
        let pool = self.pool.clone();
        Box::pin(async move { Ok(answered.await?.map(|body| outgoing(body, pool))) })
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

/// Returns a request's body, which reserves memory as it is read.
fn incoming(body: Body, memory: RequestMemory, counted: Counted) -> Body {
    let deadline = Instant::now() + READING;
    let frames = BodyStream::new(body);
    let frames = stream::unfold((frames, memory, counted), move |mut state| async move {
        let (frames, memory, counted) = &mut state;
        let frame = match timeout_at(deadline, frames.next()).await {
            Ok(frame) => frame?.and_then(|frame| memory.reserve(frame, &counted.0)),
            Err(_elapsed) => Err(Status::deadline_exceeded(format!(
                "the request did not come whole within {} s",
                READING.as_secs()
            ))),
        };
        Some((frame, state))
    });
    Body::new(StreamBody::new(frames))
}

impl RequestMemory {
    fn reserve(&self, frame: Frame<Bytes>, pool: &Pool) -> Result<Frame<Bytes>, Status> {
        if let Some(data) = frame.data_ref() {
            let part = pool.try_reserve(COPIES * data.len()).ok_or_else(no_room)?;
            let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
            parts.push(part);
        }
        Ok(frame)
    }
}

/// Returns a response's body, which reserves memory for each frame. A body without frames stays as
/// it is, so that the headers end the response.
fn outgoing(body: Body, pool: Pool) -> Body {
    if body.is_end_stream() {
        return body;
    }
    let frames = BodyStream::new(body).then(move |frame| reserved(frame, pool.clone()));
    Body::new(StreamBody::new(frames))
}

async fn reserved(frame: Result<Frame<Bytes>, Status>, pool: Pool) -> Result<Frame<Bytes>, Status> {
    let bytes = match frame?.into_data() {
        Ok(bytes) => bytes,
        Err(trailers) => return Ok(trailers),
    };
    let part = pool.free.acquire_many_owned(units(bytes.len()));
    let part = timeout(STALLED, part).await.map_err(|_elapsed| no_room())?;
    let part = part.map_err(|_closed| no_room())?;
    Ok(Frame::data(Reservation { part }.hold(bytes)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt as _, Full};
    use tonic::Code;

    type Read = Option<Result<Frame<Bytes>, Status>>;

    fn arriving(pool: &Pool, body: Body) -> Body {
        let parts = Arc::default();
        incoming(body, RequestMemory { parts }, Counted::one(pool))
    }

    async fn answer(pool: Pool, length: usize) -> Read {
        outgoing(whole(length), pool).frame().await
    }

    fn whole(length: usize) -> Body {
        Body::new(Full::new(Bytes::from(vec![7; length])))
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_does_not_come_whole_is_refused_in_time() {
        let pool = Pool::new(1 << 20);
        let never = StreamBody::new(stream::pending::<Result<Frame<Bytes>, Status>>());
        let mut body = arriving(&pool, Body::new(never));
        assert_eq!(pool.reading(), 1);
        let refused = body.frame().await.unwrap().unwrap_err();
        assert_eq!(refused.code(), Code::DeadlineExceeded);
        drop(body);
        assert_eq!(pool.reading(), 0);
    }

    #[tokio::test]
    async fn a_request_takes_of_the_pool_what_it_needs_and_no_more_than_there_is() {
        let pool = Pool::new(1 << 20);
        for (length, is_taken) in [(100 << 10, true), (400 << 10, false)] {
            let mut body = arriving(&pool, whole(length));
            assert_eq!(body.frame().await.unwrap().is_ok(), is_taken, "{length}");
            let expected = if is_taken { COPIES * length } else { 0 };
            assert_eq!(pool.reserved(), expected as u64);
        }
        assert_eq!(pool.reserved(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_waits_for_room_until_others_are_read_or_its_time_is_over() {
        let pool = Pool::new(64 << 10);
        let answer = || answer(pool.clone(), 60 << 10);
        let first = answer().await.unwrap().unwrap();
        let second = tokio::spawn(answer());
        tokio::time::advance(STALLED / 2).await;
        assert!(!second.is_finished());
        drop(first);
        let second = second.await.unwrap().unwrap().unwrap();
        assert_eq!(second.data_ref().map(Bytes::len), Some(60 << 10));
        let third = answer().await.unwrap();
        assert_eq!(third.unwrap_err().code(), Code::ResourceExhausted);
        drop(second);
        assert_eq!(pool.reserved(), 0);
    }
}
