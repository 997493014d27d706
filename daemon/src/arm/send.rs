//! Sending a request and reading its answer, again if need be.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::retry::{Failure, Retries, retry_after};
use super::{Arm, ArmError, Request, Response, Stage, registration};
use crate::credential::{CredentialError, Token};
use crate::report::Report;
use crate::work;

/// The largest answer that is read whole. Catalogues are larger, and are streamed.
pub(crate) const WHOLE_LIMIT: usize = 64 << 20;

/// A request that can be sent as often as need be.
pub(super) struct Prepared {
    pub method: Method,
    pub url: Url,
    headers: HeaderMap,
    body: Option<Bytes>,
}

/// An answer whose body may still be to come.
pub(super) enum Answer {
    /// An error, or any answer that was wanted whole.
    Whole(Response),
    /// A success that is read as it arrives.
    Open(reqwest::Response),
}

impl Arm {
    /// Sends a request. Anything but a success is an error, in az's words.
    pub async fn send(&self, request: &Request, report: &dyn Report) -> Result<Response, ArmError> {
        let prepared = self.prepare(request)?;
        if !prepared.method.is_safe() {
            report.writes();
        }
        let response = self.exchange(&prepared, report).await?;
        let response = match registration::missing_provider(&response) {
            Some(provider) if registration::register(self, &provider, report).await? => {
                self.exchange(&prepared, report).await?
            }
            _ => response,
        };
        prepared.check(response)
    }

    /// The document at a path.
    pub async fn get(
        &self,
        path: &str,
        api_version: &str,
        report: &dyn Report,
    ) -> Result<serde_json::Value, ArmError> {
        let response = self.send(&Request::get(path, api_version), report).await?;
        response.required(&format!("GET {path}"))
    }

    /// Makes a request ready; refuses one that leads elsewhere.
    pub(super) fn prepare(&self, request: &Request) -> Result<Prepared, ArmError> {
        let mut url = self.url(&request.url)?;
        if !request.query.is_empty() {
            let more = request.encoded_query();
            let query = url
                .query()
                .map_or_else(|| more.clone(), |query| format!("{query}&{more}"));
            url.set_query(Some(&query));
        }
        let body = request
            .body
            .as_ref()
            .map(|body| Bytes::from(body.to_string()));
        Ok(Prepared {
            method: request.method.clone(),
            url,
            headers: headers(request)?,
            body,
        })
    }

    /// The answer to a request, whatever its status.
    pub(super) async fn exchange(
        &self,
        prepared: &Prepared,
        report: &dyn Report,
    ) -> Result<Response, ArmError> {
        match self.exchange_open(prepared, false, report).await? {
            Answer::Whole(response) => Ok(response),
            Answer::Open(response) => read(response, report).await,
        }
    }

