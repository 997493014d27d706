//! An access token that is wiped from memory and kept out of logs.
//!
//! It is wiped when its last owner drops it. It has no `Display`, no `Serialize`, and a `Debug`
//! that shows only its end. Copies made by the HTTP library and `azure_identity` cannot be wiped.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderValue;
use zeroize::Zeroizing;

/// An access token, mostly for Resource Manager.
#[derive(Clone)]
pub struct Token {
    text: Arc<Zeroizing<String>>,
    expires: SystemTime,
}

impl Token {
    /// Creates a token with the end of its life.
    pub fn new(text: impl Into<Zeroizing<String>>, expires: SystemTime) -> Self {
        Self {
            text: Arc::new(text.into()),
            expires,
        }
    }

    /// Creates a token that ends at a UNIX time in seconds, which is the form of every endpoint.
    pub(super) fn until(text: impl Into<Zeroizing<String>>, seconds: i64) -> Self {
        let seconds = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
        Self::new(
            text,
            SystemTime::UNIX_EPOCH + seconds.min(Duration::from_secs(1 << 40)),
        )
    }

    /// Returns the end of the token's life by the wall clock, which advances while a laptop sleeps.
    pub fn expires(&self) -> SystemTime {
        self.expires
    }

    /// Returns the remaining life.
    pub fn remaining(&self) -> Duration {
        self.expires
            .duration_since(SystemTime::now())
            .unwrap_or_default()
    }

    /// Returns the token's text. Only two callers use it: the command that prints the token, which
    /// wipes it too, and the library for shared stores, which does not.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// Returns the `Authorization` header in Latin-1, as Python sends it, marked so that HTTP
    /// libraries neither log nor index it. The result is `None` if the token has characters that
    /// are invalid in a header.
    pub fn header(&self) -> Option<HeaderValue> {
        let text = "Bearer ".chars().chain(self.text.chars());
        let bytes = text.map(|character| u8::try_from(character).ok());
        let bytes = Zeroizing::new(bytes.collect::<Option<Vec<u8>>>()?);
        let mut value = HeaderValue::from_bytes(&bytes).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// Compares the texts of two tokens.
impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token")
            .field("remaining", &self.remaining())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shows_the_token() {
        let token = Token::until("very-secret".to_owned(), i64::MAX);
        assert!(!format!("{token:?} {:?}", token.header()).contains("very-secret"));
        assert_eq!(token.header().expect("a header"), "Bearer very-secret");
    }

    #[test]
    fn a_header_is_in_latin_1() {
        let header = |text: &str| Token::until(text.to_owned(), 0).header();
        assert_eq!(header("ü").expect("a header").as_bytes(), b"Bearer \xfc");
        assert_eq!([header("a\nb"), header("中")], [None, None]);
    }

    #[test]
    fn a_token_of_the_past_lasts_no_longer() {
        assert_eq!(Token::until(String::new(), -5).remaining(), Duration::ZERO);
    }
}
