//! An Azure in which operations continue until the test lets them end, and commands that run
//! meanwhile.

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

/// Waits until operations were polled so many times.
pub(crate) fn until_polled(emulator: &Emulator, times: usize) {
    until_requested(emulator, "/operations/", times);
}

/// Waits until operations were polled so many times more.
pub(crate) fn until_polled_more(emulator: &Emulator, times: usize) {
    until_polled(emulator, emulator.request_count("/operations/") + times);
}

/// Returns the rows of `azq operation list`.
pub(crate) fn list(home: &Home) -> Vec<Value> {
    home.line("operation list").json()
}
