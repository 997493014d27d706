//! The example in Python (`proto/examples`) runs as it stands, and looks for the daemon where the
//! client does.
//!
//! To run, it needs `grpcio` and `grpcio-tools`: `AZQ_TEST_PYTHON` names an interpreter that has
//! them (`.ci/run` makes one), else `python3` is tried. Without them the test says that it is left
//! out; with `AZQ_TEST_PYTHON` set it fails.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::interpreter::python;
use azq_proto::runtime_dir::{RuntimeDir, own_uid};
use azq_tests::harness::sample::{emulator, sku_requests};
use azq_tests::harness::{BoundedCommand as _, Home, Outcome, STRANGER, binaries, give};

/// Python compiles the messages first, on a machine that may be busy.
const LIMIT: Duration = Duration::from_secs(120);

fn example(home: &Home, python: &Path, arguments: &[&str]) -> Outcome {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto/examples/list_skus.py");
    let script = script.to_str().unwrap();
    let arguments = std::iter::once(script).chain(arguments.iter().copied());
    home.run(python, arguments, b"", LIMIT).unwrap()
}

#[test]
fn the_example_lists_skus() {
    let Some(python) = python("sys, grpc, grpc_tools") else {
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

/// Says where the example expects the socket, and what it has against the directories that are its
/// arguments. It takes no gRPC.
const ASK: &str = "
import sys, unittest.mock
sys.modules['grpc'] = unittest.mock.MagicMock()
sys.path.insert(0, sys.argv[1])
import list_skus
print(list_skus.runtime_dir())
for directory in sys.argv[2:]:
    print(list_skus.objection(directory))
";

/// What the example says with these variables.
fn said(python: &Path, variables: &[(&str, &str)], directories: &[&Path]) -> Vec<String> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto/examples");
    let output = Command::new(python)
        .args(["-B", "-c", ASK])
        .arg(examples)
        .args(directories)
        .env_clear()
        .envs(variables.iter().copied())
        .finish();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn pitfall_34_the_example_looks_for_the_daemon_where_the_client_does() {
    let Some(python) = python("sys, unittest.mock") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().to_str().unwrap();
    let foreign = another_users(folder.path());
    for variables in [
        &[][..],
        &[("XDG_RUNTIME_DIR", own)],
        &[("XDG_RUNTIME_DIR", foreign.to_str().unwrap())],
        &[("XDG_RUNTIME_DIR", "/no/such")],
        &[("XDG_RUNTIME_DIR", "/dev/null")],
        &[("XDG_RUNTIME_DIR", "relative")],
        &[("XDG_RUNTIME_DIR", own), ("AZQ_RUNTIME_DIR", "/a")],
    ] {
        let place = RuntimeDir::from_environment(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.into())
        });
        let expected = place.directory().display().to_string();
        assert_eq!(said(&python, variables, &[]), [expected], "{variables:?}");
    }
}

#[test]
fn pitfall_47_the_example_refuses_a_directory_that_is_not_this_users_alone() {
    let Some(python) = python("sys, unittest.mock") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let [own, open, link] = ["own", "open", "link"].map(|name| folder.path().join(name));
    for (directory, mode) in [(&own, 0o700), (&open, 0o710)] {
        std::fs::create_dir(directory).unwrap();
        std::fs::set_permissions(directory, Permissions::from_mode(mode)).unwrap();
    }
    symlink(&own, &link).unwrap();
    let foreign = another_users(folder.path());
    let objections = said(&python, &[], &[&own, &open, &link, &foreign]);
    assert_eq!(
        objections[1..],
        [
            "None",
            "others may enter it",
            "it is not a directory",
            "it belongs to somebody else"
        ]
    );
}

/// A directory that belongs to somebody else.
fn another_users(folder: &Path) -> PathBuf {
    if own_uid() != 0 {
        return PathBuf::from("/");
    }
    let foreign = folder.join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    give(&foreign, STRANGER).unwrap();
    foreign
}
