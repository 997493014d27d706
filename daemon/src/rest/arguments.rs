//! Headers, parameters and the body of a request, parsed as az does.

use azq_python::json;
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value as Json;

use azq_command::{CommandError, bail, error};

/// The headers that the transport sets itself. A length from the caller could cut the body off, or
/// turn its rest into another request.
const FRAMING: [HeaderName; 3] = [
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
];

/// The headers that a caller gives, in order. Of several with one name, in any case, the last is
/// used.
#[derive(Debug, Default)]
pub(super) struct Headers(Vec<(String, String)>);

impl Headers {
    /// Parses `KEY=VALUE`, or objects in JSON or in Python's notation.
    pub(super) fn read(words: &[String]) -> Result<Self, CommandError> {
        let mut headers = Self::default();
        for (name, value) in pairs(words, "--headers")? {
            let Json::String(value) = value else {
                bail!("The value of the header '{name}' is no text; put it in quotes.");
            };
            headers.set(name, value);
        }
        Ok(headers)
    }

    fn set(&mut self, name: String, value: String) {
        self.0
            .retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
        self.0.push((name, value));
    }

    fn get(&self, name: &str) -> Option<&str> {
        let mut all = self.0.iter();
        let found = all.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(&found.1)
    }

    /// Whether there is a header of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Returns the bytes of a body. JSON, or a Python literal, is formatted like Python's
    /// `json.dumps`, and sets its content type.
    pub(super) fn with_body(&mut self, body: &str) -> Bytes {
        let Ok(document) = json::parse_lenient(body) else {
            return Bytes::copy_from_slice(body.as_bytes());
        };
        if !self.has("content-type") {
            self.set("Content-Type".to_owned(), "application/json".to_owned());
        }
        json::dumps(&document).into()
    }

    /// Returns the headers to send, with az's own.
    pub(super) fn sendable(&self) -> Result<HeaderMap, CommandError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        if let Ok(id) = HeaderValue::from_str(&uuid::Uuid::new_v4().to_string()) {
            headers.insert(HeaderName::from_static("x-ms-client-request-id"), id);
        }
        for (name, value) in &self.0 {
            let unsendable = || {
                error!(
                    "The header '{name}' cannot be sent: its name or its value has characters that \
                     HTTP does not allow."
                )
            };
            let known = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable())?;
            let bytes: Option<Vec<u8>> = value.chars().map(|c| u8::try_from(c).ok()).collect();
            let bytes = bytes.unwrap_or_else(|| value.clone().into_bytes());
            let value = HeaderValue::from_bytes(&bytes).map_err(|_| unsendable())?;
            if known == header::USER_AGENT {
                let own = concat!("azq/", env!("CARGO_PKG_VERSION"), " ").as_bytes();
                let whole = HeaderValue::from_bytes(&[own, value.as_bytes()].concat());
                headers.insert(known, whole.map_err(|_| unsendable())?);
            } else if !FRAMING.contains(&known) {
                headers.insert(known, value);
            }
        }
        Ok(headers)
    }
}

/// Returns the parameters of the query, encoded like Python's `requests`: a list gives several
/// values, `null` gives none.
pub(super) fn parameters(words: &[String]) -> Result<Vec<(String, String)>, CommandError> {
    let mut parameters: Vec<(String, Json)> = Vec::new();
    for (name, value) in pairs(words, "--uri-parameters")? {
        match parameters.iter_mut().find(|(known, _)| *known == name) {
            Some(found) => found.1 = value,
            None => parameters.push((name, value)),
        }
    }
    let mut encoded = Vec::new();
    for (name, value) in parameters {
        let values = match value {
            Json::Array(values) => values,
            value => vec![value],
        };
        let values = values.into_iter().filter(|value| !value.is_null());
        encoded.extend(values.map(|value| (name.clone(), azq_python::str(&value))));
    }
    Ok(encoded)
}

/// Returns the members of objects, and the pairs of `KEY=VALUE`.
fn pairs(words: &[String], option: &str) -> Result<Vec<(String, Json)>, CommandError> {
    let mut pairs = Vec::new();
    for word in words {
        match json::parse_lenient(word) {
            Ok(Json::Object(object)) => pairs.extend(object),
            Ok(_) => return Err(unreadable(option)),
            Err(_) => {
                let (name, value) = word.split_once('=').ok_or_else(|| unreadable(option))?;
                pairs.push((name.to_owned(), Json::from(value)));
            }
        }
    }
    Ok(pairs)
}

/// Returns the error for an argument on which az fails with a traceback. It does not quote the
/// argument, which may be a secret.
fn unreadable(option: &str) -> CommandError {
    error!("A value of {option} is neither KEY=VALUE nor a JSON object. Look at its quotes.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn headers_come_as_pairs_and_as_objects() {
        let headers = Headers::read(&words(&[
            "A=b=c",
            r#"{"X-y": "1", "a": "2"}"#,
            "{'Q': 'r'}",
        ]));
        let headers = headers.unwrap();
        let expected = [("X-y", "1"), ("a", "2"), ("Q", "r")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(headers.0, expected);
        assert!(headers.has("x-Y") && !headers.has("b"));
        for wrong in ["novalue", "[1]", r#"{"a": 1}"#] {
            assert!(Headers::read(&words(&[wrong])).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_frames_a_message_is_not_the_callers() {
        let given = [
            "Content-Length=1",
            "transfer-encoding=chunked",
            "Connection=x",
            "A=ü",
        ];
        let headers = Headers::read(&words(&given)).unwrap().sendable().unwrap();
        for name in FRAMING {
            assert!(!headers.contains_key(&name), "{name}");
        }
        assert_eq!(headers["a"].as_bytes(), b"\xfc");
        assert!(
            Headers::read(&words(&["a b=c"]))
                .unwrap()
                .sendable()
                .is_err()
        );
    }

    #[test]
    fn a_body_of_json_is_spelt_as_python_does() {
        let mut headers = Headers::default();
        assert_eq!(headers.with_body("{'a':[1,None]}"), r#"{"a": [1, null]}"#);
        assert_eq!(headers.get("content-type"), Some("application/json"));
        let mut given = Headers::read(&words(&["content-TYPE=x"])).unwrap();
        assert_eq!(given.with_body("\"ü\""), "\"\\u00fc\"");
        assert_eq!(given.get("Content-Type"), Some("x"));
        let mut plain = Headers::default();
        assert_eq!(plain.with_body("just text"), "just text");
        assert!(!plain.has("content-type"));
    }

    #[test]
    fn parameters_are_pythons_texts() {
        let given = [
            "api-version=1",
            r#"{"a": [1, true, null], "b": null, "c": 1.50}"#,
        ];
        let expected = [
            ("api-version", "1"),
            ("a", "1"),
            ("a", "True"),
            ("c", "1.5"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parameters(&words(&given)).unwrap(), expected);
    }
}
