//! Where a call's answer goes: to the terminal at once, or to whoever collects it (`azq batch`).

use crate::show::{self, Answered, Closed, Spinner};
use crate::signals;
use azq_proto::v1;
use prost::bytes::Bytes;
use std::cell::{OnceCell, RefCell};
use std::future::poll_fn;
use std::task::Poll;
use tokio::signal::unix::{Signal, SignalKind};

/// Takes an answer, part by part.
pub(crate) trait Sink {
    /// The next bytes for stdout; returns when more may come.
    async fn stdout(&self, bytes: Bytes) -> Result<(), Closed>;

    /// A line for stderr.
    async fn line(&self, prefix: &str, text: &str);

    /// Something is under way.
    fn progress(&self, text: String);

    /// Shows that it still is; returns when it has.
    async fn turn(&self);

    /// Returns when whoever asked wants to leave this operation to itself.
    async fn interrupted(&self, operation: &v1::Operation);

    /// Puts a question to whoever asked.
    fn ask(&self, question: &str) -> Answered;
}

/// The process's own stdout and stderr, with a spinner.
pub(crate) struct Terminal {
    spinner: RefCell<Spinner>,
    /// Listened to from the first operation on: a Ctrl-C that comes while something else is dealt with waits here.
    interrupts: OnceCell<Option<RefCell<Signal>>>,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        Self {
            spinner: RefCell::new(Spinner::new()),
            interrupts: OnceCell::new(),
        }
    }
}

impl Sink for Terminal {
    async fn stdout(&self, bytes: Bytes) -> Result<(), Closed> {
        self.spinner.borrow_mut().clear();
        show::stdout(&bytes)
    }

    async fn line(&self, prefix: &str, text: &str) {
        self.spinner.borrow_mut().clear();
        show::line(prefix, text);
    }

    fn progress(&self, text: String) {
        self.spinner.borrow_mut().say(&text);
    }

    async fn turn(&self) {
        if !self.spinner.borrow().is_shown() {
            return std::future::pending().await;
        }
        let next = self.spinner.borrow().next_turn();
        tokio::time::sleep_until(next.into()).await;
        self.spinner.borrow_mut().turn();
    }

    /// By Ctrl-C, which ends the process while there is no operation to tell of.
    async fn interrupted(&self, _operation: &v1::Operation) {
        let interrupts = self
            .interrupts
            // Where there is nothing to listen to, Ctrl-C does what it ever did.
            .get_or_init(|| signals::listen(SignalKind::interrupt()).map(RefCell::new));
        poll_fn(|context| match interrupts {
            Some(interrupts) => interrupts.borrow_mut().poll_recv(context).map(drop),
            None => Poll::Pending,
        })
        .await;
    }

    fn ask(&self, question: &str) -> Answered {
        show::ask(question)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{Signal as Kind, getpid, kill_process};
    use tokio::signal::unix::signal;

    #[tokio::test]
    async fn a_ctrl_c_that_comes_while_nobody_waits_for_it_is_not_missed() {
        let terminal = Terminal::new();
        let operation = v1::Operation::default();
        // A message from the daemon comes first, and the wait is given up for it.
        tokio::select! {
            biased;
            () = terminal.interrupted(&operation) => panic!("nobody has interrupted it"),
            () = std::future::ready(()) => {}
        }
        let mut seen = signal(SignalKind::interrupt()).unwrap();
        kill_process(getpid(), Kind::INT).unwrap();
        seen.recv().await.unwrap();
        tokio::select! {
            biased;
            () = terminal.interrupted(&operation) => {}
            () = std::future::ready(()) => panic!("it was missed"),
        }
    }
}
