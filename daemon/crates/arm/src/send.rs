//! Sending a request and reading its response, with retries.

use std::time::Duration;

use azq_http::Stage;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use tokio::time::{Instant, timeout_at};
use tracing::field::Empty;
use tracing::{Instrument as _, Span, trace_span};
use url::Url;

use super::body::{Decoder, ends_without_farewell};
use super::retry::{Failure, Retries};
use super::throttle::Bucket;
use super::{
    Arm, ArmError, Declared, Request, Response, address, claims, headers, registration, template,
};
use crate::Report;
use azq_auth::{CredentialError, Token};
use azq_command::work;

/// The largest response that is read whole. Catalogues are larger, and are streamed.
pub const WHOLE_LIMIT: usize = 64 << 20;

/// A request that can be sent repeatedly.
pub(super) struct Prepared {
    pub method: Method,
    pub url: Url,
    headers: HeaderMap,
    body: Option<Bytes>,
    declared: Declared,
    pub bucket: Bucket,
}

/// A response whose body may not have been read yet.
pub(super) enum Answer {
    /// An error, or any response that is wanted whole.
    Whole(Response),
    /// A success that is read as it arrives.
    Open(reqwest::Response),
}

impl Arm {
    /// Sends a request. Any response but a success is an error, in az's words.
    pub async fn send(&self, request: &Request, report: &dyn Report) -> Result<Response, ArmError> {
        let prepared = self.prepare_known(request).await?;
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

    /// Returns the document at a path.
    pub async fn get(
        &self,
        path: &str,
        api_version: &str,
        report: &dyn Report,
    ) -> Result<serde_json::Value, ArmError> {
        let response = self.send(&Request::get(path, api_version), report).await?;
        response.required(&format!("GET {path}"))
    }

    /// Prepares a request, or refuses it if it leads to another host.
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
            .map(|body| Bytes::from(azq_python::json::dumps(body)));
        let mut headers = headers::of(request)?;
        if body.is_some() {
            let json = HeaderValue::from_static("application/json");
            headers.entry(header::CONTENT_TYPE).or_insert(json);
        }
        Ok(Prepared {
            method: request.method.clone(),
            bucket: Bucket::of(&request.method, url.path()),
            url,
            headers,
            body,
            declared: request.declared,
        })
    }

    /// Prepares a request. A request to a host that does not exist is refused in the words of az's
    /// resolver.
    pub(super) async fn prepare_known(&self, request: &Request) -> Result<Prepared, ArmError> {
        match self.prepare(request) {
            Err(error @ ArmError::ForeignHost { .. }) => Err(address::looked_up(error).await),
            prepared => prepared,
        }
    }

    /// Returns the response to a request, with any status.
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

