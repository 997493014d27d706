//! Resource Manager's refusals, in any form.
//!
//! Holds for all: the request ends; any status but success is an error; its message is bounded by
//! the response and never shows the token, and its exit code is one of az's.

use azq_arm::Silent;
use azq_arm::{ArmError, Declared, Request};
use azq_command::CommandError;
use http::StatusCode;
use serde_json::{Value, json};

use crate::azure::{Answer, Azure, SUBSCRIPTION, TOKEN, holds_token, pool};
use crate::{numbered, recordings};

/// Reads an input: a byte that selects the request, then the response.
pub fn target(input: &[u8]) {
    let Some((which, answer)) = input.split_first() else {
        return;
    };
    if holds_token(input) {
        return;
    }
    let answer = Answer::read(answer);
    let headers = answer.headers.iter();
    let headers = headers.map(|(name, value)| name.len() + value.len());
    let (length, status) = (
        answer.body.len() + headers.sum::<usize>(),
        answer.sent_status(),
    );
    let outcome = Azure::with(|azure| {
        let request = request(*which);
        azure.run(move |_| answer.clone(), azure.arm().send(&request, &Silent))
    });
    match outcome {
        Ok(response) => assert!(response.status.is_success()),
        Err(error) => check(&error, status, length),
    }
}

fn check(error: &ArmError, status: StatusCode, length: usize) {
    if let ArmError::Refused(refusal) = error {
        assert_eq!(refusal.status, status);
    }
    let error = CommandError::from(error.clone());
    let bytes = error.message.len();
    assert!(bytes <= 4096 + 64 * length, "{bytes} bytes of {length}");
    assert!(!error.message.contains(TOKEN));
    assert!((1..=3).contains(&error.kind.exit_code()));
}

/// Returns a request like az's, because the message of a refusal depends on it.
fn request(which: u8) -> Request {
    let pool = pool();
    let skus = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/skus");
    match which % 6 {
        0 => Request::get(pool, "1"),
        1 => Request::put(pool, "1", json!({"properties": {}})),
        2 => Request::put(pool, "1", json!({})).header("if-match", "\"e\""),
        3 => Request::delete(pool, "1"),
        4 => Request::post(pool, "1", None, Declared::UPGRADE_NODE_IMAGE),
        _ => Request::get(skus, "1"),
    }
}

/// Returns recorded refusals, as responses to each kind of request.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut answers = answers(&recordings::seeds("errors"));
    let recorded = recordings::items(recordings::own("goldens/arm_errors.json"));
    for (index, case) in recorded.iter().enumerate() {
        let body = case["body"].as_str().unwrap_or_default();
        let status = [400, 401, 403, 404, 409, 412, 429, 500][index % 8];
        answers.push(Answer::of(status, body).with("Content-Type", "application/json"));
    }
    let seeds = answers.iter().enumerate();
    let seeds = seeds.map(|(index, answer)| numbered(index % 6, answer.write()));
    recordings::distinct(seeds.collect())
}

/// Returns recorded responses as they came, with addresses that lead back to this server.
pub(super) fn answers(recorded: &[Value]) -> Vec<Answer> {
    let answers = recorded.iter().map(|recorded| {
        let response = &recorded["response"];
        let headers = response["headers"].as_object().into_iter().flatten();
        let headers = headers.filter_map(|(name, value)| {
            let value = value.as_str()?;
            let value = value.replace("https://management.azure.com", "{here}");
            Some((name.clone().into_bytes(), value.into_bytes()))
        });
        let status = response["status"].as_u64();
        let status = status.and_then(|status| status.try_into().ok());
        Answer {
            status: status.unwrap_or(200),
            headers: headers.collect(),
            body: response["bodyText"].as_str().unwrap_or_default().into(),
        }
    });
    answers.collect()
}
