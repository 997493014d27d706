//! Compares the crate with Python's jmespath and the public compliance suite, and tries hostile
//! queries.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use azq_document::{LazyObject, Object, Value};
use serde_json::Value as Json;

use super::budget::Budget;
use crate::{MAXIMUM_LENGTH, RuntimeError, Unlimited, compile, evaluate, python};

fn read(path: &str) -> Json {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../..")
        .join(path);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    serde_json::from_str(&text).unwrap()
}

/// An object that is built already.
struct BuiltObject(Arc<Object>);

impl LazyObject for BuiltObject {
    type Key = Arc<str>;

    fn runs(&self) -> impl Iterator<Item = &[(Arc<str>, Value)]> {
        std::iter::once(self.0.entries.as_slice()).filter(|run| !run.is_empty())
    }

    fn document(&self) -> Value {
        Value::Object(Arc::clone(&self.0))
    }
}

/// Returns the entries of a list of objects.
fn objects(document: &Value) -> Option<Vec<BuiltObject>> {
    let object = |item: &Value| match item {
        Value::Object(object) => Some(BuiltObject(Arc::clone(object))),
        _ => None,
    };
    document.as_array()?.iter().map(object).collect()
}

/// Returns the result that `tests/record_jmespath.py` records for a query, and checks that a list
/// of lazy objects gives the same.
fn answer(expression: &str, document: &Value) -> (&'static str, String) {
    match compile(expression) {
        Err(error) => ("syntax_error", error.to_string()),
        Ok(query) => {
            let answer = query.search(document, &Unlimited);
            if let Some(objects) = objects(document) {
                let same = query.search_list(&objects, &Unlimited);
                assert_eq!(same, answer, "{expression}");
            }
            match answer {
                Ok(value) => ("result", python::repr(&value)),
                Err(error) => ("error", error.to_string()),
            }
        }
    }
}

/// An object that counts how often it is built.
struct Counted<'c>(&'c std::cell::Cell<usize>);

impl LazyObject for Counted<'_> {
    type Key = &'static str;

    fn runs(&self) -> impl Iterator<Item = &[(&'static str, Value)]> {
        std::iter::empty()
    }

    fn document(&self) -> Value {
        self.0.set(self.0.get() + 1);
        Value::object([("name", Value::from("n"))])
    }
}

#[test]
fn only_the_objects_that_a_query_looks_at_are_built() {
    let count = std::cell::Cell::new(0);
    let objects: Vec<_> = (0..100).map(|_| Counted(&count)).collect();
    for (query, looks_at) in [
        ("length(@)", 0),
        ("[0]", 1),
        ("[-1].name", 1),
        ("[100]", 0),
        ("[:5].name", 5),
        ("[::-10] | [0]", 10),
        ("length([:5])", 5),
        ("[].name", 100),
        ("[?name=='n'] | [0]", 100),
        ("sort_by(@, &name)", 100),
    ] {
        count.set(0);
        compile(query)
            .unwrap()
            .search_list(&objects, &Unlimited)
            .unwrap();
        assert_eq!(count.get(), looks_at, "{query}");
    }
}

#[test]
fn answers_are_those_of_pythons_jmespath() {
    let golden = read("tests/goldens/jmespath.json");
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() >= 900, "only {} cases", cases.len());
    for case in cases {
        let document = Value::from(&golden["documents"][case["document"].as_str().unwrap()]);
        let expression = case["expression"].as_str().unwrap();
        let (kind, text) = answer(expression, &document);
        let text = Json::from(text);
        assert_eq!(case.get(kind), Some(&text), "{kind} of {expression:?}");
    }
}

/// Runs the suite of jmespath.test, which is kept outside the repository.
#[test]
fn the_public_compliance_suite_passes() {
    let folder =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/oracle/jmespath");
    let Ok(files) = fs::read_dir(&folder) else {
        println!("left out: there is no {}", folder.display());
        return;
    };
    let mut count = 0;
    for file in files {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let suites: Json = serde_json::from_str(&text).unwrap();
        for suite in suites.as_array().unwrap() {
            let document = Value::from(&suite["given"]);
            for case in suite["cases"].as_array().unwrap() {
                complies(case, &document);
                count += 1;
            }
        }
    }
    assert!(count >= 800, "only {count} cases");
}

