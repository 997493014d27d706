//! An Azure in which operations continue until the test lets them end, and commands that run
//! meanwhile.

#![allow(dead_code, reason = "not every file of tests needs everything")]

use crate::prelude::*;

/// Begins an operation on one pool.
pub(crate) const UPDATE: &str =
    "aks nodepool update -g myResourceGroup --cluster-name myAKSCluster -n mynodepool --labels a=b";
/// Begins an operation on the other pool.
pub(crate) const DELETE: &str =
    "aks nodepool delete -g myResourceGroup --cluster-name myAKSCluster -n npwin";

/// Lets the operations end.
pub(crate) fn let_end(emulator: &Emulator) {
    emulator.state().faults.clear();
}

/// Starts a command with its output piped.
pub(crate) fn piped(mut command: Command) -> Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Waits for a command's end; returns its exit code, stdout and stderr.
pub(crate) fn end(child: Child) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = child.finish();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// Waits until operations were polled so many times.
pub(crate) fn until_polled(emulator: &Emulator, times: usize) {
    eventually("the operation is polled", || {
        emulator.request_count("/operations/") >= times
    });
}

/// Returns the rows of `azq operation list`.
pub(crate) fn list(home: &Home) -> Vec<Value> {
    home.line("operation list").json()
}
