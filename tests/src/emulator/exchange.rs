//! Requests as they are handled and logged, and answers before they are encoded.

use std::sync::Arc;

use http::{HeaderMap, StatusCode};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::catalogue::Listing;

/// A received request, as the log has it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoggedRequest {
    /// `GET`, `PUT`, …
    pub method: String,
    /// The path as it was sent, still percent-encoded.
    pub path: String,
    /// The query's parameters, decoded; those without a value are left out.
    pub query: Map<String, Value>,
    /// The headers, with lower-case names.
    pub headers: Map<String, Value>,
    /// The JSON body; `{"unparsed": text}` if it was not JSON, null if there was none.
    pub body: Value,
}

impl LoggedRequest {
    /// Returns a header's value, by lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(Value::as_str)
    }

    /// Returns a query parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).and_then(Value::as_str)
    }
}

/// A request being answered.
pub(super) struct Request {
    pub(super) logged: LoggedRequest,
    /// The host and port that the client used, for absolute URLs in responses.
    pub(super) host: String,
    /// The path's segments, decoded, with their case unchanged.
    pub(super) segments: Vec<String>,
    /// The fields of a form, which are not logged because they contain secrets.
    pub(super) form: Option<Vec<(String, String)>>,
}

impl Request {
    pub(super) fn new(
        method: &str,
        path: &str,
        query: &str,
        headers: &HeaderMap,
        host: &str,
        body: &[u8],
    ) -> Self {
        // Header values are Latin-1 in HTTP, and Python reads them so.
        let text = |value: &http::HeaderValue| -> String {
            value.as_bytes().iter().copied().map(char::from).collect()
        };
        let mut logged_headers = Map::new();
        for (name, value) in headers {
            logged_headers.insert(name.as_str().to_owned(), Value::String(text(value)));
        }
        let pairs = |text: &[u8]| {
            url::form_urlencoded::parse(text)
                .into_owned()
                .collect::<Vec<(String, String)>>()
        };
        let query = pairs(query.as_bytes())
            .into_iter()
            .filter(|(_, value)| !value.is_empty());
        let is_form = headers
            .get("content-type")
            .is_some_and(|kind| text(kind).starts_with("application/x-www-form-urlencoded"));
        let segments = path.split('/').filter(|segment| !segment.is_empty());
        Self {
            logged: LoggedRequest {
                method: method.to_owned(),
                path: path.to_owned(),
                query: query
                    .map(|(name, value)| (name, Value::String(value)))
                    .collect(),
                headers: logged_headers,
                body: if is_form { Value::Null } else { document(body) },
            },
            host: host.to_owned(),
            segments: segments
                .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
                .collect(),
            form: is_form.then(|| pairs(body)),
        }
    }

    pub(super) fn method(&self) -> &str {
        &self.logged.method
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.logged.header(name)
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.logged.parameter(name)
    }

    /// Returns a link to the same list from an entry on; the parameter has the entry's index.
    pub(super) fn link_from(&self, parameter: &str, next: usize) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.logged.query {
            if let (true, Some(value)) = (name != parameter, value.as_str()) {
                query.append_pair(name, value);
            }
        }
        query.append_pair(parameter, &next.to_string());
        let query = query.finish();
        format!("https://{}{}?{query}", self.host, self.logged.path)
    }
}

fn document(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    azq_python::json::loads(body)
        .unwrap_or_else(|_| json!({ "unparsed": String::from_utf8_lossy(body) }))
}

/// A response before it is encoded.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// `{host}` in a value is replaced by the client's name for the emulator.
    pub(super) headers: Vec<(String, String)>,
    pub(super) content: Content,
}

/// The body of a response.
pub(super) enum Content {
    Empty,
    Document(Value),
    Text(String),
    /// JSON, or bytes that are sent as if they were JSON.
    Raw(Vec<u8>),
    /// A page of a SKU list, with the URL of the next page.
    Skus {
        listing: Arc<Listing>,
        next_link: Option<String>,
    },
}

impl Answer {
    pub(super) fn new(status: StatusCode, content: Content) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content,
        }
    }

    pub(super) fn ok(document: Value) -> Self {
        Self::new(StatusCode::OK, Content::Document(document))
    }

    pub(super) fn document(status: StatusCode, document: Value) -> Self {
        Self::new(status, Content::Document(document))
    }

    pub(super) fn empty(status: StatusCode) -> Self {
        Self::new(status, Content::Empty)
    }

    pub(super) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}
