//! URLs of requests. Only URLs of the cloud's own Resource Manager are followed; invalid ones are
//! refused in az's words.

use std::time::Duration;

use url::{ParseError, Url};

use super::{Arm, ArmError};

/// azure-core's error for a URL without TLS (`policies/_authentication.py`).
pub(super) const NOT_TLS: &str =
    "Bearer token authentication is not permitted for non-TLS protected (non-https) URLs.";

/// The time limit of a name's resolution, which only decides the words of an error.
const LOOK_UP: Duration = Duration::from_secs(5);

impl Arm {
    /// Returns the URL of a path below Resource Manager. An absolute URL is accepted if it belongs
    /// to Resource Manager.
    pub(super) fn url(&self, text: &str) -> Result<Url, ArmError> {
        if has_dot_segment(text) {
            let words = "'.' and '..' are no names of resources. The address is not followed.";
            return Err(ArmError::Malformed(words.to_owned()));
        }
        let base = &self.inner.base;
        let url = base.join(text).map_err(|error| unreadable(text, error))?;
        if url.origin() == base.origin() {
            return Ok(url);
        }
        if url.scheme() != "https" {
            return Err(ArmError::Malformed(NOT_TLS.to_owned()));
        }
        let host = url.host_str().unwrap_or(text).to_owned();
        let port = url.port_or_known_default().unwrap_or(443);
        Err(ArmError::ForeignHost { host, port })
    }
}

/// Returns urllib3's error for a URL that it cannot parse (`util/url.py`).
fn unreadable(text: &str, error: ParseError) -> ArmError {
    let authority = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
    let blank = authority.chars().find(|c| c.is_whitespace());
    ArmError::Malformed(match (error, blank) {
        (ParseError::InvalidPort, None) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("Failed to parse: {text}")
        }
        (ParseError::InvalidPort, None) => {
            format!("Failed to parse: '{authority}' is not a valid host or port")
        }
        (_, Some(blank)) => {
            format!("Failed to parse: Host '{authority}' contains invalid character '{blank}'")
        }
        _ => format!("Azure's address '{text}' is no URL: {error}"),
    })
}

/// Returns the error for an address of another host. az would send a request there, and fails if
/// the name does not resolve.
pub(super) async fn looked_up(foreign: ArmError) -> ArmError {
    let ArmError::ForeignHost { host, port } = &foreign else {
        return foreign;
    };
    let name = host.trim_matches(['[', ']']);
    let look_up = tokio::net::lookup_host((name, *port));
    let failure = match tokio::time::timeout(LOOK_UP, look_up).await {
        Ok(Err(failure)) => Some(failure.to_string()),
        Ok(Ok(_)) | Err(_) => None,
    };
    match failure {
        Some(why) => ArmError::Malformed(azq_http::unresolved(host, *port, &why)),
        None => foreign,
    }
}

/// Whether the path has a segment that is resolved as a step, so that a pool named `..` would
/// address its cluster. Such a segment cannot be quoted, because every URL library takes `%2e` as a
/// dot.
fn has_dot_segment(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    path.split(['/', '\\']).any(|segment| {
        let segment = segment.to_ascii_lowercase().replace("%2e", ".");
        segment == "." || segment == ".."
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_reads_as_in_az() {
        let words = |text: &str| {
            let error = Url::parse(text).expect_err("no URL");
            unreadable(text, error).to_string()
        };
        let too_large = "https://h:99999/x";
        assert_eq!(words(too_large), format!("Failed to parse: {too_large}"));
        assert_eq!(
            words("https://h:abc/x?y"),
            "Failed to parse: 'h:abc' is not a valid host or port"
        );
        assert_eq!(
            words("https://exa mple/x"),
            "Failed to parse: Host 'exa mple' contains invalid character ' '"
        );
    }

    #[tokio::test]
    async fn a_host_that_there_is_not_is_told_as_by_azs_resolver() {
        let foreign = |host: &str| ArmError::ForeignHost {
            host: host.to_owned(),
            port: 443,
        };
        let there = looked_up(foreign("127.0.0.1")).await;
        assert!(matches!(there, ArmError::ForeignHost { .. }));
        let gone = looked_up(foreign("nowhere.invalid")).await.to_string();
        let begin = "HTTPSConnection(host='nowhere.invalid', port=443): Failed to resolve 'nowhere.invalid' (";
        assert!(gone.starts_with(begin), "{gone}");
    }
}
