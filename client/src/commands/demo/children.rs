//! The waits of the demo: for the end of a process, or for its output, unless the demo is
//! interrupted.

use std::os::fd::{AsFd, BorrowedFd};
use std::process::{Child, ExitStatus};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, poll};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};

use super::DemoError;
use crate::signals::CaughtSignal;
use crate::transport::time_until;

/// The signals that end the demo, and the one that tells of a process's end.
pub(super) struct Children {
    interruptions: Vec<CaughtSignal>,
    ended: Option<CaughtSignal>,
}

impl Children {
    /// Catches the signals, before the first process is started.
    pub(super) fn watch() -> Self {
        let interruptions = [SIGINT, SIGTERM, SIGHUP].map(CaughtSignal::catch);
        Self {
            interruptions: interruptions.into_iter().flatten().collect(),
            ended: CaughtSignal::catch(SIGCHLD),
        }
    }

    /// Waits for a process's end. An interruption kills it.
    pub(super) fn end_of(&mut self, child: &mut Child) -> Result<ExitStatus, DemoError> {
        loop {
            if let Some(status) = child.try_wait().map_err(DemoError::at("running azq"))? {
                return Ok(status);
            }
            if let Err(interrupted) = self.check() {
                kill(child);
                return Err(interrupted);
            }
            self.wait(None, None);
        }
    }

    /// Waits for a process's end until this time, also through interrupts; then kills it.
    pub(super) fn end_within(&mut self, child: &mut Child, deadline: Instant) {
        while let Ok(None) = child.try_wait() {
            if Instant::now() >= deadline {
                return kill(child);
            }
            self.wait(None, Some(deadline));
        }
    }

    /// Waits until a pipe is readable; whether it is by this time.
    pub(super) fn readable(
        &mut self,
        pipe: &impl AsFd,
        deadline: Instant,
    ) -> Result<bool, DemoError> {
        loop {
            self.check()?;
            if self.wait(Some(pipe.as_fd()), Some(deadline)) {
                return Ok(true);
            }
            if Instant::now() >= deadline {
                return Ok(false);
            }
        }
    }

    /// An error with the exit code as shells have it, if the demo was interrupted.
    fn check(&mut self) -> Result<(), DemoError> {
        let mut signals = self.interruptions.iter_mut();
        match signals.find_map(|signal| signal.take().then_some(signal.number())) {
            Some(number) => {
                let code = u8::try_from(128 + number).unwrap_or(u8::MAX);
                Err(DemoError::Interrupted(code))
            }
            None => Ok(()),
        }
    }

    /// Waits for a signal or a pipe; whether the pipe is readable.
    fn wait(&mut self, pipe: Option<BorrowedFd<'_>>, deadline: Option<Instant>) -> bool {
        let signals = self.interruptions.iter().chain(&self.ended);
        let all = pipe
            .into_iter()
            .chain(signals.map(CaughtSignal::descriptor));
        let mut polled: Vec<_> = all
            .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
            .collect();
        // A wait that is cut short is repeated by the caller.
        let _interrupted = poll(&mut polled, deadline.map(time_until).as_ref());
        let is_readable = polled
            .first()
            .is_some_and(|first| !first.revents().is_empty());
        // The caller finds out which process has ended.
        self.ended.as_mut().map(CaughtSignal::take);
        pipe.is_some() && is_readable
    }
}

fn kill(child: &mut Child) {
    // The process may end by itself meanwhile.
    let _ended = child.kill().and_then(|()| child.wait());
}
