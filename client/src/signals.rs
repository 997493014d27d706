//! Signals as descriptors that can be polled together with sockets and pipes.

use std::ffi::c_int;
use std::io::Read as _;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;

use signal_hook::low_level::pipe;

/// A signal that this process catches from now on.
#[derive(Debug)]
pub(crate) struct CaughtSignal {
    number: c_int,
    receiver: UnixStream,
}

impl CaughtSignal {
    /// Catches a signal; `None` if this process was started with the signal ignored, or if it
    /// cannot be caught.
    ///
    /// Scripts start their background processes with SIGINT ignored, and `nohup` ignores SIGHUP.
    /// Such a signal stays ignored.
    pub(crate) fn catch(number: c_int) -> Option<Self> {
        if is_ignored(number) {
            return None;
        }
        let (receiver, sender) = UnixStream::pair().ok()?;
        receiver.set_nonblocking(true).ok()?;
        pipe::register(number, sender).ok()?;
        Some(Self { number, receiver })
    }

    /// Returns the signal's number.
    pub(crate) fn number(&self) -> c_int {
        self.number
    }

    /// Returns the descriptor that is readable after the signal has arrived.
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.receiver.as_fd()
    }

    /// Whether the signal has arrived since the last call.
    pub(crate) fn take(&mut self) -> bool {
        self.receiver.read(&mut [0; 64]).is_ok_and(|read| read > 0)
    }
}

fn is_ignored(number: c_int) -> bool {
    // Only on Linux can this be determined without an unsafe call.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut lines = status.lines();
    let mask = lines.find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (number - 1) & 1 == 1)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use rustix::process::{Signal, getpid, kill_process};
    use signal_hook::consts::{SIGALRM, SIGPIPE, SIGUSR1};

    #[test]
    fn the_standard_library_ignores_sigpipe_and_nothing_else() {
        assert!(is_ignored(SIGPIPE));
        assert!(!is_ignored(SIGALRM));
    }

    #[test]
    fn a_signal_that_comes_while_nothing_waits_is_noted_once() {
        let mut caught = CaughtSignal::catch(SIGUSR1).unwrap();
        assert!(!caught.take());
        // A signal to the own process is handled before `kill` returns, by this thread or another.
        kill_process(getpid(), Signal::USR1).unwrap();
        while !caught.take() {
            std::thread::yield_now();
        }
        assert!(!caught.take());
    }
}
