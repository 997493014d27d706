//! What is remembered, when it is given again, and when it is forgotten.

use super::answers::LONGEST;
use super::*;
use crate::account::Scope;
use crate::output::{Format, Table};
use crate::server::tests::core_in;
use crate::skus::{Catalogue, Key};
use serde_json::json;
use std::path::Path;

fn profile() -> Arc<Profile> {
    let nobody = Caller::without_variables(Path::new("/nosuch"));
    Arc::new(Profile::load(&nobody).unwrap())
}

fn found(catalogue: &Arc<Catalogue>) -> Found {
    let scope = ["c", "t", "s", "p"].map(str::to_owned);
    let [cloud, tenant, subscription, principal] = scope;
    let scope = Scope {
        cloud,
        tenant,
        subscription,
        principal,
    };
    Found {
        catalogue: Arc::clone(catalogue),
        filter: Filter::default(),
        key: Some(Key {
            scope,
            location: None,
        }),
    }
}

fn request(size: &str) -> ListSkusRequest {
    ListSkusRequest {
        size: Some(size.to_owned()),
        ..Default::default()
    }
}

fn look() -> Look {
    Look {
        format: Format::Table,
        query: None,
        color: false,
        table: Table::Automatic,
    }
}

/// A caller's remembered answers.
struct Kept {
    remembered: Arc<Remembered>,
    profile: Arc<Profile>,
    catalogue: Arc<Catalogue>,
}

impl Kept {
    fn new() -> Self {
        Self {
            remembered: Arc::new(Remembered::new()),
            profile: profile(),
            catalogue: Arc::default(),
        }
    }

    fn gather(&self, request: ListSkusRequest) -> Gathering {
        let found = Found {
            filter: Filter::of(&request, None),
            ..found(&self.catalogue)
        };
        let remembered = &self.remembered;
        remembered.gather(Some(request), &self.profile, &found, &look())
    }

    fn give(&self, size: &str, parts: &[usize]) {
        let mut gathering = self.gather(request(size));
        for length in parts {
            gathering.add(&vec![b'x'; *length].into());
        }
        gathering.end();
    }

    fn length(&self, size: &str) -> Option<usize> {
        let request = request(size);
        let mut answers = locked(&self.remembered.answers);
        let number = answers.situation(&request)?.number;
        let chunks = answers.answer(&(number, Filter::of(&request, None)))?;
        Some(chunks.iter().map(Bytes::len).sum())
    }
}

#[test]
fn an_answer_is_given_again_in_the_same_situation_alone() {
    let mut kept = Kept::new();
    let mut gathering = kept.gather(request("a"));
    gathering.add(&Bytes::from_static(b"answer"));
    assert_eq!(kept.length("a"), None);
    gathering.end();
    assert_eq!(kept.length("a"), Some(6));
    assert_eq!(kept.length("b"), None);
    kept.give("b", &[1]);
    kept.remembered.follow(0);
    assert_eq!((kept.length("a"), kept.length("b")), (Some(6), Some(1)));
    kept.catalogue = Arc::default();
    kept.give("b", &[2]);
    assert_eq!((kept.length("a"), kept.length("b")), (None, Some(2)));
    assert_eq!(
        kept.remembered.answers(),
        (1, 2),
        "the others are forgotten"
    );
    kept.profile = profile();
    kept.give("a", &[3]);
    assert_eq!((kept.length("a"), kept.length("b")), (Some(3), None));
    kept.remembered.follow(1);
    assert_eq!(kept.length("a"), None);
    assert_eq!(kept.remembered.answers(), (0, 0));
}

#[test]
fn nothing_is_kept_for_a_long_request() {
    let kept = Kept::new();
    let long = "a".repeat(LONGEST_REQUEST + 1);
    kept.give(&long, &[1]);
    let filter = Filter::of(&request(&long), None);
    let chunks: Chunks = [Bytes::from_static(b"answer")].into();
    locked(&kept.remembered.answers).put((0, filter), Some(chunks));
    assert_eq!(kept.remembered.answers(), (0, 0));
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
    let is_current = || {
        let now = core.remembered.profile(&caller, &core);
        Arc::ptr_eq(&now.unwrap(), &me)
    };
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
    let is_current = || Arc::ptr_eq(&core.remembered.profile(&caller, &core).unwrap(), &me);
    assert!(is_current());
    log_in("a third");
    assert!(!is_current());
}

#[tokio::test(start_paused = true)]
async fn a_long_answer_is_let_go_when_nobody_wants_it_any_more() {
    let kept = Kept::new();
    let long = [SHORT, SHORT];
    for size in ["a", "a", "b", "b", "short"] {
        kept.give(size, if size == "short" { &[1] } else { &long });
    }
    for _ in 0..5 {
        tokio::time::sleep(REST).await;
        assert_eq!(kept.length("a"), Some(2 * SHORT));
    }
    assert_eq!(kept.remembered.answers().1, 2 * SHORT + 1);
    tokio::time::sleep(3 * REST).await;
    assert_eq!(kept.length("a"), None);
    assert_eq!(kept.length("short"), Some(1));
    assert_eq!(kept.remembered.answers().1, 1);
    // It has been asked for before.
    kept.give("a", &long);
    assert_eq!(kept.length("a"), Some(2 * SHORT));
    tokio::time::sleep(3 * REST).await;
    assert_eq!(kept.length("a"), None);
}

#[tokio::test]
async fn a_long_answer_is_kept_the_second_time_and_one_at_a_time() {
    let kept = Kept::new();
    let long = [SHORT, SHORT];
    kept.give("a", &long);
    assert_eq!(kept.length("a"), None);
    let other = kept.gather(request("a"));
    kept.give("a", &long);
    assert_eq!(kept.length("a"), None);
    drop(other);
    kept.give("a", &long);
    assert_eq!(kept.length("a"), Some(2 * SHORT));
}

#[tokio::test]
async fn what_is_kept_is_bounded() {
    let kept = Kept::new();
    for _ in 0..3 {
        kept.give("longest", &[LONGEST + 1]);
    }
    assert_eq!(kept.length("longest"), None);
    for number in 0..2 * ANSWERS.get() {
        kept.give(&number.to_string(), &[1]);
    }
    assert_eq!(kept.remembered.answers(), (ANSWERS.get(), ANSWERS.get()));
    for size in ["a", "b"] {
        kept.give(size, &[LONGEST]);
        kept.give(size, &[LONGEST]);
    }
    assert_eq!(kept.length("a"), None);
    assert_eq!(kept.length("b"), Some(LONGEST));
    assert!(kept.remembered.answers().1 <= ANSWER_BYTES);
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
