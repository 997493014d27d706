//! Requests as they are handled and logged, and answers before they are encoded.

use std::sync::Arc;

use http::StatusCode;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

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
    pub(super) fn new(head: &http::request::Parts, host: &str, body: &[u8]) -> Self {
        // Header values are Latin-1 in HTTP, and Python reads them so.
        let text = |value: &http::HeaderValue| -> String {
            value.as_bytes().iter().copied().map(char::from).collect()
        };
        let headers = head.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str().to_owned(), text(value).into()));
        let headers: Map<String, Value> = headers.collect();
        let query = form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes());
        let query = query.into_owned();
        let query = query.filter(|(_, value)| !value.is_empty());
        let kind = headers.get("content-type").and_then(Value::as_str);
        let is_form =
            kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        let path = head.uri.path();
        let segments = path.split('/').filter(|segment| !segment.is_empty());
        let decoded = |segment| percent_decode_str(segment).decode_utf8_lossy().into_owned();
        Self {
            logged: LoggedRequest {
                method: head.method.to_string(),
                path: path.to_owned(),
                query: query.map(|(name, value)| (name, value.into())).collect(),
                headers,
                body: if is_form { Value::Null } else { document(body) },
            },
            host: host.to_owned(),
            segments: segments.map(decoded).collect(),
            form: is_form.then(|| form_urlencoded::parse(body).into_owned().collect()),
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
        self.link(|name| name != parameter, &[(parameter, &next.to_string())])
    }

    /// Returns the index from which on a list is requested.
    pub(super) fn start(&self, parameter: &str) -> usize {
        let start = self.parameter(parameter);
        start.and_then(|start| start.parse().ok()).unwrap_or(0)
    }

    /// Returns the link of this request, with those of its parameters, and with others.
    pub(super) fn link(&self, keeps: impl Fn(&str) -> bool, others: &[(&str, &str)]) -> String {
        let own = self.logged.query.iter();
        let own = own.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(own.filter(|(name, _)| keeps(name)));
        query.extend_pairs(others);
        let query = query.finish();
        format!("https://{}{}?{query}", self.host, self.logged.path)
    }

    /// Returns a field of the form.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let mut form = self.form.iter().flatten();
        form.find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

fn document(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    azq_python::json::loads(body)
        .unwrap_or_else(|_| json!({ "unparsed": String::from_utf8_lossy(body) }))
}

/// Something that was found, or the response that says why not.
pub(super) type Answered<T = Answer> = Result<T, Answer>;

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
        Self::document(StatusCode::OK, document)
    }

    /// Creates the response with a list.
    pub(super) fn list<T: Serialize>(items: impl IntoIterator<Item = T>) -> Self {
        let items: Vec<Value> = items.into_iter().map(|item| json!(item)).collect();
        Self::ok(json!({ "value": items }))
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
