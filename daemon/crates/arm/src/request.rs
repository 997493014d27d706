//! Requests to Resource Manager, and its responses.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::retry::retry_after;
use super::{ArmError, Declared};

/// The characters that Python's `urllib.parse.quote(text, safe='')` leaves unchanged, besides
/// letters and digits.
const QUOTED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A request to Resource Manager.
#[derive(Clone, Debug)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// A path from `/subscriptions/…`, or an absolute URL of the cloud's Resource Manager.
    pub url: String,
    /// Parameters added to those of the URL, in this order; `api-version` is among them unless the
    /// URL has it.
    pub query: Vec<(String, String)>,
    /// Headers in addition to those of every request.
    pub headers: Vec<(String, String)>,
    /// The body, sent as JSON.
    pub body: Option<Value>,
    /// The statuses of a success.
    pub declared: Declared,
}

impl Request {
    /// Creates a request without a body.
    pub fn new(
        method: Method,
        path: impl Into<String>,
        api_version: &str,
        declared: Declared,
    ) -> Self {
        let query = vec![("api-version".to_owned(), api_version.to_owned())];
        Self {
            method,
            url: path.into(),
            query,
            headers: Vec::new(),
            body: None,
            declared,
        }
    }

    /// Creates a `GET`.
    pub fn get(path: impl Into<String>, api_version: &str) -> Self {
        Self::new(Method::GET, path, api_version, Declared::READ)
    }

    /// Creates a `PUT` of a document.
    pub fn put(path: impl Into<String>, api_version: &str, body: Value) -> Self {
        Self {
            body: Some(body),
            ..Self::new(Method::PUT, path, api_version, Declared::CREATE_OR_UPDATE)
        }
    }

    /// Creates a `POST`, with a document or without.
    pub fn post(
        path: impl Into<String>,
        api_version: &str,
        body: Option<Value>,
        declared: Declared,
    ) -> Self {
        Self {
            body,
            ..Self::new(Method::POST, path, api_version, declared)
        }
    }

    /// Creates a `DELETE`.
    pub fn delete(path: impl Into<String>, api_version: &str) -> Self {
        Self::new(Method::DELETE, path, api_version, Declared::DELETE)
    }

    /// Creates a `GET` of an absolute URL from Azure, which is used unchanged.
    pub fn follow(url: impl Into<String>) -> Self {
        Self {
            query: Vec::new(),
            ..Self::get(url, "")
        }
    }

    /// Returns the request with a further header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Returns the request with a further query parameter.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Returns the query in the URL's syntax.
    pub(super) fn encoded_query(&self) -> String {
        let pair = |(name, value): &(String, String)| {
            // Azure takes a form's `+` as a plus sign in some places, and never accepts `$filter`
            // without the dollar sign.
            format!("{}={}", name.replace(' ', "%20"), segment(value))
        };
        self.query.iter().map(pair).collect::<Vec<_>>().join("&")
    }
}

/// Returns one segment of a path, percent-encoded.
pub fn segment(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, QUOTED)
}

/// Returns a path made of its segments, each quoted as az's SDKs quote it.
pub fn resource_path(segments: &[&str]) -> String {
    let quoted = segments.iter().map(|text| format!("/{}", segment(text)));
    quoted.collect()
}

/// Resource Manager's response, with its whole body.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The reason phrase, where HTTP has one and it is not the usual one.
    pub reason: Option<String>,
    /// The body, decompressed.
    pub body: Bytes,
}

/// The reason phrase of a status for which the `http` crate has another phrase than the registry.
const NON_AUTHORITATIVE: &str = "Non-Authoritative Information";

impl Response {
    /// Returns the reason phrase, as az prints it.
    pub(super) fn reason(&self) -> &str {
        let usual = match self.status {
            StatusCode::NON_AUTHORITATIVE_INFORMATION => Some(NON_AUTHORITATIVE),
            status => status.canonical_reason(),
        };
        self.reason.as_deref().or(usual).unwrap_or("None")
    }

    /// Returns the pause that Azure asks for, or `None` if it asks for none.
    pub fn wish(&self) -> Option<Duration> {
        retry_after(&self.headers).filter(|wish| !wish.is_zero())
    }

    /// Returns the body as a document, or `None` if there is no body.
    pub fn document(&self) -> Result<Option<Value>, ArmError> {
        if self.body.is_empty() {
            return Ok(None);
        }
        azq_python::json::loads(&self.body)
            .map(Some)
            .map_err(|error| self.not_json(&error))
    }

    /// Returns the body as a document, or an error if there is no body.
    pub(super) fn required(&self, doing: &str) -> Result<Value, ArmError> {
        let missing = || ArmError::Malformed(format!("Azure's answer is empty: {doing}"));
        self.document()?.ok_or_else(missing)
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)?
            .to_str()
            .ok()
            .filter(|value| !value.is_empty())
    }

    /// Returns the content type without its parameters, in lower case.
    fn media_type(&self) -> Option<String> {
        let kind = self.header("content-type")?.split(';').next()?;
        Some(kind.trim().to_ascii_lowercase())
    }

    /// Whether the content type is JSON or absent (azure-core, `ContentDecodePolicy`).
    fn claims_json(&self) -> bool {
        let Some(kind) = self.media_type() else {
            return true;
        };
        let subtype = kind
            .strip_prefix("application/")
            .or_else(|| kind.strip_prefix("text/"));
        subtype.is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
    }

    /// Fails if az cannot decode the body. For responses that az reads whole, it checks this before
    /// the status (azure-core, `ContentDecodePolicy`).
    pub(super) fn decode(&self) -> Result<(), ArmError> {
        if self.body.is_empty() {
            return Ok(());
        }
        if self.claims_json() {
            return self.document().map(drop);
        }
        let kind = self.media_type().unwrap_or_default();
        if kind.starts_with("text/") || kind.contains("xml") {
            return Ok(());
        }
        Err(ArmError::Malformed(format!(
            "Cannot deserialize content-type: {kind}"
        )))
    }

    fn not_json(&self, error: &azq_python::json::JsonError) -> ArmError {
        if self.claims_json() {
            return ArmError::invalid_json(self.status, error);
        }
        let kind = self.header("content-type").unwrap_or_default();
        ArmError::Malformed(format!("Azure's answer is not JSON but {kind}."))
    }
}

#[cfg(test)]
impl Response {
    /// Creates a response with this status, these headers and this body.
    pub(super) fn of(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Self {
        let parsed = headers.iter().map(|(name, value)| {
            let name: http::HeaderName = name.parse().expect("a name");
            (name, value.parse().expect("a value"))
        });
        Self {
            status: StatusCode::from_u16(status).expect("a status"),
            headers: parsed.collect(),
            reason: None,
            body: body.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_quoted_as_azs_sdks_quote_it() {
        let request = Request::get("/x", "2019-04-01").parameter("$filter", "location eq 'a+b'");
        let wanted = "api-version=2019-04-01&$filter=location%20eq%20%27a%2Bb%27";
        assert_eq!(request.encoded_query(), wanted);
    }

    #[test]
    fn a_path_segment_cannot_become_two() {
        let path = resource_path(&["resourceGroups", "a/b?c#d e", "..", "ü(x)"]);
        assert_eq!(path, "/resourceGroups/a%2Fb%3Fc%23d%20e/../%C3%BC%28x%29");
    }
}
