//! Waiting for a long-running operation, as az's SDKs do (azure-core, `polling/base_polling.py`;
//! azure-mgmt-core, `polling/arm_polling.py`).
//!
//! The kind of polling follows from the first response: by `Azure-AsyncOperation`, else by
//! `Location`, else, after a `PUT`, by the resource itself. Only `status` (or `provisioningState`)
//! decides: a body may contain an `error` although the operation is in progress or has succeeded.
//! Polling URLs are used unchanged.
//!
//! An operation that has ended with its first response is not polled, and no result is read. That
//! response is its outcome, regardless of the state in it.
//!
//! Two things differ from az. Without a `Retry-After` az polls every 30 s; azq polls at intervals
//! that grow with the time already waited. And azq retries a poll for a while if it fails because
//! of the network or a pause that Azure asks for, because the operation goes on in Azure whether or
//! not it is watched.

mod polling;

use std::time::Duration;

use http::StatusCode;
use serde_json::Value;
use tokio::time::Instant;

use super::{Arm, ArmError, Continuation, Declared, Request, Response};
use crate::Report;
use polling::{Operation, Status};

/// az's label until the first poll.
const STARTING: &str = "Starting";
/// Bounds of the interval between polls, also where Azure asks for another one.
const SHORTEST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(120);
/// Bounds of the interval without a `Retry-After`, when it is a tenth of the time already waited.
const FIRST: Duration = Duration::from_secs(2);
const LATER: Duration = Duration::from_secs(30);

/// The state of an operation at one poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationStatus {
    /// The operation goes on.
    UnderWay,
    /// The operation has ended, with this status.
    Ended(&'static str),
    /// Azure does not know the operation any more.
    Gone,
}

/// Returns the status of an operation that has not succeeded.
fn failure(answer: &Response) -> &'static str {
    let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let places = ["/status", "/properties/provisioningState"];
    let mut told = places
        .iter()
        .filter_map(|place| document.pointer(place)?.as_str());
    if told.any(|status| status.eq_ignore_ascii_case("Canceled")) {
        "Canceled"
    } else {
        "Failed"
    }
}

impl Arm {
    /// Waits for the end of the operation that a request has started. Returns the resource at that
    /// time, or `None` after a deletion or if Azure sends none. A failed or cancelled operation is
    /// an error in az's words.
    pub async fn finish(
        &self,
        request: &Request,
        started: Response,
        report: &dyn Report,
    ) -> Result<Option<Value>, ArmError> {
        let url = self.prepare(request)?.url.to_string();
        let mut operation = Operation::begin(&request.method, url, &started);
        if operation.first_status(&started)? != Status::Running {
            return operation.resource(&started);
        }
        let last = self.watch(&mut operation, report).await?;
        self.result(&operation, last, report).await
    }

    /// Reports the operation that a request has started, for a caller that does not wait for it.
    /// Azure's response is not checked, because az does not check it in this case.
    pub fn leave(&self, request: &Request, started: &Response, report: &dyn Report) {
        let Ok(prepared) = self.prepare(request) else {
            return;
        };
        let operation = Operation::begin(&request.method, prepared.url.to_string(), started);
        if let (Ok(Status::Running), Some(left)) =
            (operation.first_status(started), operation.continuation())
        {
            report.left(&left);
        }
    }

    /// Polls an operation once.
    pub async fn look(
        &self,
        continuation: &Continuation,
        report: &dyn Report,
    ) -> Result<OperationStatus, ArmError> {
        let mut operation = Operation::from(continuation);
        match self.poll(&mut operation, report).await {
            Ok((Status::Running, _)) => Ok(OperationStatus::UnderWay),
            Ok((Status::Succeeded, _)) => Ok(OperationStatus::Ended("Succeeded")),
            Ok((Status::Failed, answer)) => Ok(OperationStatus::Ended(failure(&answer))),
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => {
                Ok(OperationStatus::Gone)
            }
            Err(error) => Err(error),
        }
    }

    /// Waits for an operation that another process may have begun, with the same result as
    /// [`Self::finish`].
    pub async fn resume(
        &self,
        continuation: &Continuation,
        report: &dyn Report,
    ) -> Result<Option<Value>, ArmError> {
        let mut operation = Operation::from(continuation);
        let last = self.watch(&mut operation, report).await?;
        self.result(&operation, last, report).await
    }

