//! Waiting for a long-running operation, as az's SDKs do (azure-core, `polling/base_polling.py`;
//! azure-mgmt-core, `polling/arm_polling.py`).
//!
//! How it is polled follows from the first answer: by `Azure-AsyncOperation`, else by `Location`,
//! else, for what was put, by the resource itself. `status` (or `provisioningState`) alone decides:
//! a body that is in progress, or has succeeded, may carry an `error`. Polling URLs are followed as
//! they stand.
//!
//! An operation that has ended with its first answer has no poll and no result to read: that answer
//! is its outcome, whatever state it tells of.
//!
//! Two things differ from az. Without a `Retry-After` az asks every 30 s; azq asks at intervals
//! that grow with the time already waited. And a poll that fails for want of a network, or while
//! Azure asks for a pause, is tried again for a while: the operation goes on in Azure whether it is
//! watched or not.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::Value;
use tokio::time::Instant;

use super::retry::retry_after;
use super::{Arm, ArmError, Continuation, Declared, Polled, Request, Response};
use crate::Report;

/// az's label until it has asked how far an operation is.
const STARTING: &str = "Starting";
/// azure-core's word for an operation whose state no answer tells.
const IN_PROGRESS: &str = "InProgress";
/// Bounds of the interval between polls: from below also where Azure says `Retry-After: 0`.
const SHORTEST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(120);
/// Bounds of it where Azure says nothing: a tenth of the time already waited.
const FIRST: Duration = Duration::from_secs(2);
const LATER: Duration = Duration::from_secs(30);

/// The state of an operation, as one look finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationStatus {
    /// It goes on.
    UnderWay,
    /// It has ended, with this status.
    Ended(&'static str),
    /// Azure does not know it any more.
    Gone,
}

/// The status of an operation that has not succeeded.
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
    /// Waits for the end of what a request has started. Its result is the resource as it is then;
    /// `None` after a deletion or where Azure gives none. A failed or cancelled operation is an
    /// error in az's words.
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

    /// Tells of the operation that a request has started and that nobody waits for. What Azure
    /// answered is not judged, for az does not look at it then.
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

    /// Asks once how an operation is.
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

    /// Waits for an operation that was begun elsewhere, with the same result as where it was begun.
    pub async fn resume(
        &self,
        continuation: &Continuation,
        report: &dyn Report,
    ) -> Result<Option<Value>, ArmError> {
        let mut operation = Operation::from(continuation);
        let last = self.watch(&mut operation, report).await?;
        self.result(&operation, last, report).await
    }

    /// Polls until the operation has ended; its last answer.
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

    /// How long to wait after a poll has failed, if another is made. An error of Azure's is az's
    /// error after az's retries, but for a pause that is longer than one request waits.
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
                let poll = Request::follow(operation.monitor().unwrap_or_default());
                let rest = self
                    .inner
                    .throttle
                    .rest(&self.prepare(&poll).ok()?.bucket)?;
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
        let url = operation.monitor().unwrap_or_default().to_owned();
        let answer = self.read_any(&url, report).await?;
        Ok((operation.status(&answer)?, answer))
    }

    /// Waits, but for no longer than an operation may take.
    async fn pause(&self, started: Instant, wait: Duration) -> Result<(), ArmError> {
        let limit = self.inner.deadlines.operation;
        let left = limit.saturating_sub(started.elapsed());
        if left.is_zero() {
            let doing = "a long-running operation".to_owned();
            return Err(ArmError::Deadline {
                seconds: limit.as_secs(),
                doing,
            });
        }
        tokio::time::sleep(wait.min(left)).await;
        Ok(())
    }

    /// The resource that a successful operation leaves.
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

    /// An answer of a kind that polling knows; az words any other by its body alone.
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

/// How long to wait before the next poll: as Azure wishes, where a wish for none is none.
pub(super) fn interval(started: Instant, last: &Response) -> Duration {
    let own = || (started.elapsed() / 10).clamp(FIRST, LATER);
    let wish = retry_after(&last.headers).filter(|wish| !wish.is_zero());
    wish.unwrap_or_else(own).clamp(SHORTEST, LONGEST)
}

/// The error of a wait that has ended before the operation, with how to go on where it may be worth
/// it.
fn given_up(error: ArmError, begun: Option<Continuation>) -> ArmError {
    let is_refused = error.status().is_some_and(|status| status.as_u16() < 400);
    match begun {
        Some(begun) if error.is_transient() && !is_refused => error.unwatched(begun),
        _ => error,
    }
}

/// azure-core's words for a poll without a body.
const EMPTY: &str = "The response from long running operation does not contain a body.";
/// And for one that is no JSON, whatever it says that it is.
const UNREADABLE: &str = "Error occurred in deserializing the response body.";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Running,
    Succeeded,
    Failed,
}

/// `_FINISHED` and `_FAILED`; everything else is on its way.
impl From<&Value> for Status {
    fn from(value: &Value) -> Self {
        match value.as_str().map(str::to_lowercase).as_deref() {
            Some("succeeded") => Self::Succeeded,
            Some("failed" | "canceled") => Self::Failed,
            _ => Self::Running,
        }
    }
}

struct Operation {
    method: Method,
    /// The URL of the request that began it.
    resource: String,
    polling: Polling,
}

enum Polling {
    AsyncOperation {
        url: String,
        location: Option<String>,
    },
    Location {
        url: String,
    },
    Resource,
    /// The first answer was the last.
    None,
}

