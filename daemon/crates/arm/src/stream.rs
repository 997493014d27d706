//! Responses that are read as they arrive.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use tokio::time::{Instant, timeout_at};

use super::body::{Decoder, ends_without_farewell};
use super::send::Answer;
use super::{Arm, ArmError, Request, registration};
use crate::Report;

/// Decompressed parts of a successful response's body, in order. An error is the last item.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, ArmError>> + Send>>;

/// The size limit of a stream: ten times the largest catalogue of today.
pub const STREAM_LIMIT: u64 = 1 << 30;
/// The time limit of a stream, long enough for the largest catalogue over the slowest line.
pub const STREAM_TIME: Duration = Duration::from_secs(1800);

impl Arm {
    /// Sends a request and returns the body of a success as it arrives. The request is retried like
    /// any other, and a provider that is not registered is registered. It is not retried after the
    /// body of a response has begun.
    pub async fn stream(
        &self,
        request: &Request,
        report: &dyn Report,
    ) -> Result<ByteStream, ArmError> {
        let prepared = self.prepare_known(request).await?;
        let mut answer = self.exchange_open(&prepared, true, report).await?;
        if let Answer::Whole(response) = &answer
            && let Some(provider) = registration::missing_provider(response)
            && registration::register(self, &provider, report).await?
        {
            answer = self.exchange_open(&prepared, true, report).await?;
        }
        match answer {
            Answer::Open(response) => Ok(parts(response)),
            Answer::Whole(response) => {
                let body = prepared.check(response)?.body;
                Ok(stream::once(async { Ok(body) }).boxed())
            }
        }
    }
}

struct Reading {
    response: reqwest::Response,
    expected: Option<u64>,
    decoder: Option<Decoder>,
    /// The bytes of the body as received, and as decoded.
    came: u64,
    read: u64,
    deadline: Instant,
}

fn parts(response: reqwest::Response) -> ByteStream {
    let expected = response.content_length();
    let deadline = Instant::now() + STREAM_TIME;
    let reading = Reading {
        decoder: Some(Decoder::of(response.headers())),
        response,
        expected,
        came: 0,
        read: 0,
        deadline,
    };
    stream::unfold(Some(reading), async |reading| {
        let mut reading = reading?;
        match reading.next().await {
            Ok(part) => part.map(|part| (Ok(part), Some(reading))),
            Err(error) => Some((Err(error), None)),
        }
    })
    .boxed()
}

impl Reading {
    /// Returns the next part that is not empty, or `None` at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, ArmError> {
        while self.decoder.is_some() {
            let Ok(part) = timeout_at(self.deadline, self.response.chunk()).await else {
                let doing = format!("GET {}", self.response.url().path());
                return Err(ArmError::late(STREAM_TIME, doing));
            };
            match part {
                Ok(Some(part)) => {
                    let part = self.decode(&part)?;
                    if !part.is_empty() {
                        return Ok(Some(part));
                    }
                }
                Ok(None) => return self.end(),
                Err(error) if error.is_timeout() => return Err(error.into()),
                Err(error) if ends_without_farewell(&error, &self.response) => return self.end(),
                Err(_) => return Err(self.cut()),
            }
        }
        Ok(None)
    }

    fn decode(&mut self, part: &[u8]) -> Result<Bytes, ArmError> {
        self.came += part.len() as u64;
        let room = usize::try_from(STREAM_LIMIT - self.read).unwrap_or(usize::MAX);
        let mut ready = Vec::new();
        let written = self
            .decoder
            .as_mut()
            .map(|decoder| decoder.write(part, &mut ready, room));
        if let Some(Err(_)) = written {
            return Err(self.cut());
        }
        self.read += ready.len() as u64;
        if self.read > STREAM_LIMIT {
            return Err(ArmError::too_large(STREAM_LIMIT));
        }
        Ok(ready.into())
    }

    fn end(&mut self) -> Result<Option<Bytes>, ArmError> {
        let (is_empty, mut rest) = (self.came == 0, Vec::new());
        let ended = self
            .decoder
            .take()
            .map(|decoder| decoder.end(is_empty, &mut rest));
        match ended {
            Some(Err(_)) => Err(self.cut()),
            _ => Ok((!rest.is_empty()).then(|| rest.into())),
        }
    }

    fn cut(&self) -> ArmError {
        ArmError::incomplete(self.came, self.expected)
    }
}
