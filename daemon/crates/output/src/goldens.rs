//! Replays the recorded output of az's own formatters (`tests/record_formats.py`), byte for byte.

use std::collections::BTreeMap;

use azq_document::{Origin, Value};
use azq_jmespath::Unlimited;

use super::{Format, Rendering, Table, render};

const RECORDED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../tests/goldens/formats.json"
);

/// Decodes a recorded document: JSON with marks for values that only Python can represent.
fn decode(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Array(items) => items.iter().map(decode).collect(),
        serde_json::Value::Object(map) => {
            if let Some(serde_json::Value::String(text)) = map.get("$float") {
                return Value::Float(text.parse().unwrap());
            }
            let Some(serde_json::Value::Array(ordered)) = map.get("$ordered") else {
                return Value::object(map.iter().map(|(key, item)| (key.as_str(), decode(item))));
            };
            let entry =
                |pair: &serde_json::Value| (pair[0].as_str().unwrap().into(), decode(&pair[1]));
            Value::with_entries(ordered.iter().map(entry).collect(), Origin::Selection)
        }
        other => Value::from(other),
    }
}

/// Returns the rendering for which az printed the output recorded under this name.
fn rendering<'q>(
    name: &str,
    own: Option<&'q azq_jmespath::Expression>,
    whole: &'q azq_jmespath::Expression,
) -> Rendering<'q> {
    let (format, active) = match name {
        "table with query" => (Format::Table, true),
        name => (name.parse::<Format>().unwrap(), false),
    };
    let color = matches!(format, Format::Jsonc | Format::Yamlc);
    let query = own.or(active.then_some(whole));
    Rendering {
        format,
        query,
        color,
        table: Table::Automatic,
        checkpoint: &Unlimited,
    }
}

#[test]
fn every_recorded_output_is_printed_to_the_byte() {
    let recorded: Vec<serde_json::Value> =
        serde_json::from_str(&std::fs::read_to_string(RECORDED).unwrap()).unwrap();
    let whole = azq_jmespath::compile("@").unwrap();
    let mut wrong = BTreeMap::<String, Vec<String>>::new();
    let mut outputs = 0;
    for case in &recorded {
        let document = decode(&case["document"]);
        let query = case
            .get("query")
            .map(|text| azq_jmespath::compile(text.as_str().unwrap()).unwrap());
        for (name, stdout) in case["stdout"].as_object().unwrap() {
            outputs += 1;
            let rendered = render(&document, &rendering(name, query.as_ref(), &whole)).unwrap();
            if rendered != stdout.as_str().unwrap().as_bytes() {
                let rendered = String::from_utf8_lossy(&rendered);
                wrong.entry(name.clone()).or_default().push(format!(
                    "{} {}\nexpected {stdout:?}\nrendered {rendered:?}",
                    case["document"],
                    case.get("query").unwrap_or_default(),
                ));
            }
        }
    }
    for (name, cases) in &wrong {
        println!("{name}: {} differ, for example {}", cases.len(), cases[0]);
    }
    assert!(wrong.is_empty());
    assert!(outputs >= 5_000, "{outputs} outputs are recorded");
}
