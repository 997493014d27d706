//! Signals: sending them, and what those that are started make of them.

use std::sync::Once;

use rustix::process::{Pid, Signal, kill_process};
use tokio::signal::unix::SignalKind;

use super::processes::fact;

/// What starters of tests ignore: `nohup` the first, a script the others for what it runs in the
/// background.
const IGNORED_BY_STARTERS: [Signal; 3] = [Signal::HUP, Signal::INT, Signal::QUIT];

/// Gives all that is started from now on the default dispositions, whatever this process ignores.
///
/// A program inherits which signals are ignored, but not which are caught. So those that are
/// ignored are caught, and nothing is done about them.
pub(super) fn give_defaults() {
    static ONCE: Once = Once::new();
    // On a thread of its own, because the caller may be inside a runtime. A test of signals fails
    // where this fails.
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

/// Whether a process has something in place of what a signal does by itself.
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
