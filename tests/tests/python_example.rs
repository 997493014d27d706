//! The example in Python (`proto/examples`) runs as it stands.
//!
//! It needs `grpcio` and `grpcio-tools`: `AZQ_TEST_PYTHON` names an interpreter that has them (`.ci/run` makes one), else `python3`
//! is tried. Without them the test says that it is left out; with `AZQ_TEST_PYTHON` set it fails.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use azq_tests::harness::sample::{emulator, sku_requests};
use azq_tests::harness::{Home, Outcome, binaries};

/// Python compiles the messages first, on a machine that may be busy.
const LIMIT: Duration = Duration::from_secs(120);

/// An interpreter that has gRPC.
fn python() -> Option<PathBuf> {
    let named = std::env::var_os("AZQ_TEST_PYTHON").map(PathBuf::from);
    let python = named.clone().unwrap_or_else(|| PathBuf::from("python3"));
    let output = Command::new(&python)
        .args(["-c", "import sys, grpc, grpc_tools; print(sys.executable)"])
        .output();
    match output {
        Ok(output) if output.status.success() => {
            let path = String::from_utf8(output.stdout).unwrap();
            Some(PathBuf::from(path.trim()))
        }
        output => {
            assert!(named.is_none(), "{}: {output:?}", python.display());
            None
        }
    }
}

fn example(home: &Home, python: &Path, arguments: &[&str]) -> Outcome {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto/examples/list_skus.py");
    let script = script.to_str().unwrap();
    let arguments = std::iter::once(script).chain(arguments.iter().copied());
    home.run(python, arguments, b"", LIMIT).unwrap()
}

#[test]
fn the_example_lists_skus() {
    let Some(python) = python() else {
        // The harness hides what a test that passes prints to stdout and stderr, but not what is written past it.
        let said = "LEFT OUT: the example in Python, for python3 has no grpcio and grpcio-tools\n";
        rustix::io::write(rustix::stdio::stderr(), said.as_bytes()).unwrap();
        return;
    };
    let emulator = emulator().unwrap();
    let mut home = Home::new(&emulator).unwrap();
    home.set("AZQ", binaries().unwrap().azq.to_str().unwrap());
    home.set("PYTHONDONTWRITEBYTECODE", "1");
    let sizes = ["Standard_D4s_v5", "Standard_D2s_v5", "Standard_X1", "D4s"];
    let outcome = example(&home, &python, &[&["eastus"], &sizes[..]].concat());
    assert_eq!(
        outcome.success(),
        "{\"size\": \"Standard_D4s_v5\", \"exit_code\": 0, \"skus\": [\"Standard_D4s_v5\"]}\n\
         {\"size\": \"Standard_D2s_v5\", \"exit_code\": 0, \"skus\": [\"Standard_D2s_v5\"]}\n\
         {\"size\": \"Standard_X1\", \"exit_code\": 0, \"skus\": []}\n\
         {\"size\": \"D4s\", \"exit_code\": 0, \"skus\": [\"Standard_D4s_v5\"]}\n"
    );
    assert_eq!(sku_requests(&emulator), 1, "one catalogue for all");
    assert_eq!(home.daemons().len(), 1);
}