    /// Returns the response to a request. With `open`, the body of a success has not been read yet.
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
            let pause = self.inner.throttle.ready(&prepared.bucket, deadline).await;
            pause.map_err(|rest| ArmError::Throttled {
                seconds: rest.as_secs(),
            })?;
            let token = timeout_at(deadline, self.inner.tokens.token())
                .await
                .map_err(late)??;
            let attempt = self.attempt(prepared, &token, open, report);
            let attempt = attempt.instrument(prepared.span());
            let wait = match timeout_at(deadline, attempt).await.map_err(late)? {
                Ok(Answer::Whole(response)) => {
                    let retry =
                        self.another_token(&response, prepared, &token, &mut rejected, report);
                    if timeout_at(deadline, retry).await.map_err(late)?? {
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

    /// Gets another token if Azure has rejected this one, with the claims that Azure asks for if it
    /// does. Returns whether the request is to be sent again. That happens only once, because az
    /// does not repeat a request that is refused again.
    async fn another_token(
        &self,
        response: &Response,
        prepared: &Prepared,
        token: &Token,
        rejected: &mut Option<Token>,
        report: &dyn Report,
    ) -> Result<bool, ArmError> {
        let tokens = &self.inner.tokens;
        if response.status != StatusCode::UNAUTHORIZED || rejected.replace(token.clone()).is_some()
        {
            return Ok(false);
        }
        let Some(claims) = claims::asked(response, prepared.url.path()) else {
            return Ok(tokens.instead_of(token).await.is_some());
        };
        match tokens.with_claims(token, &claims).await {
            Ok(()) => Ok(true),
            Err(CredentialError::NeedsLogin { advice, refusal }) => {
                report.warning(&advice);
                match refusal {
                    Some(message) => Err(CredentialError::plain(message).into()),
                    None => Ok(false),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Returns how long to wait before the request is sent again after a response, or `None` if it
    /// is not. A pause that Azure asks for is recorded for all callers, even if this one gives up.
    fn wait_after(
        &self,
        response: &Response,
        prepared: &Prepared,
        retries: &mut Retries,
        deadline: Instant,
    ) -> Option<Duration> {
        let is_throttled = response.status == StatusCode::TOO_MANY_REQUESTS;
        let pause = response.wish().filter(|_| is_throttled);
        if let Some(pause) = pause {
            self.inner.throttle.pause(&prepared.bucket, pause);
        }
        let wait = retries.after_answer(&prepared.method, response.status, &response.headers)?;
        let end = Instant::now().checked_add(wait);
        end.filter(|end| *end < deadline)?;
        Some(pause.map_or(wait, |_| Duration::ZERO))
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
        let mut headers = prepared.headers.clone();
        headers.insert(header::AUTHORIZATION, authorization);
        let started = Instant::now();
        let mut request = self
            .inner
            .transport
            .azure()?
            .request(prepared.method.clone(), prepared.url.clone())
            .headers(headers);
        if let Some(body) = &prepared.body {
            request = request.body(body.clone());
        }
        let response = request.send().await?;
        Span::current().record("http.response.status_code", response.status().as_u16());
        let milliseconds = started.elapsed().as_millis();
        report.debug(&format!(
            "{}: {} in {milliseconds} ms",
            prepared.doing(),
            response.status()
        ));
        if open && prepared.declared.has(response.status()) {
            return Ok(Answer::Open(response));
        }
        // A response to HEAD has no body, regardless of its headers.
        if prepared.method == Method::HEAD {
            return Ok(Answer::Whole(with_body(&response, Bytes::new())));
        }
        read(response, report).await.map(Answer::Whole)
    }
}

impl Prepared {
    /// Returns a span of one attempt, until its headers are there; a catalogue's body comes later.
    fn span(&self) -> Span {
        trace_span!(
            target: "azq_trace",
            "azure",
            otel.kind = "client",
            http.request.method = self.method.as_str(),
            http.response.status_code = Empty,
            url.template = template::of(self.url.path()),
        )
    }

    /// Returns the method and path, for people. The query is left out, because it may contain a
    /// signature.
    pub(super) fn doing(&self) -> String {
        format!("{} {}", self.method, self.url.path())
    }

    fn late(&self, total: Duration) -> ArmError {
        ArmError::late(total, self.doing())
    }

    /// Returns a successful response, or the error of any other.
    pub(super) fn check(&self, response: Response) -> Result<Response, ArmError> {
        if self.declared.has(response.status) {
            return Ok(response);
        }
        // az decodes the body of a response that it reads whole before it checks the status. It
        // does not read a response whole that begins a long-running operation.
        if self.method == Method::GET {
            response.decode()?;
        }
        let any = |value: &HeaderValue| value == "*";
        let conditional = self.headers.contains_key(header::IF_MATCH)
            || self.headers.get(header::IF_NONE_MATCH).is_some_and(any);
        Err(ArmError::refused(&response, self.url.path(), conditional))
    }
}

/// The size up to which a body is parsed regardless of the free memory, in bytes, and the memory
/// that the parsed parts take for each byte.
const WITHOUT_ASKING: usize = 1 << 20;
const TAKEN_APART: usize = 6;

/// Reads a whole response.
async fn read(mut response: reqwest::Response, report: &dyn Report) -> Result<Response, ArmError> {
    let expected = response.content_length();
    let mut decoder = Decoder::of(response.headers());
    let (mut body, mut read) = (Vec::new(), 0);
    loop {
        match response.chunk().await {
            Ok(Some(part)) => {
                read += part.len() as u64;
                if decoder.write(&part, &mut body, WHOLE_LIMIT).is_err() {
                    return Err(cut(read, expected, report));
                }
                if body.len() > WHOLE_LIMIT {
                    return Err(ArmError::too_large(WHOLE_LIMIT as u64));
                }
            }
            Ok(None) => break,
            Err(error) if error.is_timeout() => return Err(error.into()),
            Err(error) if ends_without_farewell(&error, &response) => break,
            Err(_) => return Err(cut(read, expected, report)),
        }
    }
    if decoder.end(read == 0, &mut body).is_err() {
        return Err(cut(read, expected, report));
    }
    // A long body is refused before it is parsed if there is no memory for the result.
    if body.len() > WITHOUT_ASKING {
        let taken_apart = body.len().saturating_mul(TAKEN_APART);
        let room = work::check(taken_apart);
        room.map_err(|stop| ArmError::Malformed(stop.to_string()))?;
    }
    Ok(with_body(&response, body.into()))
}

fn with_body(response: &reqwest::Response, body: Bytes) -> Response {
    Response {
        status: response.status(),
        headers: response.headers().clone(),
        reason: reason(response),
        body,
    }
}

/// Returns the reason phrase, which only HTTP/1 has. The library keeps it only if it is not the
/// usual one.
fn reason(response: &reqwest::Response) -> Option<String> {
    let reason = response.extensions().get::<hyper::ext::ReasonPhrase>()?;
    // http.client decodes the phrase as Latin-1.
    Some(reason.as_bytes().iter().copied().map(char::from).collect())
}

/// Returns the error of a response that ended too early. az logs it for each try (azure-core,
/// `pipeline/transport/_requests_basic.py`).
fn cut(read: u64, expected: Option<u64>, report: &dyn Report) -> ArmError {
    report.warning("Incomplete download.");
    ArmError::incomplete(read, expected)
}

/// Returns the kind of failure for the retry rules.
fn failure(error: &ArmError) -> Option<Failure> {
    let ArmError::Connection { stage, .. } = error else {
        return None;
    };
    match stage {
        Stage::Connect => Some(Failure::Connect),
        Stage::Answer => Some(Failure::Read),
        Stage::Trust => None,
    }
}
