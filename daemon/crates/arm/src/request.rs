//! Requests to Resource Manager, and its answers.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::retry::retry_after;
use super::{ArmError, Declared};

/// What Python's `urllib.parse.quote(text, safe='')` leaves as it is, besides letters and digits.
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
    /// Added to what the URL has, in this order; `api-version` among them unless the URL has it.
    pub query: Vec<(String, String)>,
    /// Beyond those of every request.
    pub headers: Vec<(String, String)>,
    /// Sent as JSON.
    pub body: Option<Value>,
    /// Which answers are a success.
    pub declared: Declared,
}

impl Request {
    /// A request without a body.
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

    /// A `GET`.
    pub fn get(path: impl Into<String>, api_version: &str) -> Self {
        Self::new(Method::GET, path, api_version, Declared::READ)
    }

    /// A `PUT` of a document.
    pub fn put(path: impl Into<String>, api_version: &str, body: Value) -> Self {
        Self {
            body: Some(body),
            ..Self::new(Method::PUT, path, api_version, Declared::CREATE_OR_UPDATE)
        }
    }

    /// A `POST`, with a document or without.
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

    /// A `DELETE`.
    pub fn delete(path: impl Into<String>, api_version: &str) -> Self {
        Self::new(Method::DELETE, path, api_version, Declared::DELETE)
    }

    /// A `GET` of an absolute URL that Azure gave, followed as it stands.
    pub fn follow(url: impl Into<String>) -> Self {
        let (query, headers) = (Vec::new(), Vec::new());
        Self {
            method: Method::GET,
            url: url.into(),
            query,
            headers,
            body: None,
            declared: Declared::READ,
        }
    }

    /// The request with a further header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The request with a further query parameter.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// The query in the URL's syntax.
    pub(super) fn encoded_query(&self) -> String {
        let pair = |(name, value): &(String, String)| {
            // Azure reads a form's `+` as a plus sign in some places, and `$filter` without the
            // dollar nowhere.
            format!(
                "{}={}",
                name.replace(' ', "%20"),
                utf8_percent_encode(value, QUOTED)
            )
        };
        self.query.iter().map(pair).collect::<Vec<_>>().join("&")
    }
}

/// One segment of a path, percent-encoded.
pub fn segment(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, QUOTED)
}

/// A path from its segments, each quoted as az's SDKs quote it.
pub fn resource_path(segments: &[&str]) -> String {
    let quoted = segments
        .iter()
        .map(|text| utf8_percent_encode(text, QUOTED));
    quoted
        .flat_map(|segment| std::iter::once("/").chain(segment))
        .collect()
}

/// Resource Manager's answer, whole.
#[derive(Clone, Debug)]
pub struct Response {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// The words beside the status, where HTTP has them and they are not the usual ones.
    pub reason: Option<String>,
    /// Its body, decompressed.
    pub body: Bytes,
}

/// A status that the registry names otherwise than the `http` crate.
const NON_AUTHORITATIVE: &str = "Non-Authoritative Information";

impl Response {
    /// The words beside the status, as az prints them.
    pub(super) fn reason(&self) -> &str {
        let usual = match self.status {
            StatusCode::NON_AUTHORITATIVE_INFORMATION => Some(NON_AUTHORITATIVE),
            status => status.canonical_reason(),
        };
        self.reason.as_deref().or(usual).unwrap_or("None")
    }

    /// How long Azure wishes to be left alone; none if it wishes nothing.
    pub fn wish(&self) -> Option<Duration> {
        retry_after(&self.headers).filter(|wish| !wish.is_zero())
    }

    /// The body as a document; `None` if there is no body.
    pub fn document(&self) -> Result<Option<Value>, ArmError> {
        if self.body.is_empty() {
            return Ok(None);
        }
        azq_python::json::loads(&self.body)
            .map(Some)
            .map_err(|error| self.not_json(&error))
    }

    /// The body as a document that must be there.
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

    /// Whether it says that it is JSON, or nothing (azure-core, `ContentDecodePolicy`).
    pub(super) fn claims_json(&self) -> bool {
        let Some(kind) = self.header("content-type") else {
            return true;
        };
        let kind = kind
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let subtype = kind
            .strip_prefix("application/")
            .or_else(|| kind.strip_prefix("text/"));
        subtype.is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
    }

    /// Fails where az cannot read a body, of an answer that it reads whole, before it looks at the
    /// status (azure-core, `ContentDecodePolicy`).
    pub(super) fn decode(&self) -> Result<(), ArmError> {
        if self.body.is_empty() {
            return Ok(());
        }
        if self.claims_json() {
            return azq_python::json::loads(&self.body)
                .map(drop)
                .map_err(|error| self.not_json(&error));
        }
        let kind = self.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let kind = kind.to_ascii_lowercase();
        if kind.starts_with("text/") || kind.contains("xml") {
            return Ok(());
        }
        Err(ArmError::Malformed(format!(
            "Cannot deserialize content-type: {kind}"
        )))
    }

    pub(super) fn not_json(&self, error: &azq_python::json::JsonError) -> ArmError {
        if self.claims_json() {
            return ArmError::invalid_json(self.status, error);
        }
        let kind = self.header("content-type").unwrap_or_default();
        ArmError::Malformed(format!("Azure's answer is not JSON but {kind}."))
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