    /// The answer to a request; a success with its body still to come if `open`.
    pub(super) async fn exchange_open(
        &self,
        prepared: &Prepared,
        open: bool,
        report: &dyn Report,
    ) -> Result<Answer, ArmError> {
        let total = self.inner.deadlines.total;
        let deadline = Instant::now() + total;
        let late = |_| prepared.late(total);
        let mut retries = Retries::default();
        let mut rejected = None;
        loop {
            let pause = self.inner.throttle.ready(deadline).await;
            pause.map_err(|rest| ArmError::Throttled {
                seconds: rest.as_secs(),
            })?;
            let token = timeout_at(deadline, self.inner.tokens.token())
                .await
                .map_err(late)??;
            let attempt = self.attempt(prepared, &token, open, report);
            let wait = match timeout_at(deadline, attempt).await.map_err(late)? {
                Ok(Answer::Whole(response)) => {
                    if self
                        .is_worth_another_token(&response, &token, &mut rejected)
                        .await
                    {
                        continue;
                    }
                    match self.wait_after(&response, prepared, &mut retries, deadline) {
                        Some(wait) => wait,
                        None => return Ok(Answer::Whole(response)),
                    }
                }
                Ok(open) => return Ok(open),
                Err(error) => {
                    report.debug(&format!("{}: {error}", prepared.doing()));
                    let wait = failure(&error)
                        .and_then(|failure| retries.after_failure(&prepared.method, failure))
                        .filter(|wait| Instant::now() + *wait < deadline);
                    wait.ok_or(error)?
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Whether Azure has rejected a token and there is another. It is asked once: az does not repeat what is
    /// refused.
    async fn is_worth_another_token(
        &self,
        response: &Response,
        token: &Token,
        rejected: &mut Option<Token>,
    ) -> bool {
        response.status == StatusCode::UNAUTHORIZED
            && rejected.replace(token.clone()).is_none()
            && self.inner.tokens.instead_of(token).await.is_some()
    }

    /// How long to wait before an answer is asked for again, if it is. A pause that Azure asks for is everyone's, whether this
    /// caller waits for its end or gives up.
    fn wait_after(
        &self,
        response: &Response,
        prepared: &Prepared,
        retries: &mut Retries,
        deadline: Instant,
    ) -> Option<Duration> {
        let is_throttled = response.status == StatusCode::TOO_MANY_REQUESTS;
        let wish = retry_after(&response.headers).filter(|wish| !wish.is_zero());
        let pause = wish.filter(|_| is_throttled);
        if let Some(pause) = pause {
            self.inner.throttle.pause(pause);
        }
        let wait = retries.after_answer(&prepared.method, response.status, &response.headers)?;
        let end = Instant::now().checked_add(wait);
        end.filter(|end| *end < deadline)?;
        Some(if pause.is_some() {
            Duration::ZERO
        } else {
            wait
        })
    }

    async fn attempt(
        &self,
        prepared: &Prepared,
        token: &Token,
        open: bool,
        report: &dyn Report,
    ) -> Result<Answer, ArmError> {
        let unusable = || CredentialError::unavailable("The access token is malformed.");
        let authorization = token.header().ok_or_else(unusable)?;
        let started = Instant::now();
        let mut request = self
            .inner
            .transport
            .azure()?
            .request(prepared.method.clone(), prepared.url.clone())
            .headers(prepared.headers.clone())
            .header(header::AUTHORIZATION, authorization);
        if let Some(body) = &prepared.body {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        let response = request
            .send()
            .await
            .map_err(|error| ArmError::transport(&error))?;
        let milliseconds = started.elapsed().as_millis();
        report.debug(&format!(
            "{}: {} in {milliseconds} ms",
            prepared.doing(),
            response.status()
        ));
        if open && response.status().is_success() {
            return Ok(Answer::Open(response));
        }
        read(response, report).await.map(Answer::Whole)
    }
}

impl Prepared {
    /// Method and path, for people. Without the query, which may be signed.
    pub(super) fn doing(&self) -> String {
        format!("{} {}", self.method, self.url.path())
    }

    fn late(&self, total: Duration) -> ArmError {
        ArmError::Deadline {
            seconds: total.as_secs(),
            doing: self.doing(),
        }
    }

    /// A success, or the error that an answer is.
    pub(super) fn check(&self, response: Response) -> Result<Response, ArmError> {
        if response.status.is_success() {
            return Ok(response);
        }
        // az looks at the body of an answer that it reads whole before it looks at the status, and it does not read
        // whole what begins a long-running operation.
        if self.method == Method::GET && !response.body.is_empty() && response.claims_json() {
            let parsed = serde_json::from_slice::<serde::de::IgnoredAny>(&response.body);
            if let Err(error) = parsed {
                return Err(response.not_json(&error));
            }
        }
        let any = |value: &HeaderValue| value == "*";
        let conditional = self.headers.contains_key(header::IF_MATCH)
            || self.headers.get(header::IF_NONE_MATCH).is_some_and(any);
        Err(ArmError::refused(
            response.status,
            &response.body,
            self.url.path(),
            conditional,
        ))
    }
}

fn headers(request: &Request) -> Result<HeaderMap, ArmError> {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let id = HeaderValue::from_str(&uuid::Uuid::new_v4().to_string());
    if let Ok(id) = id {
        headers.insert(HeaderName::from_static("x-ms-client-request-id"), id);
    }
    for (name, value) in &request.headers {
        let invalid = || ArmError::Setting(format!("'{name}' cannot be sent as a header."));
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?;
        let value = HeaderValue::from_str(value).map_err(|_| invalid())?;
        headers.insert(name, value);
    }
    Ok(headers)
}

/// How long a body is taken apart whatever memory there is, in bytes, and how much its parts take for each byte.
const WITHOUT_ASKING: usize = 1 << 20;
const TAKEN_APART: usize = 6;

/// Reads an answer whole.
async fn read(mut response: reqwest::Response, report: &dyn Report) -> Result<Response, ArmError> {
    let (status, headers) = (response.status(), response.headers().clone());
    let expected = response.content_length();
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(part)) if body.len() + part.len() > WHOLE_LIMIT => {
                let limit = WHOLE_LIMIT >> 20;
                return Err(ArmError::Malformed(format!(
                    "Azure's answer is larger than {limit} MiB."
                )));
            }
            Ok(Some(part)) => body.extend_from_slice(&part),
            Ok(None) => {
                // A long one is refused before it is taken apart, if there is no memory for what that makes of it.
                if body.len() > WITHOUT_ASKING {
                    let taken_apart = body.len().saturating_mul(TAKEN_APART);
                    let room = work::check(taken_apart);
                    room.map_err(|stop| ArmError::Malformed(stop.to_string()))?;
                }
                return Ok(Response {
                    status,
                    headers,
                    body: body.into(),
                });
            }
            Err(error) if error.is_timeout() => return Err(ArmError::transport(&error)),
            Err(_) => {
                // az logs this for each try (azure-core, `pipeline/transport/_requests_basic.py`).
                report.warning("Incomplete download.");
                return Err(ArmError::incomplete(body.len() as u64, expected));
            }
        }
    }
}

/// What of the retry rules an error falls under.
fn failure(error: &ArmError) -> Option<Failure> {
    match error {
        ArmError::Connection {
            stage: Stage::Connect,
            ..
        } => Some(Failure::Connect),
        ArmError::Connection {
            stage: Stage::Answer,
            ..
        } => Some(Failure::Read),
        _ => None,
    }
}
