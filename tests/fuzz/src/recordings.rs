//! Real data to begin with: the goldens and cases in `tests/`, and recorded responses of Azure in
//! `seeds/`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

/// The longest seed, because a fuzzer learns more from many small inputs.
const LONGEST: usize = 16 << 10;

/// Returns the cases of all goldens: command lines with their files and standard input.
pub fn goldens() -> Vec<Value> {
    let files = files(&tests().join("goldens"));
    let cases = files.iter().flat_map(|file| items(json(file)));
    cases.filter(|case| case["argv"].is_array()).collect()
}

/// Returns the items of a list; none of another value.
pub fn items(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}

/// Returns the words of a case's command line.
pub fn words(case: &Value) -> Vec<String> {
    let words = case["argv"].as_array().into_iter().flatten();
    words
        .filter_map(|word| word.as_str().map(str::to_owned))
        .collect()
}

/// Reads a file below `tests/`.
pub fn own(path: &str) -> Value {
    json(&tests().join(path))
}

/// Returns the recordings of this kind: the items of a file in `seeds/`.
pub fn seeds(kind: &str) -> Vec<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("seeds/{kind}.json"));
    items(json(&file))
}

/// Returns agent pools as Azure sends them.
pub fn pools() -> Vec<Value> {
    let values = |object: &Value| {
        let members = object.as_object().into_iter();
        members.flat_map(Map::values).cloned().collect::<Vec<_>>()
    };
    let presets = values(&own("cases/presets.json"));
    let clusters = presets
        .iter()
        .flat_map(|preset| values(&preset["clusters"]));
    clusters
        .flat_map(|cluster| values(&cluster["pools"]))
        .collect()
}

/// Sorts the seeds and removes duplicates and those that are too long.
pub fn distinct(mut seeds: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    seeds.retain(|seed| seed.len() <= LONGEST);
    seeds.sort();
    seeds.dedup();
    seeds
}

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    files.retain(|file| file.extension() == Some("json".as_ref()));
    files.sort();
    files
}

fn json(file: &Path) -> Value {
    let bytes = fs::read(file).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}
