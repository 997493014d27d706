//! A command's messages while it runs, as parts of its reply.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use azq_account::Scope;
use azq_arm::{Continuation, Report};
use azq_proto::v1::{self, log::Level, reply::Kind as Part};
use tokio::sync::{mpsc, watch};

use super::perform::{Phase, log};
use super::{DaemonState, activity::activity, operations::told};
use crate::operations::Record;

/// Sends a command's messages to its client, and records the operations that the command begins.
pub(super) struct ReplyReporter<'a> {
    pub(super) said: mpsc::UnboundedSender<Part>,
    pub(super) warnings: bool,
    pub(super) progress: bool,
    pub(super) debug: bool,
    pub(super) daemon: &'a DaemonState,
    pub(super) command: String,
    pub(super) scope: OnceLock<Scope>,
    pub(super) phase: watch::Sender<Phase>,
    pub(super) anything_said: AtomicBool,
    pub(super) told: Mutex<OperationProgress>,
}

/// The parts of an operation's progress that do not come from Azure.
#[derive(Default)]
pub(super) struct OperationProgress {
    change: String,
    activity: Option<String>,
}

impl ReplyReporter<'_> {
    /// Records an operation. The scope is known by then, because a command needs an account to
    /// begin one.
    fn remember(&self, operation: &Continuation) -> Option<Record> {
        let scope = self.scope.get()?.clone();
        let record = Record::new(&self.command, scope, operation.clone());
        let (record, written) = self.daemon.operations.begun(record);
        if let Err(error) = written {
            self.warning(&format!(
                "azq cannot go on waiting for this operation if this command is interrupted, for it could not be written down: {error}"
            ));
        }
        Some(record)
    }

    /// Sends progress, which is shown while a command runs and is no part of its answer.
    fn show(&self, text: &str, activity: Option<String>) {
        if self.progress {
            let text = text.to_owned();
            let progress = Part::Progress(v1::Progress { text, activity });
            // The client may be gone; then the call is about to be dropped.
            let _gone = self.said.send(progress);
        }
    }

    fn told(&self) -> MutexGuard<'_, OperationProgress> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, part: Part) {
        self.anything_said.store(true, Ordering::Relaxed);
        // The client may be gone; then the call is about to be dropped.
        let _gone = self.said.send(part);
    }
}

impl Report for ReplyReporter<'_> {
    fn notice(&self, text: &str) {
        self.say(log(Level::Unspecified, text));
    }

    fn warning(&self, text: &str) {
        if self.warnings {
            self.say(log(Level::Warning, text));
        }
    }

    fn debug(&self, text: &str) {
        if self.debug {
            self.say(log(Level::Debug, text));
        }
    }

    fn progress(&self, text: &str) {
        self.show(text, self.told().activity.clone());
    }

    fn change(&self, text: &str) {
        text.clone_into(&mut self.told().change);
    }

    fn activity(&self, text: &str) {
        self.show("", Some(text.to_owned()));
    }

    fn goes_on_when_repeated(&self) {
        self.phase.send_replace(Phase::Waiting);
    }

    fn writes(&self) {
        self.phase.send_replace(Phase::Writing);
        self.say(Part::Writing(v1::Writing {}));
    }

    fn operation(&self, operation: &Continuation) {
        {
            let mut told = self.told();
            told.activity = activity(&self.command, operation.path(), &told.change);
        }
        if let Some(record) = self.remember(operation) {
            self.say(Part::Operation(told(record)));
            self.phase.send_replace(Phase::Waiting);
        }
    }

    fn left(&self, operation: &Continuation) {
        self.remember(operation);
        self.phase.send_replace(Phase::Free);
    }

    fn ended(&self, operation: &Continuation) {
        self.phase.send_replace(Phase::Free);
        self.daemon.operations.ended(&operation.id());
    }
}
