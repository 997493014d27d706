//! `--query`: an expression, and a document that it searches.
//!
//! Holds for all: the search ends within its budget; an error has a message; the selection is
//! printed in every format, and the same whether it is searched first or printed at once.

use azq_document::Value;
use azq_jmespath::compile;
use azq_output::Format;
use serde_json::{Value as Json, json};

use super::rendering;
use crate::{joined, parts, recordings};

/// Reads an input: an expression, then a JSON document; without one a node pool is searched.
pub fn target(input: &[u8]) {
    let mut parts = parts(input);
    let Some(Ok(text)) = parts.next().map(str::from_utf8) else {
        return;
    };
    let query = match compile(text) {
        Ok(query) => query,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let given = parts.next();
    let given = given.and_then(|text| serde_json::from_slice::<Json>(text).ok());
    let document = Value::from(&given.unwrap_or_else(pool));
    let (_, format) = Format::ALL[input.len() % Format::ALL.len()];
    rendering::print_selected(&document, &query, format);
}

fn pool() -> Json {
    json!({"name": "np1", "count": 3, "powerState": {"code": "Running"}, "availabilityZones": ["1", "2"], "tags": null,
           "nodeTaints": [], "upgradeSettings": {"maxSurge": "10%"}, "items": [{"a": 1, "b": "x"}, {"a": 2.5, "b": "y"}]})
}

/// Returns the queries of the goldens, and those of Python's jmespath beside az's.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    let text = |value: &Json| value.as_str().map(str::to_owned);
    let recorded = recordings::own("goldens/jmespath.json");
    for case in recorded["cases"].as_array().into_iter().flatten() {
        let document = &recorded["documents"][case["document"].as_str().unwrap_or_default()];
        seeds.extend(text(&case["expression"]).map(|query| joined([query, document.to_string()])));
    }
    for case in recordings::items(recordings::own("goldens/formats.json")) {
        let query = text(&case["query"]).unwrap_or_else(|| "@".to_owned());
        seeds.extend(text(&case["document"]).map(|document| joined([query, document])));
    }
    for case in recordings::goldens() {
        let words = recordings::words(&case);
        let queries = words.windows(2).filter(|two| two[0] == "--query");
        seeds.extend(queries.map(|two| two[1].clone().into_bytes()));
    }
    recordings::distinct(seeds)
}
