//! Claims challenges: Azure asks for a token that proves more, for example that the user logged in
//! with a second factor.
//!
//! A challenge comes with a 401 in `WWW-Authenticate` (azure-core, `policies/_authentication.py`;
//! azure-cli-core, `aaz/_http_policy.py`, for Microsoft.Compute, which ignores the `error`). az
//! requests a token with these claims once, and repeats the request once.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::{StatusCode, header};
use regex::Regex;

use super::Response;

/// The decoder, which accepts text with padding or without.
const ENCODING: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Returns the claims that a response asks for, as JSON text.
pub(super) fn asked(answer: &Response, path: &str) -> Option<String> {
    static PARAMETER: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"(?i)\b(error|claims)\s*=\s*["']?([^"',\s]*)"#).ok());
    if answer.status != StatusCode::UNAUTHORIZED {
        return None;
    }
    let challenge = answer
        .headers
        .get(header::WWW_AUTHENTICATE)?
        .to_str()
        .ok()?;
    let (mut is_wanted, mut claims) = (super::error::is_compute(path), None);
    for parameter in PARAMETER.as_ref()?.captures_iter(challenge) {
        let (_, [name, value]) = parameter.extract();
        if name.eq_ignore_ascii_case("error") {
            is_wanted |= value == "insufficient_claims";
        } else if claims.replace(value).is_some() {
            // No token meets the challenges of several tenants.
            return None;
        }
    }
    let claims = ENCODING.decode(claims.filter(|_| is_wanted)?).ok()?;
    String::from_utf8(claims)
        .ok()
        .filter(|claims| !claims.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const POOLS: &str = "/subscriptions/s/providers/Microsoft.ContainerService/managedClusters";
    const SKUS: &str = "/subscriptions/s/providers/Microsoft.Compute/skus";

    fn of(challenge: &str, path: &str) -> Option<String> {
        let headers = [("www-authenticate", challenge)];
        asked(&Response::of(401, &headers, ""), path)
    }

    #[test]
    fn claims_are_read_off_the_challenge() {
        let full = r#"Bearer realm="", error_description="x", error="insufficient_claims", claims="eyJhIjoxfQ==""#;
        assert_eq!(of(full, POOLS).as_deref(), Some("{\"a\":1}"));
        let revoked = r#"Bearer error="invalid_token", claims="eyJhIjoxfQ""#;
        assert_eq!(of(revoked, POOLS), None);
        assert_eq!(of(revoked, SKUS).as_deref(), Some("{\"a\":1}"));
        for nothing in [
            "Bearer",
            r#"Bearer error="insufficient_claims""#,
            r#"Bearer claims="*""#,
        ] {
            assert_eq!(of(nothing, SKUS), None);
        }
        let two = r#"Bearer claims="eyJhIjoxfQ==", Bearer claims="eyJhIjoxfQ==""#;
        assert_eq!(of(two, SKUS), None);
    }
}