fn complies(case: &Json, document: &Value) {
    let expression = case["expression"].as_str().unwrap();
    let answer = compile(expression).map(|query| query.search(document, &Unlimited));
    if let Some(expected) = case.get("result") {
        assert_eq!(answer, Ok(Ok(Value::from(expected))), "{expression}");
    } else if case.get("error").is_some() {
        assert!(!matches!(answer, Ok(Ok(_))), "{expression}: {answer:?}");
    } else {
        let is_measured = case.get("bench").is_some() && answer.is_ok();
        assert!(is_measured, "{expression}: {answer:?}");
    }
}

/// Runs a check on a stack of 1.5 MiB, which is less than a worker's stack of 2 MiB has left.
fn on_small_stack(check: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new()
        .stack_size(3 << 19)
        .spawn(check)
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn hostile_queries_get_an_answer_or_an_error() {
    on_small_stack(|| {
        let document = Value::from(&serde_json::json!({"a": [{"a": 1}]}));
        for count in [499, 10_000, 100_000] {
            for (units, end) in [
                (&["(", "!", "[", "{a:", "&", "a(", "*.", "[?"][..], "a"),
                (&["a.", "a|", "a||", "a&&", "a=="], "a"),
                (&["[*]", "[]", "[0]", "[:]"], ""),
                (&["@.[@].", "[@]|", "[@,@]|", "{a:@}|"], "@"),
                (&["to_array(@)|", "to_string(@)|"], "@"),
                (&["`["], "`"),
                (&["[["], "]]"),
                (&["\""], "\""),
            ] {
                for unit in units {
                    answer(&(unit.repeat(count) + end), &document);
                }
            }
            for (open, close) in [
                ("(", ")"),
                ("[", "]"),
                ("{a:", "}"),
                ("to_array(", ")"),
                ("[?", "]"),
            ] {
                let query = open.repeat(count) + "a" + &close.repeat(count);
                answer(&query, &document);
            }
        }
    });
}

#[test]
fn deep_queries_that_az_answers_are_answered() {
    on_small_stack(|| {
        let document = Value::from(&serde_json::json!({"a": 1}));
        for (query, expected) in [
            ("(".repeat(480) + "a" + &")".repeat(480), "1"),
            ("!".repeat(480) + "a", "True"),
            ("a||".repeat(480) + "a", "1"),
            ("a.".repeat(60_000) + "a", "None"),
            ("@|".repeat(40_000) + "a", "1"),
            ("not_null(".repeat(480) + "a" + &")".repeat(480), "1"),
        ] {
            let start: String = query.chars().take(20).collect();
            let expected = ("result", expected.to_owned());
            assert_eq!(answer(&query, &document), expected, "{start}");
        }
    });
}

/// Runs a query on `1` with so many units.
fn search_within(query: &str, units: u64) -> Result<Value, Box<RuntimeError>> {
    let root = compile(query).unwrap().root;
    evaluate::search(&root, &Value::Int(1), Budget::new(units, &Unlimited))
}

#[test]
fn sharing_cannot_be_used_to_blow_up() {
    let doubling = "`1`".to_owned() + &"|[@,@]".repeat(60);
    for query in [
        doubling.clone(),
        format!("{doubling} | to_string(@)"),
        format!("{doubling} | abs(@)"),
        format!("[{doubling}, {doubling}] | [0] == [1]"),
        format!("{doubling}{} | length(@)", "|[]".repeat(60)),
        format!("{doubling}{} | length(@)", "[*]".repeat(60)),
        "'ab'".to_owned() + &"|join(@,[@,@])".repeat(60),
        "'\"'".to_owned() + &"|to_string([@])".repeat(60),
    ] {
        let result = search_within(&query, 1 << 20);
        assert_eq!(result, Err(Box::new(RuntimeError::TooExpensive)), "{query}");
    }
}

#[test]
fn walking_over_small_parts_is_paid_for_by_the_part() {
    let many = "`1`".to_owned() + &"|[@,@]".repeat(12);
    for query in [
        format!("{many} | to_string(@)"),
        format!("[{many}, {many}] | [0] == [1]"),
    ] {
        // An array of 4096 ones; walking over it alone costs as many units.
        let result = search_within(&query, 5 * 4096);
        assert_eq!(result, Err(Box::new(RuntimeError::TooExpensive)), "{query}");
        assert!(search_within(&query, 64 * 4096).is_ok(), "{query}");
    }
}

#[test]
fn a_query_has_a_longest_length() {
    assert!(compile(&format!("'{}'", "a".repeat(MAXIMUM_LENGTH - 2))).is_ok());
    assert!(compile(&format!("'{}'", "a".repeat(MAXIMUM_LENGTH - 1))).is_err());
}
