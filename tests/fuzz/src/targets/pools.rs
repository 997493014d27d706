//! Agent pools, as Azure sends them to be shown, listed, and changed.
//!
//! Holds for all: a pool is printed in every format or refused with a message; the body that is
//! written back is JSON; an update of the tags changes no other property of a pool, known or
//! unknown, but leaves out those that only Azure writes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use azq::cli::Request;
use azq_arm::Arm;
use azq_arm::Silent;
use azq_command::CommandError;
use azq_document::Value;
use azq_output::Table;
use azq_proto::v1::{ListNodePoolsRequest, ShowNodePoolRequest, UpdateNodePoolRequest, Words};
use azqd::nodepools::{PoolCall, PoolName, list, show, update};
use bytes::Bytes;
use http::Method;
use serde_json::{Map, Value as Json};

use super::{command_line, rendering};
use crate::azure::{Answer, Asked, Azure};
use crate::{numbered, recordings};

/// Properties that only Azure writes, wholly or in part, and the one that is changed here.
const NOT_KEPT: [&str; 6] = [
    "eTag",
    "currentOrchestratorVersion",
    "provisioningState",
    "status",
    "localDNSProfile",
    "tags",
];

/// Reads an input: a byte that selects one of the goldens' updates, then the pool.
pub fn target(input: &[u8]) {
    let Some((which, pool)) = input.split_first() else {
        return;
    };
    let name = PoolName {
        resource_group: "g".into(),
        cluster: "c".into(),
        pool: "np1".into(),
    };
    Azure::with(|azure| {
        let (arm, written) = (azure.arm(), Written::default());
        let answering = || written.answering(pool);
        let shown = azure.run(
            answering(),
            show::show(&call(arm, &name, &ShowNodePoolRequest::default())),
        );
        check(shown, Table::Transform(show::table), input.len());
        let listed = azure.run(
            answering(),
            list::list(&call(arm, &name, &ListNodePoolsRequest::default())),
        );
        check(listed, Table::Transform(list::table), input.len());

        let tags = Words {
            word: vec!["fuzzed=yes".to_owned()],
        };
        let tagging = UpdateNodePoolRequest {
            tags: Some(tags),
            ..UpdateNodePoolRequest::default()
        };
        let tagged = azure.run(answering(), updated(arm, &name, &tagging));
        check(tagged, Table::Automatic, input.len());
        check_kept(pool, written.take().as_ref());
        let update = UPDATES.with(|updates| updates[usize::from(*which) % updates.len()].clone());
        let updated = azure.run(answering(), updated(arm, &name, &update));
        check(updated, Table::Automatic, input.len());
        if let Some(body) = written.take() {
            serde_json::from_slice::<Map<String, Json>>(&body).expect("an object is written");
        }
    });
}

fn call<'a, R>(arm: &'a Arm, name: &'a PoolName, request: &'a R) -> PoolCall<'a, R> {
    PoolCall::new(arm, name, request, &Silent)
}

/// Drafts an update and sends it, as the command does.
async fn updated(
    arm: &Arm,
    name: &PoolName,
    request: &UpdateNodePoolRequest,
) -> Result<Option<Value>, CommandError> {
    match update::draft(&call(arm, name, request)).await? {
        Some(draft) => draft.send(arm, request.no_wait, &Silent).await,
        None => Ok(None),
    }
}

fn check(outcome: Result<Option<Value>, CommandError>, table: Table, number: usize) {
    match outcome {
        Ok(Some(document)) => rendering::print(&document, table, number),
        Ok(None) => {}
        Err(error) => assert!(!error.message.is_empty()),
    }
}

fn check_kept(pool: &[u8], written: Option<&Bytes>) {
    let Some(written) = written else { return };
    let written: Json = azq_python::json::loads(written).expect("JSON is written");
    let pool: Json = azq_python::json::loads(pool).expect("what is updated was read");
    for (name, value) in pool["properties"].as_object().into_iter().flatten() {
        if !NOT_KEPT.contains(&name.as_str()) {
            assert_eq!(written["properties"].get(name), Some(value), "{name}");
        }
    }
}

/// The body of the last PUT.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Option<Bytes>>>);

impl Written {
    fn answering(&self, pool: &[u8]) -> impl FnMut(&Asked) -> Answer + Send + 'static {
        let (written, pool) = (self.clone(), pool.to_vec());
        move |asked| {
            let mut body = pool.clone();
            if asked.method == Method::PUT {
                body = asked.body.to_vec();
                *written.body() = Some(asked.body.clone());
            } else if asked.path.ends_with("/agentPools") {
                body = [b"{\"value\":[", &body[..], b"]}"].concat();
            }
            Answer::of(200, body)
        }
    }

    fn body(&self) -> MutexGuard<'_, Option<Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<Bytes> {
        self.body().take()
    }
}

thread_local! {
    static UPDATES: Vec<UpdateNodePoolRequest> = updates();
}

/// Returns the goldens' updates, except those that the command line refuses; whether an update
/// waits makes no difference here.
fn updates() -> Vec<UpdateNodePoolRequest> {
    let goldens = recordings::goldens();
    let calls = goldens.iter().filter_map(command_line::call);
    let updates = calls.filter_map(|call| match call.request {
        Request::UpdateNodePool(request) if call.pending().is_none() => Some(request),
        _ => None,
    });
    let mut updates: Vec<_> = updates.collect();
    updates.dedup();
    updates.truncate(256);
    updates.push(UpdateNodePoolRequest::default());
    updates
}

/// Returns recorded pools, each with some of the updates.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (index, pool) in recordings::pools().iter().enumerate() {
        seeds.extend([index, index + 97].map(|which| numbered(which, pool.to_string())));
    }
    // Found by fuzzing: a value that is no pool was sent back as one.
    seeds.push(b"\n\"text\"".to_vec());
    recordings::distinct(seeds)
}
