//! Interpreters of the languages whose programs azq is tested with.
//!
//! `AZQ_TEST_PYTHON` names a Python that has the packages (`.ci/run` makes one), else `python3` is
//! tried; without them a test prints that it is left out. With the variable set it fails.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use azq_tests::harness::BoundedChild as _;

/// Finds an interpreter that has these modules.
pub(crate) fn python(modules: &str) -> Option<PathBuf> {
    let named = std::env::var_os("AZQ_TEST_PYTHON").map(PathBuf::from);
    let python = named.clone().unwrap_or_else(|| PathBuf::from("python3"));
    let output = Command::new(&python)
        .arg("-c")
        .arg(format!("import {modules}; print(sys.executable)"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map(Child::finish);
    match output {
        Ok(output) if output.code == Some(0) => Some(PathBuf::from(output.text().trim())),
        output => {
            assert!(named.is_none(), "{}: {output:?}", python.display());
            left_out(&format!("a test in Python, for no python3 has {modules}"));
            None
        }
    }
}

/// Prints, past the test harness, that a test is left out.
pub(crate) fn left_out(what: &str) {
    // The harness hides the output of a test that passes, but not bytes that are written directly
    // to stderr's descriptor.
    let said = format!("LEFT OUT: {what}\n");
    rustix::io::write(rustix::stdio::stderr(), said.as_bytes()).unwrap();
}

/// Returns the directory of JavaScript's packages, if there is one.
pub(crate) fn node_modules() -> Option<String> {
    let modules = std::env::var("AZQ_TEST_NODE_MODULES").ok();
    if modules.is_none() {
        left_out("a test in JavaScript, for AZQ_TEST_NODE_MODULES is not set");
    }
    modules
}
