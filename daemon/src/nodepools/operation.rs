//! The steps that the commands which change a pool share: reading it, sending it back, and waiting.
//!
//! A pool is sent back as it was read, without the properties that only Azure may set, so that a
//! property which this version does not know survives.

use azq_document::Value;
use serde_json::{Map, Value as Json};

use super::document::document;
use super::options::PutRequest;
use super::resolve_update::writable;
use super::{API_VERSION, PoolName, headers};
use azq_arm::Report;
use azq_arm::{Arm, Request, Response};
use azq_command::{CommandError, ErrorKind};

/// Reads the pool. A response that is not an object is an error, because it must not be sent back
/// as a pool.
pub(super) async fn read(
    arm: &Arm,
    pool: &PoolName,
    report: &dyn Report,
) -> Result<Json, CommandError> {
    let path = pool.path(arm.subscription());
    a_pool(arm.get(&path, API_VERSION, report).await?)
}

fn a_pool(answer: Json) -> Result<Json, CommandError> {
    if answer.is_object() {
        return Ok(answer);
    }
    let words = "Azure's answer is no node pool. Look at the pool with 'aks nodepool list' before you try again.";
    Err(CommandError::new(words))
}

/// Whether the cluster's list has the pool; the name's case does not matter.
pub(super) async fn is_listed(
    arm: &Arm,
    pool: &PoolName,
    report: &dyn Report,
) -> Result<bool, CommandError> {
    let path = pool.collection_path(arm.subscription());
    let pools = arm.list(&path, API_VERSION, &[], report).await?;
    let wanted = pool.pool.to_lowercase();
    let mut names = pools.iter().filter_map(|pool| pool.get("name")?.as_str());
    Ok(names.any(|name| name.to_lowercase() == wanted))
}

/// Fails with the message of most commands if the cluster does not have the pool.
pub(super) async fn require_listed(
    arm: &Arm,
    pool: &PoolName,
    report: &dyn Report,
) -> Result<(), CommandError> {
    if is_listed(arm, pool, report).await? {
        return Ok(());
    }
    Err(CommandError::new(format!(
        "Node pool {} doesnt exist, use 'aks nodepool list' to get current node pool list",
        pool.pool
    )))
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

fn object(value: &mut Json) -> &mut Map<String, Json> {
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

/// Sends a pool that was read back to Azure and, unless `no_wait` is set, waits for the outcome.
///
/// # Errors
/// An error of Azure's, for the request or for the operation.
pub(super) async fn write(
    arm: &Arm,
    pool: &PoolName,
    (pool_as_read, headers): (Json, Vec<(String, String)>),
    no_wait: bool,
    report: &dyn Report,
) -> Result<Option<Value>, CommandError> {
    let body = writable(&pool_as_read);
    let path = pool.path(arm.subscription());
    let written = PutRequest { body, headers }
        .put(arm, &path, no_wait, report)
        .await?;
    Ok(written.as_ref().map(document))
}

/// Returns the headers of `--aks-custom-headers`, `--if-match` and `--if-none-match`; an entity tag
/// takes precedence over a custom header of its name.
pub(super) fn headers(
    custom: Option<&str>,
    if_match: Option<&str>,
    if_none_match: Option<&str>,
) -> Result<Vec<(String, String)>, CommandError> {
    let etags = etags(if_match, if_none_match);
    let custom = headers::custom_headers(custom)?;
    let custom = custom
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| {
            let replaced = etags
                .iter()
                .any(|(etag, _)| etag.eq_ignore_ascii_case(name));
            (!replaced).then_some((name.clone(), value.as_str()?.to_owned()))
        });
    Ok(custom.chain(etags.iter().cloned()).collect())
}

/// Returns the headers of `--if-match` and `--if-none-match`.
pub(super) fn etags(if_match: Option<&str>, if_none_match: Option<&str>) -> Vec<(String, String)> {
    [
        ("if-match", headers::if_match(if_match)),
        (
            "if-none-match",
            headers::if_none_match(if_none_match, if_match),
        ),
    ]
    .into_iter()
    .filter_map(|(name, tag)| Some((name.to_owned(), tag?.as_str()?.to_owned())))
    .collect()
}

/// Waits for the operation that a request has started, unless `no_wait` is set.
pub(super) async fn finish(
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
pub(super) fn deleted(outcome: Result<Option<Json>, CommandError>) -> Result<(), CommandError> {
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
    fn an_entity_tag_wins_over_a_custom_header() {
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let headers = headers(Some("If-Match=a, B=c"), Some("e"), Some("*"));
        assert_eq!(headers, Ok(vec![own("B", "c"), own("if-match", "\"e\"")]));
        assert_eq!(etags(None, Some("*")), [own("if-none-match", "*")]);
        assert_eq!(etags(Some(""), Some("x")), []);
    }

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
