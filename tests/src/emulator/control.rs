//! `/emulator/…`: the interface by which another process reads an emulator's state and changes it.
//! Its requests are not logged, and faults do not apply to them.
//!
//! | request | does |
//! | --- | --- |
//! | `GET /emulator/requests` | every request so far |
//! | `GET /emulator/incidents` | by cluster, the incidents of its pods |
//! | `POST /emulator/faults` | adds a fault, or a list of them |
//! | `DELETE /emulator/faults` | removes all faults |
//! | `POST /emulator/reset` | starts over: with the body as specification, else with an empty log and no faults |

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use http::StatusCode;
use serde_json::{Value, json};

use super::errors;
use super::exchange::{Answer, Request};
use super::fault::Fault;
use super::specification::Specification;
use super::state::State;

/// Answers a request to the emulator itself; none if it is another request.
pub(super) fn answer(state: &Mutex<State>, request: &Request) -> Option<Answer> {
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    let ["emulator", what] = segments.as_slice() else {
        return None;
    };
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    Some(match (request.method(), *what) {
        ("GET", "requests") => {
            serde_json::to_value(&state.requests).map_or_else(|error| refused(&error), Answer::ok)
        }
        ("GET", "incidents") => {
            let known = state.kubernetes.iter();
            let incidents: BTreeMap<_, _> = known
                .map(|(name, known)| (name, &known.incidents))
                .collect();
            serde_json::to_value(incidents).map_or_else(|error| refused(&error), Answer::ok)
        }
        ("POST", "faults") => add_faults(&mut state, &request.logged.body),
        ("DELETE", "faults") => {
            state.faults.clear();
            Answer::ok(json!({}))
        }
        ("POST", "reset") => reset(&mut state, &request.logged.body),
        _ => errors::not_found(),
    })
}

fn add_faults(state: &mut State, body: &Value) -> Answer {
    let list = if body.is_array() {
        body.clone()
    } else {
        json!([body])
    };
    match serde_json::from_value::<Vec<Fault>>(list) {
        Ok(faults) => {
            state.faults.extend(faults);
            Answer::ok(json!({"faults": state.faults.len()}))
        }
        Err(error) => refused(&error),
    }
}

fn reset(state: &mut State, body: &Value) -> Answer {
    if body.is_null() {
        state.requests.clear();
        state.faults.clear();
        return Answer::ok(json!({}));
    }
    let folder = state.specification.folder.clone();
    let specification =
        serde_json::from_value::<Specification>(body.clone()).map(|specification| Specification {
            folder,
            ..specification
        });
    match specification.map(State::new) {
        Ok(Ok(fresh)) => {
            *state = fresh;
            Answer::ok(json!({}))
        }
        Ok(Err(error)) => refused(&error),
        Err(error) => refused(&error),
    }
}

fn refused(error: &dyn std::error::Error) -> Answer {
    errors::wrapped(
        StatusCode::BAD_REQUEST,
        "InvalidRequestContent",
        &error.to_string(),
    )
}
