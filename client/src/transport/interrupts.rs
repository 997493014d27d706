//! Ctrl-C while the client waits.

use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, poll};
use signal_hook::consts::SIGINT;
use signal_hook::flag::register_conditional_default;

use crate::signals::CaughtSignal;

/// The interrupts of this process. Until the first call of [`listen`](Self::listen), Ctrl-C ends
/// the process as usual. From then on it is recorded, whatever the process does, until
/// [`let_go`](Self::let_go) is called.
#[derive(Debug, Default)]
pub(crate) struct Interrupts {
    caught: Option<CaughtSignal>,
    is_listening: bool,
    /// Whether an interrupt ends the process again.
    ends: Arc<AtomicBool>,
}

impl Interrupts {
    /// Begins to record interrupts. If that is not possible, Ctrl-C keeps its previous effect.
    pub(crate) fn listen(&mut self) {
        self.ends.store(false, Ordering::SeqCst);
        if !std::mem::replace(&mut self.is_listening, true) {
            self.caught = CaughtSignal::catch(SIGINT);
            if self.caught.is_some() {
                // If this fails, interrupts are recorded for ever.
                let _kept = register_conditional_default(SIGINT, Arc::clone(&self.ends));
            }
        }
    }

    /// Lets Ctrl-C end the process as usual again.
    pub(crate) fn let_go(&self) {
        self.ends.store(true, Ordering::SeqCst);
    }

    /// Returns the descriptor that is readable after an interrupt was recorded.
    pub(crate) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.caught.as_ref().map(CaughtSignal::descriptor)
    }

    /// Waits until this input is readable or an interrupt was recorded; returns whether the input
    /// is readable.
    pub(crate) fn wait_for(&self, input: Option<BorrowedFd<'_>>) -> bool {
        let given = input.into_iter().chain(self.descriptor());
        let mut polled: Vec<_> = given
            .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
            .collect();
        // An interrupted wait finds nothing; the caller waits again.
        let _interrupted = poll(&mut polled, None);
        let first = polled.first();
        input.is_some() && first.is_some_and(|first| !first.revents().is_empty())
    }

    /// Whether an interrupt was recorded since the last call.
    pub(crate) fn take(&mut self) -> bool {
        self.caught.as_mut().is_some_and(CaughtSignal::take)
    }
}
