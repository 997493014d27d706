//! The command line, with files and a standard input that options may name.
//!
//! Holds for all: read twice it means the same, so the choice between azq and az is settled; a
//! request is the same after encoding and decoding; a refusal has az's exit code and ends its last
//! line.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use azq::cli::{self, CommandCall, Invocation};
use azq::environment::Environment;
use serde_json::Value;

use super::requests;
use crate::{numbered, recordings};

/// Reads an input: a byte of circumstances, then the arguments, each ended by a NUL, which no
/// argument can contain.
pub fn target(input: &[u8]) {
    let Some((circumstances, line)) = input.split_first() else {
        return;
    };
    let words = line.split(|byte| *byte == 0);
    let argv: Vec<OsString> = words
        .map(|word| OsStr::from_bytes(word).to_owned())
        .collect();
    let environment = Typed {
        is_called_az: circumstances & 1 == 1,
        is_terminal: circumstances & 2 == 2,
        ..Typed::default()
    };
    let [read, again] = [(); 2].map(|()| cli::parse(&argv, &environment));
    assert_eq!(format!("{read:?}"), format!("{again:?}"));
    if let Invocation::PassOn(hand_over) = &read {
        assert!(!hand_over.reason.to_string().is_empty());
    }
    match read.alone() {
        Invocation::Command(call) => check(&call),
        Invocation::Usage(error) => {
            assert!((1..=2).contains(&error.exit_code()));
            assert!(error.text().ends_with('\n'), "{:?}", error.text());
        }
        Invocation::Help(text) | Invocation::Version(text) => assert!(text.ends_with('\n')),
        Invocation::Own(_) => {}
        Invocation::PassOn(_) => panic!("azq alone hands nothing over"),
    }
}

fn check(call: &CommandCall) {
    let wire = requests::on_the_wire(&call.request);
    assert_eq!(requests::from_the_wire(&wire), Some(call.request.clone()));
    let context = call.request.context();
    let only_validates = context.is_some_and(|context| context.validate_only);
    assert_eq!(call.pending().is_some(), only_validates);
    let missing = call.missing(&["resource_group_name".to_owned()]);
    assert!(missing.text().ends_with('\n'));
}

/// An environment with some files.
#[derive(Clone, Debug, Default)]
struct Typed {
    is_called_az: bool,
    is_terminal: bool,
    files: HashMap<PathBuf, Vec<u8>>,
    standard_input: Vec<u8>,
}

impl Environment for Typed {
    fn variable(&self, name: &str) -> Option<OsString> {
        (name == "HOME").then(|| "/home/me".into())
    }

    fn variables(&self) -> Vec<(OsString, OsString)> {
        vec![("HOME".into(), "/home/me".into())]
    }

    fn current_directory(&self) -> PathBuf {
        "/work".into()
    }

    fn is_file(&self, path: &Path) -> bool {
        self.files.contains_key(path) || path == Path::new("f")
    }

    fn exists(&self, path: &Path) -> bool {
        self.is_file(path)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.files.get(path) {
            Some(content) => Ok(content.clone()),
            None if self.is_file(path) => Ok(b"[0].{a: b}\n\xff".to_vec()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn read_standard_input(&self) -> io::Result<Vec<u8>> {
        Ok(self.standard_input.clone())
    }

    fn is_called_az(&self) -> bool {
        self.is_called_az
    }

    fn is_terminal(&self) -> bool {
        self.is_terminal
    }
}

/// Returns the request that a golden's command line becomes, if it becomes one.
pub(super) fn call(case: &Value) -> Option<CommandCall> {
    let files = case["files"].as_object().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().into();
    let environment = Typed {
        files: files
            .map(|(path, content)| (path.into(), text(content)))
            .collect(),
        standard_input: text(&case["stdin"]),
        ..Typed::default()
    };
    let words = recordings::words(case).into_iter();
    let argv: Vec<OsString> = words.map(OsString::from).collect();
    match cli::parse(&argv, &environment).alone() {
        Invocation::Command(call) => Some(*call),
        _ => None,
    }
}

/// Returns the goldens' command lines, and azq's own.
pub fn seeds() -> Vec<Vec<u8>> {
    let own = [
        "daemon status -o json",
        "daemon logs -f",
        "cache clear --location eastus",
        "cache refresh -l eastus",
        "config",
        "which vm list-skus",
        "operation wait --id 1a2b3c4d",
        "operation list",
        "demo --keep",
        "--version",
        "-h",
        "vm list-skus --query @f",
        "vm --help",
    ];
    let own = own.map(|line| line.split(' ').map(str::to_owned).collect::<Vec<_>>());
    let recorded = recordings::goldens();
    let lines = recorded.iter().map(recordings::words).chain(own);
    let seeds = lines.enumerate();
    let seeds = seeds.map(|(index, words)| numbered(index % 4, words.join("\0")));
    recordings::distinct(seeds.collect())
}
