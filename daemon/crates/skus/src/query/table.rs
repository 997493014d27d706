//! The table of resource SKUs (azure-cli 2.91, `vm/_format.py`, `transform_sku_for_table_output`).

use std::sync::Arc;

use azq_document::{Object, Origin, Value};

/// Returns az's rows for a list of SKUs, or `None` if one of them lacks a property that az's
/// transformation needs.
pub fn table(document: &Value) -> Option<Value> {
    let skus = document.as_array().unwrap_or_default();
    let rows: Vec<_> = skus.iter().map(row).collect::<Option<_>>()?;
    Some(rows.into())
}

/// Returns one row. The properties read with `?` are those that az reads without a check.
fn row(sku: &Value) -> Option<Value> {
    let locations = one_or_list(&texts(sku.get("locations")?))?;
    let restrictions = restrictions(sku.get("restrictions")?)?;
    let cells = [
        ("resourceType", sku.get("resourceType")?.clone()),
        ("locations", locations.into()),
        ("name", sku.get("name")?.clone()),
        ("zones", zones(sku).unwrap_or_else(none).into()),
        ("restrictions", restrictions.into()),
    ];
    let entries = cells.map(|(name, cell)| (name.into(), cell)).into();
    let origin = Origin::Selection;
    Some(Value::Object(Arc::new(Object { entries, origin })))
}

fn none() -> String {
    "None".into()
}

fn zones(sku: &Value) -> Option<String> {
    let mut zones = texts_of(sku.get("locationInfo")?.as_array()?.first()?, "zones");
    zones.sort_unstable();
    Some(zones.join(","))
}

fn restrictions(restrictions: &Value) -> Option<String> {
    let restrictions = restrictions.as_array()?;
    if restrictions.is_empty() {
        return Some(none());
    }
    let reasons = restrictions.iter().map(reason);
    let reasons: Vec<String> = reasons.collect::<Option<_>>()?;
    one_or_list(&reasons.iter().map(String::as_str).collect::<Vec<_>>())
}

fn reason(restriction: &Value) -> Option<String> {
    let text = |key| restriction.get(key).and_then(Value::as_str);
    let mut reason = text("reasonCode")?.to_owned();
    let kind = text("type")?;
    if !kind.is_empty() {
        reason.extend([", type: ", kind]);
    }
    let info = restriction.get("restrictionInfo")?;
    let locations = texts(info.get("locations")?);
    for (what, closed) in [("locations", locations), ("zones", texts_of(info, "zones"))] {
        if !closed.is_empty() {
            reason.extend([", ", what, ": ", closed.join(",").as_str()]);
        }
    }
    Some(reason)
}

fn texts_of<'v>(object: &'v Value, key: &str) -> Vec<&'v str> {
    object.get(key).map(texts).unwrap_or_default()
}

fn texts(list: &Value) -> Vec<&str> {
    let items = list.as_array().unwrap_or_default();
    items.iter().filter_map(Value::as_str).collect()
}

/// Returns the only text, or several as Python's `str` shows a list.
fn one_or_list(texts: &[&str]) -> Option<String> {
    match texts {
        [] => None,
        [one] => Some((*one).to_owned()),
        several => Some(azq_python::quoted_list(several.iter().copied())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows(skus: &serde_json::Value) -> Vec<Vec<(String, String)>> {
        let table = table(&Value::from(skus)).unwrap();
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
        let cells = rows(&json!([sku])).remove(0).into_iter();
        cells.map(|(_, cell)| cell).collect()
    }

    /// Returns an entry that az's transformation accepts.
    fn plain() -> serde_json::Value {
        json!({"resourceType": "disks", "name": "P", "locations": ["eastus"], "restrictions": []})
    }

    #[test]
    fn columns_come_in_azs_order() {
        let cells = rows(&json!([plain()])).remove(0).into_iter();
        let names = cells.map(|(name, _)| name);
        let expected = ["resourceType", "locations", "name", "zones", "restrictions"];
        assert!(names.eq(expected));
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
        let expected = ["disks", "eastus", "P", "1,2,3", "None"];
        assert_eq!(cells(&sku(json!([]))), expected);
        let one = "NotAvailableForSubscription, type: Location, locations: eastus";
        assert_eq!(cells(&sku(json!([location])))[4], one);
        let two = format!("['{one}', 'QuotaId, type: Zone, locations: eastus, zones: 1,2']");
        assert_eq!(cells(&sku(json!([location, zone])))[4], two);
    }

    #[test]
    fn what_az_does_not_need_may_be_missing() {
        assert_eq!(cells(&plain()), ["disks", "eastus", "P", "None", "None"]);
        let mut odd = plain();
        odd["locations"] = json!(["a", "b'c"]);
        odd["locationInfo"] = json!([{}]);
        let expected = ["disks", r#"['a', "b'c"]"#, "P", "", "None"];
        assert_eq!(cells(&odd), expected);
        assert_eq!(table(&Value::Null), Some(Value::from(vec![])));
    }

    #[test]
    fn there_is_no_table_without_what_az_needs() {
        let restriction = json!({"reasonCode": "r", "type": "Zone",
            "restrictionInfo": {"locations": []}});
        let mut whole = plain();
        whole["restrictions"] = json!([restriction]);
        assert_eq!(cells(&whole)[4], "r, type: Zone");
        let without = |pointer: &str| {
            let mut sku = whole.clone();
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            let parent = sku.pointer_mut(parent).unwrap();
            parent.as_object_mut().unwrap().remove(key);
            table(&Value::from(&json!([plain(), sku])))
        };
        for pointer in [
            "/resourceType",
            "/name",
            "/locations",
            "/restrictions",
            "/restrictions/0/reasonCode",
            "/restrictions/0/type",
            "/restrictions/0/restrictionInfo",
            "/restrictions/0/restrictionInfo/locations",
        ] {
            assert_eq!(without(pointer), None, "{pointer}");
        }
        let mut nowhere = plain();
        nowhere["locations"] = json!([]);
        assert_eq!(table(&Value::from(&json!([nowhere]))), None);
    }
}
