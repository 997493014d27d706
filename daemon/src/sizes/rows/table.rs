//! The table of sizes, with a line for each row.

use std::sync::{Arc, LazyLock};

use azq_document::{Origin, Value};

use super::keys::Key;
use super::{Row, object};

/// The columns of the table, each with its title and the key of its values. A column without
/// requested data is left out.
pub(super) const COLUMNS: [(&str, &str); 12] = [
    ("Name", "name"),
    ("Location", "location"),
    ("Gen", "generations"),
    ("VCPUs", "vcpus"),
    ("MemoryGB", "memoryGb"),
    ("GPUs", "gpus"),
    ("Arch", "architecture"),
    ("OpenZones", "openZones"),
    ("Restriction", "restriction"),
    ("QuotaLeft", "quotaVcpus"),
    ("Price", "hourlyPrice"),
    ("SpotPrice", "hourlySpotPrice"),
];

/// A column's title, and the key of its cells.
type Column = (Arc<str>, Key);

/// The columns, with titles that all lines share.
static SHARED_COLUMNS: LazyLock<Box<[Column]>> = LazyLock::new(|| {
    let columns = COLUMNS.into_iter();
    columns
        .map(|(title, key)| (title.into(), Key::of(key)))
        .collect()
});

/// The maximum memory of a line of the table while it is laid out, in bytes.
pub(super) const BYTES_OF_A_LINE: usize = 1 << 10;

impl Row {
    /// Returns the line of the table.
    pub(super) fn line(&self) -> Value {
        let cells = SHARED_COLUMNS.iter().filter_map(|(title, key)| {
            let mut entries = self.parts().into_iter().flatten();
            let (_, value) = entries.find(|(known, _)| known == key)?;
            Some((Arc::clone(title), cell(*key, value)))
        });
        object(cells.collect(), Origin::Selection)
    }
}

/// Returns the content of a cell.
pub(super) fn cell(key: Key, value: &Value) -> Value {
    match value {
        Value::Null if key.as_ref() == "restriction" => "None".into(),
        Value::Null => "-".into(),
        Value::Array(items) if items.is_empty() => "-".into(),
        Value::Array(items) => {
            let items = items.iter().filter_map(Value::as_str);
            // `V1` is shown as 1 in the column `Gen`.
            let items: Vec<_> = items.map(|item| item.trim_start_matches('V')).collect();
            items.join(",").into()
        }
        value => value.clone(),
    }
}
