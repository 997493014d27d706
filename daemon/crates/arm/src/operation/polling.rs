//! How an operation is polled, and how a response states how far it is.

use http::{Method, StatusCode};
use serde_json::Value;

use crate::{ArmError, Continuation, Polled, Response};

/// azure-core's word for an operation whose responses contain no state.
const IN_PROGRESS: &str = "InProgress";
/// azure-core's message for a poll without a body.
const EMPTY: &str = "The response from long running operation does not contain a body.";
/// azure-core's message for a poll whose body is not JSON, regardless of its content type.
const UNREADABLE: &str = "Error occurred in deserializing the response body.";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Running,
    Succeeded,
    Failed,
}

/// Maps a state as azure-core's `_FINISHED` and `_FAILED` do. Every other state counts as running.
impl From<&Value> for Status {
    fn from(value: &Value) -> Self {
        match value.as_str().map(str::to_lowercase).as_deref() {
            Some("succeeded") => Self::Succeeded,
            Some("failed" | "canceled") => Self::Failed,
            _ => Self::Running,
        }
    }
}

pub(super) struct Operation {
    method: Method,
    /// The URL of the request that began the operation.
    resource: String,
    /// The kind of polling, or `None` because the first response was the last.
    polled: Option<Polled>,
    /// The URL that is polled.
    pub(super) url: String,
    /// The `Location` that came beside `Azure-AsyncOperation`.
    location: Option<String>,
}

impl From<&Continuation> for Operation {
    fn from(continuation: &Continuation) -> Self {
        Self {
            // For an invalid method there is no result to read.
            method: continuation.method.parse().unwrap_or(Method::DELETE),
            resource: continuation.resource.clone(),
            polled: Some(continuation.polled),
            url: continuation.url.clone(),
            location: continuation.location.clone(),
        }
    }
}

impl Operation {
    /// Returns Azure's own word for the operation's state, which az shows while it waits.
    pub(super) fn state(&self, answer: &Response) -> String {
        let member = match self.polled {
            Some(Polled::Status) => "/status",
            Some(Polled::Resource) => "/properties/provisioningState",
            Some(Polled::Location) | None => "",
        };
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let state = body.pointer(member).and_then(Value::as_str);
        state.unwrap_or(IN_PROGRESS).to_owned()
    }

    /// Determines the kind of polling from the first response. A header counts even if it is empty.
    pub(super) fn begin(method: &Method, resource: String, started: &Response) -> Self {
        let header = |name| {
            let value = started.headers.get(name)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let (polled, url, location) = match (header("azure-asyncoperation"), header("location")) {
            (Some(url), location) => (Some(Polled::Status), url, location),
            (None, Some(url)) => (Some(Polled::Location), url, None),
            (None, None) if *method == Method::PUT || *method == Method::PATCH => {
                (Some(Polled::Resource), resource.clone(), None)
            }
            (None, None) => (None, String::new(), None),
        };
        Self {
            method: method.clone(),
            resource,
            polled,
            url,
            location: location.filter(|location| !location.is_empty()),
        }
    }

    /// Returns the data to resume waiting in another process, or `None` if there is nothing to wait
    /// for.
    pub(super) fn continuation(&self) -> Option<Continuation> {
        Some(Continuation {
            method: self.method.to_string(),
            resource: self.resource.clone(),
            url: self.url.clone(),
            polled: self.polled?,
            location: self.location.clone(),
        })
    }

    /// Returns the status in the first response (`set_initial_status` of each algorithm).
    pub(super) fn first_status(&self, started: &Response) -> Result<Status, ArmError> {
        match self.polled {
            Some(Polled::Status | Polled::Location) if self.url.is_empty() => {
                Err(ArmError::operation(started, None))
            }
            Some(Polled::Status) => {
                let body = started.document().ok().flatten();
                Ok(member(body.as_ref(), &["status"]).map_or(Status::Running, Status::from))
            }
            Some(Polled::Location) => Ok(Status::Running),
            Some(Polled::Resource) => Ok(match (started.status.as_u16(), provisioning(started)?) {
                (202, _) | (201, None) => Status::Running,
                (_, Some(status)) => status,
                (_, None) => Status::Succeeded,
            }),
            None => Ok(Status::Succeeded),
        }
    }

    /// Returns the status in a poll's response (`get_status` of each algorithm).
    pub(super) fn status(&mut self, answer: &Response) -> Result<Status, ArmError> {
        let wrong = |why| ArmError::operation(answer, Some(why));
        match self.polled {
            Some(Polled::Status) => {
                let body = readable(answer)?.ok_or_else(|| wrong(EMPTY))?;
                let status = member(Some(&body), &["status"]);
                status
                    .map(Status::from)
                    .ok_or_else(|| wrong("No status found in body"))
            }
            Some(Polled::Location) => {
                if let Some(moved) = answer.header("location") {
                    moved.clone_into(&mut self.url);
                }
                Ok(match answer.status {
                    StatusCode::ACCEPTED => Status::Running,
                    _ => Status::Succeeded,
                })
            }
            Some(Polled::Resource) if answer.body.is_empty() => Err(wrong(EMPTY)),
            Some(Polled::Resource) => Ok(provisioning(answer)?.unwrap_or(Status::Succeeded)),
            None => Ok(Status::Succeeded),
        }
    }

    /// Returns the URL of the result, if there is a separate one (`get_final_get_url` of each
    /// algorithm).
    pub(super) fn result_url(&self, last: &Response) -> Option<String> {
        if self.polled != Some(Polled::Status) {
            return None;
        }
        let body = last.document().ok().flatten();
        let named = member(body.as_ref(), &["resourceLocation"]).and_then(Value::as_str);
        named
            .map(str::to_owned)
            .or_else(|| match self.method.as_str() {
                "PUT" | "PATCH" => Some(self.resource.clone()),
                "POST" => self.location.clone(),
                _ => None,
            })
    }

    /// Returns the resource in the last response, or `None` after a deletion.
    pub(super) fn resource(&self, last: &Response) -> Result<Option<Value>, ArmError> {
        if self.method == Method::DELETE {
            Ok(None)
        } else {
            last.document()
        }
    }
}

/// Returns the body of a response.
pub(super) fn readable(answer: &Response) -> Result<Option<Value>, ArmError> {
    let unreadable = |_| ArmError::Malformed(UNREADABLE.to_owned());
    answer.document().map_err(unreadable)
}

/// Returns the `provisioningState` of a resource, if it has one.
pub(super) fn provisioning(answer: &Response) -> Result<Option<Status>, ArmError> {
    let body = readable(answer)?;
    Ok(member(body.as_ref(), &["properties", "provisioningState"]).map(Status::from))
}

/// Returns the value at a path, if Python takes it as true.
pub(super) fn member<'a>(body: Option<&'a Value>, path: &[&str]) -> Option<&'a Value> {
    let found = path.iter().try_fold(body?, |value, key| value.get(key))?;
    azq_python::is_true(found).then_some(found)
}
