//! What the commands that change a pool have in common: reading it, sending it back, and waiting.
//!
//! A pool is sent back as it was read, less what only Azure may set, so that a property which this version does
//! not know survives.

use http::Method;
use serde_json::{Map, Value as Json};

use super::document::document;
use super::options::Sent;
use super::{API_VERSION, PoolName, headers};
use crate::arm::{Arm, Request, Response};
use crate::document::Value;
use crate::error::{CommandError, Kind};
use crate::report::Report;

/// What az does not send back: the properties that are read-only in its model.
const READ_ONLY: [&str; 9] = [
    "id",
    "name",
    "type",
    "systemData",
    "properties.eTag",
    "properties.currentOrchestratorVersion",
    "properties.provisioningState",
    "properties.status.provisioningError",
    "properties.localDNSProfile.state",
];

/// Reads the pool.
pub(super) async fn read(
    arm: &Arm,
    pool: &PoolName,
    report: &dyn Report,
) -> Result<Json, CommandError> {
    Ok(arm
        .get(&pool.path(arm.subscription()), API_VERSION, report)
        .await?)
}

/// Whether the cluster has the pool, by the cluster's list: the name's case does not matter.
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

/// Fails in the words of most commands if the cluster does not have the pool.
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

/// The pool's properties, to change them; an object even where Azure sent none.
pub(super) fn properties(pool: &mut Json) -> &mut Map<String, Json> {
    member(object(pool), "properties")
}

/// The member of an object, made an empty object where it is none.
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

/// Sets a property as az's models do: none removes it.
pub(super) fn set(object: &mut Map<String, Json>, name: &str, value: Option<Json>) {
    match value {
        Some(value) => object.insert(name.to_owned(), value),
        None => object.shift_remove(name),
    };
}

/// Sends a pool that was read back to Azure and, unless told not to wait, waits for the outcome.
///
/// # Errors
/// Azure's, for the request or for the operation.
pub(super) async fn write(
    arm: &Arm,
    pool: &PoolName,
    (mut body, headers): (Json, Vec<(String, String)>),
    no_wait: bool,
    report: &dyn Report,
) -> Result<Option<Value>, CommandError> {
    remove_read_only(&mut body);
    let path = pool.path(arm.subscription());
    let written = Sent { body, headers }
        .put(arm, &path, no_wait, report)
        .await?;
    Ok(written.as_ref().map(document))
}

/// The headers that `--aks-custom-headers`, `--if-match` and `--if-none-match` ask for; an entity tag wins over
/// a custom header of its name.
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

/// The headers that `--if-match` and `--if-none-match` ask for.
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

/// A request about a pool, with nothing but its api-version.
pub(super) fn request(method: Method, path: String) -> Request {
    Request {
        method,
        url: path,
        query: vec![("api-version".into(), API_VERSION.into())],
        headers: Vec::new(),
        body: None,
    }
}

/// Waits for the operation that a request has started, unless told not to.
pub(super) async fn finish(
    arm: &Arm,
    request: &Request,
    started: Response,
    no_wait: bool,
    report: &dyn Report,
) -> Result<Option<Json>, CommandError> {
    if no_wait {
        return Ok(None);
    }
    Ok(arm.finish(request, started, report).await?)
}

/// A deletion's outcome: az takes it as done if the operation is not found any more
/// (azure-cli-core, `LongRunningOperation`).
pub(super) fn deleted(outcome: Result<Option<Json>, CommandError>) -> Result<(), CommandError> {
    match outcome {
        Err(error) if error.kind != Kind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes what az does not send back.
pub(super) fn remove_read_only(pool: &mut Json) {
    for path in READ_ONLY {
        let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
        let mut steps = parent.split('.').filter(|step| !step.is_empty());
        let object = steps.try_fold(&mut *pool, |object, step| object.get_mut(step));
        if let Some(Json::Object(object)) = object {
            object.shift_remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn read_only_properties_go_and_unknown_ones_stay() {
        let mut pool = json!({"id": "i", "name": "n", "systemData": {}, "new": 1, "properties": {
            "eTag": "e", "count": 3, "tags": null, "future": {"id": 1}, "provisioningState": "Succeeded",
            "status": {"provisioningError": {"code": "c", "details": []}},
            "localDNSProfile": {"mode": "Required", "state": "Enabled"}}});
        remove_read_only(&mut pool);
        let expected = json!({"new": 1, "properties": {"count": 3, "tags": null, "future": {"id": 1},
            "status": {}, "localDNSProfile": {"mode": "Required"}}});
        assert_eq!(pool, expected);
    }

    #[test]
    fn an_entity_tag_wins_over_a_custom_header() {
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let headers = headers(Some("If-Match=a, B=c"), Some("e"), Some("*"));
        assert_eq!(headers, Ok(vec![own("B", "c"), own("if-match", "\"e\"")]));
        assert_eq!(etags(None, Some("*")), [own("if-none-match", "*")]);
        assert_eq!(etags(Some(""), Some("x")), []);
    }

    #[test]
    fn odd_pools_do_not_matter() {
        for mut odd in [
            json!(null),
            json!([1]),
            json!({"properties": "x"}),
            json!({"properties": {"status": []}}),
        ] {
            let same = odd.clone();
            remove_read_only(&mut odd);
            assert_eq!(odd, same);
        }
        assert_eq!(properties(&mut json!({"properties": null})), &Map::new());
    }

    #[test]
    fn a_deletion_that_is_not_found_any_more_is_done() {
        let missing = CommandError::new("gone").of_kind(Kind::NotFound);
        assert_eq!(deleted(Err(missing)), Ok(()));
        assert_eq!(
            deleted(Err(CommandError::new("bad"))),
            Err(CommandError::new("bad"))
        );
        assert_eq!(deleted(Ok(None)), Ok(()));
    }
}
