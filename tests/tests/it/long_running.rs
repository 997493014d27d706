//! An Azure in which operations go on until the test lets them end, and commands that run while the
//! test goes on.

#![allow(dead_code, reason = "not every file of tests needs everything")]

use std::process::{Child, Command, Output, Stdio};

use azq_tests::emulator::Emulator;
use azq_tests::harness::{BoundedChild as _, Home, eventually};
use serde_json::Value;

/// Begins an operation on one pool.
pub(crate) const UPDATE: &str =
    "aks nodepool update -g myResourceGroup --cluster-name myAKSCluster -n mynodepool --labels a=b";
/// Begins one on the other.
pub(crate) const DELETE: &str =
    "aks nodepool delete -g myResourceGroup --cluster-name myAKSCluster -n npwin";

/// Lets the operations end.
pub(crate) fn let_end(emulator: &Emulator) {
    emulator.state().faults.clear();
}

/// Starts a command so that its end tells what it has said.
pub(crate) fn piped(mut command: Command) -> Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// How a command ended: its exit code, stdout and stderr.
pub(crate) fn end(child: Child) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = child.finish();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// Waits until operations were asked about so many times.
pub(crate) fn until_polled(emulator: &Emulator, times: usize) {
    eventually("the operation is polled", || {
        emulator.request_count("/operations/") >= times
    });
}

/// What `azq operation list` shows.
pub(crate) fn list(home: &Home) -> Vec<Value> {
    serde_json::from_str(&home.line("operation list").unwrap().success()).unwrap()
}
