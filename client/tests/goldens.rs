//! The command lines recorded from the real az: what it refused as wrong usage is refused here in its words,
//! everything else is understood.
//!
//! The recordings lie outside the repository (`../shared/oracle/goldens`, or `AZQ_GOLDENS`); without them the
//! test says so and passes.

#![allow(
    clippy::unwrap_used,
    reason = "a recording that cannot be read fails the test"
)]

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use azq::cli::{self, CommandCall, Invocation, Request};
use azq::environment::Environment;
use serde_json::Value;

/// The process in which a case was recorded.
struct Recorded {
    variables: HashMap<String, String>,
    files: HashMap<PathBuf, Vec<u8>>,
    standard_input: Vec<u8>,
}

impl Environment for Recorded {
    fn variable(&self, name: &str) -> Option<OsString> {
        self.variables.get(name).map(OsString::from)
    }

    fn variables(&self) -> Vec<(OsString, OsString)> {
        self.variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    }

    fn current_directory(&self) -> PathBuf {
        "/work".into()
    }

    fn is_file(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    fn exists(&self, path: &Path) -> bool {
        self.is_file(path)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files
            .get(path)
            .cloned()
            .ok_or(io::ErrorKind::NotFound.into())
    }

    fn read_standard_input(&self) -> io::Result<Vec<u8>> {
        Ok(self.standard_input.clone())
    }

    fn is_called_az(&self) -> bool {
        false
    }

    fn is_terminal(&self) -> bool {
        false
    }
}

/// How many cases ended how.
#[derive(Debug, Default)]
struct Counts {
    commands: usize,
    refused_alone: usize,
    refused_with_the_daemon: usize,
}

#[test]
fn recorded_lines_are_understood_or_refused_as_by_az() {
    let Some(cases) = cases() else {
        eprintln!("no recordings found: nothing compared");
        return;
    };
    let mut counts = Counts::default();
    let mut wrong = Vec::new();
    for case in &cases {
        if let Err(problem) = compare(case, &mut counts) {
            wrong.push(format!("{} {}: {problem}", case["name"], case["argv"]));
        }
    }
    println!("{} cases: {counts:?}", cases.len());
    assert!(
        wrong.is_empty(),
        "{} cases differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn cases() -> Option<Vec<Value>> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/oracle/goldens");
    let directory = std::env::var_os("AZQ_GOLDENS").map_or(beside, PathBuf::from);
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(directory).ok()? {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let suite: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            cases.extend(suite);
        }
    }
    Some(cases)
}

fn compare(case: &Value, counts: &mut Counts) -> Result<(), String> {
    let expected = case["expect"]["stderr"].as_str().unwrap_or_default();
    let is_refused = case["expect"]["exit_code"] == 2;
    match (parse(case), is_refused) {
        (Invocation::Command(call), false) => {
            counts.commands += 1;
            call.pending()
                .map_or(Ok(()), |error| Err(format!("refused: {error}")))
        }
        (Invocation::Command(call), true) => {
            counts.refused_with_the_daemon += 1;
            same(&with_the_daemon(&call, case, expected), expected)
        }
        (Invocation::Usage(error), true) => {
            counts.refused_alone += 1;
            same(error.text(), expected)
        }
        (other, _) => Err(format!("{other:?}")),
    }
}

/// Lines for the real az are judged by what azq says where there is none, as when they were recorded.
fn parse(case: &Value) -> Invocation {
    let strings = |value: &Value| -> HashMap<String, String> {
        let pairs = value.as_object().into_iter().flatten();
        pairs
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect()
    };
    let files = strings(&case["files"]).into_iter();
    let environment = Recorded {
        variables: strings(&case["env"]),
        files: files
            .map(|(path, content)| (path.into(), content.into_bytes()))
            .collect(),
        standard_input: case["stdin"]
            .as_str()
            .unwrap_or_default()
            .as_bytes()
            .to_vec(),
    };
    let argv = case["argv"].as_array().unwrap().iter();
    let argv: Vec<OsString> = argv
        .map(|argument| argument.as_str().unwrap().into())
        .collect();
    match cli::parse(&argv, &environment) {
        Invocation::PassOn(hand_over) => *hand_over.otherwise,
        invocation => invocation,
    }
}

/// The daemon refuses bad queries and finds what is missing; here it is played by rule: a query that az
/// refused is refused, and no case that az refused has a configured default.
fn with_the_daemon(call: &CommandCall, case: &Value, expected: &str) -> String {
    let query = call
        .request
        .context()
        .and_then(|context| context.output.as_ref()?.query.clone());
    if query.is_some() && expected.contains("invalid jmespath_type value") {
        let message = expected
            .trim_start_matches("ERROR: ")
            .lines()
            .next()
            .unwrap_or_default();
        return call.usage(message).text().to_owned();
    }
    assert!(
        case.get("config").is_none() && case.get("env").is_none(),
        "{case}"
    );
    if !has_group(&call.request) {
        return call
            .missing(&["resource_group_name".to_owned()])
            .text()
            .to_owned();
    }
    call.pending().map_or_else(String::new, ToString::to_string)
}

fn has_group(request: &Request) -> bool {
    let pool = match request {
        Request::AddNodePool(request) => &request.pool,
        Request::UpdateNodePool(request) => &request.pool,
        Request::ShowNodePool(request) => &request.pool,
        Request::ListNodePools(request) => &request.pool,
        _ => return true,
    };
    pool.as_ref()
        .is_some_and(|pool| pool.resource_group_name.is_some())
}

/// az's lines but for the examples that it takes from its help.
fn same(ours: &str, expected: &str) -> Result<(), String> {
    let closing = expected.find("\nhttps://aka.ms/cli_ref");
    let expected = match (expected.find("\nExamples from command's help:\n"), closing) {
        (Some(examples), Some(closing)) => [&expected[..examples], &expected[closing..]].concat(),
        _ => expected.to_owned(),
    };
    if ours == expected {
        Ok(())
    } else {
        Err(format!("\n  az:  {expected:?}\n  azq: {ours:?}"))
    }
}
