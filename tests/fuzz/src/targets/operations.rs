//! Long-running operations: the response to the request that begins one, then the responses to
//! polls.
//!
//! Holds for all: waiting ends when the responses do; there are no more requests than responses;
//! the continuation survives serialization, and waiting on from it leads to the same outcome.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use azq_arm::Report;
use azq_arm::{ArmError, Continuation, Declared, Request};
use serde_json::{Value, json};

use super::errors;
use crate::azure::{Answer, Asked, Azure, TOKEN, holds_token, pool};
use crate::{joined, parts, recordings};

/// The most responses, because more add nothing but time.
const MOST: usize = 16;

/// Reads an input: a byte that selects the request, then the responses.
pub fn target(input: &[u8]) {
    let mut parts = parts(input);
    let Some([which, ..]) = parts.next() else {
        return;
    };
    if holds_token(input) {
        return;
    }
    let request = request(*which);
    let answers: Vec<Answer> = parts.take(MOST).map(Answer::read).collect();
    Azure::with(|azure| {
        let heard = RecordedReport::default();
        let script = Script::of(&answers);
        let begun = azure.run(script.answering(), azure.arm().send(&request, &heard));
        let Ok(started) = begun else { return };
        let taken = script.taken();
        let finish = azure.arm().finish(&request, started, &heard);
        let outcome = words(azure.run(script.answering(), finish));
        let requests = script.taken();
        assert!(requests <= answers.len() + 2, "{requests} requests");
        let continuation = heard.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(continuation) = continuation {
            let text = serde_json::to_string(&continuation).expect("written");
            let read: Continuation = serde_json::from_str(&text).expect("read");
            assert_eq!(read, continuation);
            let polls = answers.get(taken..).unwrap_or_default();
            if polls.iter().all(tells_its_status) {
                let rest = Script::of(polls);
                let heard = RecordedReport::default();
                let resume = azure.arm().resume(&continuation, &heard);
                assert_eq!(words(azure.run(rest.answering(), resume)), outcome);
            }
        }
    });
}

/// Whether a poll with this response settles the status; after any other, the poll would be
/// repeated for a while and the outcome would depend on time.
fn tells_its_status(answer: &Answer) -> bool {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let status = body["status"].as_str().unwrap_or_default();
    answer.status < 300 && !status.is_empty()
}

fn words(outcome: Result<Option<Value>, ArmError>) -> Result<Option<Value>, String> {
    let words = outcome.map_err(|error| error.to_string());
    if let Err(words) = &words {
        assert!(!words.contains(TOKEN));
    }
    words
}

fn request(which: u8) -> Request {
    match which % 3 {
        0 => Request::put(pool(), "1", json!({"properties": {}})),
        1 => Request::delete(pool(), "1"),
        _ => Request::post(pool(), "1", None, Declared::UPGRADE_NODE_IMAGE),
    }
}

/// Responses that are sent in order; after the last, a 404.
#[derive(Clone)]
struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    taken: Arc<AtomicUsize>,
}

impl Script {
    fn of(answers: &[Answer]) -> Self {
        Self {
            answers: Arc::new(Mutex::new(answers.iter().cloned().collect())),
            taken: Arc::default(),
        }
    }

    fn answering(&self) -> impl FnMut(&Asked) -> Answer + Send + 'static {
        let script = self.clone();
        move |_| {
            script.taken.fetch_add(1, Ordering::Relaxed);
            let answers = script.answers.lock();
            let next = answers.unwrap_or_else(PoisonError::into_inner).pop_front();
            next.unwrap_or_else(|| Answer::json(404, &json!({})))
        }
    }

    fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }
}

/// A report that keeps the continuation of an operation.
#[derive(Default)]
struct RecordedReport(Mutex<Option<Continuation>>);

impl Report for RecordedReport {
    fn warning(&self, _: &str) {}
    fn debug(&self, text: &str) {
        assert!(!text.contains(TOKEN));
    }
    fn progress(&self, _: &str) {}
    fn operation(&self, operation: &Continuation) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(operation.clone());
    }
}

/// Returns recorded polls, after each way to begin.
pub fn seeds() -> Vec<Vec<u8>> {
    let polled = "{here}/subscriptions/s/providers/Microsoft.ContainerService/locations/eastus/operations/1?t=1&c=MII";
    let pool = json!({"name": "p", "properties": {"provisioningState": "Creating", "count": 1}});
    let made = json!({"name": "p", "properties": {"provisioningState": "Succeeded"}});
    let accepted = || Answer::of(202, "").with("Location", polled);
    let begins = [
        (
            0,
            Answer::json(201, &pool).with("Azure-AsyncOperation", polled),
        ),
        (0, Answer::json(200, &made)),
        (0, Answer::json(201, &pool)),
        (1, accepted().with("Retry-After", "10")),
        (2, accepted().with("Azure-AsyncOperation", polled)),
    ];
    let failed = json!({"status": "Failed", "error": {"code": "QuotaExceeded", "message": "no"}});
    let elsewhere = json!({"status": "Succeeded", "resourceLocation": "{here}/subscriptions/s/p"});
    let moved = Answer::of(202, "").with("Location", "/moved?x");
    let later = json!({"error": {"code": "ServerTimeout", "message": "later"}});
    let mut polls = errors::answers(&recordings::seeds("errors"));
    polls.retain(|answer| answer.status == 200);
    polls.extend(errors::answers(&recordings::seeds("polling")));
    polls.extend([
        Answer::json(200, &failed),
        Answer::json(200, &elsewhere),
        moved.with("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT"),
        Answer::of(204, ""),
        Answer::json(503, &later).with("Retry-After", "3"),
    ]);
    let ended = Answer::json(200, &json!({"status": "Succeeded"})).write();
    let made =
        json!({"name": "p", "status": "x", "properties": {"provisioningState": "Succeeded"}});
    let made = Answer::json(200, &made).write();
    let seeds = begins.iter().flat_map(|(which, begin)| {
        let (which, begin) = (vec![*which], begin.write());
        let polls = polls.iter().map(Answer::write);
        polls
            .map(|poll| joined([&which, &begin, &poll, &ended, &made]))
            .collect::<Vec<_>>()
    });
    recordings::distinct(seeds.collect())
}
