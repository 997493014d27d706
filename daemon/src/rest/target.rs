//! The URL of a request, and the token that the request may carry.
//!
//! Origins are compared on the same URL that is sent. az normalizes a URL before it compares, so
//! that no control character, backslash or double slash hides the real host (azure-cli-core,
//! `util.py`, `normalize_url` and `is_same_origin`).

use std::sync::LazyLock;

use regex::Regex;
use url::Url;

use azq_command::{CommandError, error};

/// The URL of a request.
#[derive(Clone, Debug)]
pub(super) struct Target(Url);

impl Target {
    /// Builds the URL as az does from `--url` and the parameters. A URL without a host is a path of
    /// Resource Manager. `subscription` returns the id for `{subscriptionId}`.
    pub(super) fn new(
        given: &str,
        resource_manager: &str,
        parameters: &[(String, String)],
        subscription: impl FnOnce() -> Result<String, CommandError>,
    ) -> Result<Self, CommandError> {
        let whole = if given.contains("://") {
            given.to_owned()
        } else {
            let base = resource_manager.trim_end_matches('/');
            format!("{base}/{}", given.trim_start_matches('/'))
        };
        let mut whole = normalized(&whole);
        if whole.contains("{subscriptionId}") {
            whole = whole.replace("{subscriptionId}", &subscription()?);
        }
        let mut url = Url::parse(&whole).map_err(|error| {
            error!("The URL of the request is none: {error}. Look at what --url says.")
        })?;
        let has_host = url.host_str().is_some_and(|host| !host.is_empty());
        if !matches!(url.scheme(), "https" | "http") || !has_host {
            let message =
                "The URL of the request is neither https nor http. Look at what --url says.";
            return Err(CommandError::new(message));
        }
        url.set_fragment(None);
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        Ok(Self(url))
    }

    /// Whether a token may be sent at all. A user name or password in the URL replaces the token.
    pub(super) fn is_tls(&self) -> bool {
        self.0.scheme() == "https" && self.0.username().is_empty() && self.0.password().is_none()
    }

    /// Whether the URL has the origin of this endpoint.
    pub(super) fn is_of(&self, endpoint: &str) -> bool {
        Url::parse(&normalized(endpoint))
            .is_ok_and(|endpoint| endpoint.has_host() && endpoint.origin() == self.0.origin())
    }

    /// Returns the first of the cloud's endpoints that has the origin of the URL.
    pub(super) fn matching(&self, endpoints: &[String]) -> Option<String> {
        endpoints
            .iter()
            .find(|endpoint| self.is_of(endpoint))
            .cloned()
    }

    /// Returns the subscription in the URL.
    pub(super) fn subscription(&self) -> Option<String> {
        static ID: LazyLock<Option<Regex>> = LazyLock::new(|| {
            let hex = "[0-9a-f]";
            let id = format!("(?i)/subscriptions/({hex}{{8}}-(?:{hex}{{4}}-){{3}}{hex}{{12}})");
            Regex::new(&id).ok()
        });
        let found = ID.as_ref()?.captures(self.0.as_str())?;
        Some(found.get(1)?.as_str().to_owned())
    }

    pub(super) fn into_url(self) -> Url {
        self.0
    }
}

/// Normalizes a URL like az's `normalize_url`.
fn normalized(url: &str) -> String {
    let cleaned: String = url.chars().filter(|c| !c.is_ascii_control()).collect();
    let cleaned = cleaned.trim();
    let Some((scheme, rest)) = cleaned.split_once("://") else {
        return cleaned.to_owned();
    };
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (place, tail) = rest.split_at(end);
    // `urlsplit` ends the authority at a slash, and az also at a backslash.
    let authority_end = place.find(['/', '\\']).unwrap_or(place.len());
    let (authority, path) = place.split_at(authority_end);
    let path = match path.strip_prefix('\\') {
        Some(path) => format!("/{path}"),
        None => path.to_owned(),
    };
    format!("{scheme}://{authority}{}{tail}", without_dots(&path))
}

/// Returns a path without `.`, `..` and empty segments.
fn without_dots(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    let joined = format!("/{}", segments.join("/"));
    if path.ends_with('/') && joined != "/" {
        joined + "/"
    } else {
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARM: &str = "https://management.azure.com/";

    fn target(given: &str) -> Target {
        Target::new(given, ARM, &[], || Ok("s-1".to_owned())).unwrap()
    }

    #[test]
    fn a_path_is_resource_managers_and_segments_are_cleaned() {
        for (given, expected) in [
            (
                "/subscriptions?api-version=1",
                "https://management.azure.com/subscriptions?api-version=1",
            ),
            (
                "//evil.example/x",
                "https://management.azure.com/evil.example/x",
            ),
            (
                "https://management.azure.com//evil.example/a/../b/",
                "https://management.azure.com/evil.example/b/",
            ),
            (
                "HTTPS://Management.Azure.COM",
                "https://management.azure.com/",
            ),
            (
                "/subscriptions/{subscriptionId}/x y",
                "https://management.azure.com/subscriptions/s-1/x%20y",
            ),
            ("https://h.example/a#f", "https://h.example/a"),
            ("/a\tb\n", "https://management.azure.com/ab"),
        ] {
            assert_eq!(target(given).0.as_str(), expected, "{given}");
        }
        for wrong in ["ftp://h/x", "https://", "file:///etc/passwd"] {
            assert!(
                Target::new(wrong, ARM, &[], || Ok(String::new())).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_token_is_for_the_very_origin_alone() {
        for given in [
            "/x",
            "https://management.azure.com/x",
            "https://management.azure.com:443/",
        ] {
            assert!(target(given).is_of(ARM), "{given}");
        }
        for given in [
            "https://management.azure.com.evil.example/",
            "https://management.azure.com@evil.example/",
            "https://evil.example\\@management.azure.com/",
            "https://evil.example/https://management.azure.com/",
            "https://management.azure.com:444/",
            "http://management.azure.com/",
            "https://evil.example#@management.azure.com/",
            "https://evil.example?@management.azure.com/",
            "https://evil\t.example/",
        ] {
            let target = target(given);
            assert!(!target.is_of(ARM), "{given}: {}", target.0);
        }
        let with_password = target("https://me:secret@management.azure.com/");
        assert!(!with_password.is_tls());
    }

    #[test]
    fn other_endpoints_are_found_by_their_origin() {
        let endpoints = [
            "https://graph.microsoft.com/",
            "https://rest.media.azure.net",
        ];
        let endpoints = endpoints.map(str::to_owned);
        let found = target("https://graph.microsoft.com/v1.0/me").matching(&endpoints);
        assert_eq!(found.as_deref(), Some("https://graph.microsoft.com/"));
        assert_eq!(
            target("https://vault.azure.net/").matching(&endpoints),
            None
        );
    }

    #[test]
    fn a_url_names_a_subscription_by_its_id_alone() {
        let id = "00000000-0000-0000-0000-0000000000Aa";
        let named = target(&format!("/Subscriptions/{id}/x"));
        assert_eq!(named.subscription().as_deref(), Some(id));
        assert_eq!(target("/subscriptions/name").subscription(), None);
    }

    #[test]
    fn parameters_follow_the_query() {
        let parameters = [("a b".to_owned(), "ü&".to_owned())];
        let url = Target::new("/x?y=1", ARM, &parameters, || Ok(String::new()))
            .unwrap()
            .0;
        assert_eq!(url.query(), Some("y=1&a+b=%C3%BC%26"));
    }
}
