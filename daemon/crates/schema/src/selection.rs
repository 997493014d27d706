//! Rows of a table: chosen properties of a document, under other names.

use std::sync::Arc;

use azq_document::{Object, Origin, Value};

/// Selects columns of a document, as the multi-select hash `{column: property, …}` of a query does:
/// in order, `null` for properties that the document lacks, and `null` for a `null` document.
pub fn select(document: &Value, columns: &[(&str, &str)]) -> Value {
    if *document == Value::Null {
        return Value::Null;
    }
    let cell = |property| document.get(property).cloned().unwrap_or(Value::Null);
    let cells = columns.iter();
    selection(cells.map(|(column, property)| (*column, cell(property))))
}

/// Returns a row of these columns, in this order.
pub fn selection<'c>(columns: impl IntoIterator<Item = (&'c str, Value)>) -> Value {
    let entries = columns
        .into_iter()
        .map(|(column, value)| (Arc::from(column), value));
    Value::Object(Arc::new(Object {
        entries: entries.collect(),
        origin: Origin::Selection,
    }))
}

/// Selects these members of each item of a list.
pub fn select_all(list: &Value, columns: &[(&str, &str)]) -> Value {
    let items = list.as_array().unwrap_or_default().iter();
    items
        .map(|item| select(item, columns))
        .collect::<Vec<_>>()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_keep_their_order() {
        let document = Value::from(&json!({"a": 1, "b": 2}));
        let Value::Object(row) = select(&document, &[("y", "b"), ("x", "a"), ("z", "c")]) else {
            panic!("not an object")
        };
        let entries = row
            .entries
            .iter()
            .map(|(key, value)| (&**key, value.clone()));
        let expected = [
            ("y", Value::Int(2)),
            ("x", Value::Int(1)),
            ("z", Value::Null),
        ];
        assert!(entries.eq(expected));
        assert_eq!(row.origin, Origin::Selection);
        assert_eq!(select(&Value::Null, &[("x", "a")]), Value::Null);
    }
}
