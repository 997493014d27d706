//! What is remembered, when it is given again, and when it is forgotten.

use super::*;
use crate::account::{Caller, Scope};
use crate::server::tests::core_in;
use crate::skus::Filter;
use serde_json::json;
use std::path::Path;

fn profile() -> Arc<Profile> {
    let nobody = Caller::without_variables(Path::new("/nosuch"));
    Arc::new(Profile::load(&nobody).unwrap())
}

fn found() -> Found {
    let scope = ["c", "t", "s", "p"].map(str::to_owned);
    let [cloud, tenant, subscription, principal] = scope;
    let scope = Scope {
        cloud,
        tenant,
        subscription,
        principal,
    };
    Found {
        catalogue: Arc::new(Catalogue::default()),
        filter: Filter::default(),
        key: Some(Key {
            scope,
            location: None,
        }),
    }
}

fn request(size: &str) -> v1::ListSkusRequest {
    v1::ListSkusRequest {
        size: Some(size.to_owned()),
        ..Default::default()
    }
}

fn give(remembered: &Arc<Remembered>, size: &str, parts: &[usize]) {
    let mut gathering = remembered.gather(Some(request(size)), &profile(), &found());
    for length in parts {
        gathering.add(&vec![b'x'; *length].into());
    }
    gathering.end();
}

fn length(remembered: &Remembered, size: &str) -> Option<usize> {
    let (_, chunks) = remembered.kept(&request(size))?;
    Some(chunks.iter().map(Bytes::len).sum())
}

#[test]
fn an_answer_is_given_again_for_the_same_request_profile_and_catalogue_alone() {
    let remembered = Arc::new(Remembered::new());
    let (me, skus) = (profile(), found());
    let mut gathering = remembered.gather(Some(request("a")), &me, &skus);
    gathering.add(&Bytes::from_static(b"answer"));
    assert_eq!(length(&remembered, "a"), None);
    gathering.end();
    let (made_of, chunks) = remembered.kept(&request("a")).unwrap();
    assert_eq!(&chunks[..], [&b"answer"[..]]);
    assert_eq!(length(&remembered, "b"), None);
    remembered.follow(0);
    assert_eq!(length(&remembered, "a"), Some(6));
    remembered.follow(1);
    assert_eq!(length(&remembered, "a"), None);
    assert!(made_of.is_of(&skus.catalogue));
    assert!(!made_of.is_of(&found().catalogue));
}

#[tokio::test]
async fn a_profile_is_looked_up_once_for_all_calls_that_had_come() {
    let folder = tempfile::tempdir().unwrap();
    let core = core_in(folder.path());
    let log_in = |name: &str| {
        let user = json!({"name": name, "type": "user"});
        let subscription = json!({"id": "s", "name": "n", "tenantId": "t", "state": "Enabled",
            "isDefault": true, "environmentName": "AzureCloud", "user": user});
        let profile = json!({"subscriptions": [subscription]}).to_string();
        std::fs::write(folder.path().join("azureProfile.json"), profile).unwrap();
    };
    log_in("somebody");
    let caller = Caller::without_variables(folder.path());
    // The second time, for the first reading of a directory makes forgotten what was known.
    let _first = core.sessions.profile(&caller).unwrap();
    let me = core.sessions.profile(&caller).unwrap();
    let is_current = || core.remembered.is_current(&me, &core);
    core.arrivals.note();
    assert!(is_current());
    log_in("somebody else");
    assert!(is_current(), "the call had come before that");
    core.arrivals.note();
    assert!(!is_current() && !is_current());
    // Where arrivals are not counted, each call looks.
    let another = tempfile::tempdir().unwrap();
    let core = core_in(another.path());
    let _first = core.sessions.profile(&caller).unwrap();
    let me = core.sessions.profile(&caller).unwrap();
    assert!(core.remembered.is_current(&me, &core));
    log_in("a third");
    assert!(!core.remembered.is_current(&me, &core));
}

#[tokio::test(start_paused = true)]
async fn a_long_answer_is_let_go_when_nobody_wants_it_any_more() {
    let remembered = Arc::new(Remembered::new());
    let long = [SHORT, SHORT];
    for size in ["a", "a", "b", "b", "short"] {
        give(
            &remembered,
            size,
            if size == "short" { &[1] } else { &long },
        );
    }
    for _ in 0..5 {
        tokio::time::sleep(REST).await;
        assert_eq!(length(&remembered, "a"), Some(2 * SHORT));
    }
    assert_eq!(remembered.answers().1, 2 * SHORT + 1);
    tokio::time::sleep(3 * REST).await;
    assert_eq!(length(&remembered, "a"), None);
    assert_eq!(length(&remembered, "short"), Some(1));
    assert_eq!(remembered.answers().1, 1);
    // It has been asked for before.
    give(&remembered, "a", &long);
    assert_eq!(length(&remembered, "a"), Some(2 * SHORT));
    tokio::time::sleep(3 * REST).await;
    assert_eq!(length(&remembered, "a"), None);
}

#[tokio::test]
async fn a_long_answer_is_kept_the_second_time_and_one_at_a_time() {
    let remembered = Arc::new(Remembered::new());
    let long = [SHORT, SHORT];
    give(&remembered, "a", &long);
    assert_eq!(length(&remembered, "a"), None);
    let other = remembered.gather(Some(request("a")), &profile(), &found());
    give(&remembered, "a", &long);
    assert_eq!(length(&remembered, "a"), None);
    drop(other);
    give(&remembered, "a", &long);
    assert_eq!(length(&remembered, "a"), Some(2 * SHORT));
}

#[tokio::test]
async fn what_is_kept_is_bounded() {
    let remembered = Arc::new(Remembered::new());
    for _ in 0..3 {
        give(&remembered, "longest", &[LONGEST + 1]);
    }
    assert_eq!(length(&remembered, "longest"), None);
    for number in 0..2 * ANSWERS.get() {
        give(&remembered, &number.to_string(), &[1]);
    }
    assert_eq!(remembered.answers(), (ANSWERS.get(), ANSWERS.get()));
    for size in ["a", "b"] {
        give(&remembered, size, &[LONGEST]);
        give(&remembered, size, &[LONGEST]);
    }
    assert_eq!(length(&remembered, "a"), None);
    assert_eq!(length(&remembered, "b"), Some(LONGEST));
    assert!(remembered.answers().1 <= ANSWER_BYTES);
}

#[test]
fn a_query_is_compiled_once_and_a_bad_one_each_time() {
    let remembered = Remembered::new();
    assert!(remembered.query(None).unwrap().is_none());
    for _ in 0..2 {
        assert!(remembered.query(Some("[].name")).unwrap().is_some());
        assert!(remembered.query(Some("[")).is_err());
    }
    assert_eq!(locked(&remembered.queries).len(), 1);
}
