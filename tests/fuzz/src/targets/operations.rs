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
use crate::azure::{Answer, Asked, Azure, SUBSCRIPTION, TOKEN, holds_token};
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
        let outcome = words(azure.run(
            script.answering(),
            azure.arm().finish(&request, started, &heard),
        ));
        assert!(
            script.taken() <= answers.len() + 2,
            "{} requests",
            script.taken()
        );
        let continuation = heard.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(continuation) = continuation {
            let text = serde_json::to_string(&continuation).expect("written");
            assert_eq!(
                serde_json::from_str::<Continuation>(&text).expect("read"),
                continuation
            );
            let polls = answers.get(taken..).unwrap_or_default();
            if polls.iter().all(tells_its_status) {
                let rest = Script::of(polls);
                let resumed = azure.run(
                    rest.answering(),
                    azure
                        .arm()
                        .resume(&continuation, &RecordedReport::default()),
                );
                assert_eq!(words(resumed), outcome);
            }
        }
    });
}

/// Whether a poll with this response settles the status; after any other, the poll would be
/// repeated for a while and the outcome would depend on time.
fn tells_its_status(answer: &Answer) -> bool {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    answer.status < 300
        && body["status"]
            .as_str()
            .is_some_and(|status| !status.is_empty())
}

fn words(outcome: Result<Option<Value>, ArmError>) -> Result<Option<Value>, String> {
    let words = outcome.map_err(|error| error.to_string());
    if let Err(words) = &words {
        assert!(!words.contains(TOKEN));
    }
    words
}

fn request(which: u8) -> Request {
    let pool = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c/agentPools/p"
    );
    match which % 3 {
        0 => Request::put(pool, "1", json!({"properties": {}})),
        1 => Request::delete(pool, "1"),
        _ => Request::post(pool, "1", None, Declared::UPGRADE_NODE_IMAGE),
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
            let next = script
                .answers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop_front();
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
    let begins = [
        (
            0,
            Answer::json(201, &pool).with("Azure-AsyncOperation", polled),
        ),
        (
            0,
            Answer::json(
                200,
                &json!({"name": "p", "properties": {"provisioningState": "Succeeded"}}),
            ),
        ),
        (0, Answer::json(201, &pool)),
        (
            1,
            Answer {
                status: 202,
                ..Answer::default()
            }
            .with("Location", polled)
            .with("Retry-After", "10"),
        ),
        (
            2,
            Answer {
                status: 202,
                ..Answer::default()
            }
            .with("Azure-AsyncOperation", polled)
            .with("Location", polled),
        ),
    ];
    let mut polls = errors::answers(&recordings::seeds("polling"));
    polls.extend(
        errors::answers(&recordings::seeds("errors"))
            .into_iter()
            .filter(|answer| answer.status == 200),
    );
    polls.push(Answer::json(
        200,
        &json!({"status": "Failed", "error": {"code": "QuotaExceeded", "message": "no"}}),
    ));
    polls.push(Answer::json(
        200,
        &json!({"status": "Succeeded", "resourceLocation": "{here}/subscriptions/s/p"}),
    ));
    polls.push(
        Answer {
            status: 202,
            ..Answer::default()
        }
        .with("Location", "/moved?x")
        .with("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT"),
    );
    polls.push(Answer {
        status: 204,
        ..Answer::default()
    });
    polls.push(
        Answer::json(
            503,
            &json!({"error": {"code": "ServerTimeout", "message": "later"}}),
        )
        .with("Retry-After", "3"),
    );
    let last = [
        Answer::json(200, &json!({"status": "Succeeded"})).write(),
        Answer::json(
            200,
            &json!({"name": "p", "status": "x", "properties": {"provisioningState": "Succeeded"}}),
        )
        .write(),
    ];
    let mut seeds = Vec::new();
    for (which, begin) in &begins {
        for poll in &polls {
            let [ended, made] = last.clone();
            seeds.push(joined([
                vec![*which],
                begin.write(),
                poll.write(),
                ended,
                made,
            ]));
        }
    }
    recordings::distinct(seeds)
}
