//! Parsing of Azure's pages of resource SKUs while they arrive.
//!
//! A page may arrive in pieces of any size and be cut at any position. Memory is limited by the
//! distinct parts and one incomplete entry. Entries that are not objects are skipped. Text that is
//! not JSON is an error.

use std::sync::{Arc, Mutex};

use azq_python::json::JsonError;

use crate::catalogue::Sku;
use crate::catalogue::pool::Pool;
use crate::ingest::parse_cache::ParseCache;
use crate::ingest::scan::{Cursor, ScanError};
use crate::provider::Provider;

/// The reason why a response is not a page of resource SKUs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParseError {
    /// The response is not JSON.
    #[error("it is not JSON at byte {0}")]
    Malformed(u64),
    /// The response ended too early.
    #[error("it ends too early, after {0} bytes")]
    Truncated(u64),
    /// One entry is larger than any SKU could be.
    #[error("an entry is larger than {MAX_ENTRY} bytes")]
    TooLarge,
}

/// The maximum size of an entry. SKUs have 2 to 3 KB, so no valid entry comes near it.
const MAX_ENTRY: usize = 4 << 20;

/// The number of bytes that are scanned together. An incomplete entry at their end is scanned
/// again.
const LOOK: usize = 64 << 10;

/// A parser of pages into one list of SKUs.
pub(crate) struct Parser {
    memory: ParseCache,
    skus: Vec<Sku>,
    page_start: usize,
    page: Page,
}

/// The state of the current page.
#[derive(Default)]
struct Page {
    state: State,
    next_link: Option<String>,
    /// The bytes that have arrived and have not been parsed.
    pending: Vec<u8>,
    /// The number of pending bytes at which parsing is tried again, so that tiny chunks cost linear
    /// time.
    enough: usize,
    taken: u64,
    /// The whole page so far if it is at most [`LOOK`] long, for the words of an error.
    beginning: Vec<u8>,
    length: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Start,
    /// Before a member of the page's object.
    Member {
        first: bool,
    },
    /// Before an entry of the page's list.
    Entry {
        first: bool,
    },
    End,
}

impl Parser {
    pub(crate) fn new(provider: Provider, pool: &Arc<Mutex<Pool>>) -> Self {
        Self {
            memory: ParseCache::new(provider, pool),
            skus: Vec::new(),
            page_start: 0,
            page: Page::default(),
        }
    }

