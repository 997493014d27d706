//! Real data to begin with: the goldens and cases in `tests/`, and recorded responses of Azure in
//! `seeds/`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The longest seed, because a fuzzer learns more from many small inputs.
const LONGEST: usize = 16 << 10;

/// Returns the cases of all goldens: command lines with their files and standard input.
pub fn goldens() -> Vec<Value> {
    let files = files(&tests().join("goldens"));
    let cases = files.iter().filter_map(|file| match json(file) {
        Value::Array(cases) => Some(cases),
        _ => None,
    });
    cases
        .flatten()
        .filter(|case| case["argv"].is_array())
        .collect()
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
    match json(&file) {
        Value::Array(recordings) => recordings,
        _ => Vec::new(),
    }
}

/// Returns agent pools as Azure sends them.
pub fn pools() -> Vec<Value> {
    let mut pools = Vec::new();
    for clusters in members(&own("cases/presets.json"), "clusters") {
        for cluster in clusters
            .as_object()
            .into_iter()
            .flat_map(serde_json::Map::values)
        {
            pools.extend(
                members(&serde_json::json!([cluster]), "pools")
                    .iter()
                    .flat_map(|pools| {
                        pools
                            .as_object()
                            .into_iter()
                            .flat_map(serde_json::Map::values)
                            .cloned()
                            .collect::<Vec<_>>()
                    }),
            );
        }
    }
    pools
}

/// Returns the member of this name of each item.
fn members(items: &Value, name: &str) -> Vec<Value> {
    let all: Vec<&Value> = match items {
        Value::Array(items) => items.iter().collect(),
        Value::Object(items) => items.values().collect(),
        _ => Vec::new(),
    };
    all.into_iter()
        .filter_map(|item| item.get(name).cloned())
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
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "json")
    });
    files.sort();
    files
}

fn json(file: &Path) -> Value {
    fs::read(file)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}
