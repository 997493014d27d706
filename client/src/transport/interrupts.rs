//! Ctrl-C as something that can be waited for beside a socket.

use std::io::Read as _;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;

use signal_hook::consts::SIGINT;
use signal_hook::low_level::pipe;

/// The interrupts of this process. Until the first call of [`listen`](Self::listen), Ctrl-C ends
/// the process as usual; from then on it is noted, whatever the process does meanwhile.
#[derive(Debug, Default)]
pub(crate) struct Interrupts(Option<UnixStream>);

impl Interrupts {
    /// Begins to note interrupts. Where that is not possible, Ctrl-C still ends the process.
    pub(crate) fn listen(&mut self) {
        if self.0.is_some() {
            return;
        }
        let registered = UnixStream::pair().and_then(|(receiver, sender)| {
            receiver.set_nonblocking(true)?;
            pipe::register(SIGINT, sender)?;
            Ok(receiver)
        });
        self.0 = registered.ok();
    }

    /// The descriptor that is readable once an interrupt was noted.
    pub(crate) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.0.as_ref().map(|receiver| receiver.as_fd())
    }

    /// Whether an interrupt was noted since this was last asked.
    pub(crate) fn take(&mut self) -> bool {
        let noted = |receiver: &mut UnixStream| receiver.read(&mut [0; 64]).is_ok_and(|n| n > 0);
        self.0.as_mut().is_some_and(noted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{Signal, getpid, kill_process};

    #[test]
    fn an_interrupt_that_comes_while_nothing_waits_is_noted() {
        let mut interrupts = Interrupts::default();
        assert!(!interrupts.take() && interrupts.descriptor().is_none());
        interrupts.listen();
        assert!(!interrupts.take());
        kill_process(getpid(), Signal::INT).unwrap();
        // The signal is handled before `kill` returns, for this process has sent it to itself.
        assert!(interrupts.take() && !interrupts.take());
    }
}
