//! Sending signals, and the signal dispositions of started processes.

use std::sync::Once;

use rustix::process::{Pid, Signal, kill_process};
use tokio::signal::unix::SignalKind;

use super::processes::fact;

/// Signals that programs which start tests may ignore: `nohup` the first, a script the others for
/// its background processes.
const IGNORED_BY_STARTERS: [Signal; 3] = [Signal::HUP, Signal::INT, Signal::QUIT];

/// Gives processes that are started from now on the default dispositions, even for signals that
/// this process ignores.
///
/// A program inherits ignored signals, but not caught ones. So ignored signals are caught here, by
/// a handler that does nothing.
pub(super) fn give_defaults() {
    static ONCE: Once = Once::new();
    // This runs on a thread of its own, because the caller may be inside a runtime. If it fails,
    // the tests of signals fail.
    ONCE.call_once(|| drop(std::thread::spawn(catch_ignored).join()));
}

fn catch_ignored() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let Ok(runtime) = runtime.enable_all().build() else {
        return;
    };
    let _entered = runtime.enter();
    let own = std::process::id();
    for signal in IGNORED_BY_STARTERS {
        if ignores(own, signal) {
            let kind = SignalKind::from_raw(signal.as_raw());
            let _never_undone = tokio::signal::unix::signal(kind);
        }
    }
}

/// Whether a process has a handler for a signal.
pub fn catches(id: u32, signal: Signal) -> bool {
    is_in(id, "SigCgt", signal)
}

/// Whether a process ignores a signal.
pub fn ignores(id: u32, signal: Signal) -> bool {
    is_in(id, "SigIgn", signal)
}

fn is_in(id: u32, mask: &str, signal: Signal) -> bool {
    let mask = fact(id, mask).and_then(|mask| u64::from_str_radix(&mask, 16).ok());
    mask.is_some_and(|mask| mask >> (signal.as_raw() - 1) & 1 == 1)
}

/// Sends a signal to a process, if there is one.
pub fn signal(id: u32, signal: Signal) {
    if let Some(id) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        let _gone = kill_process(id, signal);
    }
}
