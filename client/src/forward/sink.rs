//! Where a call's answer goes: to the terminal at once, or to whoever collects it (`azq batch`).

use crate::show::{self, Answered, Closed, Spinner};
use azq_proto::v1;
use prost::bytes::Bytes;
use std::cell::RefCell;

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
pub(crate) struct Terminal(RefCell<Spinner>);

impl Terminal {
    pub(crate) fn new() -> Self {
        Self(RefCell::new(Spinner::new()))
    }
}

impl Sink for Terminal {
    async fn stdout(&self, bytes: Bytes) -> Result<(), Closed> {
        self.0.borrow_mut().clear();
        show::stdout(&bytes)
    }

    async fn line(&self, prefix: &str, text: &str) {
        self.0.borrow_mut().clear();
        show::line(prefix, text);
    }

    fn progress(&self, text: String) {
        self.0.borrow_mut().say(text);
    }

    async fn turn(&self) {
        if !self.0.borrow().is_shown() {
            return std::future::pending().await;
        }
        tokio::time::sleep(show::SPIN).await;
        self.0.borrow_mut().turn();
    }

    /// By Ctrl-C, which ends the process while there is no operation to tell of.
    async fn interrupted(&self, _operation: &v1::Operation) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    fn ask(&self, question: &str) -> Answered {
        show::ask(question)
    }
}
