//! The headers of a request: az's own, and those given by the user, checked as az checks them.
//!
//! The rules are those of `requests` (`utils.check_header_validity`) and `http.client`, which az
//! uses to send. The transport alone sets the headers that frame a message, because a length given
//! by the user would cut the body off, or make the rest of the body look like another request.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{ArmError, Request};

/// The headers that the transport sets itself. az overwrites the user's values.
const FRAMING: [HeaderName; 2] = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING];

/// Returns the headers of a request, except those of its token and its body.
pub(super) fn of(request: &Request) -> Result<HeaderMap, ArmError> {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    let id = HeaderValue::from_str(&uuid::Uuid::new_v4().to_string());
    if let Ok(id) = id {
        headers.insert(HeaderName::from_static("x-ms-client-request-id"), id);
    }
    for (name, value) in &request.headers {
        if !is_name(name) {
            return Err(invalid("name", name));
        }
        if !is_value(value) {
            return Err(invalid("value", value));
        }
        let unsendable = || {
            ArmError::Setting(format!(
                "The header '{name}' cannot be sent: its name or its value has characters that HTTP does not allow."
            ))
        };
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable())?;
        let value = latin1(value)
            .and_then(|value| HeaderValue::from_bytes(&value).ok())
            .ok_or_else(unsendable)?;
        if !FRAMING.contains(&name) {
            headers.insert(name, value);
        }
    }
    Ok(headers)
}

/// Whether a header's name matches `^[^:\s][^:\r\n]*$`.
fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    let begins = characters
        .next()
        .is_some_and(|first| first != ':' && !first.is_whitespace());
    begins && !characters.any(|c| matches!(c, ':' | '\r' | '\n'))
}

/// Whether a header's value matches `^\S[^\r\n]*$|^$`.
fn is_value(value: &str) -> bool {
    !value.starts_with(char::is_whitespace) && !value.contains(['\r', '\n'])
}

fn invalid(what: &str, text: &str) -> ArmError {
    ArmError::Setting(format!(
        "Invalid leading whitespace, reserved character(s), or return character(s) in header {what}: {}",
        azq_python::quoted(text)
    ))
}

/// Encodes a text in Latin-1, in which `http.client` sends it.
fn latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(c).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_one(name: &str, value: &str) -> Result<HeaderMap, String> {
        let request = Request::get("/x", "1").header(name, value);
        of(&request).map_err(|error| error.to_string())
    }

    #[test]
    fn bad_names_and_values_are_refused_in_azs_words() {
        let begin =
            "Invalid leading whitespace, reserved character(s), or return character(s) in header";
        for (name, value, end) in [
            ("", "b", "name: ''"),
            ("a:b", "c", "name: 'a:b'"),
            (" a", "c", "name: ' a'"),
            ("a", "b\nc", r"value: 'b\nc'"),
            ("a", "it's\r", "value: \"it's\\r\""),
        ] {
            assert_eq!(of_one(name, value).unwrap_err(), format!("{begin} {end}"));
        }
    }

    #[test]
    fn values_are_sent_in_latin1() {
        let headers = of_one("If-Match", "\"\u{fc}\"").expect("valid");
        assert_eq!(headers[header::IF_MATCH].as_bytes(), b"\"\xfc\"");
        assert!(
            of_one("a", "\u{20ac}")
                .unwrap_err()
                .contains("cannot be sent")
        );
    }

    #[test]
    fn the_user_does_not_frame_the_message() {
        for (name, value) in [("Content-Length", "3"), ("transfer-encoding", "chunked")] {
            let headers = of_one(name, value).expect("ignored");
            assert!(!headers.contains_key(name));
        }
        assert_eq!(
            of_one("Accept", "text/html").expect("valid")[header::ACCEPT],
            "text/html"
        );
    }
}
