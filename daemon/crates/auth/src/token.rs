//! An access token that leaves no trace.
//!
//! It is wiped from memory when its last owner lets go of it, and it has no `Display`, no
//! `Serialize` and a `Debug` that shows only when it ends. What the HTTP library and
//! `azure_identity` copy of it on its way is out of reach.

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
    /// A token and when it ends.
    pub fn new(text: impl Into<Zeroizing<String>>, expires: SystemTime) -> Self {
        Self {
            text: Arc::new(text.into()),
            expires,
        }
    }

    /// A token that ends at a UNIX time in seconds, as every endpoint says it.
    pub(super) fn until(text: impl Into<Zeroizing<String>>, seconds: i64) -> Self {
        let seconds = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
        Self::new(
            text,
            SystemTime::UNIX_EPOCH + seconds.min(Duration::from_secs(1 << 40)),
        )
    }

    /// When it ends, by the wall clock, which a sleeping laptop does not stop.
    pub fn expires(&self) -> SystemTime {
        self.expires
    }

    /// How much longer it lasts.
    pub fn remaining(&self) -> Duration {
        self.expires
            .duration_since(SystemTime::now())
            .unwrap_or_default()
    }

    /// The token itself, for the only command whose answer it is, which wipes it too, and for the
    /// library that asks a shared store, which does not.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The `Authorization` header in Latin-1, as Python sends it, marked so that HTTP libraries
    /// neither log nor index it. `None` if the token has characters that no header can have.
    pub fn header(&self) -> Option<HeaderValue> {
        let text = "Bearer ".chars().chain(self.text.chars());
        let bytes = text.map(|character| u8::try_from(character).ok());
        let bytes = Zeroizing::new(bytes.collect::<Option<Vec<u8>>>()?);
        let mut value = HeaderValue::from_bytes(&bytes).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// Whether two are the same token.
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
