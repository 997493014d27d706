//! SKU documents of both kinds: Azure's JSON, and the daemon's shared values.

use std::sync::Arc;

/// A JSON value from which a SKU is read.
pub trait Document: Sized {
    /// Returns the member of an object.
    fn member(&self, key: &str) -> Option<&Self>;
    /// Returns the text of a string.
    fn text(&self) -> Option<&str>;
    /// Returns the items of an array; empty for any other value.
    fn items(&self) -> &[Self];

    /// Returns the text of a string, shared with the document if possible.
    fn shared_text(&self) -> Option<Arc<str>> {
        self.text().map(Arc::from)
    }

    /// Returns a whole number.
    fn whole(&self) -> Option<i64>;

    /// Returns the text of an object's member.
    fn member_text(&self, key: &str) -> Option<&str> {
        self.member(key)?.text()
    }

    /// Returns the items of an object's member.
    fn member_items(&self, key: &str) -> &[Self] {
        self.member(key).map(Self::items).unwrap_or_default()
    }

    /// Returns the texts of an object's member.
    fn member_texts(&self, key: &str) -> Box<[Box<str>]> {
        let texts = self.member_items(key).iter().filter_map(Self::text);
        texts.map(Box::from).collect()
    }
}

impl Document for serde_json::Value {
    fn member(&self, key: &str) -> Option<&Self> {
        self.get(key)
    }

    fn text(&self) -> Option<&str> {
        self.as_str()
    }

    fn items(&self) -> &[Self] {
        self.as_array().map(Vec::as_slice).unwrap_or_default()
    }

    fn whole(&self) -> Option<i64> {
        self.as_i64()
    }
}

impl Document for azq_document::Value {
    fn member(&self, key: &str) -> Option<&Self> {
        self.get(key)
    }

    fn text(&self) -> Option<&str> {
        self.as_str()
    }

    fn items(&self) -> &[Self] {
        self.as_array().unwrap_or_default()
    }

    fn shared_text(&self) -> Option<Arc<str>> {
        match self {
            Self::String(text) => Some(Arc::clone(text)),
            _ => None,
        }
    }

    fn whole(&self) -> Option<i64> {
        match self {
            Self::Int(number) => i64::try_from(*number).ok(),
            _ => None,
        }
    }
}
