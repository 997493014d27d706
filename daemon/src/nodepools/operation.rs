//! The steps that the commands which change a pool share: reading it, sending it back, and waiting.
//!
//! A pool is sent back as it was read, without the properties that only Azure may set, so that a
//! property which this version does not know survives.

use azq_document::Value;
use serde_json::{Map, Value as Json};

use super::document::document;
use super::headers::Headers;
use super::options::PutRequest;
use super::resolve_update::writable;
use super::{API_VERSION, PoolName, checks};
use azq_arm::Report;
use azq_arm::{Arm, Request, Response};
use azq_command::{CommandError, ErrorKind, ensure};

/// The call of a command about a pool.
pub struct PoolCall<'a, R> {
    /// Azure.
    pub arm: &'a Arm,
    /// The pool.
    pub pool: &'a PoolName,
    /// The command's options.
    pub request: &'a R,
    /// The messages to the caller.
    pub report: &'a dyn Report,
}

/// The document that a command prints, if any.
pub type Printed = Result<Option<Value>, CommandError>;

impl<'a, R> PoolCall<'a, R> {
    /// Creates the call of a command.
    pub fn new(arm: &'a Arm, pool: &'a PoolName, request: &'a R, report: &'a dyn Report) -> Self {
        Self {
            arm,
            pool,
            request,
            report,
        }
    }

    /// Makes az's check of the pool's name.
    pub(crate) fn check_name(&self) -> Result<(), CommandError> {
        checks::pool_name(&self.pool.pool)
    }

    /// Returns the pool's path.
    pub(crate) fn path(&self) -> String {
        self.pool.path(self.arm.subscription())
    }

    /// Reads what is at a path.
    pub(crate) async fn get(&self, path: &str) -> Result<Json, CommandError> {
        Ok(self.arm.get(path, API_VERSION, self.report).await?)
    }

    /// Reads a list.
    pub(crate) async fn list(&self, path: &str) -> Result<Vec<Json>, CommandError> {
        Ok(self.arm.list(path, API_VERSION, &[], self.report).await?)
    }

    /// Reads the pools of the cluster.
    pub(super) async fn pools(&self) -> Result<Vec<Json>, CommandError> {
        let path = self.pool.collection_path(self.arm.subscription());
        self.list(&path).await
    }

    /// Reads the pool. A response that is not an object is an error, because it must not be sent
    /// back as a pool.
    pub(super) async fn read(&self) -> Result<Json, CommandError> {
        a_pool(self.get(&self.path()).await?)
    }

    /// Whether the cluster's list has the pool; the name's case does not matter.
    pub(super) async fn is_listed(&self) -> Result<bool, CommandError> {
        let pools = self.pools().await?;
        let wanted = self.pool.pool.to_lowercase();
        let mut names = pools.iter().filter_map(|pool| pool.get("name")?.as_str());
        Ok(names.any(|name| name.to_lowercase() == wanted))
    }

    /// Fails with the message of most commands if the cluster does not have the pool.
    pub(super) async fn require_listed(&self) -> Result<(), CommandError> {
        ensure!(
            self.is_listed().await?,
            "Node pool {} doesnt exist, use 'aks nodepool list' to get current node pool list",
            self.pool.pool
        );
        Ok(())
    }

    /// Sends a request and, unless `no_wait` is set, waits for the operation that it has started.
    pub(super) async fn send(
        &self,
        request: &Request,
        no_wait: bool,
    ) -> Result<Option<Json>, CommandError> {
        send(self.arm, request, no_wait, self.report).await
    }

    /// Sends a deletion and, unless `no_wait` is set, waits for it. A deletion that Azure refuses
    /// is an error, even if nothing was found.
    pub(super) async fn delete(&self, request: &Request, no_wait: bool) -> Printed {
        let started = self.arm.send(request, self.report).await?;
        deleted(finish(self.arm, request, started, no_wait, self.report).await)?;
        Ok(None)
    }

