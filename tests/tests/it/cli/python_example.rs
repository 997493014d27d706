//! The package `azq-client` passes its own tests, the examples (`proto/examples`) run unchanged,
//! and Python finds the daemon where the client does.
//!
//! Python's tests need `grpcio`: `AZQ_TEST_PYTHON` names an interpreter that has it (`.ci/run`
//! makes one), else `python3` is tried. Without it a test prints that it is left out; with
//! `AZQ_TEST_PYTHON` set it fails. Node's need `@grpc/grpc-js` and `@grpc/proto-loader` in the
//! directory that `AZQ_TEST_NODE_MODULES` names.

use azq_proto::runtime_dir::{RuntimeDir, own_uid};

use crate::prelude::*;

/// Returns a path of the checkout.
fn path(path: &str) -> String {
    checkout().join(path).to_str().unwrap().to_owned()
}

/// Creates a home in which programs find azq, and Python the package.
fn home_with_package(emulator: &Emulator) -> Home {
    let mut home = Home::new(emulator).unwrap();
    home.set("AZQ", binaries().unwrap().azq.to_str().unwrap());
    home.set("PYTHONDONTWRITEBYTECODE", "1");
    home.set("PYTHONPATH", &path("packaging/python-client"));
    home
}

/// Looks up three sizes, and one by the end of its name.
fn assert_lists_skus(home: &Home, emulator: &Emulator, program: &Path, example: &str) {
    let sizes = ["Standard_D4s_v5", "Standard_D2s_v5", "Standard_X1", "D4s"];
    let script = path(&format!("proto/examples/{example}"));
    let arguments = [&[&*script, "eastus"], &sizes[..]].concat();
    let outcome = home.run(program, arguments, b"");
    outcome.success();
    let found = outcome.json_lines();
    let expected = [
        json!({"size": "Standard_D4s_v5", "skus": ["Standard_D4s_v5"]}),
        json!({"size": "Standard_D2s_v5", "skus": ["Standard_D2s_v5"]}),
        json!({"size": "Standard_X1", "skus": []}),
        json!({"size": "D4s", "skus": ["Standard_D4s_v5"]}),
    ];
    assert_eq!(found, expected);
    assert_eq!(sku_requests(emulator), 1, "one catalogue for all");
    assert_eq!(home.daemons().len(), 1);
}

#[test]
fn the_example_in_python_lists_skus() {
    let Some(python) = python("sys, grpc") else {
        return;
    };
    let emulator = emulator();
    let home = home_with_package(&emulator);
    assert_lists_skus(&home, &emulator, &python, "list_skus.py");
}

#[test]
fn the_example_in_javascript_lists_skus() {
    let Some(modules) = node_modules() else {
        return;
    };
    let emulator = emulator();
    let mut home = home_with_package(&emulator);
    home.set("NODE_PATH", &modules);
    assert_lists_skus(&home, &emulator, Path::new("node"), "list_skus.js");
}

/// The daemon cannot know variables that a client leaves out.
#[test]
fn other_clients_send_the_variables_that_azq_sends() {
    let package = path("packaging/python-client/azq_client/_client.py");
    for file in [package, path("proto/examples/list_skus.js")] {
        let text = fs::read_to_string(&file).unwrap();
        let words: Vec<_> = text.split([' ', '"', '\'']).collect();
        for name in azq_proto::environment::NAMES {
            assert!(words.contains(&name), "{file} lacks {name}");
        }
    }
}

/// The package's tests run by Python's own runner.
#[test]
fn the_python_package_passes_its_tests() {
    let Some(python) = python("sys, grpc") else {
        return;
    };
    let emulator = emulator();
    let home = home_with_package(&emulator);
    let tests = path("packaging/python-client/tests");
    let arguments = ["-m", "unittest", "discover", "--start-directory", &tests];
    let outcome = home.run(&python, arguments, b"");
    outcome.said(0).assert_contains("\nRan 8 tests");
}

/// Prints where the package expects the socket, and its objections to the directories that are its
/// arguments. It needs no gRPC.
const ASK: &str = "
import sys
sys.path.insert(0, sys.argv[1])
import _place
print(_place.runtime_dir())
for directory in sys.argv[2:]:
    print(_place.objection(directory))
";

/// Returns the package's output with these variables.
fn said(python: &Path, variables: &[(&str, &str)], directories: &[&Path]) -> Vec<String> {
    let package = path("packaging/python-client/azq_client");
    let output = Command::new(python)
        .args(["-B", "-c", ASK])
        .arg(package)
        .args(directories)
        .env_clear()
        .envs(variables.iter().copied())
        .finish();
    let text = output.printed(0);
    text.lines().map(str::to_owned).collect()
}

#[test]
fn python_and_azq_use_the_same_runtime_directory() {
    let Some(python) = python("sys") else {
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
fn python_refuses_a_directory_that_others_can_enter() {
    let Some(python) = python("sys") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let [own, open, link] = ["own", "open", "link"].map(|name| folder.path().join(name));
    for (directory, mode) in [(&own, 0o700), (&open, 0o710)] {
        fs::create_dir(directory).unwrap();
        set_mode(directory, mode);
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
            "it belongs to another user"
        ]
    );
}

/// Returns a directory of another user.
fn another_users(folder: &Path) -> PathBuf {
    if own_uid() != 0 {
        return PathBuf::from("/");
    }
    let foreign = folder.join("foreign");
    fs::create_dir(&foreign).unwrap();
    give(&foreign, STRANGER).unwrap();
    foreign
}
