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

use std::error::Error;
use std::sync::Mutex;

use serde::Deserialize;
use serde_json::{Value, json};

use super::errors;
use super::exchange::{Answer, Request};
use super::fault::Fault;
use super::specification::Specification;
use super::state::{State, lock};

/// Answers a request to the emulator itself; none if it is another request.
pub(super) fn answer(state: &Mutex<State>, request: &Request) -> Option<Answer> {
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    let ["emulator", what] = segments.as_slice() else {
        return None;
    };
    let mut state = lock(state);
    Some(match (request.method(), *what) {
        ("GET", "requests") => Answer::ok(json!(state.requests)),
        ("GET", "incidents") => {
            let known = state.kubernetes.iter();
            let incidents = known.map(|(name, known)| (name.clone(), json!(known.incidents)));
            Answer::ok(incidents.collect())
        }
        ("POST", "faults") => add_faults(&mut state, &request.logged.body),
        ("DELETE", "faults") => {
            state.faults.clear();
            Answer::ok(json!({}))
        }
        ("POST", "reset") => {
            let done = reset(&mut state, &request.logged.body);
            done.map_or_else(|error| refused(&*error), |()| Answer::ok(json!({})))
        }
        _ => errors::not_found(),
    })
}

fn add_faults(state: &mut State, body: &Value) -> Answer {
    let list = if body.is_array() {
        body
    } else {
        &json!([body])
    };
    match Vec::<Fault>::deserialize(list) {
        Ok(faults) => {
            state.faults.extend(faults);
            Answer::ok(json!({"faults": state.faults.len()}))
        }
        Err(error) => refused(&error),
    }
}

fn reset(state: &mut State, body: &Value) -> Result<(), Box<dyn Error>> {
    if body.is_null() {
        state.requests.clear();
        state.faults.clear();
    } else {
        let mut specification = Specification::deserialize(body)?;
        specification.folder.clone_from(&state.specification.folder);
        *state = State::new(specification)?;
    }
    Ok(())
}

fn refused(error: &dyn Error) -> Answer {
    errors::invalid("InvalidRequestContent", &error.to_string())
}
