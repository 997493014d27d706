//! Requests that the user specifies (`az rest`), sent once, to any host.
//!
//! Invariants: no token is added here. A redirect to another origin is followed without the header
//! `Authorization`, and at most [`REDIRECTS`] are followed. The size of a body that is read whole
//! is limited.

use bytes::Bytes;
use http::header::{self, HeaderMap};
use http::{Method, StatusCode};
use url::Url;

use super::body::Decoder;
use super::send::WHOLE_LIMIT;
use super::{ArmError, Sessions};
use crate::Report;
use azq_account::Profile;
use azq_http::REDIRECTS;

/// A request, as it is sent.
pub struct Raw {
    /// Its method.
    pub method: Method,
    /// Its URL, `https` or `http`.
    pub url: Url,
    /// Whether the request goes to the cloud's Resource Manager, to which there may be a warm
    /// connection.
    pub is_resource_manager: bool,
    /// All headers except those that frame the message.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Option<Bytes>,
}

/// A response whose body has not been read yet.
pub struct RawResponse {
    response: reqwest::Response,
    /// `None` after the end of the body.
    decoder: Option<Decoder>,
    is_empty: bool,
}

impl Sessions {
    /// Sends a request through the caller's proxy, with the caller's roots.
    ///
    /// # Errors
    /// Fails if there is no connection, or if there are too many redirects.
    pub async fn send_raw(
        &self,
        profile: &Profile,
        raw: &Raw,
        report: &dyn Report,
    ) -> Result<RawResponse, ArmError> {
        let transport = self.transport(profile);
        let (mut method, mut url) = (raw.method.clone(), raw.url.clone());
        let (mut headers, mut body) = (raw.headers.clone(), raw.body.clone());
        let mut client = if raw.is_resource_manager {
            transport.azure()?
        } else {
            transport.unredirected()?
        };
        for _ in 0..=REDIRECTS {
            let mut request = client
                .request(method.clone(), url.clone())
                .headers(headers.clone());
            if let Some(body) = &body {
                request = request.body(body.clone());
            } else if !matches!(method, Method::GET | Method::HEAD | Method::OPTIONS) {
                request = request.body(Bytes::new());
            }
            let response = match request.send().await {
                // The first client follows only redirects within their origin; this loop follows
                // the others.
                Err(error) if error.is_redirect() && method.is_safe() => {
                    client = transport.unredirected()?;
                    continue;
                }
                response => response?,
            };
            report.debug(&format!("{method} {}: {}", url.path(), response.status()));
            let Some(next) = redirected(&response, &url) else {
                return Ok(RawResponse::new(response, &method));
            };
            if next.origin() != url.origin() {
                headers.remove(header::AUTHORIZATION);
            }
            if becomes_get(response.status(), &method) {
                method = Method::GET;
                body = None;
                headers.remove(header::CONTENT_TYPE);
            }
            url = next;
        }
        Err(ArmError::Malformed(format!(
            "The server redirects more than {REDIRECTS} times."
        )))
    }
}

/// Returns the URL that a response redirects to, if there is one.
fn redirected(response: &reqwest::Response, from: &Url) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301..=303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    let next = from.join(location).ok()?;
    matches!(next.scheme(), "https" | "http").then_some(next)
}

/// Whether a redirected request becomes a `GET` (requests, `rebuild_method`).
fn becomes_get(status: StatusCode, method: &Method) -> bool {
    match status.as_u16() {
        302 | 303 => *method != Method::HEAD,
        301 => *method == Method::POST,
        _ => false,
    }
}

impl RawResponse {
    fn new(response: reqwest::Response, method: &Method) -> Self {
        Self {
            // A response to HEAD has no body, regardless of its headers.
            decoder: (*method != Method::HEAD).then(|| Decoder::of(response.headers())),
            response,
            is_empty: true,
        }
    }

    /// Returns the status.
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// Returns the reason phrase: the server's own if it sent one, else the usual one.
    pub fn reason(&self) -> String {
        let own = self.response.extensions().get::<hyper::ext::ReasonPhrase>();
        match own.and_then(|own| std::str::from_utf8(own.as_bytes()).ok()) {
            Some(own) => own.to_owned(),
            None => self
                .status()
                .canonical_reason()
                .unwrap_or_default()
                .to_owned(),
        }
    }

    /// Returns the headers.
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// Returns the next part of the body, decompressed, or `None` at its end.
    ///
    /// # Errors
    /// Fails if the connection breaks, or if the body claims to be gzip and is not.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ArmError> {
        let broken = |_| ArmError::Malformed("The body of the answer is cut off.".to_owned());
        let mut bytes = Vec::new();
        while bytes.is_empty()
            && let Some(mut decoder) = self.decoder.take()
        {
            let part = self.response.chunk().await;
            if let Some(part) = part? {
                self.is_empty &= part.is_empty();
                let written = decoder.write(&part, &mut bytes, usize::MAX);
                written.map_err(broken)?;
                self.decoder = Some(decoder);
            } else {
                let ended = decoder.end(self.is_empty, &mut bytes);
                ended.map_err(broken)?;
            }
        }
        Ok((!bytes.is_empty()).then(|| bytes.into()))
    }

    /// Returns the whole body.
    ///
    /// # Errors
    /// Fails as [`Self::next`] does, or if the body is larger than the limit.
    pub async fn whole(mut self) -> Result<Vec<u8>, ArmError> {
        let mut whole = Vec::new();
        while let Some(part) = self.next().await? {
            whole.extend_from_slice(&part);
            if whole.len() > WHOLE_LIMIT {
                return Err(ArmError::Malformed(format!(
                    "The answer is larger than {} MiB. Use --output-file to write it to a file.",
                    WHOLE_LIMIT >> 20
                )));
            }
        }
        Ok(whole)
    }
}
