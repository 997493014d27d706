//! Answers that are read as they arrive.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use tokio::time::{Instant, timeout_at};

use super::send::Answer;
use super::{Arm, ArmError, Request};
use crate::report::Report;

/// Decompressed parts of a successful answer's body, in order. After an error nothing follows.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, ArmError>> + Send>>;

/// Ten times the largest catalogue of today.
pub(crate) const STREAM_LIMIT: u64 = 1 << 30;
/// For the slowest line that the largest catalogue may come by.
pub(crate) const STREAM_TIME: Duration = Duration::from_secs(1800);

impl Arm {
    /// Sends a request and gives the body of its success as it arrives. The request is sent again as any other; an
    /// answer that has begun is not.
    pub async fn stream(
        &self,
        request: &Request,
        report: &dyn Report,
    ) -> Result<ByteStream, ArmError> {
        let prepared = self.prepare(request)?;
        match self.exchange_open(&prepared, true, report).await? {
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
    read: u64,
    deadline: Instant,
}

fn parts(response: reqwest::Response) -> ByteStream {
    let expected = response.content_length();
    let deadline = Instant::now() + STREAM_TIME;
    let reading = Reading {
        response,
        expected,
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
    async fn next(&mut self) -> Result<Option<Bytes>, ArmError> {
        let Ok(part) = timeout_at(self.deadline, self.response.chunk()).await else {
            let doing = format!("GET {}", self.response.url().path());
            return Err(ArmError::Deadline {
                seconds: STREAM_TIME.as_secs(),
                doing,
            });
        };
        match part {
            Ok(Some(part)) => {
                self.read += part.len() as u64;
                if self.read > STREAM_LIMIT {
                    let limit = STREAM_LIMIT >> 20;
                    return Err(ArmError::Malformed(format!(
                        "Azure's answer is larger than {limit} MiB."
                    )));
                }
                Ok(Some(part))
            }
            Ok(None) => Ok(None),
            Err(error) if error.is_timeout() => Err(ArmError::transport(&error)),
            Err(_) => Err(ArmError::incomplete(self.read, self.expected)),
        }
    }
}