    /// Parses the page's next bytes.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Result<(), ParseError> {
        self.page.pending.extend_from_slice(chunk);
        self.page.length += chunk.len();
        if self.page.length <= LOOK {
            self.page.beginning.extend_from_slice(chunk);
        }
        if self.page.pending.len() < self.page.enough {
            return Ok(());
        }
        self.advance()
    }

    /// Ends a page, and returns the link to the next one.
    pub(crate) fn end_page(&mut self) -> Result<Option<String>, ParseError> {
        self.advance()?;
        if self.page.state != State::End {
            return Err(ParseError::Truncated(
                self.page.taken + self.page.pending.len() as u64,
            ));
        }
        self.page_start = self.skus.len();
        Ok(std::mem::take(&mut self.page).next_link)
    }

    /// Drops the SKUs of the current page, so that it can be read again.
    pub(crate) fn restart_page(&mut self) {
        self.skus.truncate(self.page_start);
        self.page = Page::default();
    }

    /// Returns Python's error for the current page, if it is a short object that is not JSON.
    pub(crate) fn json_error(&self) -> Option<JsonError> {
        let page = &self.page;
        let is_whole = page.length == page.beginning.len();
        let is_object = page.beginning.trim_ascii_start().starts_with(b"{");
        let error = || azq_python::json::loads(&page.beginning).err();
        (is_whole && is_object).then(error).flatten()
    }

    /// Returns the SKUs of all pages.
    pub(crate) fn finish(self) -> Vec<Sku> {
        self.skus
    }

    fn advance(&mut self) -> Result<(), ParseError> {
        let pending = std::mem::take(&mut self.page.pending);
        let mut cursor = Cursor::new(&pending);
        let mut taken = 0;
        let stop = loop {
            match self.step(&mut cursor) {
                Ok(()) => taken = cursor.position(),
                Err(stop) => break stop,
            }
        };
        if let ScanError::Malformed(at) = stop {
            return Err(ParseError::Malformed(self.page.taken + at as u64));
        }
        self.page.pending = pending;
        self.page.pending.drain(..taken);
        self.page.taken += taken as u64;
        self.page.enough = LOOK.max(self.page.pending.len() * 2);
        if self.page.pending.len() > MAX_ENTRY {
            Err(ParseError::TooLarge)
        } else {
            Ok(())
        }
    }

    /// Parses the smallest part of the page that can be parsed alone.
    fn step(&mut self, cursor: &mut Cursor<'_>) -> Result<(), ScanError> {
        self.page.state = match self.page.state {
            State::Start => {
                cursor.pass_mark()?;
                cursor.expect(b'{')?;
                State::Member { first: true }
            }
            State::Member { first } => self.member(cursor, first)?,
            State::Entry { first } => self.entry(cursor, first)?,
            State::End => {
                cursor.peek()?;
                return Err(cursor.malformed());
            }
        };
        Ok(())
    }

    fn member(&mut self, cursor: &mut Cursor<'_>, first: bool) -> Result<State, ScanError> {
        if cursor.pass(b'}')? {
            return Ok(State::End);
        }
        if !first {
            cursor.expect(b',')?;
        }
        let key = cursor.string()?;
        cursor.expect(b':')?;
        if key == br#""value""# && cursor.peek()? == b'[' {
            cursor.expect(b'[')?;
            return Ok(State::Entry { first: true });
        }
        let at = cursor.malformed();
        let value = cursor.value()?;
        if key == br#""nextLink""# {
            self.page.next_link = serde_json::from_slice(value).map_err(|_| at)?;
        }
        Ok(State::Member { first: false })
    }

    fn entry(&mut self, cursor: &mut Cursor<'_>, first: bool) -> Result<State, ScanError> {
        if cursor.pass(b']')? {
            return Ok(State::Member { first: false });
        }
        if !first {
            cursor.expect(b',')?;
        }
        if cursor.peek()? == b'{' {
            self.skus.push(self.memory.sku(cursor)?);
        } else {
            cursor.value()?;
        }
        Ok(State::Entry { first: false })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use azq_document::LazyObject as _;
    use azq_document::Value;

    fn parse(chunks: &[&[u8]]) -> Result<(Vec<Sku>, Option<String>), ParseError> {
        let pool = Arc::default();
        let mut parser = Parser::new(Provider::Compute, &pool);
        for chunk in chunks {
            parser.push(chunk)?;
        }
        let next = parser.end_page()?;
        Ok((parser.finish(), next))
    }

    fn documents(skus: &[Sku]) -> Vec<Value> {
        skus.iter().map(Sku::document).collect()
    }

    fn page() -> String {
        json!({
            "value": [
                {"resourceType": "virtualMachines", "name": "Standard_D2s_v5", "tier": "Standard",
                 "locations": ["eastus"], "locationInfo": [{"location": "eastus", "zones": ["1", "2"]}],
                 "capabilities": [{"name": "vCPUs", "value": "2"}, {"name": "ö\"\\\n", "value": "]}"}],
                 "restrictions": []},
                {"resourceType": "virtualMachines", "name": "Standard_D2s_v5", "tier": "Standard",
                 "locations": ["westus"], "locationInfo": [{"location": "westus", "zones": []}],
                 "capabilities": [{"name": "vCPUs", "value": "2"}, {"name": "ö\"\\\n", "value": "]}"}],
                 "restrictions": []},
                null,
                {"name": null, "future": {"deep": [[1]]}},
                {},
            ],
            "nextLink": "https://azure/next?page=2",
            "other": [1.5, true],
        })
        .to_string()
    }

    #[test]
    fn chunks_may_end_anywhere() {
        let page = page();
        let (whole, next) = parse(&[page.as_bytes()]).unwrap();
        assert_eq!(next.as_deref(), Some("https://azure/next?page=2"));
        assert_eq!(whole.len(), 4);
        let expected = documents(&whole);
        for at in 0..page.len() {
            let (one, two) = page.as_bytes().split_at(at);
            let (skus, _) = parse(&[one, two]).unwrap();
            assert_eq!(documents(&skus), expected, "split at {at}");
        }
        let bytes: Vec<&[u8]> = page.as_bytes().chunks(1).collect();
        assert_eq!(documents(&parse(&bytes).unwrap().0), expected);
    }

    #[test]
    fn entries_have_azs_fields_in_azs_order() {
        let (skus, _) = parse(&[page().as_bytes()]).unwrap();
        let Value::Object(first) = skus[0].document() else {
            panic!("no object")
        };
        let keys: Vec<_> = first.entries.iter().map(|(key, _)| &**key).collect();
        let expected = "capabilities locationInfo locations name resourceType restrictions tier";
        assert_eq!(keys.join(" "), expected);
        assert_eq!(skus[2].document(), Value::from(&json!({})));
    }

    #[test]
    fn what_is_equal_is_shared() {
        let (skus, _) = parse(&[page().as_bytes()]).unwrap();
        assert!(Arc::ptr_eq(&skus[0].definition, &skus[1].definition));
        assert!(!Arc::ptr_eq(&skus[0].availability, &skus[1].availability));
        let (one, two) = (skus[0].document(), skus[1].document());
        for key in ["capabilities", "name", "restrictions"] {
            assert!(same(one.get(key).unwrap(), two.get(key).unwrap()), "{key}");
        }
    }

    fn same(one: &Value, two: &Value) -> bool {
        match (one, two) {
            (Value::String(one), Value::String(two)) => Arc::ptr_eq(one, two),
            (Value::Array(one), Value::Array(two)) => Arc::ptr_eq(one, two),
            _ => false,
        }
    }

    #[test]
    fn another_spelling_of_the_same_is_shared_too() {
        let page = br#"{"value":[{"name":"a","tier":"T"},{"tier": "\u0054" , "name":"a"}]}"#;
        let (skus, _) = parse(&[page]).unwrap();
        assert!(Arc::ptr_eq(&skus[0].definition, &skus[1].definition));
    }

    #[test]
    fn every_truncation_is_an_error() {
        let page = page();
        for length in 0..page.len() {
            let error = parse(&[&page.as_bytes()[..length]]).unwrap_err();
            assert_eq!(error, ParseError::Truncated(length as u64));
        }
    }

    #[test]
    fn what_is_no_page_is_an_error() {
        for (text, error) in [
            ("<html></html>", ParseError::Malformed(0)),
            ("[]", ParseError::Malformed(0)),
            (r#"{"value":[{"name":tru}]}"#, ParseError::Malformed(18)),
            (r#"{"value":[{"name":"a",}]}"#, ParseError::Malformed(22)),
            (r#"{"value":[{"name":"a"}{}]}"#, ParseError::Malformed(22)),
            (r#"{"value":[]}x"#, ParseError::Malformed(12)),
            (r#"{"nextLink":5}"#, ParseError::Malformed(12)),
        ] {
            assert_eq!(parse(&[text.as_bytes()]).unwrap_err(), error, "{text}");
        }
        let endless = format!(r#"{{"value":[{{"name":"{}"#, "a".repeat(MAX_ENTRY));
        let error = parse(&[endless.as_bytes()]).unwrap_err();
        assert_eq!(error, ParseError::TooLarge);
    }

    #[test]
    fn a_page_is_decoded_as_azure_core_decodes_it() {
        let page =
            b"\xef\xbb\xbf{\"value\":[{\"name\":\"gr\xf6\xdfe\",\"tier\":\"a\\ud800\",\"x\":NaN}]}";
        for at in 0..=4 {
            let (one, two) = page.split_at(at);
            let (skus, _) = parse(&[one, two]).unwrap();
            assert_eq!(skus[0].name(), "gr\u{fffd}\u{fffd}e");
        }
    }

    #[test]
    fn a_short_page_that_is_not_json_is_worded_as_python_words_it() {
        let mut parser = Parser::new(Provider::Compute, &Arc::default());
        parser.push(br#"{"value":[{"name":"a""#).unwrap();
        parser.end_page().unwrap_err();
        let error = parser.json_error().unwrap().to_string();
        assert_eq!(error, "Expecting ',' delimiter: line 1 column 22 (char 21)");
        parser.restart_page();
        assert_eq!(parser.json_error(), None);
    }

    #[test]
    fn pages_without_a_list_are_empty() {
        for text in [
            "{}",
            r#"{"value":null}"#,
            r#"{"value":{}}"#,
            r#" { "value" : [ ] } "#,
        ] {
            assert!(parse(&[text.as_bytes()]).unwrap().0.is_empty(), "{text}");
        }
    }

    #[test]
    fn a_page_can_be_sent_again() {
        let mut parser = Parser::new(Provider::Compute, &Arc::default());
        let push = |parser: &mut Parser, text: &str| parser.push(text.as_bytes()).unwrap();
        push(&mut parser, r#"{"value":[{"name":"a"}],"nextLink":"n"}"#);
        assert_eq!(parser.end_page().unwrap().as_deref(), Some("n"));
        push(&mut parser, r#"{"value":[{"name":"b"},{"na"#);
        parser.restart_page();
        push(&mut parser, r#"{"value":[{"name":"b"},{"name":"c"}]}"#);
        assert_eq!(parser.end_page(), Ok(None));
        let skus = parser.finish();
        let expected = ["a", "b", "c"].map(|name| Value::from(&json!({"name": name})));
        assert_eq!(documents(&skus), expected);
    }
}