    /// Polls until the operation has ended, and returns the last response.
    async fn watch(
        &self,
        operation: &mut Operation,
        report: &dyn Report,
    ) -> Result<Response, ArmError> {
        let begun = operation.continuation();
        if let Some(begun) = &begun {
            report.operation(begun);
        }
        let over = || begun.iter().for_each(|begun| report.ended(begun));
        let started = Instant::now();
        let mut heard = started;
        report.progress(STARTING);
        loop {
            let asked = Instant::now();
            let wait = match self.poll(operation, report).await {
                Ok((Status::Running, answer)) => {
                    heard = Instant::now();
                    report.progress(&operation.state(&answer));
                    interval(started, &answer)
                }
                Ok((status, answer)) => {
                    over();
                    return match status {
                        Status::Failed => Err(ArmError::operation(&answer, None)),
                        Status::Running | Status::Succeeded => Ok(answer),
                    };
                }
                Err(error) => {
                    if error.status() == Some(StatusCode::NOT_FOUND) {
                        over();
                    }
                    let Some(wait) = self.patience(operation, &error, asked, heard) else {
                        return Err(given_up(error, begun));
                    };
                    report.debug(&format!("the operation's state is not known: {error}"));
                    wait
                }
            };
            if let Err(error) = self.pause(started, wait).await {
                return Err(given_up(error, begun));
            }
        }
    }

    /// Returns how long to wait after a failed poll, or `None` if polling ends. An error response
    /// of Azure ends it, as in az after its retries, unless Azure asks for a pause longer than one
    /// request waits.
    fn patience(
        &self,
        operation: &Operation,
        error: &ArmError,
        asked: Instant,
        heard: Instant,
    ) -> Option<Duration> {
        let limits = &self.inner.deadlines;
        match error {
            ArmError::Throttled { seconds } => Some(Duration::from_secs(*seconds) + FIRST),
            ArmError::Refused(refusal) if refusal.status == StatusCode::TOO_MANY_REQUESTS => {
                let poll = self.prepare(&Request::follow(&operation.url)).ok()?;
                let rest = self.inner.throttle.rest(&poll.bucket)?;
                (Instant::now() + rest > asked + limits.total).then_some(rest)
            }
            ArmError::Refused(_) => None,
            error if error.is_transient() && heard.elapsed() <= limits.polling => {
                Some((heard.elapsed() / 10).clamp(SHORTEST, LATER))
            }
            _ => None,
        }
    }

    async fn poll(
        &self,
        operation: &mut Operation,
        report: &dyn Report,
    ) -> Result<(Status, Response), ArmError> {
        let answer = self.read_any(&operation.url, report).await?;
        Ok((operation.status(&answer)?, answer))
    }

    /// Waits, but not beyond the time limit of an operation.
    async fn pause(&self, started: Instant, wait: Duration) -> Result<(), ArmError> {
        let limit = self.inner.deadlines.operation;
        let left = limit.saturating_sub(started.elapsed());
        if left.is_zero() {
            let doing = "a long-running operation".to_owned();
            return Err(ArmError::late(limit, doing));
        }
        tokio::time::sleep(wait.min(left)).await;
        Ok(())
    }

    /// Returns the resource that a successful operation leaves.
    async fn result(
        &self,
        operation: &Operation,
        last: Response,
        report: &dyn Report,
    ) -> Result<Option<Value>, ArmError> {
        let last = match operation.result_url(&last) {
            Some(url) => self.read_any(&url, report).await?,
            None => last,
        };
        operation.resource(&last)
    }

    /// Reads a response with a status that polling knows. az words a response with any other status
    /// by its body alone.
    async fn read_any(&self, url: &str, report: &dyn Report) -> Result<Response, ArmError> {
        let prepared = self.prepare_known(&Request::follow(url)).await?;
        let answer = self.exchange(&prepared, report).await?;
        answer.decode()?;
        if Declared::POLL.has(answer.status) {
            return Ok(answer);
        }
        Err(ArmError::operation(&answer, None))
    }
}

/// Returns how long to wait before the next poll: Azure's `Retry-After` if it is not zero, else
/// azq's own interval.
pub(super) fn interval(started: Instant, last: &Response) -> Duration {
    let own = || (started.elapsed() / 10).clamp(FIRST, LATER);
    last.wish().unwrap_or_else(own).clamp(SHORTEST, LONGEST)
}

/// Returns the error of a wait that has ended before the operation. It includes the operation if
/// resuming the wait may help.
fn given_up(error: ArmError, begun: Option<Continuation>) -> ArmError {
    let is_refused = error.status().is_some_and(|status| status.as_u16() < 400);
    match begun {
        Some(begun) if error.is_transient() && !is_refused => error.unwatched(begun),
        _ => error,
    }
}