    /// Sends a pool that was read, and headers, back to Azure and, unless `no_wait` is set, waits
    /// for the outcome.
    pub(super) async fn write(
        &self,
        pool_as_read: &Json,
        headers: Headers,
        no_wait: bool,
    ) -> Printed {
        let body = writable(pool_as_read);
        let put = PutRequest { body, headers };
        let written = put.put(self.arm, &self.path(), no_wait, self.report).await;
        Ok(written?.as_ref().map(document))
    }
}

fn a_pool(answer: Json) -> Result<Json, CommandError> {
    if answer.is_object() {
        return Ok(answer);
    }
    let words = "Azure's answer is no node pool. Look at the pool with 'aks nodepool list' before you try again.";
    Err(CommandError::new(words))
}

/// Returns the pool's properties, to change them; an object even if Azure sent none.
pub(super) fn properties(pool: &mut Json) -> &mut Map<String, Json> {
    member(object(pool), "properties")
}

/// Returns the member of an object; it becomes an empty object if it is not one.
pub(super) fn member<'a>(
    parent: &'a mut Map<String, Json>,
    name: &str,
) -> &'a mut Map<String, Json> {
    object(parent.entry(name).or_insert(Json::Null))
}

/// Returns the value as an object; it becomes an empty object if it is not one.
pub(super) fn object(value: &mut Json) -> &mut Map<String, Json> {
    if !value.is_object() {
        *value = Json::Object(Map::new());
    }
    match value {
        Json::Object(map) => map,
        _ => unreachable!("made an object above"),
    }
}

/// Sets a property as az's models do: `None` removes it.
pub(super) fn set(object: &mut Map<String, Json>, name: &str, value: Option<Json>) {
    match value {
        Some(value) => object.insert(name.to_owned(), value),
        None => object.shift_remove(name),
    };
}

/// Sends a request and, unless `no_wait` is set, waits for the operation that it has started.
pub(super) async fn send(
    arm: &Arm,
    request: &Request,
    no_wait: bool,
    report: &dyn Report,
) -> Result<Option<Json>, CommandError> {
    let started = arm.send(request, report).await?;
    finish(arm, request, started, no_wait, report).await
}

/// Waits for the operation that a request has started, unless `no_wait` is set.
async fn finish(
    arm: &Arm,
    request: &Request,
    started: Response,
    no_wait: bool,
    report: &dyn Report,
) -> Result<Option<Json>, CommandError> {
    if no_wait {
        arm.leave(request, &started, report);
        return Ok(None);
    }
    Ok(arm.finish(request, started, report).await?)
}

/// Reads a deletion's outcome: az takes it as successful if the operation is not found any more
/// (azure-cli-core, `LongRunningOperation`).
fn deleted(outcome: Result<Option<Json>, CommandError>) -> Result<(), CommandError> {
    match outcome {
        Err(error) if error.kind != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_no_pool_is_not_sent_back_as_one() {
        assert_eq!(a_pool(json!({})), Ok(json!({})));
        for answer in [json!("text"), json!([]), json!(null), json!(1)] {
            assert!(a_pool(answer).is_err());
        }
    }

    #[test]
    fn properties_are_made_where_there_are_none() {
        let mut pool = json!({"properties": null});
        set(properties(&mut pool), "a", Some(json!(1)));
        assert_eq!(pool, json!({"properties": {"a": 1}}));
        set(properties(&mut pool), "a", None);
        assert_eq!(pool, json!({"properties": {}}));
    }

    #[test]
    fn a_deletion_that_is_not_found_any_more_is_done() {
        let missing = CommandError::new("gone").of_kind(ErrorKind::NotFound);
        assert_eq!(deleted(Err(missing)), Ok(()));
        assert_eq!(
            deleted(Err(CommandError::new("bad"))),
            Err(CommandError::new("bad"))
        );
        assert_eq!(deleted(Ok(None)), Ok(()));
    }
}
