//! Printing of documents, which must work for every document.

use std::sync::Arc;

use azq_document::{LazyObject, Object, Value};
use azq_jmespath::{RuntimeError, Unlimited};
use azq_output::{Format, Rendering, Table, render};
use serde::de::IgnoredAny;

/// Prints everything as JSON.
pub(super) const JSON: Rendering<'static> = Rendering {
    format: Format::Json,
    query: None,
    color: false,
    table: Table::Automatic,
    checkpoint: &Unlimited,
};

/// Prints a document as JSON, which must be valid, and in one more format; the number selects which
/// one, so that all get their turn.
pub(super) fn print(document: &Value, table: Table, number: usize) {
    let json = render(document, &JSON).expect("printed as JSON");
    assert_json(&json);
    let (name, format) = Format::ALL[number / 2 % Format::ALL.len()];
    let rendering = Rendering {
        format,
        color: number.is_multiple_of(2),
        table,
        ..JSON
    };
    let printed = render(document, &rendering);
    let is_text = printed.is_ok_and(|text| str::from_utf8(&text).is_ok());
    // az's tables do not fit every document.
    assert!(is_text || format == Format::Table, "{name}");
}

/// Prints what a query selects from a document in one format; the outcome must equal searching
/// first and printing then.
pub(super) fn print_selected(document: &Value, query: &azq_jmespath::Expression, format: Format) {
    let rendering = |query, format| Rendering {
        format,
        query,
        color: true,
        ..JSON
    };
    let printed = render(document, &rendering(Some(query), format));
    if let Err(error) = &printed {
        assert!(!error.to_string().is_empty());
    }
    let Ok(selected) = query.search(document, &Unlimited) else {
        assert!(printed.is_err(), "printed what cannot be selected");
        return;
    };
    let plain = render(&selected, &rendering(None, Format::Json));
    if let Ok(plain) = &plain {
        assert_json(plain);
    }
    if format == Format::Json {
        assert_eq!(printed, plain);
    }
    let objects = document.as_array().unwrap_or_default().iter().map(entries);
    if let Some(objects) = objects.collect::<Option<Vec<_>>>()
        && !objects.is_empty()
    {
        let apart = query.search_list(&objects, &Unlimited).map(|selected| {
            let json = render(&selected, &rendering(None, Format::Json));
            assert_eq!(json, plain, "put together or not");
        });
        // Values that need not be composed cost a little less or more.
        assert!(matches!(apart, Ok(()) | Err(RuntimeError::TooExpensive)));
    }
}

/// An object as an element of a list.
struct Entries(Arc<Object>);

fn entries(value: &Value) -> Option<Entries> {
    match value {
        Value::Object(object) => Some(Entries(Arc::clone(object))),
        _ => None,
    }
}

impl LazyObject for Entries {
    type Key = Arc<str>;

    fn runs(&self) -> impl Iterator<Item = &[(Arc<str>, Value)]> {
        self.0.entries.chunks(1)
    }

    fn document(&self) -> Value {
        Value::Object(Arc::clone(&self.0))
    }
}

/// Asserts that a text is JSON as Python writes it, which has three more numbers and may be deeper
/// than `serde_json` reads it.
fn assert_json(text: &[u8]) {
    let is_pythons = |word: &[u8]| text.windows(word.len()).any(|window| window == word);
    if text.is_empty() || is_pythons(b"NaN") || is_pythons(b"Infinity") {
        return;
    }
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(text) {
        let text = String::from_utf8_lossy(text);
        let is_deep = error.to_string().contains("recursion limit");
        assert!(is_deep, "{error}: {text}");
    }
}
