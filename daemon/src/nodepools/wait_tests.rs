//! Tests of `wait`, against the observed behaviour of az 2.91.

use super::*;
use crate::fixtures::filled;
use serde_json::json;

type Request = v1::WaitNodePoolRequest;

fn custom(expression: &str) -> Request {
    filled(|r: &mut Request| r.custom = Some(expression.into()))
}

fn pool(state: &str) -> Json {
    let id = "/subscriptions/s/resourceGroups/g/providers/p/c/x/agentPools/n";
    json!({"id": id, "name": "n", "properties": {"provisioningState": state, "count": 3}})
}

fn missing() -> Result<Json, CommandError> {
    Err(CommandError::new("gone").of_kind(ErrorKind::NotFound))
}

fn holds(request: &Request, answer: Result<Json, CommandError>) -> Result<bool, String> {
    let condition = Condition::of(request).map_err(|error| error.message)?;
    condition.holds(answer).map_err(|error| error.message)
}

#[test]
fn a_condition_is_needed() {
    let usage = "incorrect usage: --created | --updated | --deleted | --exists | --custom JMESPATH";
    assert_eq!(holds(&Request::default(), missing()), Err(usage.into()));
    assert_eq!(holds(&custom(""), missing()), Err(usage.into()));
}

#[test]
fn created_and_updated_wait_for_success() {
    let created = filled(|r: &mut Request| r.created = true);
    let updated = filled(|r: &mut Request| r.updated = true);
    for request in [&created, &updated] {
        assert_eq!(holds(request, Ok(pool("Succeeded"))), Ok(true));
        assert_eq!(holds(request, Ok(pool("Updating"))), Ok(false));
        assert_eq!(
            holds(request, Ok(pool("FAILED"))),
            Err("The operation failed".into())
        );
    }
    assert_eq!(holds(&created, missing()), Ok(false));
    assert_eq!(holds(&updated, missing()), Err("gone".into()));
}

#[test]
fn deleted_waits_for_not_found_and_exists_for_anything_else() {
    let deleted = filled(|r: &mut Request| (r.deleted, r.updated) = (true, true));
    assert_eq!(holds(&deleted, missing()), Ok(true));
    let deleted = filled(|r: &mut Request| r.deleted = true);
    assert_eq!(holds(&deleted, Ok(pool("Succeeded"))), Ok(false));
    assert_eq!(
        holds(&deleted, Ok(pool("Failed"))),
        Err("The operation failed".into())
    );
    let exists = filled(|r: &mut Request| r.exists = true);
    assert_eq!(holds(&exists, Ok(pool("Failed"))), Ok(true));
    assert_eq!(holds(&exists, missing()), Ok(false));
    assert_eq!(
        holds(&exists, Err(CommandError::new("denied"))),
        Err("denied".into())
    );
}

#[test]
fn custom_conditions_see_the_document_but_no_resource_group() {
    for (expression, expected) in [
        ("count==`3`", true),
        ("count==`9`", false),
        ("provisioningState=='Succeeded'", true),
        ("properties.count", false),
        ("resourceGroup", false),
        ("name", true),
    ] {
        assert_eq!(
            holds(&custom(expression), Ok(pool("Succeeded"))),
            Ok(expected),
            "{expression}"
        );
    }
    let bad = holds(&custom("foo["), Ok(pool("Succeeded"))).unwrap_err();
    assert!(
        bad.starts_with("Invalid jmespath query supplied for `--query`: Invalid jmespath"),
        "{bad}"
    );
    let unknown = holds(&custom("[?x="), Ok(pool("Succeeded"))).unwrap_err();
    assert_eq!(
        unknown.lines().next(),
        Some("Invalid jmespath query supplied for `--query`: Unknown token '='")
    );
    assert_eq!(holds(&custom("foo["), missing()), Ok(false));
}

#[test]
fn rounds_are_those_of_pythons_range() {
    for (timeout, interval, expected) in [
        (3600, 30, 120),
        (2, 1, 2),
        (5, 2, 3),
        (1, 30, 1),
        (0, 30, 0),
        (-5, 30, 0),
        (3600, -5, 0),
        (i64::MAX, 1, i64::MAX as u64),
    ] {
        assert_eq!(
            rounds(timeout, interval),
            Ok(expected),
            "{timeout} {interval}"
        );
    }
    assert!(rounds(10, 0).is_err());
    assert!(rounds(-10, -5).is_err());
}