impl From<&Continuation> for Operation {
    fn from(continuation: &Continuation) -> Self {
        let url = continuation.url.clone();
        Self {
            // A method that is none has no result to read.
            method: continuation.method.parse().unwrap_or(Method::DELETE),
            resource: continuation.resource.clone(),
            polling: match continuation.polled {
                Polled::Status => Polling::AsyncOperation {
                    url,
                    location: continuation.location.clone(),
                },
                Polled::Location => Polling::Location { url },
                Polled::Resource => Polling::Resource,
            },
        }
    }
}

impl Operation {
    /// Azure's own word for how far it is, which az shows while it waits.
    fn state(&self, answer: &Response) -> String {
        let member = match self.polling {
            Polling::AsyncOperation { .. } => "/status",
            Polling::Resource => "/properties/provisioningState",
            Polling::Location { .. } | Polling::None => "",
        };
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let state = body.pointer(member).and_then(Value::as_str);
        state.unwrap_or(IN_PROGRESS).to_owned()
    }

    /// A header that is there decides, also an empty one.
    fn begin(method: &Method, resource: String, started: &Response) -> Self {
        let header = |name| {
            let value = started.headers.get(name)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let polling = match (header("azure-asyncoperation"), header("location")) {
            (Some(url), location) => Polling::AsyncOperation {
                url,
                location: location.filter(|location| !location.is_empty()),
            },
            (None, Some(url)) => Polling::Location { url },
            (None, None) if *method == Method::PUT || *method == Method::PATCH => Polling::Resource,
            (None, None) => Polling::None,
        };
        Self {
            method: method.clone(),
            resource,
            polling,
        }
    }

    /// What goes on in another process; `None` if there is nothing to wait for.
    fn continuation(&self) -> Option<Continuation> {
        let (polled, url, location) = match &self.polling {
            Polling::AsyncOperation { url, location } => (Polled::Status, url, location.clone()),
            Polling::Location { url } => (Polled::Location, url, None),
            Polling::Resource => (Polled::Resource, &self.resource, None),
            Polling::None => return None,
        };
        Some(Continuation {
            method: self.method.to_string(),
            resource: self.resource.clone(),
            url: url.clone(),
            polled,
            location,
        })
    }

    /// What is polled.
    fn monitor(&self) -> Option<&str> {
        match &self.polling {
            Polling::AsyncOperation { url, .. } | Polling::Location { url } => Some(url),
            Polling::Resource => Some(&self.resource),
            Polling::None => None,
        }
    }

    /// `set_initial_status` of each algorithm.
    fn first_status(&self, started: &Response) -> Result<Status, ArmError> {
        match &self.polling {
            Polling::AsyncOperation { url, .. } | Polling::Location { url } if url.is_empty() => {
                Err(ArmError::operation(started, None))
            }
            Polling::AsyncOperation { .. } => {
                let body = started.document().ok().flatten();
                Ok(member(body.as_ref(), &["status"]).map_or(Status::Running, Status::from))
            }
            Polling::Location { .. } => Ok(Status::Running),
            Polling::Resource => Ok(match (started.status.as_u16(), provisioning(started)?) {
                (202, _) | (201, None) => Status::Running,
                (_, Some(status)) => status,
                (_, None) => Status::Succeeded,
            }),
            Polling::None => Ok(Status::Succeeded),
        }
    }

    /// `get_status` of each algorithm.
    fn status(&mut self, answer: &Response) -> Result<Status, ArmError> {
        let wrong = |why| ArmError::operation(answer, Some(why));
        match &mut self.polling {
            Polling::AsyncOperation { .. } => {
                let body = readable(answer)?.ok_or_else(|| wrong(EMPTY))?;
                let status = member(Some(&body), &["status"]);
                status
                    .map(Status::from)
                    .ok_or_else(|| wrong("No status found in body"))
            }
            Polling::Location { url } => {
                if let Some(moved) = answer.header("location") {
                    moved.clone_into(url);
                }
                let running = answer.status == StatusCode::ACCEPTED;
                Ok(if running {
                    Status::Running
                } else {
                    Status::Succeeded
                })
            }
            Polling::Resource if answer.body.is_empty() => Err(wrong(EMPTY)),
            Polling::Resource => Ok(provisioning(answer)?.unwrap_or(Status::Succeeded)),
            Polling::None => Ok(Status::Succeeded),
        }
    }

    /// `get_final_get_url` of each algorithm.
    fn result_url(&self, last: &Response) -> Option<String> {
        let Polling::AsyncOperation { location, .. } = &self.polling else {
            return None;
        };
        let body = last.document().ok().flatten();
        let named = member(body.as_ref(), &["resourceLocation"]).and_then(Value::as_str);
        named
            .map(str::to_owned)
            .or_else(|| match self.method.as_str() {
                "PUT" | "PATCH" => Some(self.resource.clone()),
                "POST" => location.clone(),
                _ => None,
            })
    }

    /// What the last answer gives; a deletion leaves nothing.
    fn resource(&self, last: &Response) -> Result<Option<Value>, ArmError> {
        if self.method == Method::DELETE {
            Ok(None)
        } else {
            last.document()
        }
    }
}

/// The body of an answer.
fn readable(answer: &Response) -> Result<Option<Value>, ArmError> {
    let unreadable = |_| ArmError::Malformed(UNREADABLE.to_owned());
    answer.document().map_err(unreadable)
}

/// `provisioningState` of a resource, if it has one.
fn provisioning(answer: &Response) -> Result<Option<Status>, ArmError> {
    let body = readable(answer)?;
    Ok(member(body.as_ref(), &["properties", "provisioningState"]).map(Status::from))
}

/// A value that Python takes as true.
fn member<'a>(body: Option<&'a Value>, path: &[&str]) -> Option<&'a Value> {
    let found = path.iter().try_fold(body?, |value, key| value.get(key))?;
    azq_python::is_true(found).then_some(found)
}
