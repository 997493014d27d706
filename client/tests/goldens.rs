//! Compares azq's reading of command lines with the real az's: azq refuses what az refused as wrong
//! usage, in az's words, and understands everything else.
//!
//! `argparse.json` holds random lines that az 2.91's own parsers read. The lines that were recorded
//! with az's output lie outside the repository (`../shared/oracle/goldens`, or `AZQ_GOLDENS`);
//! without them their test prints a note and passes.

#![allow(
    clippy::unwrap_used,
    reason = "a recording that cannot be read fails the test"
)]
#![allow(
    clippy::print_stdout,
    reason = "how much was compared is worth telling"
)]

mod recorded;

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use azq::cli::{self, CommandCall, Invocation, Request};
use recorded::Recorded;
use serde_json::Value;

/// The numbers of cases by outcome.
#[derive(Debug, Default)]
struct Counts {
    commands: usize,
    refused_alone: usize,
    refused_with_the_daemon: usize,
}

#[test]
fn random_lines_are_read_as_by_az() {
    let text = include_str!("argparse.json");
    compare_all(&serde_json::from_str::<Vec<Value>>(text).unwrap());
}

#[test]
fn recorded_lines_are_read_as_by_az() {
    let Some(cases) = recorded() else {
        eprintln!("no recordings found: nothing compared");
        return;
    };
    compare_all(&cases);
}

/// Reads the recorded cases. Lines from public reports are left out, because they depend on
/// variables and profiles that only the daemon reads. `.ci/run` replays them against both programs.
fn recorded() -> Option<Vec<Value>> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/oracle/goldens");
    let directory = std::env::var_os("AZQ_GOLDENS").map_or(beside, PathBuf::from);
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(directory).ok()? {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if name.ends_with(".json") && !name.starts_with("reported") {
            let suite = std::fs::read(path).unwrap();
            cases.extend(serde_json::from_slice::<Vec<Value>>(&suite).unwrap());
        }
    }
    Some(cases)
}

fn compare_all(cases: &[Value]) {
    let mut counts = Counts::default();
    let mut wrong = Vec::new();
    for case in cases {
        if let Err(problem) = compare(case, &mut counts) {
            wrong.push(format!("{} {}: {problem}", case["name"], case["argv"]));
        }
    }
    println!("{} cases: {counts:?}", cases.len());
    let count = wrong.len();
    assert!(count == 0, "{count} cases differ:\n{}", wrong.join("\n"));
}

fn compare(case: &Value, counts: &mut Counts) -> Result<(), String> {
    let expected = case["expect"]["stderr"].as_str().unwrap_or_default();
    let is_refused = case["expect"]["exit_code"] == 2;
    match (parse(case), is_refused) {
        (Invocation::Command(call), false) => {
            counts.commands += 1;
            let pending = call.pending();
            pending.map_or(Ok(()), |error| Err(format!("refused: {error}")))
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

/// Parses a case's command line. For a line that azq would hand over to the real az, the result is
/// the one without an az, as when the case was recorded.
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
        standard_input: case["stdin"].as_str().unwrap_or_default().into(),
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

/// Returns the usage error that the client prints after the daemon's checks. The daemon, which
/// refuses bad queries and finds missing values, is replaced by two rules: it refuses a query that
/// az refused, and it has no configured defaults (no case that az refused has one).
fn with_the_daemon(call: &CommandCall, case: &Value, expected: &str) -> String {
    let query = call
        .request
        .context()
        .and_then(|context| context.output.as_ref()?.query.clone());
    if query.is_some() && expected.contains("invalid jmespath_type value") {
        let message = expected.trim_start_matches("ERROR: ").lines().next();
        return call.usage(message.unwrap_or_default()).text().to_owned();
    }
    let is_plain = case.get("config").is_none() && case.get("env").is_none();
    assert!(is_plain, "{case}");
    match (missing(&call.request), call.pending()) {
        (Some(field), _) => call.missing(&[field.to_owned()]).text().to_owned(),
        (None, Some(error)) => error.text().to_owned(),
        (None, None) => format!("{:?}", call.request),
    }
}

/// Returns the required field that only a configured default could fill.
fn missing(request: &Request) -> Option<&'static str> {
    let text = format!("{request:?}");
    match request {
        Request::ListClusters(_) | Request::ListSkus(_) => None,
        _ if text.contains("resource_group_name: None") || text.contains("pool: None") => {
            Some("resource_group_name")
        }
        _ if text.contains(" location: None") => Some("location"),
        _ => None,
    }
}

/// Compares with az's lines, without the examples that az takes from its help. azq may add its
/// advice below them.
fn same(ours: &str, expected: &str) -> Result<(), String> {
    let closing = expected.find("\nhttps://aka.ms/cli_ref");
    let expected = match (expected.find("\nExamples from command's help:\n"), closing) {
        (Some(examples), Some(closing)) => [&expected[..examples], &expected[closing..]].concat(),
        _ => expected.to_owned(),
    };
    if ours.strip_prefix(expected.as_str()).is_some_and(is_advice) {
        Ok(())
    } else {
        Err(format!("\n  az:  {expected:?}\n  azq: {ours:?}"))
    }
}

fn is_advice(rest: &str) -> bool {
    rest.is_empty() || (rest.starts_with("azq takes '") && rest.lines().count() == 1)
}
