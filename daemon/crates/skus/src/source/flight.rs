//! Work that many callers wait for.
//!
//! The work runs in a task of its own, so that it goes on for the other callers if one leaves. Its
//! reports are passed on to all waiting callers, including those that join later.

use std::{future::Future, sync::Arc, time::SystemTime};

use tokio::sync::watch;

use crate::source::SourceError;
use azq_arm::Report;

/// The maximum number of messages. A few retries report a few lines; more than this is noise.
const MAX_MESSAGES: usize = 256;

/// Work in progress, or its outcome.
#[derive(Clone)]
pub(crate) struct Flight<T> {
    /// The time when the work began.
    pub(crate) started_at: SystemTime,
    board: watch::Receiver<FlightState<T>>,
}

/// The state that all waiting callers see.
struct FlightState<T> {
    said: Vec<Message>,
    /// The progress, of which only the latest is kept.
    activity: String,
    outcome: Option<Result<T, SourceError>>,
}

/// A way to report, and the reported text.
type Message = (fn(&dyn Report, &str), String);

impl<T: Clone + Send + Sync + 'static> Flight<T> {
    /// Prepares a flight: the handle that callers wait on, and the future that does the work, to be
    /// run as a task. `land` receives the outcome before any caller sees it.
    pub(crate) fn prepare<F, L>(
        started_at: SystemTime,
        work: impl FnOnce(Arc<dyn Report>) -> F + Send + 'static,
        land: impl FnOnce(Result<T, SourceError>) -> L + Send + 'static,
    ) -> (Self, impl Future<Output = ()> + Send + 'static)
    where
        F: Future<Output = Result<T, SourceError>> + Send + 'static,
        L: Future<Output = Result<T, SourceError>> + Send + 'static,
    {
        let (sender, board) = watch::channel(FlightState {
            said: Vec::new(),
            activity: String::new(),
            outcome: None,
        });
        let sender = Arc::new(sender);
        let relay: Arc<dyn Report> = Arc::new(Relay(Arc::clone(&sender)));
        let task = async move {
            let outcome = land(work(relay).await).await;
            sender.send_modify(|board| board.outcome = Some(outcome));
        };
        (Self { started_at, board }, task)
    }

    /// Whether the work is still in progress.
    pub(crate) fn is_under_way(&self) -> bool {
        self.board.has_changed().is_ok() && self.board.borrow().outcome.is_none()
    }

    /// Waits for the outcome.
    pub(crate) async fn join(mut self, report: &dyn Report) -> Result<T, SourceError> {
        let mut heard = 0;
        let mut shown = String::new();
        loop {
            let (news, outcome) = {
                let board = self.board.borrow_and_update();
                let news: Vec<_> = board.said.iter().skip(heard).cloned().collect();
                if board.activity != shown {
                    shown.clone_from(&board.activity);
                    report.activity(&shown);
                }
                (news, board.outcome.clone())
            };
            heard += news.len();
            for (pass_on, text) in &news {
                pass_on(report, text);
            }
            if let Some(outcome) = outcome {
                return outcome;
            }
            if self.board.changed().await.is_err() && self.board.borrow().outcome.is_none() {
                let message = "The request for resource SKUs was abandoned.";
                return Err(SourceError::unreachable(message));
            }
        }
    }
}

/// A receiver that writes the work's reports to the shared state.
struct Relay<T>(Arc<watch::Sender<FlightState<T>>>);

impl<T> Relay<T> {
    fn say(&self, pass_on: fn(&dyn Report, &str), text: &str) {
        self.0.send_if_modified(|board| {
            let has_room = board.said.len() < MAX_MESSAGES;
            if has_room {
                board.said.push((pass_on, text.to_owned()));
            }
            has_room
        });
    }
}

impl<T: Send + Sync> Report for Relay<T> {
    fn warning(&self, text: &str) {
        self.say(|report, text| report.warning(text), text);
    }

    fn debug(&self, text: &str) {
        self.say(|report, text| report.debug(text), text);
    }

    fn progress(&self, text: &str) {
        self.say(|report, text| report.progress(text), text);
    }

    fn activity(&self, text: &str) {
        self.0
            .send_modify(|board| text.clone_into(&mut board.activity));
    }

    // Listing starts no long-running operation.
    fn operation(&self, _: &azq_arm::Continuation) {}
}
