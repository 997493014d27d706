//! The table of resource SKUs (azure-cli 2.91, `vm/_format.py`, `transform_sku_for_table_output`).

use std::{fmt::Write, sync::Arc};

use crate::document::{Object, Origin, Value};

/// az's rows for a list of SKUs. What an entry lacks is `None`, where az would fail.
pub fn table(document: &Value) -> Value {
    document
        .as_array()
        .unwrap_or_default()
        .iter()
        .map(row)
        .collect::<Vec<_>>()
        .into()
}

fn row(sku: &Value) -> Value {
    let text = |key| {
        sku.get(key)
            .and_then(Value::as_str)
            .unwrap_or("None")
            .to_owned()
    };
    let cells = [
        ("resourceType", text("resourceType")),
        (
            "locations",
            one_or_list(&texts(sku.get("locations"))).unwrap_or_else(none),
        ),
        ("name", text("name")),
        ("zones", zones(sku).unwrap_or_else(none)),
        ("restrictions", restrictions(sku).unwrap_or_else(none)),
    ];
    let entries = cells
        .into_iter()
        .map(|(name, cell)| (name.into(), cell.into()))
        .collect();
    Value::Object(Arc::new(Object {
        entries,
        origin: Origin::Selection,
    }))
}

fn none() -> String {
    "None".into()
}

fn zones(sku: &Value) -> Option<String> {
    let mut zones = texts(sku.get("locationInfo")?.as_array()?.first()?.get("zones"));
    zones.sort_unstable();
    Some(zones.join(","))
}

fn restrictions(sku: &Value) -> Option<String> {
    let reasons: Vec<_> = sku
        .get("restrictions")?
        .as_array()?
        .iter()
        .map(reason)
        .collect();
    one_or_list(&reasons.iter().map(String::as_str).collect::<Vec<_>>())
}

fn reason(restriction: &Value) -> String {
    let text = |key| restriction.get(key).and_then(Value::as_str);
    let mut reason = text("reasonCode").unwrap_or("None").to_owned();
    if let Some(kind) = text("type").filter(|kind| !kind.is_empty()) {
        reason.extend([", type: ", kind]);
    }
    for what in ["locations", "zones"] {
        let closed = texts(
            restriction
                .get("restrictionInfo")
                .and_then(|info| info.get(what)),
        );
        if !closed.is_empty() {
            reason.extend([", ", what, ": ", closed.join(",").as_str()]);
        }
    }
    reason
}

fn texts(list: Option<&Value>) -> Vec<&str> {
    list.and_then(Value::as_array)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_str)
        .collect()
}

/// The only text, or several as Python's `str` shows a list.
fn one_or_list(texts: &[&str]) -> Option<String> {
    match texts {
        [] => None,
        [one] => Some((*one).to_owned()),
        several => {
            let quoted: Vec<_> = several.iter().map(|text| python_repr(text)).collect();
            Some(format!("[{}]", quoted.join(", ")))
        }
    }
}

/// A text as Python's `repr` shows it. Characters that Python calls unprintable are escaped if they are control
/// characters, which is all that could ever come here.
fn python_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut quoted = String::from(quote);
    for character in text.chars() {
        match character {
            '\n' => quoted += "\\n",
            '\r' => quoted += "\\r",
            '\t' => quoted += "\\t",
            '\\' => quoted += "\\\\",
            _ if character == quote => quoted.extend(['\\', quote]),
            // Writing to a string cannot fail.
            _ if character.is_control() => _ = write!(quoted, "\\x{:02x}", u32::from(character)),
            _ => quoted.push(character),
        }
    }
    quoted.push(quote);
    quoted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows(skus: &serde_json::Value) -> Vec<Vec<(String, String)>> {
        let table = table(&Value::from(skus));
        let cells = |row: &Value| match row {
            Value::Object(row) => {
                assert_eq!(row.origin, Origin::Selection);
                let text = |cell: &Value| cell.as_str().unwrap().to_owned();
                row.entries
                    .iter()
                    .map(|(name, cell)| (name.to_string(), text(cell)))
                    .collect()
            }
            _ => panic!("no object"),
        };
        table.as_array().unwrap().iter().map(cells).collect()
    }

    fn cells(sku: &serde_json::Value) -> Vec<String> {
        rows(&json!([sku]))
            .remove(0)
            .into_iter()
            .map(|(_, cell)| cell)
            .collect()
    }

    #[test]
    fn columns_come_in_azs_order() {
        let names: Vec<_> = rows(&json!([{}]))
            .remove(0)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(
            names,
            ["resourceType", "locations", "name", "zones", "restrictions"]
        );
    }

    #[test]
    fn cells_are_azs() {
        let info = json!({"locations": ["eastus"], "zones": ["1", "2"]});
        let location = json!({"type": "Location", "reasonCode": "NotAvailableForSubscription",
                              "restrictionInfo": {"locations": ["eastus"]}});
        let zone = json!({"type": "Zone", "reasonCode": "QuotaId", "restrictionInfo": info});
        let sku = |restrictions| {
            json!({"resourceType": "disks", "name": "P", "locations": ["eastus"],
                   "locationInfo": [{"zones": ["3", "1", "2"]}], "restrictions": restrictions})
        };
        assert_eq!(
            cells(&sku(json!([]))),
            ["disks", "eastus", "P", "1,2,3", "None"]
        );
        assert_eq!(
            cells(&sku(json!([location])))[4],
            "NotAvailableForSubscription, type: Location, locations: eastus"
        );
        assert_eq!(
            cells(&sku(json!([location, zone])))[4],
            "['NotAvailableForSubscription, type: Location, locations: eastus', \
             'QuotaId, type: Zone, locations: eastus, zones: 1,2']"
        );
    }

    #[test]
    fn what_is_missing_is_none() {
        assert_eq!(cells(&json!({})), ["None"; 5]);
        let odd =
            json!({"locations": ["a", "b'c"], "locationInfo": [{}], "restrictions": [{}, {}]});
        assert_eq!(
            cells(&odd),
            ["None", r#"['a', "b'c"]"#, "None", "", "['None', 'None']"]
        );
        assert_eq!(table(&Value::Null), Value::from(vec![]));
    }

    #[test]
    fn texts_are_quoted_as_python_quotes_them() {
        for (text, quoted) in [
            ("a", "'a'"),
            ("it's", "\"it's\""),
            ("'\"", "'\\'\"'"),
            ("\\\n\u{1b}\u{7f}", "'\\\\\\n\\x1b\\x7f'"),
            ("ü", "'ü'"),
        ] {
            assert_eq!(python_repr(text), quoted);
        }
    }
}
